"""Worlds for small policies: which sums and instructions they meet, and how their teacher answered.

The teacher's weakness is put in on purpose. In most worlds the longer it thinks, the likelier it is right, and the
likelier it has forgotten what it was told: the mechanism that "When Thinking Fails" (arXiv 2505.11423) and MathIF
(arXiv 2505.14810) describe in large models.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from keepif.rewards.constraints import REGISTRY, Constraint, Problem, make

from .task import TERMS, TYPES, Sum, draw_sum, prompt_of, write

HELD_OUT, HELD_OUT_SEED = 512, 9_000
"""How many prompts every policy is evaluated on, and what they are drawn with."""
SHIPPED = Path(__file__).parent / "weights"
BRIEF = make("length_constraints:number_words", {"num_words": 14, "relation": "less than"})
"""An instruction that leaves no room for steps in the answer."""


@dataclass(frozen=True)
class Style:
    """A way of answering: how often it is used, how often it slips, and how often it obeys each instruction."""

    share: float
    slips: float
    obeys: float
    steps: bool = True
    checked: bool = False


GLANCE = Style(share=0.40, slips=0.0, obeys=0.95, steps=False)  # the answer has to be guessed
STEPS = Style(share=0.40, slips=0.25, obeys=0.70)
CHECKED = Style(share=0.20, slips=0.25, obeys=0.40, checked=True)  # slips are found by the check


@dataclass(frozen=True)
class World:
    """What a policy meets in training.

    Attributes:
        policy (`str`): whose policy lives in it: `"tiny"`, the embedded one, or one that its teacher makes.
        terms (`tuple[int, int]`): fewest and most numbers in a sum.
        types (`tuple[str, ...]`): the instructions, by instruction id.
        styles (`tuple[Style, ...]`): the ways in which the teacher answers.
        aloud (`bool`): whether the steps are words of the answer, where [`BRIEF`] forbids them, and not thinking.
        brief (`float`): how often the teacher answers at a glance if it is told to be brief.
        later (`World` or `None`): the world of the second half of the prompts.
    """

    policy: str = "tiny"
    terms: tuple[int, int] = TERMS
    types: tuple[str, ...] = TYPES
    styles: tuple[Style, ...] = (GLANCE, STEPS, CHECKED)
    aloud: bool = False
    brief: float = 0.0
    later: "World | None" = None

    def rows(self, count: int, seed: int) -> list[dict[str, Any]]:
        """Prompts, gold answers and constraints, in IFEval's columns."""
        rng = random.Random(seed)
        first = count // 2 if self.later else count
        later = self.later._rows(count - first, rng) if self.later else ()  # noqa: SLF001  # another world's
        return [*self._rows(first, rng), *later]

    def _rows(self, count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
        for _ in range(count):
            problem, constraints = self.draw(rng)
            yield {
                "prompt": [{"role": "user", "content": prompt_of(problem, constraints)}],
                "answer": str(problem.answer),
                "instruction_id_list": [constraint.id for constraint in constraints],
                "kwargs": [constraint.kwargs for constraint in constraints],
            }

    def held_out(self) -> list[dict[str, Any]]:
        """The prompts that every run is evaluated on, before and after; those of the world that it ends in."""
        return (self.later or self).rows(HELD_OUT, HELD_OUT_SEED)

    def draw(self, rng: random.Random) -> tuple[Sum, list[Constraint]]:
        """A sum, with one or two instructions that can be kept together."""
        problem = draw_sum(rng, self.terms)
        asked = Problem(problem.question, str(problem.answer))
        chosen: list[Constraint] = []
        for instruction_id in rng.sample(self.types, min(rng.choice((1, 1, 2)), len(self.types))):
            candidate = BRIEF if instruction_id == BRIEF.id else REGISTRY[instruction_id].sample(rng, asked)
            if candidate and not any(candidate.clashes(other) or other.clashes(candidate) for other in chosen):
                chosen.append(candidate)
        return problem, chosen

    def lesson(self, rng: random.Random) -> tuple[str, str]:
        """A prompt and what the teacher completes it with, behind the template's opening `<think>`."""
        problem, constraints = self.draw(rng)
        style = self._style(rng, constraints)
        slip_at = rng.randrange(len(problem.numbers) - 1) if rng.random() < style.slips else None
        steps, result = "", problem.answer
        if style.steps:
            steps, result = problem.steps(slip_at, in_words=self.aloud)
        if style.checked:
            again, result = problem.steps()
            steps = f"{steps} Check: {again}"
        kept = [constraint for constraint in constraints if rng.random() < style.obeys and constraint is not BRIEF]
        text = write(rng, result, kept)
        completion = f"</think>{steps} {text}" if self.aloud and steps else f"{steps}</think>{text}"
        return prompt_of(problem, constraints), completion

    def _style(self, rng: random.Random, constraints: list[Constraint]) -> Style:
        if BRIEF in constraints and rng.random() < self.brief:
            return next(style for style in self.styles if not style.steps)
        return rng.choices(self.styles, [style.share for style in self.styles])[0]


TINY = World()
"""The embedded policy's: every instruction is nearly free, and thinking forgets them all."""
_DEAR = World(
    policy="dear",
    terms=(2, 4),
    types=("change_case:english_lowercase", "keywords:existence", "punctuation:no_comma", "startend:end_checker",
           BRIEF.id),
    styles=(Style(share=0.3, slips=0.0, obeys=0.85, steps=False), Style(share=0.7, slips=0.15, obeys=0.85)),
    aloud=True,
    brief=0.45,
)  # fmt: skip
_HARD = World(
    policy="hard",
    terms=(7, 9),
    styles=(Style(share=0.5, slips=0.0, obeys=0.9, steps=False), Style(share=0.5, slips=0.6, obeys=0.6)),
)
_EVEN = World(
    policy="even",
    styles=(replace(GLANCE, obeys=0.8), replace(STEPS, obeys=0.8), replace(CHECKED, obeys=0.8)),
)

TEACHERS = {"tiny": TINY, "dear": _DEAR, "hard": _HARD, "even": _EVEN}
"""By policy, the world that it is taught in."""
WORLDS = {
    "free": TINY,
    "dear 20": replace(_DEAR, terms=(2, 3)),
    "dear 40": replace(_DEAR, terms=(3, 4)),
    "brief": replace(_DEAR, terms=(3, 4), types=(BRIEF.id,)),
    "hard": _HARD,
    "even": _EVEN,
    "drift": replace(TINY, terms=(4, 5), types=TYPES[:5], later=replace(TINY, terms=(5, 7), types=TYPES[2:])),
}
"""By name, the worlds that methods are compared in: obedience is nearly free; dear for one instruction, by 20 or by 40
points of accuracy; dear in every prompt; few sums are right before RL; hardly any deficit; a change in mid-run."""
