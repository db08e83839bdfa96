"""What a run measured: the outcomes of its arms, as its report and other runs' comparisons read them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..answering import Arm
from ..benchmarks.benchmark import Benchmark, Outcome, Sample

NAME = "outcomes.jsonl"


@dataclass(frozen=True)
class Scored:
    """One sample's outcome and what it cost; `defective` and `control` as in [`Item`]."""

    outcome: Outcome
    tokens: int
    thinking_tokens: int
    truncated: bool
    defective: str | None = None
    control: bool = False


@dataclass(frozen=True)
class Measured:
    """An arm, scored.

    Attributes:
        arm ([`Arm`]): which.
        headline (`str`): the metric that comes first.
        scored (`tuple[Scored, ...]`): its samples, in their order.
        missing (`int`): how many are still to be made.
        scored_by (`str` or `None`): what scored them, where a benchmark's score depends on that.
    """

    arm: Arm
    headline: str
    scored: tuple[Scored, ...]
    missing: int = 0
    scored_by: str | None = None

    @property
    def outcomes(self) -> list[Outcome]:
        return [one.outcome for one in self.scored]

    @property
    def unjudged(self) -> int:
        """How many of its samples are still to be judged."""
        return sum(outcome.unjudged for outcome in self.outcomes)

    @property
    def items(self) -> set[str]:
        """Keys of the items that have samples, without controls."""
        return {one.outcome.key for one in self.scored if not one.control}


def measure(arm: Arm, benchmark: Benchmark, samples: Sequence[Sample], missing: int) -> Measured:
    """Score the samples of an arm."""
    scored = (
        Scored(outcome, said.tokens, said.thinking_tokens, said.truncated, said.item.defective, said.item.control)
        for said, outcome in zip(samples, benchmark.score(samples), strict=True)
    )
    return Measured(arm, benchmark.headline, tuple(scored), missing, getattr(benchmark, "scored_by", None))


def write(folder: Path, found: Iterable[Measured]) -> None:
    """Leave the outcomes in `folder`, one line an arm; who is killed here leaves the old ones."""
    partial = folder / f"{NAME}.partial"
    partial.write_text("".join(json.dumps(asdict(measured)) + "\n" for measured in found))
    partial.replace(folder / NAME)


def read(folder: Path) -> list[Measured]:
    """The outcomes that a run left in `folder`.

    Raises:
        `ValueError`: where there are none.
    """
    path = folder / NAME
    if not path.exists():
        raise ValueError(f"there is no {NAME} in {folder}: give the output_dir of an evaluation that has ended")
    return [_measured(json.loads(line)) for line in path.read_text().splitlines()]


def _measured(stored: dict[str, Any]) -> Measured:
    scored = tuple(Scored(**one | {"outcome": _outcome(one["outcome"])}) for one in stored["scored"])
    return Measured(**stored | {"arm": Arm(**stored["arm"]), "scored": scored})


def _outcome(stored: dict[str, Any]) -> Outcome:
    counts, by_type = ({name: tuple(count) for name, count in stored[part].items()} for part in ("counts", "by_type"))
    return Outcome(stored["key"], stored["index"], counts, by_type, stored.get("unjudged", False))
