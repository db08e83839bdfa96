"""From verdicts to counts."""

from collections.abc import Sequence

from .benchmark import Count


def counts_by_type(ids: Sequence[str], kept: Sequence[bool]) -> dict[str, Count]:
    """Kept and asked, for each instruction id; one that is asked twice counts twice."""
    counts: dict[str, Count] = {}
    for name, holds in zip(ids, kept, strict=True):
        above, below = counts.get(name, (0, 0))
        counts[name] = (above + holds, below + 1)
    return counts


def four_counts(strict: Sequence[bool], loose: Sequence[bool]) -> dict[str, Count]:
    """What one response adds to IFEval's four numbers."""
    return {
        "prompt_strict": (all(strict), 1),
        "prompt_loose": (all(loose), 1),
        "instruction_strict": (sum(strict), len(strict)),
        "instruction_loose": (sum(loose), len(loose)),
    }
