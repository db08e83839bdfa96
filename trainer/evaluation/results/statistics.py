"""Intervals and paired differences by a bootstrap over items, and the best of several samples."""

from collections.abc import Callable, Sequence
from math import comb
from typing import Any

import numpy as np

from ..benchmarks.benchmark import Count, Outcome
from ..benchmarks.classes import CLASS_OF

RESAMPLES = 2000
AT_ONCE = 2**22
"""Draws held in memory at once: resamples times units."""

Metric = Callable[[Outcome], Count]


def named(metric: str) -> Metric:
    return lambda outcome: outcome.counts.get(metric, (0, 0))


def of_type(kind: str) -> Metric:
    return lambda outcome: outcome.by_type.get(kind, (0, 0))


def of_class(name: str) -> Metric:
    """Constraints of one of `CLASSES`."""

    def counted(outcome: Outcome) -> Count:
        found = [count for kind, count in outcome.by_type.items() if CLASS_OF.get(kind) == name]
        return sum(above for above, _ in found), sum(below for _, below in found)

    return counted


def of_all_types(outcome: Outcome) -> Count:
    counts = outcome.by_type.values()
    return sum(above for above, _ in counts), sum(below for _, below in counts)


def interval(outcomes: Sequence[Outcome], metric: Metric, seed: int = 0) -> dict[str, Any]:
    """A metric with its 95 % interval; `share` is `None` where nothing counts towards it.

    Percentiles of `RESAMPLES` ratios of sums. What is drawn is units: an item with all its samples, and items that
    belong together (see [`Item`]) as one.
    """
    table = np.array(list(_sums(outcomes, metric).values()))
    if not len(table) or not table[:, 1].sum():
        return {"share": None, "low": None, "high": None}
    low, high = _middle(_ratios(_resampled(table, seed)))
    return {"share": float(_ratios(table.sum(0))), "low": low, "high": high}


def paired(
    ours: Sequence[Outcome], theirs: Sequence[Outcome], metric: Metric, seed: int = 0
) -> dict[str, float] | None:
    """The difference ours - theirs on the units of both with its 95 % interval; `None` where nothing counts.

    Both are resampled alike, so that what makes an item hard for both cancels out.
    """
    a, b = _sums(ours, metric), _sums(theirs, metric)
    table = np.array([[*a[unit], *b[unit]] for unit in a if unit in b])
    if not len(table) or not table[:, 1].sum() or not table[:, 3].sum():
        return None
    sums = _resampled(table, seed)
    low, high = _middle(_ratios(sums[:, :2]) - _ratios(sums[:, 2:]))
    this, other = float(_ratios(table[:, :2].sum(0))), float(_ratios(table[:, 2:].sum(0)))
    return {"this": this, "other": other, "difference": this - other, "low": low, "high": high}


def best_at(outcomes: Sequence[Outcome], metric: Metric, k: int) -> float | None:
    """The mean over items of the best of `k` samples, 0 to 1; `None` unless some item has as many.

    Unbiased from n samples of an item, n >= k (Chen et al., 2021, arXiv 2107.03374, there for pass or fail): of the
    values in rising order the i-th is the best of a draw of k in C(i - 1, k - 1) of C(n, k) cases. Items of fewer
    samples are left out.
    """
    values: dict[str, list[float]] = {}
    for outcome in outcomes:
        above, below = metric(outcome)
        if below:
            values.setdefault(outcome.key, []).append(above / below)
    drawn = [sorted(found) for found in values.values() if len(found) >= k]
    best = [sum(v * comb(i, k - 1) for i, v in enumerate(found)) / comb(len(found), k) for found in drawn]
    return sum(best) / len(best) if best else None


def _sums(outcomes: Sequence[Outcome], metric: Metric) -> dict[str, list[float]]:
    """Numerator and denominator of each unit."""
    sums: dict[str, list[float]] = {}
    for outcome in outcomes:
        above, below = metric(outcome)
        total = sums.setdefault(outcome.key.partition("/")[0], [0.0, 0.0])
        total[0] += above
        total[1] += below
    return sums


def _resampled(table: np.ndarray, seed: int) -> np.ndarray:
    """Column sums of `RESAMPLES` draws, with replacement, of as many rows as `table` (units x columns) has."""
    rng, units = np.random.default_rng(seed), len(table)
    each = max(1, AT_ONCE // units)
    sizes = [min(each, RESAMPLES - start) for start in range(0, RESAMPLES, each)]
    even = np.full(units, 1 / units)
    return np.concatenate([rng.multinomial(units, even, size=size) @ table for size in sizes])


def _middle(drawn: np.ndarray) -> tuple[float, float]:
    """The bounds between which 95 % of the draws lie, of those to which anything counts."""
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _ratios(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[..., 0] / sums[..., 1]
