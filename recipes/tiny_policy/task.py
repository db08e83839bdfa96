"""The embedded policy's world: chains of one-digit sums, instructions, and a teacher with a known weakness.

The teacher answers in one of three ways. The longer it thinks, the likelier it is right, and the likelier it has
forgotten what it was told: the mechanism that "When Thinking Fails" (arXiv 2505.11423) and MathIF (arXiv 2505.14810)
describe in large models, put into a small one on purpose.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keepif.rewards.constraints import REGISTRY, Constraint, Problem

TYPES = (
    "change_case:english_capital",
    "change_case:english_lowercase",
    "detectable_format:number_highlighted_sections",
    "keywords:existence",
    "punctuation:no_comma",
    "startend:end_checker",
    "startend:quotation",
)
"""The instructions that the policy has been taught."""

HELD_OUT, HELD_OUT_SEED = 512, 9_000
"""How many prompts every policy is evaluated on, and what they are drawn with."""
TERMS = (4, 6)
"""Fewest and most numbers in a sum."""


@dataclass(frozen=True)
class Style:
    """A way of answering: how often it is used, how often it slips, and how often it obeys each instruction."""

    share: float
    slips: float
    obeys: float


GLANCE = Style(share=0.40, slips=0.0, obeys=0.95)  # no steps: the answer has to be guessed
STEPS = Style(share=0.40, slips=0.25, obeys=0.70)
CHECKED = Style(share=0.20, slips=0.25, obeys=0.40)  # slips are found by the check
STYLES = (GLANCE, STEPS, CHECKED)


@dataclass(frozen=True)
class Sum:
    """A chain of one-digit additions and subtractions that never drops below zero."""

    numbers: tuple[int, ...]

    @property
    def question(self) -> str:
        terms = " ".join(f"{'-' if n < 0 else '+'} {abs(n)}" for n in self.numbers[1:])
        return f"What is {self.numbers[0]} {terms}?"

    @property
    def answer(self) -> int:
        return sum(self.numbers)

    def steps(self, slip_at: int | None = None) -> tuple[str, int]:
        """The running totals written out, and the last one; step `slip_at` is off by one."""
        total, written = self.numbers[0], []
        for i, number in enumerate(self.numbers[1:]):
            after = total + number + (i == slip_at)
            written.append(f"{total}{'-' if number < 0 else '+'}{abs(number)}={after}.")
            total = after
        return " ".join(written), total


def draw_sum(rng: random.Random) -> Sum:
    numbers = [rng.randint(1, 9)]
    for _ in range(rng.randint(*TERMS) - 1):
        number = rng.randint(1, 9)
        numbers.append(-number if rng.random() < 0.5 and sum(numbers) >= number else number)
    return Sum(tuple(numbers))


def draw_constraints(rng: random.Random, problem: Problem) -> list[Constraint]:
    """One or two instructions that can be kept together."""
    chosen: list[Constraint] = []
    for instruction_id in rng.sample(TYPES, rng.choice((1, 1, 2))):
        candidate = REGISTRY[instruction_id].sample(rng, problem)
        if candidate and not any(candidate.clashes(other) for other in chosen):
            chosen.append(candidate)
    return chosen


def prompt_of(problem: Sum, constraints: list[Constraint]) -> str:
    return " ".join([problem.question, *(constraint.description for constraint in constraints)])


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Prompts, gold answers and constraints, in IFEval's columns."""
    return list(_rows(count, random.Random(seed)))


def _rows(count: int, rng: random.Random) -> Iterator[dict[str, Any]]:
    for _ in range(count):
        problem = draw_sum(rng)
        constraints = draw_constraints(rng, Problem(problem.question, str(problem.answer)))
        yield {
            "prompt": [{"role": "user", "content": prompt_of(problem, constraints)}],
            "answer": str(problem.answer),
            "instruction_id_list": [constraint.id for constraint in constraints],
            "kwargs": [constraint.kwargs for constraint in constraints],
        }


def lesson(rng: random.Random) -> tuple[str, str]:
    """A prompt and what the teacher completes it with, behind the template's opening `<think>`."""
    problem = draw_sum(rng)
    constraints = draw_constraints(rng, Problem(problem.question, str(problem.answer)))
    style = rng.choices(STYLES, [style.share for style in STYLES])[0]
    slip_at = rng.randrange(len(problem.numbers) - 1) if rng.random() < style.slips else None
    thinking, result = "", problem.answer
    if style is not GLANCE:
        thinking, result = problem.steps(slip_at)
    if style is CHECKED:
        again, result = problem.steps()
        thinking = f"{thinking} Check: {again}"
    kept = [constraint for constraint in constraints if rng.random() < style.obeys]
    return prompt_of(problem, constraints), f"{thinking}</think>{write(rng, result, kept)}"


def write(rng: random.Random, result: int, kept: list[Constraint]) -> str:
    r"""A short answer that keeps the instructions in `kept` and, but for chance, no others.

    >>> write(random.Random(0), 7, [])
    'Thus, we get a total of \\boxed{7}.'
    """
    asked = {constraint.id: constraint.kwargs for constraint in kept}
    words = rng.choice(("So, the answer is", "Thus, we get a total of")).split()
    if "punctuation:no_comma" in asked:
        words[0] = words[0].rstrip(",")
    for i in range(asked.get("detectable_format:number_highlighted_sections", {}).get("num_highlights", 0)):
        words[i + 1] = f"*{words[i + 1]}*"
    text = " ".join(words) + " \0."
    if keywords := asked.get("keywords:existence", {}).get("keywords"):
        text += f" Here are {' and '.join(keywords)}."
    if phrase := asked.get("startend:end_checker", {}).get("end_phrase"):
        text += f" {phrase}"
    if "change_case:english_lowercase" in asked:
        text = text.lower()
    if "change_case:english_capital" in asked:
        text = text.upper()
    if "startend:quotation" in asked:
        text = f'"{text}"'
    return text.replace("\0", f"\\boxed{{{result}}}")
