"""JSON files, written all or nothing."""

from pathlib import Path

import pytest

from keepif.trainer.files import keep_json, read_json


def test_a_file_that_cannot_be_written_leaves_the_old_one_and_no_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "state.json"
    keep_json(path, {"old": 1})

    def full(part: Path, _: str) -> int:
        part.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    keep_json(path, {"new": 2})
    assert read_json(path) == {"old": 1}
    assert list(tmp_path.iterdir()) == [path]
    assert "could not be written" in caplog.text
