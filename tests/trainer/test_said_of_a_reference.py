"""What is said of the reference: where it comes from, and what it lacks."""

import re
from pathlib import Path
from typing import Any

import pytest

from keepif.rewards import Score
from keepif.trainer import KeepIF, Prepass
from tests.helpers import tiny
from tests.helpers.grpo import build

SMALL = Prepass(prompts=4, samples=4, share=1.0)
COMMA = "punctuation:no_comma"


def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keepif: KeepIF, *scores: Score) -> None:
    """A run whose completions score as they are given, in turn."""
    scoring = type(keepif.run.scoring)
    monkeypatch.setattr(scoring, "batch", lambda _, texts, *__: [scores[i % len(scores)] for i in range(len(texts))])
    build(tmp_path, keepif, max_steps=1, per_device_train_batch_size=16).train()


RIGHT, WRONG = Score(1.0, 1.0, verdicts={COMMA: True}), Score(0.0, 1.0, verdicts={COMMA: True})
IGNORES = Score(1.0, 0.0, verdicts={COMMA: False})
EMPTY = Score(0.0, 0.0, void="empty", verdicts={COMMA: False})
CUT = Score(0.0, 0.0, void="truncated", verdicts={COMMA: False})


@pytest.mark.parametrize(
    ("scores", "options", "message"),
    [
        ([EMPTY], {}, "every sampled completion is empty"),
        ([WRONG], {}, "no sampled completion is correct"),
        ([IGNORES], {}, "keep none of their constraints: there is no compliance to keep"),
        ([RIGHT, IGNORES], {"slack": 0.6}, "keep 50.0 % .* slack of 60.0 %: the floor lies below 0"),
        ([RIGHT, IGNORES], {"slack": 0.6, "floor": 0.5, "budget": "reference"}, ""),
        ([RIGHT, IGNORES], {}, ""),
        ([CUT], {}, "100 % of the sampled completions were cut"),
    ],
)
@pytest.mark.parametrize("prepass", [SMALL, None])
def test_what_holds_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, prepass: Any,
    scores: list[Score], options: dict[str, Any], message: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("keepif.trainer.run.FIRST_BATCHES", 1)
    measured(tmp_path, monkeypatch, KeepIF(prepass=prepass, **options), *scores)
    said = [record.message for record in caplog.records if "in the reference, " in record.message]
    assert len(said) == bool(message)
    assert not said or re.search(message, said[0])


def test_a_reference_that_is_taken_again_is_announced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = tiny.model()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    build(tmp_path, KeepIF(prepass=SMALL), model=model, max_steps=1).train()
    assert "is taken from" not in capsys.readouterr().out
    model.load_state_dict(state)
    build(tmp_path, KeepIF(prepass=SMALL), model=model)
    said = f"is taken from {tmp_path}/keepif-reference.json: measured before, on 16 completions; delete it to measure"
    assert said in capsys.readouterr().out
