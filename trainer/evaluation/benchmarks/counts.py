"""From verdicts to counts."""

from collections.abc import Iterable, Sequence

from .benchmark import Count


def counts_by_type(verdicts: Iterable[tuple[str, bool]]) -> dict[str, Count]:
    """Compliant and all verdicts, for each instruction id; a prompt that has one twice counts it twice."""
    counts: dict[str, Count] = {}
    for name, verdict in verdicts:
        above, below = counts.get(name, (0, 0))
        counts[name] = (above + verdict, below + 1)
    return counts


def four_counts(strict: Sequence[bool], loose: Sequence[bool]) -> dict[str, Count]:
    """What one response adds to IFEval's four numbers."""
    return {
        "prompt_strict": (all(strict), 1),
        "prompt_loose": (all(loose), 1),
        "instruction_strict": (sum(strict), len(strict)),
        "instruction_loose": (sum(loose), len(loose)),
    }
