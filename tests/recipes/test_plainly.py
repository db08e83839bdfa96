"""What a user can put right is said in one line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from keepif.recipes import train
from keepif.recipes.command import cli
from keepif.recipes.evaluate import command as evaluate
from keepif.recipes.evaluate import train_gate


@pytest.mark.parametrize("command", [train.main, evaluate.main, train_gate.main])
@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("model: [tiny", "while parsing a flow sequence"),
        ("- tiny", "must contain a YAML mapping"),
        ("env: 3", "`env` field should be a dict"),
        ("rows_: tiny\nthinking: both\ndirect: a\nuse_cpu: true\nbf16: false", "unknown arguments: "),
        ("seed: many\nthinking: a\ndirect: a\nuse_cpu: true\nbf16: false", "invalid int value: 'many'"),
        (None, "config.yaml"),
    ],
)
def test_a_config_that_cannot_be_read(
    command: Callable[[list[str]], None],
    config: str | None,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "config.yaml"
    if config is not None:
        path.write_text(config)
    with pytest.raises(SystemExit) as ended:
        command(["--config", str(path)])
    assert ended.value.code == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert said in last


def test_a_recipe_that_cannot_begin(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        train.main(["--config", "tiny_cpu.yaml", "--dataset", "no/such.jsonl", "--dry_run"])
    assert ended.value.code == 2
    assert "keepif.recipes.train: " in capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("demo --steps 0", "must be a whole number of at least 1, found '0'"),
        ("demo --steps 1 --output_dir FILE/none", "keepif demo: [Errno 20] Not a directory"),
        ("report FILE", "there is no keepif-report.json"),
    ],
)
def test_commands_that_cannot_begin(line: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SystemExit) as ended:
        cli.main(line.replace("FILE", str(tmp_path / "file")).split())
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_help_shows_a_commands_own_flags() -> None:
    command = [sys.executable, "-m", "keepif.recipes.evaluate.train_gate", "--help"]
    assert "--direct DIRECT" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
