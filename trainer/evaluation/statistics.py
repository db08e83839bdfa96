"""Intervals and paired differences by a bootstrap over items."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .benchmark import Count, Outcome

RESAMPLES = 2000
PLANNING = {
    "combination",
    "composition",
    "detectable_content",
    "detectable_format",
    "length_constraints",
    "paragraphs",
}
"""Families of constraints that ask for a plan of the whole answer; the others ask for an exact local form."""
CLASSES = ("planning", "precision")

Metric = Callable[[Outcome], Count]


def named(metric: str) -> Metric:
    return lambda outcome: outcome.counts.get(metric, (0, 0))


def of_type(kind: str) -> Metric:
    return lambda outcome: outcome.by_type.get(kind, (0, 0))


def of_class(name: str) -> Metric:
    """Constraints of one of `CLASSES`."""

    def counted(outcome: Outcome) -> Count:
        found = [
            count
            for kind, count in outcome.by_type.items()
            if (kind.partition(":")[0] in PLANNING) == (name == "planning")
        ]
        return sum(above for above, _ in found), sum(below for _, below in found)

    return counted


def interval(outcomes: Sequence[Outcome], metric: Metric) -> dict[str, Any]:
    """A metric with its 95 % interval; `share` is `None` where nothing counts towards it."""
    sums = _sums(outcomes, metric)
    table = np.array(list(sums.values()))
    if not sums or not table[:, 1].sum():
        return {"share": None, "low": None, "high": None}
    low, high = np.nanquantile(_ratios(_weights(len(sums)) @ table), [0.025, 0.975])
    return {"share": float(_ratios(table.sum(0))), "low": float(low), "high": float(high)}


def paired(ours: Sequence[Outcome], theirs: Sequence[Outcome], metric: Metric) -> dict[str, float] | None:
    """The difference ours - theirs on the items of both with its 95 % interval; `None` where nothing counts."""
    a, b = _sums(ours, metric), _sums(theirs, metric)
    keys = [key for key in a if key in b]
    table_a, table_b = np.array([a[key] for key in keys]), np.array([b[key] for key in keys])
    if not keys or not table_a[:, 1].sum() or not table_b[:, 1].sum():
        return None
    weights = _weights(len(keys))
    low, high = np.nanquantile(_ratios(weights @ table_a) - _ratios(weights @ table_b), [0.025, 0.975])
    this, other = float(_ratios(table_a.sum(0))), float(_ratios(table_b.sum(0)))
    return {"this": this, "other": other, "difference": this - other, "low": float(low), "high": float(high)}


def _sums(outcomes: Sequence[Outcome], metric: Metric) -> dict[str, list[float]]:
    sums: dict[str, list[float]] = {}
    for outcome in outcomes:
        above, below = metric(outcome)
        total = sums.setdefault(outcome.key, [0.0, 0.0])
        total[0] += above
        total[1] += below
    return sums


def _weights(items: int) -> np.ndarray:
    """How often each item is drawn, `RESAMPLES` times."""
    return np.random.default_rng(0).multinomial(items, np.full(items, 1 / items), size=RESAMPLES)


def _ratios(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[..., 0] / sums[..., 1]
