"""The README's script: whatever the seed, accuracy rises, and with it what is right and as asked."""

import runpy
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes import minimal


def rises(history: list[dict[str, Any]]) -> None:
    first, *_, last = [logged for logged in history if "reward" in logged]
    for name in ("keepif/correctness", "keepif/joint"):
        assert last[name] > first[name] + 0.1, name
    assert last["keepif/compliance"] > last["keepif/floor"]


@pytest.mark.thorough
@pytest.mark.parametrize("seed", [1, 2])
def test_it_learns(seed: int, tmp_path: Path) -> None:
    rises(minimal.train(seed, str(tmp_path)).state.log_history)
    assert (tmp_path / "keepif-report.json").exists()


@pytest.mark.slow
def test_it_runs_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = runpy.run_path(str(Path(minimal.__file__)), run_name="__main__")
    rises([ran["first"], ran["last"]])
    right = ran["first"]["keepif/correctness"]
    assert f"keepif/correctness: {right:.2f} in the first five steps" in capsys.readouterr().out
