"""The choice of the constraint types, by what the model keeps before RL: which are trained, and which are held out.

Every type that the teacher knows is asked for alone. A type that is kept in between [`BAND`] of the answers can fall
and can rise. Types are ranked by how near they are to the middle of it; the best `TRAINED + HELD_OUT`, and all others
in the band, are taken. Of the ranking every fourth is held out, so that both lots are alike.
"""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from keepif.rewards.constraints import REGISTRY, Problem
from keepif.trainer.evaluation.engines.generation import Request, Sampling
from keepif.trainer.files import read_json, write_json

from ...stories import Story, draw_story
from ..real_model.sets import HeldOut
from ..real_model.training import OutOfTimeError
from .answers import WRITERS
from .lessons import prompt_of
from .own import generator_of
from .scale import Scale

BAND = (0.30, 0.85)
TRAINED, HELD_OUT = 8, 3
"""Fewest types that are trained, and how many are not."""
SEED = 7_000


@dataclass(frozen=True)
class Choice:
    """What was measured, and what follows.

    Attributes:
        kept (`dict[str, float]`): constraint type → the share of answers that keep it, by the published check.
        thinking (`float`), direct (`float`): the share of right answers with thinking, and without.
    """

    kept: dict[str, float]
    thinking: float
    direct: float

    @property
    def taken(self) -> list[str]:
        """The types that are taken, the one nearest to the middle of the band first."""
        middle = sum(BAND) / 2
        ranked = sorted(self.kept, key=lambda kind: (abs(self.kept[kind] - middle), kind))
        inside = sum(BAND[0] <= share <= BAND[1] for share in self.kept.values())
        return ranked[: max(TRAINED + HELD_OUT, inside)]

    @property
    def held_out(self) -> list[str]:
        return sorted(self.taken[1::4][:HELD_OUT])

    @property
    def trained(self) -> list[str]:
        return sorted({*self.taken} - {*self.held_out})

    def table(self) -> str:
        """The measurement as Markdown."""
        lines = [f"Before RL {self.thinking:.0%} right with thinking, {self.direct:.0%} without.", ""]
        lines += ["| constraint type | kept, in % | use |", "|---|---|---|"]
        for kind, share in sorted(self.kept.items(), key=lambda one: -one[1]):
            use = "trained" if kind in self.trained else "held out" if kind in self.held_out else "left out"
            lines.append(f"| `{kind}` | {100 * share:.0f} | {use} |")
        return "\n".join(lines)


def choose(scale: Scale, model: Path, sampling: Sampling, path: Path, until: float) -> Choice:
    """The choice for the model in a folder; `path` holds what is measured, type by type.

    Raises:
        [`OutOfTimeError`]: if the moment `until` (seconds since 1970) comes first; said again, it goes on.
    """
    measured: dict[str, Any] = read_json(path) or {}
    measure: Callable[[str], Any] | None = None
    for kind in WRITERS:
        if kind in measured:
            continue
        if time.time() > until:
            raise OutOfTimeError(f"choice: {len(measured)} of {len(WRITERS)} constraint types, {path}")
        measure = measure or _measuring(scale, model, sampling)
        measured[kind] = measure(kind)
        write_json(path, measured)
    kept, thinking, direct = ({kind: one[part] for kind, one in measured.items()} for part in ("kept", "on", "off"))
    return Choice(kept, fmean(thinking.values()), fmean(direct.values()))


def _measuring(scale: Scale, model: Path, sampling: Sampling) -> Callable[[str], dict[str, float]]:
    """What measures one type: how often it is kept, and answers are right, with thinking and without."""
    generator = generator_of(model, sampling.max_tokens)

    def measure(kind: str) -> dict[str, float]:
        rows = rows_of(kind, scale.each)
        asked = HeldOut(rows, 1, sampling)
        scored = {}
        for thinking in (True, False):
            requests = [Request(request.messages, thinking) for request in asked.requests()]
            made = [response for response in generator.generate(requests, sampling) if response]
            scored[thinking] = asked.scores(made)
        return {"kept": fmean(scored[True]["sacc"]), "on": fmean(scored[True]["accuracy"]),
                "off": fmean(scored[False]["accuracy"])}  # fmt: skip

    return measure


def rows_of(kind: str, count: int) -> list[dict[str, Any]]:
    """Word problems that ask for one constraint of a type, in IFEval's columns."""
    draws = random.Random(f"{SEED} {kind}")
    rows: list[dict[str, Any]] = []
    while len(rows) < count:
        story: Story = draw_story(draws)
        constraint = REGISTRY[kind].sample(draws, Problem(story.question, str(story.answer)))
        if constraint:
            rows.append(
                {
                    "prompt": [{"role": "user", "content": prompt_of(story, [constraint])}],
                    "answer": str(story.answer),
                    "instruction_id_list": [kind],
                    "kwargs": [constraint.kwargs],
                }
            )
    return rows
