"""From verdicts to counts."""

from collections.abc import Sequence

from keepif.rewards import Constraint

from .benchmark import Count


def counts_by_type(constraints: Sequence[Constraint], kept: Sequence[bool]) -> dict[str, Count]:
    """Kept and asked, for each instruction id; one that is asked twice counts twice."""
    counts: dict[str, Count] = {}
    for constraint, holds in zip(constraints, kept, strict=True):
        above, below = counts.get(constraint.id, (0, 0))
        counts[constraint.id] = (above + holds, below + 1)
    return counts


def four_counts(strict: Sequence[bool], loose: Sequence[bool]) -> dict[str, Count]:
    """What one response adds to IFEval's four numbers."""
    return {
        "prompt_strict": (all(strict), 1),
        "prompt_loose": (all(loose), 1),
        "instruction_strict": (sum(strict), len(strict)),
        "instruction_loose": (sum(loose), len(loose)),
    }
