"""The published ways of putting correctness and compliance together, to compare KeepIF with.

Each takes what combine() takes, and gives one reward. They have a weight of their own where KeepIF has multipliers,
and no length penalty: the published ones are in length_terms.py.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..combine import Multipliers
from ..score import Score

Aggregation = Callable[[Score, Multipliers], float]


def fixed(score: Score, _: Multipliers, *, weight: float = 1.0) -> float:
    r"""$c + w f$: the usual weighted sum, as TRL's `reward_weights` make it.

    With $w = 1$ a wrong completion can draw level with a correct one, with more it can outrank it.

    >>> fixed(Score(1.0, 0.5), Multipliers(), weight=0.5)
    1.25
    """
    return (score.c or 0.0) + weight * (score.f or 0.0)


def gated(score: Score, _: Multipliers, *, weight: float = 1.0) -> float:
    r"""$c (1 + w f)$: compliance pays correct completions only (conditioning an easier reward on a harder one, as
    GDPO, arXiv 2601.05242, proposes).

    >>> gated(Score(1.0, 0.5), Multipliers(), weight=0.5), gated(Score(0.0, 1.0), Multipliers(), weight=0.5)
    (1.25, 0.0)
    """
    if score.c is None:
        return score.f or 0.0
    return score.c * (1 + weight * (1.0 if score.f is None else score.f))


def and_gate(score: Score, _: Multipliers, *, weight: float = 1.0) -> float:
    r"""$w c \cdot [f = 1]$: all or nothing; only a correct completion that keeps every constraint is paid.

    >>> and_gate(Score(1.0, 0.5), Multipliers()), and_gate(Score(1.0, 1.0), Multipliers())
    (0.0, 1.0)
    """
    return weight * (1.0 if score.c is None else score.c) * float(score.f is None or score.f == 1)


def switching(score: Score, multipliers: Multipliers, *, weight: float = 1.0) -> float:
    r"""$w f$ while the floor is violated, $c$ while it is held (CRPO, Xu, Liang and Lan, arXiv 2011.05869).

    The floor counts as violated while λ > 0; keepif.trainer moves λ as a relay for this aggregation.

    >>> switching(Score(1.0, 0.5), Multipliers(lam=0.0)), switching(Score(1.0, 0.5), Multipliers(lam=0.1))
    (1.0, 0.5)
    """
    if score.f is None or (multipliers.lam == 0 and score.c is not None):
        return score.c or 0.0
    return weight * score.f


AGGREGATIONS: dict[str, Callable[..., float]] = {
    "fixed": fixed,
    "gated": gated,
    "and": and_gate,
    "switching": switching,
}


@dataclass(frozen=True)
class Traits:
    """What an aggregation does with the multipliers: which it reads, and whether it takes λ as a switch, a relay."""

    multipliers: tuple[str, ...] = ("lam", "mu", "bonus")
    relay: bool = False


def traits_of(aggregation: Aggregation) -> Traits:
    """The traits of a published aggregation; any other may read all multipliers, as [`combine`] does."""
    function = unwrapped(aggregation)
    if function is switching:
        return Traits(("lam",), relay=True)
    return Traits(()) if function in AGGREGATIONS.values() else Traits()


def unwrapped(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function inside a `functools.partial`, which sets a weight; any other function as it is."""
    return function.func if isinstance(function, partial) else function
