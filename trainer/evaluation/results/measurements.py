"""What a run measured: the scored samples of its arms, as its report and other runs' comparisons read them."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ..answering import Arm
from ..benchmarks.benchmark import Benchmark, Item, Sample

NAME = "outcomes.jsonl"
OF_ITEM = ("key", "defective", "control")
OF_SAMPLE = tuple(field.name for field in fields(Sample) if field.name not in {"item", "text"})


@dataclass(frozen=True)
class Measurement:
    """An arm, scored: its samples in order, how many are still to be made, and the benchmark's headline and scorer."""

    arm: Arm
    headline: str
    samples: tuple[Sample, ...]
    missing: int = 0
    scored_by: str | None = None

    @property
    def unjudged(self) -> int:
        """How many of its samples are still to be judged."""
        return sum(sample.unjudged for sample in self.samples)

    @property
    def items(self) -> set[str]:
        """Keys of the items that have samples, without controls."""
        return {sample.item.key for sample in self.samples if not sample.item.control}


def scored(arm: Arm, benchmark: Benchmark, samples: Sequence[Sample], missing: int) -> Measurement:
    """The samples of an arm, scored."""
    return Measurement(arm, benchmark.headline, tuple(benchmark.score(samples)), missing, benchmark.scored_by)


def write(folder: Path, measurements: Iterable[Measurement]) -> None:
    """Leave them in `folder`, one line an arm, without the samples' texts; a kill leaves the old ones."""
    partial = folder / f"{NAME}.partial"
    partial.write_text("".join(json.dumps(_stored(one)) + "\n" for one in measurements))
    partial.replace(folder / NAME)


def read(folder: Path) -> list[Measurement]:
    """What [`write`] has left in `folder`."""
    path = folder / NAME
    if not path.exists():
        raise ValueError(f"there is no {NAME} in {folder}: give the output_dir of an evaluation that has ended")
    return [_measurement(json.loads(line)) for line in path.read_text().splitlines()]


def _stored(measurement: Measurement) -> dict[str, Any]:
    samples = [
        {name: getattr(sample.item, name) for name in OF_ITEM} | {name: getattr(sample, name) for name in OF_SAMPLE}
        for sample in measurement.samples
    ]
    return vars(measurement) | {"arm": asdict(measurement.arm), "samples": samples}


def _measurement(stored: dict[str, Any]) -> Measurement:
    samples = tuple(_sample(sample) for sample in stored["samples"])
    return Measurement(**stored | {"arm": Arm(**stored["arm"]), "samples": samples})


def _sample(stored: dict[str, Any]) -> Sample:
    counts: dict[str, Any] = {
        part: {name: tuple(count) for name, count in stored[part].items()} for part in ("counts", "by_type")
    }
    item = Item(**{name: stored[name] for name in OF_ITEM})
    return Sample(item, **{name: stored[name] for name in OF_SAMPLE} | counts)
