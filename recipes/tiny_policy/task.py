"""The task of the embedded policy: chains of one-digit sums, and instructions on how to write the answer."""

import random
from dataclasses import dataclass

from keepif.rewards.constraints import Constraint

TERMS = (4, 6)
"""Fewest and most numbers in a sum."""
TYPES = (
    "change_case:english_capital",
    "change_case:english_lowercase",
    "detectable_format:number_highlighted_sections",
    "keywords:existence",
    "punctuation:no_comma",
    "startend:end_checker",
    "startend:quotation",
)
"""The instructions that the embedded policy has been taught."""


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

    def steps(self, slip_at: int | None = None, *, in_words: bool = False) -> tuple[str, int]:
        """The running totals written out, and the last one; step `slip_at` is off by one.

        >>> Sum((3, 4, -2)).steps()
        ('3+4=7. 7-2=5.', 5)
        >>> Sum((3, 4, -2)).steps(in_words=True)
        ('3 plus 4 is 7. 7 minus 2 is 5.', 5)
        """
        total, written = self.numbers[0], []
        plus, minus, equals = (" plus ", " minus ", " is ") if in_words else ("+", "-", "=")
        for i, number in enumerate(self.numbers[1:]):
            after = total + number + (i == slip_at)
            written.append(f"{total}{minus if number < 0 else plus}{abs(number)}{equals}{after}.")
            total = after
        return " ".join(written), total


def draw_sum(rng: random.Random, terms: tuple[int, int] = TERMS) -> Sum:
    """A sum of between `terms[0]` and `terms[1]` numbers."""
    numbers = [rng.randint(1, 9)]
    for _ in range(rng.randint(*terms) - 1):
        number = rng.randint(1, 9)
        numbers.append(-number if rng.random() < 0.5 and sum(numbers) >= number else number)
    return Sum(tuple(numbers))


def prompt_of(problem: Sum, constraints: list[Constraint]) -> str:
    return " ".join([problem.question, *(constraint.description for constraint in constraints)])


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
