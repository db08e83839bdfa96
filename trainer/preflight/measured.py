"""Checks of what was measured: whether the policy before RL does anything that a reward could keep or raise."""

from collections.abc import Iterator

from ..floor import Floor
from .problem import Problem


def nothing_to_keep(
    correctness: float | None, compliance: float | None, empty: float, floor: Floor | None
) -> Iterator[Problem]:
    """What is missing in the shares of sampled completions that are right, and empty, and in their mean compliance."""
    if empty == 1:
        yield Problem(
            "every sampled completion is empty: the model ends its answer at once; look at its chat template, its "
            "end tokens and the prompts"
        )
        return
    if correctness == 0:
        yield Problem(
            "no sampled completion is correct: while that stays so, correctness teaches nothing; look at the gold "
            "answers and max_completion_length, or take easier prompts"
        )
    if compliance == 0:
        yield Problem(
            "the sampled completions keep none of their constraints: there is no compliance to keep; look at the "
            "prompts, which must say what the columns demand"
        )
    elif compliance is not None and floor and floor.relative and compliance <= floor.slack:
        yield Problem(
            f"the sampled completions keep {100 * compliance:.1f} % of their constraints, which is not above the "
            f"slack of {100 * floor.slack:.1f} %: the floor lies below 0 and holds nothing; give a smaller slack, or "
            "a floor as a number"
        )
