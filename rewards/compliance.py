"""Compliance: a response and its constraints in, verdicts and their mean out."""

from collections.abc import Sequence

from .constraints import Constraint, Reading
from .response import Response


def verdicts(response: Response, constraints: Sequence[Constraint], reading: Reading = "math") -> list[bool]:
    """Each constraint's verdict on the answer section, in order; the thinking is never read."""
    return [constraint.holds(response.answer, reading) for constraint in constraints]


def compliance(found: Sequence[bool]) -> float | None:
    """The share of constraints kept (MathIF's soft accuracy of one response); `None` where there are none."""
    return sum(found) / len(found) if found else None
