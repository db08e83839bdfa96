"""What the cold start is taught with: word problems with instructions, exact thinking, and an answer."""

import random
from dataclasses import dataclass
from typing import Any

from keepif.rewards import Constraint, Scoring
from keepif.rewards.constraints import Problem
from keepif.trainer.data.constrain import sample, with_sentences

from ...stories import Story, draw_story
from .answers import WRITERS, written

OBEYS = 0.5
"""How often an answer keeps an instruction; the model's own answers, which all do, raise that."""
SLIPS = 0.1
"""How often there is a slip in the steps."""
DIRECT, CHECKED = 0.2, 0.2
"""Shares of the lessons without thinking, and with steps that are done twice, so that a slip is found."""
TRIES = 12
"""Answers that are written at most until one passes the checks."""


@dataclass(frozen=True)
class Lesson:
    """A prompt, whether it is answered with thinking, and what the assistant says after the template's opening."""

    prompt: str
    thinks: bool
    completion: str


def lesson(rng: random.Random) -> Lesson:
    """A lesson of the teacher's."""
    story = draw_story(rng)
    constraints = draw_constraints(rng, story)
    thinks = rng.random() >= DIRECT
    thinking, result = _thinking(rng, story) if thinks else ("", story.answer)
    answer = _answer(rng, story, result, constraints)
    return Lesson(prompt_of(story, constraints), thinks, f"{thinking}\n</think>\n{answer}" if thinks else answer)


def draw_constraints(rng: random.Random, story: Story) -> list[Constraint]:
    """One or two that can be kept together."""
    return sample(rng, Problem(story.question, str(story.answer)), rng.randint(1, 2), tuple(WRITERS))


def prompt_of(story: Story, constraints: list[Constraint]) -> str:
    return with_sentences(story.question, [constraint.description for constraint in constraints])


def _thinking(rng: random.Random, story: Story) -> tuple[str, int]:
    """The steps, and the number that they end in."""
    slip_at = rng.randrange(len(story.steps)) if rng.random() < SLIPS else None
    slip = rng.choice((-2, -1, 1, 2, 10))
    steps, result = story.worked(slip_at, slip), story.results(slip_at, slip)[-1]
    if rng.random() < CHECKED:
        return f"{steps} Check: {story.worked()}", story.answer
    return steps, result


def _answer(rng: random.Random, story: Story, result: int, constraints: list[Constraint]) -> str:
    """An answer that keeps most of the instructions, by our verifiers; a plain one, if none is found to do so."""
    kept = [constraint for constraint in constraints if rng.random() < OBEYS]
    for _ in range(TRIES):
        text = written(rng, story, result, kept)
        if passes(text, str(result), kept):
            return text
    return written(rng, story, result, [])


def passes(text: str, answer: str, constraints: list[Constraint]) -> bool:
    """Whether `text` states `answer` and keeps every constraint, in both readings."""
    columns: dict[str, Any] = {
        "answer": [answer],
        "instruction_id_list": [[constraint.id for constraint in constraints]],
        "kwargs": [[constraint.kwargs for constraint in constraints]],
    }
    scores = [Scoring(reading=reading).batch([text], None, columns)[0] for reading in ("official", "math")]
    return all(score.c == 1 and score.f in (1, None) for score in scores)
