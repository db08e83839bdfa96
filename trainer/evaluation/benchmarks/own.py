"""Rows of one's own as a benchmark: prompts, gold answers and constraints as they are trained on, scored alike."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from keepif.rewards import Score, Scoring, constraints_of
from keepif.rewards.rows import gold_of

from ..engines.generation import ENDED, Sampling, last_tokens
from .benchmark import Benchmark, Count, Item, Sample
from .rows import Row, items_of


class OwnRows(Benchmark):
    """A training file as a benchmark, scored as the reward scores it (reading `math`, guard included).

    - `accuracy`: responses that are right, of rows with a gold answer.
    - `sacc`, `hacc`: the mean share of constraints kept, and responses that keep all, of rows with constraints.
    - `joint`: right, and all kept, of rows with both.

    Args:
        name (`str`): in commands and reports.
        rows (`Iterable[Mapping]`): rows as [`~keepif.trainer.constrain`] returns them, each `prompt` a conversation.

    Raises:
        [`RowError`]: if a row has no prompt, or its constraints cannot be read.
    """

    sampling = Sampling(1.0, 1.0, 16_384)

    def __init__(self, name: str, rows: Iterable[Row]) -> None:
        self.name = name
        rows = list(rows)
        super().__init__(items_of(name, rows, ("prompt",), _items))
        graded, constrained = any(gold_of(row) is not None for row in rows), any(i.constraints for i in self.items())
        self.headline = "joint" if graded and constrained else "accuracy" if graded else "sacc"

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        names = {name for item in self.items() for name in item.row} - {"prompt"}
        columns: dict[str, list[Any]] = {name: [sample.item.row.get(name) for sample in samples] for name in names}
        prompts = [list(sample.item.messages) for sample in samples]
        scoring = Scoring(end_ids=ENDED)
        scores = scoring.batch([sample.text for sample in samples], last_tokens(samples), columns, prompts)
        return [_scored(sample, score) for sample, score in zip(samples, scores, strict=True)]


def _items(number: int, row: Row) -> Iterable[Item]:
    constraints = tuple(constraints_of(row))
    yield Item(
        key=str(number),
        messages=tuple(row["prompt"]),
        instructions=tuple(constraint.description for constraint in constraints),
        constraint_types=tuple(constraint.id for constraint in constraints),
        row=row,
        constraints=constraints,
    )


def _scored(sample: Sample, score: Score) -> Sample:
    counts: dict[str, Count] = {}
    if score.c is not None:
        counts["accuracy"] = (score.c, 1)
    if score.f is not None:
        counts |= {"hacc": (float(score.f == 1), 1), "sacc": (score.f, 1)}
    if score.c is not None and score.f is not None:
        counts["joint"] = (float(score.c == score.f == 1), 1)
    return replace(sample, counts=counts, by_type={kind: (float(kept), 1) for kind, kept in score.verdicts.items()})
