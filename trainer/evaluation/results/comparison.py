"""One run against another on the items that both have answered."""

from collections.abc import Sequence
from typing import Any

from ..benchmarks.benchmark import Outcome
from ..benchmarks.classes import CLASSES
from .measured import Measured
from .statistics import best_at, named, of_class, of_type, paired


def fewest_samples(outcomes: Sequence[Outcome]) -> int:
    """Samples that every item has."""
    counts: dict[str, int] = {}
    for outcome in outcomes:
        counts[outcome.key] = counts.get(outcome.key, 0) + 1
    return min(counts.values(), default=0)


def powers(most: int) -> list[int]:
    """2, 4, 8, ... up to `most`: the k of best-of-k."""
    return [2**i for i in range(1, most.bit_length()) if 2**i <= most]


def best_of(k: int, outcomes: Sequence[Outcome], metric: str) -> list[Outcome]:
    """Each item's expected best of `k` samples, as the outcome of one, so that items can be resampled."""
    by_item: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        by_item.setdefault(outcome.key, []).append(outcome)
    found = {key: best_at(samples, named(metric), k) for key, samples in by_item.items()}
    return [Outcome(key, 0, {metric: (best, 1)}) for key, best in found.items() if best is not None]


def compare(ours: Measured, theirs: Measured, name: str) -> dict[str, Any]:
    """Differences ours - theirs, paired by item, with their 95 % intervals; `name` is what theirs is called.

    Numbers, classes and types that one of the two does not have are left out.
    """
    first = ours.headline
    keys = {outcome.key for outcome in ours.outcomes} & {outcome.key for outcome in theirs.outcomes}
    items = ours.items & theirs.items
    a, b = ([outcome for outcome in run.outcomes if outcome.key in keys] for run in (ours, theirs))
    metrics = sorted({metric for outcome in a for metric in outcome.counts}, key=lambda m: (m != first, m))
    kinds = sorted({kind for outcome in a for kind in outcome.by_type})

    def differences(found: dict[str, Any]) -> dict[str, Any]:
        return {what: difference for what, metric in found.items() if (difference := paired(a, b, metric))}

    best = {
        f"{first}, best of {k}": paired(best_of(k, a, first), best_of(k, b, first), named(first))
        for k in powers(min(fewest_samples(a), fewest_samples(b)))
    }
    return {
        **vars(ours.arm),
        "with": name,
        "items": len(items),
        "samples": [sum(outcome.key in items for outcome in run) for run in (a, b)],
        "numbers": differences({metric: named(metric) for metric in metrics}),
        "best_of": {what: found for what, found in best.items() if found},
        "by_class": differences({name: of_class(name) for name in CLASSES}),
        "by_type": differences({kind: of_type(kind) for kind in kinds}),
    }
