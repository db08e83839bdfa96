"""What a run measured: the outcomes of its arms, as its report and other runs' comparisons read them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .answering import Arm
from .benchmark import Benchmark, Outcome, Sample

NAME = "outcomes.jsonl"


@dataclass(frozen=True)
class Scored:
    """One sample's outcome and what it cost; `defective` as in [`Item`]."""

    outcome: Outcome
    tokens: int
    thinking_tokens: int
    truncated: bool
    defective: str | None = None


@dataclass(frozen=True)
class Measured:
    """An arm, scored: its samples in their order, how many are still to be made, and the metric that comes first."""

    arm: Arm
    headline: str
    scored: tuple[Scored, ...]
    missing: int = 0

    @property
    def outcomes(self) -> list[Outcome]:
        return [one.outcome for one in self.scored]


def measure(arm: Arm, benchmark: Benchmark, samples: Sequence[Sample], missing: int) -> Measured:
    """Score the samples of an arm."""
    scored = (
        Scored(outcome, sample.tokens, sample.thinking_tokens, sample.truncated, sample.item.defective)
        for sample, outcome in zip(samples, benchmark.score(samples), strict=True)
    )
    return Measured(arm, benchmark.headline, tuple(scored), missing)


def write(folder: Path, found: Iterable[Measured]) -> None:
    """Leave the outcomes in `folder`, one line an arm."""
    (folder / NAME).write_text("".join(json.dumps(asdict(measured)) + "\n" for measured in found))


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
    return Measured(Arm(**stored["arm"]), stored["headline"], scored, stored["missing"])


def _outcome(stored: dict[str, Any]) -> Outcome:
    counts, by_type = ({name: tuple(count) for name, count in stored[part].items()} for part in ("counts", "by_type"))
    return Outcome(stored["key"], stored["index"], counts, by_type)
