"""When to think, learnt: a bonus for not thinking, if correctness stays at the reference's."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any, Protocol


class BeforeRL(Protocol):
    """What the policy before RL did on a prompt: [`keepif.trainer.Reference`]."""

    def accuracy(self, prompt: Any) -> float:
        """Its mean correctness."""
        ...

    def longest_answer(self, prompt: Any) -> float:
        """The words of its longest correct answer, its thinking left out."""
        ...


def adapt_think(
    correct: Sequence[float], thought: Sequence[bool], reference: float, *, delta: float = 0.05
) -> list[float]:
    r"""$\delta\, c\, [\text{no thinking}]\, [\bar c_0 \ge \bar c_{ref}(x)]$, for each completion of a group, where
    $\bar c_0$ is the mean correctness of the group's completions without thinking.

    AdaptThink (arXiv 2505.13417) takes the advantage $\delta\,[\text{no thinking}] + c - \bar c_{ref}(x)$ as it
    stands, where $\bar c_{ref}(x)$ is the mean correctness of the policy before RL on the prompt: so an accuracy up to
    δ below the reference's still gains. GRPO subtracts the group's mean, and any $\bar c_{ref}(x)$ with it; here it
    stands in a condition instead, which allows for no loss. Two more things differ. Only correct completions are paid,
    so that no δ can let a wrong one outrank them. And none is forced to open without thinking, so that a policy which
    always thinks learns nothing from it.

    >>> adapt_think([1, 0, 1, 1], [False, False, True, True], reference=0.5, delta=0.25)
    [0.25, 0.0, 0.0, 0.0]
    >>> adapt_think([1, 0, 1, 1], [False, False, True, True], reference=0.6, delta=0.25)
    [0.0, 0.0, 0.0, 0.0]
    """
    without = [c for c, thinking in zip(correct, thought, strict=True) if not thinking]
    if not without or fmean(without) < reference:
        return [0.0] * len(correct)
    return [delta * c * (not thinking) for c, thinking in zip(correct, thought, strict=True)]
