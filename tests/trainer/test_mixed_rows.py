"""Rows with a gold answer beside rows without one, in TRL's real trainer."""

import json
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, Value

from keepif.trainer import ConfigError, KeepIF, Prepass
from tests.helpers import tiny
from tests.helpers.grpo import build

SMALL = Prepass(prompts=4, samples=2, share=1.0)


def rows(*golds: Any) -> Dataset:
    """A row for each gold answer, all of them constrained."""
    return Dataset.from_list(
        [row | {"answer": gold} for row, gold in zip(tiny.prompts(len(golds)), golds, strict=True)]
    )


@pytest.mark.parametrize("none", [None, "", " "])
def test_rows_without_gold_are_rewarded_for_compliance_beside_rows_with_one(tmp_path: Path, none: Any) -> None:
    trainer = build(tmp_path, KeepIF(prepass=SMALL), dataset=rows(*["4", none] * 8), per_device_train_batch_size=16)
    trainer.train()
    report = json.loads((tmp_path / "keepif-report.json").read_text())
    assert report["unreadable"] == 0
    assert report["after"]["sacc"]["of"] == report["completions"] == 32
    assert 0 < report["after"]["accuracy"]["of"] < 32


def test_no_gold_at_all_is_compliance_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    dataset = rows(*[None] * 8).cast_column("answer", Value("string"))
    trainer = build(tmp_path, KeepIF(prepass=SMALL), dataset=dataset, max_steps=1)
    assert "no row has a gold answer" in caplog.text
    trainer.train()
    [shown] = [entry for entry in trainer.state.log_history if "keepif/compliance" in entry]
    assert shown["keepif/unreadable"] == 0
    assert "keepif/correctness" not in shown


def test_golds_of_several_answers_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"8 of 8 rows have a gold answer that cannot be read.* row 0: \['4', '5'\]"):
        build(tmp_path, KeepIF(prepass=SMALL), dataset=rows(*[["4", "5"]] * 8))
