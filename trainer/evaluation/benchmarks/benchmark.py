"""What a benchmark is: items to answer, and outcomes that add up to its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ...data.constrain import RowError

Count = tuple[float, float]
"""A numerator and a denominator. Metrics are ratios of sums, so that items can be resampled."""


@dataclass(frozen=True)
class Item:
    """One row of a benchmark.

    Attributes:
        key (`str`): unique within its benchmark, and the same in every run. Items that belong together, as the cases
            of a function do, share what stands before a `/`: they are resampled together.
        messages (`tuple` of messages): what the model is shown, as published.
        instructions (`tuple[str, ...]`): the constraints in words, for remedies that say them again.
        constraint_types (`tuple[str, ...]`): their instruction ids; empty where the benchmark names none.
        row (`Mapping`): the published row, for the scorer.
        defective (`str` or `None`): which of the row's demands exclude each other; such rows are reported apart.
        control (`bool`): whether it is another item without its constraints, asked beside it: it counts neither
            towards a limit nor towards what is said of a benchmark's items.
    """

    key: str
    messages: tuple[Mapping[str, str], ...]
    instructions: tuple[str, ...] = ()
    constraint_types: tuple[str, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    defective: str | None = None
    control: bool = False


@dataclass(frozen=True)
class Sample:
    """One response to one item: the text the model said, thinking included, and what it cost in tokens."""

    item: Item
    index: int
    text: str
    tokens: int
    thinking_tokens: int = 0
    truncated: bool = False


@dataclass(frozen=True)
class Outcome:
    """What one sample scored.

    Attributes:
        key (`str`), index (`int`): the item and the sample's number.
        counts (`dict[str, Count]`): metric to (numerator, denominator); a benchmark's number is the sum of the
            numerators over the sum of the denominators.
        by_type (`dict[str, Count]`): the same for each instruction id.
        unjudged (`bool`): whether its judge failed, so that it counts towards nothing until it is judged.
    """

    key: str
    index: int
    counts: dict[str, Count]
    by_type: dict[str, Count] = field(default_factory=dict)
    unjudged: bool = False


def unique(name: str, items: Sequence[Item]) -> list[Item]:
    """`items`, if each has a key of its own: samples are told apart by them.

    Raises:
        [`RowError`]: with the first key that stands twice.
    """
    seen: set[str] = set()
    for item in items:
        if item.key in seen:
            raise RowError(f"{name}: two rows are called {item.key!r}; give each its own, or leave one out")
        seen.add(item.key)
    return list(items)


class Benchmark(Protocol):
    """A benchmark: its items, what it makes of their samples, and which of its metrics comes first."""

    name: str
    headline: str

    def items(self) -> Sequence[Item]: ...

    def score(self, samples: Sequence[Sample]) -> list[Outcome]:
        """One outcome a sample, in order. Never raises on what a model said."""
        ...


def numbers(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """Every metric of `outcomes`, 0 to 1; one that nothing counts towards is left out."""
    sums: dict[str, list[float]] = {}
    for outcome in outcomes:
        for metric, (numerator, denominator) in outcome.counts.items():
            total = sums.setdefault(metric, [0.0, 0.0])
            total[0] += numerator
            total[1] += denominator
    return {metric: above / below for metric, (above, below) in sums.items() if below}
