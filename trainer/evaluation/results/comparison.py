"""One arm against another on the items that both have answered."""

from collections.abc import Mapping
from typing import Any

from ..benchmarks.constraint_classes import CLASSES
from .measurements import Measurement
from .statistics import Metric, best_of, named, of_class, of_type, paired, powers


def compare(ours: Measurement, theirs: Measurement, name: str) -> dict[str, Any]:
    """Differences ours - theirs, paired by item, with their 95 % intervals; `name` is what theirs is called.

    Numbers, classes and types that one of the two does not have are left out.
    """
    first = ours.headline
    keys = {sample.item.key for sample in ours.samples} & {sample.item.key for sample in theirs.samples}
    items = ours.items & theirs.items
    a, b = ([sample for sample in run.samples if sample.item.key in keys] for run in (ours, theirs))
    metrics = sorted({metric for sample in a for metric in sample.counts}, key=lambda m: (m != first, m))
    kinds = sorted({kind for sample in a for kind in sample.by_type})

    def differences(metrics: Mapping[str, Metric]) -> dict[str, Any]:
        return {what: difference for what, metric in metrics.items() if (difference := paired(a, b, metric))}

    best = {
        f"{first}, best of {k}": paired(best_of(k, a, first), best_of(k, b, first), named(first))
        for k in powers(a)
        if k in powers(b)
    }
    return {
        **vars(ours.arm),
        "with": name,
        "items": len(items),
        "samples": [sum(sample.item.key in items for sample in run) for run in (a, b)],
        "numbers": differences({metric: named(metric) for metric in metrics}),
        "best_of": {what: difference for what, difference in best.items() if difference},
        "by_class": differences({name: of_class(name) for name in CLASSES}),
        "by_type": differences({kind: of_type(kind) for kind in kinds}),
    }
