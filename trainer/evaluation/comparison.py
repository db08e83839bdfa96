"""One run against another on the items that both have answered."""

from typing import Any

from .classes import CLASSES
from .measured import Measured
from .statistics import named, of_class, of_type, paired


def compare(ours: Measured, theirs: Measured, name: str) -> dict[str, Any]:
    """Differences ours - theirs, paired by item, with their 95 % intervals; `name` is what theirs is called.

    Numbers, classes and types that one of the two does not have are left out.
    """
    keys = {outcome.key for outcome in ours.outcomes} & {outcome.key for outcome in theirs.outcomes}
    a, b = ([outcome for outcome in run.outcomes if outcome.key in keys] for run in (ours, theirs))
    metrics = sorted({metric for outcome in a for metric in outcome.counts}, key=lambda m: (m != ours.headline, m))
    kinds = sorted({kind for outcome in a for kind in outcome.by_type})

    def differences(found: dict[str, Any]) -> dict[str, Any]:
        return {what: difference for what, metric in found.items() if (difference := paired(a, b, metric))}

    return {
        **vars(ours.arm),
        "with": name,
        "items": len(keys),
        "numbers": differences({metric: named(metric) for metric in metrics}),
        "by_class": differences({name: of_class(name) for name in CLASSES}),
        "by_type": differences({kind: of_type(kind) for kind in kinds}),
    }
