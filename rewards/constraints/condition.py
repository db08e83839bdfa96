"""Conditions: what a Selection branches on, computed from the question or from the gold answer."""

import random
import re
from dataclasses import dataclass
from typing import Literal

from ..correctness.values import as_number
from .base import Problem

Quantity = Literal["answer", "digit sum", "digits", "question words", "question numbers"]
Test = Literal["even", "odd", "greater than"]

PHRASES: dict[Quantity, str] = {
    "answer": "your final answer",
    "digit sum": "the sum of the digits of your final answer",
    "digits": "the number of digits of your final answer",
    "question words": "the number of space-separated words in the question itself",
    "question numbers": "the number of numbers written in digits in the question itself",
}
NUMBERS = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*")
ROUND = tuple(digit * 10**power for power in range(7) for digit in (1, 2, 5))
"""What an answer and its digit sum are compared with, so that a bound tells little more of them than their size."""


@dataclass(frozen=True)
class Condition:
    """A quantity and what is asked of it; `bound` (0 or more) is what "greater than" compares with.

    >>> condition = Condition("answer", "greater than", 20)
    >>> str(condition), condition.holds(Problem("What is 6 times 7?", "42"))
    ('your final answer is greater than 20', True)
    """

    quantity: Quantity
    test: Test
    bound: int = 0

    def __str__(self) -> str:
        asked = f"greater than {self.bound}" if self.test == "greater than" else self.test
        return f"{PHRASES[self.quantity]} is {asked}"

    def holds(self, problem: Problem) -> bool | None:
        """Whether it is true of `problem`; `None` if the quantity cannot be computed."""
        value = value_of(self.quantity, problem)
        if value is None:
            return None
        return value > self.bound if self.test == "greater than" else (value % 2 == 0) == (self.test == "even")

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem, truth: bool) -> "Condition":
        """Draw one that is true of `problem`, or false of it: drawing `truth` first is what balances the branches.

        A bound is the nearest on its side of the value, so that the bound alone does not give the branch away.
        """
        values: dict[Quantity, int] = {name: v for name in PHRASES if (v := value_of(name, problem)) is not None}
        quantity, value = rng.choice(list(values.items()))
        near = ROUND if quantity in {"answer", "digit sum"} else (value - 1, value)
        under, over = [bound for bound in near if 0 < bound < value], [bound for bound in near if bound >= value]
        if under and over and rng.random() < 0.5:
            return cls(quantity, "greater than", max(under) if truth else min(over))
        return cls(quantity, "even" if (value % 2 == 0) == truth else "odd")


def value_of(quantity: Quantity, problem: Problem) -> int | None:
    """The quantity of `problem`; `None` for an answer that is no integer, and for a question without numbers."""
    if quantity == "question words":
        return len(problem.prompt.split())
    if quantity == "question numbers":
        return len(NUMBERS.findall(problem.prompt)) or None
    number = as_number(problem.answer)
    if number is None or number.denominator != 1:
        return None
    digits = str(abs(number.numerator))
    return {"answer": number.numerator, "digit sum": sum(map(int, digits)), "digits": len(digits)}[quantity]
