"""What a benchmark is: items to answer, and samples whose counts add up to its numbers."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

from keepif.rewards import Constraint, Response

from ..engines.generation import Sampling

Count = tuple[float, float]
"""A numerator and a denominator. Metrics are ratios of sums, so that items can be resampled."""
GREEDY = Sampling(temperature=0.0, max_tokens=16_384)
"""For benchmarks that publish greedy numbers; the most tokens are MathIF's, because these publish none."""
BENCHMARKS: dict[str, type["Benchmark"]] = {}
"""Every benchmark by its name."""


@dataclass(frozen=True)
class Item:
    """One row of a benchmark.

    Attributes:
        key (`str`): unique within its benchmark, and the same in every run.
        messages (`tuple` of messages): what the model is shown, as published.
        instructions (`tuple[str, ...]`): the constraints in words, for remedies that repeat them.
        constraint_types (`tuple[str, ...]`): their instruction ids; empty if the benchmark names none.
        row (`Mapping`): the published row, for the scorer.
        constraints (`tuple[Constraint, ...]`): the row's constraints, if we check them ourselves.
        defective (`str` or `None`): which of the row's demands exclude each other; such rows are reported apart.
        control (`bool`): whether it is another item without its constraints. Controls count neither towards a limit
            nor towards a benchmark's items.
    """

    key: str
    messages: tuple[Mapping[str, str], ...] = ()
    instructions: tuple[str, ...] = ()
    constraint_types: tuple[str, ...] = ()
    row: Mapping[str, Any] = field(default_factory=dict)
    constraints: tuple[Constraint, ...] = field(default=(), compare=False)
    defective: str | None = None
    control: bool = False

    @property
    def unit(self) -> str:
        """What is resampled together: the part of the key before its `/`, as in the cases of one function."""
        return self.key.partition("/")[0]


@dataclass(frozen=True)
class Sample:
    """One response to one item. It is drawn, answered, scored and reported as this one record.

    Attributes:
        item ([`Item`]), index (`int`): what is answered, and the number of this response to it. They are known when
            it is drawn; every later step returns a copy that knows more.
        text (`str`): the response, thinking included.
        tokens (`int`), thinking_tokens (`int`), truncated (`bool`): its price, and whether the limit cut it.
        counts (`Mapping[str, Count]`): metric → (numerator, denominator). A benchmark's number is the sum of the
            numerators over the sum of the denominators.
        by_type (`Mapping[str, Count]`): the same for each instruction id.
        unjudged (`bool`): whether its judge failed. Then it counts towards nothing until it is judged.
        attention (`Mapping[str, float]`): instruction id → the answer's share of attention on it, in [0, 1], if it
            was measured.
    """

    item: Item
    index: int = 0
    text: str = ""
    tokens: int = 0
    thinking_tokens: int = 0
    truncated: bool = False
    counts: Mapping[str, Count] = field(default_factory=dict)
    by_type: Mapping[str, Count] = field(default_factory=dict)
    unjudged: bool = False
    attention: Mapping[str, float] = field(default_factory=dict)

    @cached_property
    def answer_text(self) -> str:
        """The response without its thinking; empty if the thinking never closes."""
        return Response.parse(self.text).answer_text


class Benchmark(ABC):
    """Items, and how samples of them are scored. A subclass that has a `name` is in `BENCHMARKS` under it.

    Attributes:
        name (`str`): in commands and reports.
        headline (`str`): the metric that comes first.
        sampling ([`Sampling`]): as published.
        scored_by (`str` or `None`): the scorer and its version, if the numbers depend on them.
    """

    name: str
    headline: str
    sampling: ClassVar[Sampling] = GREEDY
    scored_by: str | None = None

    def __init_subclass__(cls) -> None:
        if "name" in vars(cls):
            BENCHMARKS[cls.name] = cls

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = list(items)

    def items(self) -> list[Item]:
        return self._items

    @abstractmethod
    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        """The samples with their counts, in order. Never raises on what a model wrote."""


def numbers(samples: Iterable[Sample]) -> dict[str, float]:
    """Every metric of scored samples, 0 to 1; a metric without counts is left out."""
    sums: dict[str, list[float]] = {}
    for sample in samples:
        for metric, (numerator, denominator) in sample.counts.items():
            total = sums.setdefault(metric, [0.0, 0.0])
            total[0] += numerator
            total[1] += denominator
    return {metric: above / below for metric, (above, below) in sums.items() if below}
