"""`keepif attention`, as a user types it."""

import time
from pathlib import Path

import pytest

from keepif.recipes.command.cli import main

CONSTRAINT = "Your answer should not contain any commas."
ARGUMENTS = ["attention", "--model", "tiny", "--prompt", f"What is 3 + 4? {CONSTRAINT}", "--constraint", CONSTRAINT]


def test_two_models_on_the_screen_and_as_a_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    began, path = time.monotonic(), tmp_path / "new" / "picture.png"
    main([*ARGUMENTS, "--compare", "tiny", "--output", str(path)])
    assert time.monotonic() - began < 60
    assert path.stat().st_size > 20_000
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.count("What is 3 + 4?") == 2
    assert shown.count("thinking answer") == 2
    assert "│" in shown
    assert "no proof" in shown


def test_a_constraint_that_is_not_there_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*ARGUMENTS, "--constraint", "No verbs.", "--output", str(tmp_path / "picture.png")])
    assert ended.value.code == 2
    assert capsys.readouterr().err == (
        "keepif attention: the constraint 'No verbs.' does not stand in the prompt: give it as it stands there\n"
    )
