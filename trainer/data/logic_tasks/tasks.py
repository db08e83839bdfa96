"""Tasks worth doing: grown, sliced, executed on several inputs, and kept where every filter lets them through."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from .execution import Outcome, UnfitError, execute
from .growth import Grower, Shape
from .python import complexity_metrics, python
from .slicing import sliced
from .tree import Program

CASES = 3
"""Test cases of a program, the fewest that LogicIFEval keeps a function with."""
DRAWS = 8
"""Inputs drawn for a program before it is given up."""
MOST_COUNTED = 50
"""Trackers stay below this, as in LogicIFEval."""
TRIVIAL = (0, 1)
"""Outputs that a guess would find."""

Level = Literal["easy", "medium", "hard"]


@dataclass(frozen=True)
class Difficulty:
    """A level: the shape grown, the published score, and how many executed statements the output depends on."""

    shape: Shape
    score: tuple[float, float]
    depends: int


LEVELS: dict[Level, Difficulty] = {
    "easy": Difficulty(Shape(structures=(1, 2), depth=0), score=(8, 15), depends=4),
    "medium": Difficulty(Shape(structures=(1, 3), depth=1, helpers=(0, 1)), score=(15, 30), depends=5),
    "hard": Difficulty(Shape(structures=(2, 3), depth=2, helpers=(1, 1), recursive=True), score=(30, 60), depends=7),
}
"""Scores from and below: LogicIFEval's repository begins its levels at 8, 15 and 30. Nothing above 60 is drawn."""


@dataclass(frozen=True)
class Case:
    """One input of a program, and what it gives."""

    x: int
    numbers: list[int]
    outcome: Outcome


@dataclass(frozen=True)
class Task:
    program: Program
    source: str
    metrics: dict[str, Any]
    cases: list[Case]


def tasks(rng: random.Random, difficulty: Difficulty) -> Iterator[Task]:
    """Tasks without end, of one difficulty."""
    fewest, beyond = difficulty.score
    while True:
        program = sliced(Grower(rng, difficulty.shape).program())
        source = python(program)
        metrics = complexity_metrics(source)
        if not fewest <= metrics["code_complexity_score"] < beyond:
            continue
        cases = _cases(rng, program, difficulty.depends)
        if len(cases) == CASES and _every_tracker_counts(cases):
            yield Task(program, source, metrics, cases)


def _cases(rng: random.Random, program: Program, depends: int) -> list[Case]:
    """Up to [`CASES`] inputs on which the program's outputs differ and pass every filter."""
    found: dict[int, Case] = {}
    for _ in range(DRAWS):
        x, numbers = rng.randint(3, 60), [rng.randint(1, 30) for _ in range(rng.randint(3, 5))]
        try:
            outcome = execute(program, x, numbers)
        except UnfitError:
            continue
        if _worthwhile(outcome, depends):
            found.setdefault(outcome.output, Case(x, numbers, outcome))
        if len(found) == CASES:
            break
    return list(found.values())


def _worthwhile(outcome: Outcome, depends: int) -> bool:
    return (
        outcome.output not in TRIVIAL
        and outcome.depends >= depends
        and any(outcome.stats.values())
        and max(outcome.stats.values()) < MOST_COUNTED
    )


def _every_tracker_counts(cases: list[Case]) -> bool:
    """Whether no tracker stays at 0 on all inputs."""
    return all(any(case.outcome.stats[tracker] for case in cases) for tracker in cases[0].outcome.stats)
