"""What is kept of a reading, as JSON, and what many of them say together."""

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import fmean
from typing import Any

from .readings import Reading

BINS = 10
"""Parts of equal length that the thinking and the answer are each cut into, so that responses can be averaged."""
RESAMPLES = 2000

Summary = Mapping[str, Any]


def summary(reading: Reading, kept: bool) -> dict[str, Any]:
    """One response's attention, means over the layers, `None` where there is none; and whether it kept everything.

    Returns:
        `dict`: `kept`; `length` in tokens; `share`, `share_thinking` and `share_answer`; `alpha`, over the answer;
        `beta` and `share_by_layer`, over the answer, a number a layer; `curve`, the share in `BINS` parts of the
        thinking and `BINS` of the answer.
    """
    return {
        "kept": kept,
        "length": reading.share.shape[1],
        "share": _number(reading.mean(reading.share)),
        "share_thinking": _number(reading.mean(reading.share, "thinking")),
        "share_answer": _number(reading.mean(reading.share, "answer")),
        "alpha": _number(reading.mean(reading.alpha, "answer")),
        "beta": [_number(value) for value in reading.beta.tolist()],
        "share_by_layer": [_number(value) for value in reading.share[:, reading.answer_from :].nanmean(1).tolist()],
        "curve": curve(reading),
    }


def curve(reading: Reading) -> list[float | None]:
    """The share's mean over the layers in `BINS` parts of the thinking, then of the answer."""
    course = reading.share.nanmean(0).tolist()
    return [
        value
        for section in (course[: reading.answer_from], course[reading.answer_from :])
        for value in _parts(section)
    ]


def _parts(values: Sequence[float]) -> list[float | None]:
    """`BINS` means of `values`; of fewer values some are repeated."""
    if not values:
        return [None] * BINS
    edges = [i * len(values) // BINS for i in range(BINS + 1)]
    return [_number(fmean(values[at : max(at + 1, end)])) for at, end in pairwise(edges)]


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def mean_of(values: Iterable[float | None]) -> float | None:
    """The mean of what is there."""
    there = [value for value in values if value is not None]
    return fmean(there) if there else None


def mean_curve(summaries: Sequence[Summary]) -> list[float | None]:
    return [mean_of(column) for column in zip(*(one["curve"] for one in summaries), strict=True)]


def within_auc(groups: Iterable[Sequence[Summary]], name: str = "share_answer") -> dict[str, float | None]:
    """How well `name` tells the responses that kept everything from those that did not, within one prompt.

    The share of pairs, one of each kind and both of one prompt, in which the first has more (ties count half): 0.5 is
    chance. The 95 % interval is a bootstrap over prompts, of which each is a group.

    Returns:
        `dict`: `auc`, `low`, `high`, all `None` without a pair; `pairs` and `prompts`, how many there were.
    """
    counts = [found for group in groups if (found := _pairs(group, name))[1]]
    if not counts:
        return {"auc": None, "low": None, "high": None, "pairs": 0, "prompts": 0}
    rng, draws = random.Random(0), []
    for _ in range(RESAMPLES):
        drawn = rng.choices(counts, k=len(counts))
        draws.append(sum(wins for wins, _ in drawn) / sum(pairs for _, pairs in drawn))
    draws.sort()
    wins, pairs = (sum(column) for column in zip(*counts, strict=True))
    low, high = draws[int(0.025 * RESAMPLES)], draws[int(0.975 * RESAMPLES) - 1]
    return {"auc": wins / pairs, "low": low, "high": high, "pairs": pairs, "prompts": len(counts)}


def _pairs(group: Sequence[Summary], name: str) -> tuple[float, int]:
    kept, not_kept = (
        [one[name] for one in group if one["kept"] is kind and one[name] is not None] for kind in (True, False)
    )
    wins = sum((a > b) + (a == b) / 2 for a in kept for b in not_kept)
    return wins, len(kept) * len(not_kept)
