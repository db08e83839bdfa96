"""Evaluations of the embedded policy, as tests start them."""

import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.evaluate.command import main
from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.results import report

TINY = ["--model", "tiny", "--benchmarks", "tiny"]
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}


def run(folder: Path, *options: str) -> dict[str, Any]:
    """An evaluation in this process; its report."""
    main([*TINY, "--output_dir", str(folder), *options])
    return report.load(folder)


def counted(folder: Path) -> Counter[tuple[str, int]]:
    return Counter((row["key"], row["index"]) for row in journal.read(folder))


def refused(capsys: pytest.CaptureFixture[str], options: list[str], command: Any = main) -> str:
    """The one line that a command ends with, and its exit code 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        command(options)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1
    return said
