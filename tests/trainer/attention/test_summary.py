"""What many readings say together, by hand."""

from typing import Any

import pytest
import torch

from keepif.trainer.attention.figure import training_figure
from keepif.trainer.attention.readings import Reading
from keepif.trainer.attention.summary import BINS, mean_curve, mean_of, summary, within_auc


def reading(shares: list[float], answer_from: int) -> Reading:
    """One layer; the prompt gets half of the attention."""
    constraint = torch.tensor([shares]) / 2
    return Reading(torch.stack([constraint, constraint, torch.full_like(constraint, 0.5)]), 4, answer_from)


def test_a_response_in_numbers() -> None:
    found = summary(reading([0.2] * 5 + [0.4] * 20, 5), kept=True)
    assert (found["share_thinking"], found["share_answer"]) == pytest.approx((0.2, 0.4))
    assert found["share"] == pytest.approx(0.36)
    assert found["alpha"] == pytest.approx(0.05)
    assert found["beta"] == pytest.approx([0.05])
    assert found["curve"] == pytest.approx([0.2] * BINS + [0.4] * BINS)
    unanswered = summary(reading([0.2] * 5, 5), kept=False)
    assert unanswered["share_answer"] is None
    assert unanswered["curve"] == pytest.approx([0.2] * BINS + [None] * BINS)
    means = mean_curve([found, unanswered])
    assert (means[0], means[-1]) == pytest.approx((0.2, 0.4))
    assert mean_of([None]) is None


def one(kept: bool, share: float) -> dict[str, Any]:
    return {"kept": kept, "share_answer": share}


def test_auc_within_a_prompt() -> None:
    apart = [[one(True, 0.1), one(False, 0.0)], [one(True, 0.9), one(False, 0.8), one(False, 0.7)]]
    found = within_auc(apart)
    assert (found["auc"], found["low"], found["high"]) == (1, 1, 1)
    assert (found["pairs"], found["prompts"]) == (3, 2)
    mixed = [*apart, [one(True, 0.1), one(False, 0.4)], [one(True, 0.3), one(False, 0.3)], [one(True, 0.3)]]
    found = within_auc(mixed)
    assert found["auc"] == pytest.approx(3.5 / 5)
    assert found["low"] < found["auc"] < found["high"]
    assert within_auc([[one(True, 0.3)]])["auc"] is None


def test_the_figure_draws_what_there_is() -> None:
    samples = [summary(reading([0.2] * 5 + [0.4] * 20, 5), kept=kept) for kept in (True, False)]
    figure = training_figure([{"step": 0, "samples": samples}, {"step": 9, "samples": samples[:1]}])
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["kept, before (step 0): 1", "not kept, before (step 0): 1", "kept, after (step 9): 1"]
