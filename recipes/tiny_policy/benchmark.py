"""The embedded policy's own task as a benchmark, so that it can be measured before and after RL."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from keepif.rewards import Score, Scoring, constraints_of
from keepif.trainer.evaluation.benchmarks.benchmark import Benchmark, Item, Sample
from keepif.trainer.evaluation.engines.generation import Sampling

from .evaluate import MAX_TOKENS
from .worlds import TINY


class TinyBenchmark(Benchmark):
    """The held-out prompts of `reinforce`, scored as the demo scores them (reading `math`).

    Its numbers: `accuracy`, `hacc`, `sacc`, `joint`, as MathIF's are called.
    """

    name = "tiny"
    headline = "joint"
    sampling = Sampling(1.0, 1.0, MAX_TOKENS)  # as it is trained

    def __init__(self, source: Any = None) -> None:
        if source is not None:
            raise ValueError(f"the benchmark tiny makes its own rows and takes no source, found {source!r}")
        super().__init__(_item(str(number), row) for number, row in enumerate(TINY.held_out()))

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        columns = {
            name: [sample.item.row[name] for sample in samples] for name in ("answer", "instruction_id_list", "kwargs")
        }
        # A completion that was cut is recognised by its last token: these stand for it.
        ends = [[0] if sample.truncated else [1] for sample in samples]
        scores = Scoring(end_ids=frozenset({1})).batch([sample.text for sample in samples], ends, columns)
        return [_scored(sample, score) for sample, score in zip(samples, scores, strict=True)]


def _scored(sample: Sample, score: Score) -> Sample:
    return replace(
        sample,
        counts={
            "accuracy": (score.c or 0.0, 1),
            "hacc": (float(score.f == 1), 1),
            "sacc": (score.f or 0.0, 1),
            "joint": (float(score.c == score.f == 1), 1),
        },
        by_type={kind: (float(kept), 1) for kind, kept in score.verdicts.items()},
    )


def _item(key: str, row: dict[str, Any]) -> Item:
    constraints = constraints_of(row)
    return Item(
        key=key,
        messages=tuple(row["prompt"]),
        instructions=tuple(constraint.description for constraint in constraints),
        constraint_types=tuple(row["instruction_id_list"]),
        row=row,
    )
