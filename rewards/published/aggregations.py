"""The published ways of putting correctness and compliance together, to compare KeepIF with.

Each takes what combine() takes, and gives one reward. They have a weight of their own where KeepIF has multipliers,
and no length penalty: the published ones are in length_terms.py.
"""

# ruff: noqa: ARG001  # each takes all that combine() takes

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ..combine import Multipliers

Aggregation = Callable[[float | None, float | None, float, Multipliers], float]


def fixed(c: float | None, f: float | None, p: float, multipliers: Multipliers, *, weight: float = 1.0) -> float:
    r"""$c + w f$: the usual weighted sum, as TRL's `reward_weights` make it.

    With $w = 1$ a wrong completion can draw level with a correct one, with more it can outrank it.

    >>> fixed(1.0, 0.5, 0.0, Multipliers(), weight=0.5)
    1.25
    """
    return (c or 0.0) + weight * (f or 0.0)


def gated(c: float | None, f: float | None, p: float, multipliers: Multipliers, *, weight: float = 1.0) -> float:
    r"""$c (1 + w f)$: compliance pays correct completions only (conditioning an easier reward on a harder one, as
    GDPO, arXiv 2601.05242, proposes).

    >>> gated(1.0, 0.5, 0.0, Multipliers(), weight=0.5), gated(0.0, 1.0, 0.0, Multipliers(), weight=0.5)
    (1.25, 0.0)
    """
    if c is None:
        return f or 0.0
    return c * (1 + weight * (1.0 if f is None else f))


def and_gate(c: float | None, f: float | None, p: float, multipliers: Multipliers, *, weight: float = 1.0) -> float:
    r"""$w c \cdot [f = 1]$: all or nothing; only a correct completion that keeps every constraint is paid.

    >>> and_gate(1.0, 0.5, 0.0, Multipliers()), and_gate(1.0, 1.0, 0.0, Multipliers())
    (0.0, 1.0)
    """
    return weight * (1.0 if c is None else c) * float(f is None or f == 1)


def switching(c: float | None, f: float | None, p: float, multipliers: Multipliers, *, weight: float = 1.0) -> float:
    r"""$w f$ while the floor is violated, $c$ while it is held (CRPO, Xu, Liang and Lan, arXiv 2011.05869).

    The floor counts as violated while λ > 0; keepif.trainer moves λ as a relay for this aggregation.

    >>> switching(1.0, 0.5, 0.0, Multipliers(lam=0.0)), switching(1.0, 0.5, 0.0, Multipliers(lam=0.1))
    (1.0, 0.5)
    """
    if f is None or (multipliers.lam == 0 and c is not None):
        return c or 0.0
    return weight * f


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
