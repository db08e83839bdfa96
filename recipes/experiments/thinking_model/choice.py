"""The choice of the constraint types, by what the model keeps before RL: which are trained, and which are held out.

Every type that the teacher knows is asked for alone. A type that is kept in between [`BAND`] of the answers can fall
and can rise. Types are ranked by how near they are to the middle of it; the best `TRAINED + HELD_OUT`, and all others
in the band, are taken. The last `HELD_OUT` of them are held out: what is trained must have room to move.
"""

import random
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from keepif.rewards.constraints import REGISTRY, Problem
from keepif.trainer.evaluation.engines.generation import Request, Sampling
from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator
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
    """By type the share of answers that keep it, by the published check; and the share of right ones in both modes."""

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
        return sorted(self.taken[-HELD_OUT:])

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
    """The choice for the model in a folder; `path` holds what is measured, batch by batch."""
    rows = [row for kind in WRITERS for row in rows_of(kind, scale.each)]
    measured: list[dict[str, Any]] = read_json(path) or []
    generator = generator_of(model, sampling.max_tokens) if len(measured) < len(rows) else None
    while generator and len(measured) < len(rows):
        if time.time() > until:
            raise OutOfTimeError(f"choice: {len(measured)} of {len(rows)} prompts, {path}")
        measured += _measured(generator, rows[len(measured) : len(measured) + generator.batch_size], sampling)
        write_json(path, measured)
    kept = {kind: fmean(one["kept"] for one in measured if one["kind"] == kind) for kind in WRITERS}
    return Choice(kept, *(fmean(one[mode] for one in measured) for mode in ("thinking", "direct")))


def _measured(
    generator: TransformersGenerator, rows: list[dict[str, Any]], sampling: Sampling
) -> list[dict[str, Any]]:
    """For each prompt its constraint type, whether it is kept, and whether the answer is right in both modes."""
    asked, scores = HeldOut(rows, 1, sampling), {}
    for mode, thinking in (("thinking", True), ("direct", False)):
        requests = [Request(request.messages, thinking) for request in asked.requests()]
        scores[mode] = asked.scores([made for made in generator.generate(requests, sampling) if made])
    return [
        {
            "kind": row["instruction_id_list"][0],
            "kept": scores["thinking"]["sacc"][at],
            **{mode: scored["accuracy"][at] for mode, scored in scores.items()},
        }
        for at, row in enumerate(rows)
    ]


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
