"""Intervals and paired differences by a bootstrap over items, and the best of several samples."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import comb
from typing import Any

import numpy as np

from ...tally import proportion
from ..benchmarks.benchmark import Count, Sample
from ..benchmarks.constraint_classes import CLASS_OF

RESAMPLES = 2000

Metric = Callable[[Sample], Count]


def named(metric: str) -> Metric:
    return lambda sample: sample.counts.get(metric, (0, 0))


def of_type(kind: str) -> Metric:
    return lambda sample: sample.by_type.get(kind, (0, 0))


def of_class(name: str) -> Metric:
    """Constraints of one of `CLASSES`."""
    return lambda sample: _total([count for kind, count in sample.by_type.items() if CLASS_OF.get(kind) == name])


def of_all_types(sample: Sample) -> Count:
    return _total(list(sample.by_type.values()))


def _total(counts: Sequence[Count]) -> Count:
    return sum(above for above, _ in counts), sum(below for _, below in counts)


def interval(samples: Sequence[Sample], metric: Metric) -> dict[str, Any]:
    """A metric with its 95 % interval; `share` is `None` if nothing counts towards it.

    Percentiles of `RESAMPLES` ratios of sums. Units are drawn (see [`Item`]), each with all its samples. If all score
    alike, a bootstrap would be certain: then it is Wilson's interval.
    """
    table = np.array(list(_sums(samples, metric).values()))
    if not len(table) or not table[:, 1].sum():
        return {"share": None, "low": None, "high": None}
    share = float(_ratios(table.sum(0)))
    if share in {0.0, 1.0}:
        units = int((table[:, 1] > 0).sum())
        return proportion(share * units, units)
    low, high = _middle(_ratios(_resampled(table)))
    return {"share": share, "low": low, "high": high}


def paired(ours: Sequence[Sample], theirs: Sequence[Sample], metric: Metric) -> dict[str, float] | None:
    """The difference ours - theirs on the units of both with its 95 % interval; `None` if nothing counts.

    Both are resampled alike, so that what makes an item hard for both cancels out.
    """
    return _difference(_sums(ours, metric), _sums(theirs, metric))


def contrast(samples: Sequence[Sample], this: Metric, other: Metric) -> dict[str, float] | None:
    """The difference this - other of two metrics of the same samples, as in [`paired`]."""
    return _difference(_sums(samples, this), _sums(samples, other))


def attention_on(kind: str, kept: bool) -> Metric:
    """The attention on the constraints of a type in the samples that keep them all, or in the others."""

    def metric(sample: Sample) -> Count:
        above, below = sample.by_type.get(kind, (0, 0))
        counts = kind in sample.attention and below and (above == below) == kept
        return (sample.attention[kind], 1) if counts else (0, 0)

    return metric


def _difference(a: Mapping[str, list[float]], b: Mapping[str, list[float]]) -> dict[str, float] | None:
    table = np.array([[*a[unit], *b[unit]] for unit in a if unit in b])
    if not len(table) or not table[:, 1].sum() or not table[:, 3].sum():
        return None
    sums = _resampled(table)
    low, high = _middle(_ratios(sums[:, :2]) - _ratios(sums[:, 2:]))
    this, other = float(_ratios(table[:, :2].sum(0))), float(_ratios(table[:, 2:].sum(0)))
    return {"this": this, "other": other, "difference": this - other, "low": low, "high": high}


def powers(samples: Sequence[Sample]) -> list[int]:
    """The k of best-of-k: 2, 4, 8, ... up to the samples that every item has."""
    most = min(Counter(sample.item.key for sample in samples).values(), default=0)
    return [2**i for i in range(1, most.bit_length()) if 2**i <= most]


def best_of(k: int, samples: Sequence[Sample], metric: str) -> list[Sample]:
    """Each item's expected best of `k` samples, as one sample, so that items can be resampled.

    Unbiased from n samples of an item, n >= k (Chen et al., 2021, arXiv 2107.03374, there for pass or fail): of the
    values in rising order the i-th is the best of a draw of k in C(i - 1, k - 1) of C(n, k) cases. Items of fewer
    samples are left out.
    """
    by_item: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.counts.get(metric, (0, 0))[1]:
            by_item.setdefault(sample.item.key, []).append(sample)
    return [
        Sample(several[0].item, counts={metric: (_expected_best(k, [_ratio(s.counts[metric]) for s in several]), 1)})
        for several in by_item.values()
        if len(several) >= k
    ]


def _expected_best(k: int, values: Sequence[float]) -> float:
    return sum(value * comb(i, k - 1) for i, value in enumerate(sorted(values))) / comb(len(values), k)


def _ratio(count: Count) -> float:
    return count[0] / count[1]


def _sums(samples: Sequence[Sample], metric: Metric) -> dict[str, list[float]]:
    """Numerator and denominator of each unit."""
    sums: dict[str, list[float]] = {}
    for sample in samples:
        above, below = metric(sample)
        total = sums.setdefault(sample.item.unit, [0.0, 0.0])
        total[0] += above
        total[1] += below
    return sums


def _resampled(table: np.ndarray) -> np.ndarray:
    """Column sums of `RESAMPLES` draws, with replacement, of as many rows as `table` (units x columns) has."""
    units = len(table)
    return np.random.default_rng(0).multinomial(units, np.full(units, 1 / units), size=RESAMPLES) @ table


def _middle(drawn: np.ndarray) -> tuple[float, float]:
    """The bounds between which 95 % of the draws lie, of those to which anything counts."""
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _ratios(sums: np.ndarray) -> np.ndarray:
    with np.errstate(invalid="ignore", divide="ignore"):
        return sums[..., 0] / sums[..., 1]
