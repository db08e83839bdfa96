"""What tells obedience from a template: compliance with another prompt's constraints, beside one's own.

A completion that obeys keeps what its prompt asks and little else. One that ends in the same suffix whatever is asked
keeps as much of what another prompt asks.
"""

from collections.abc import Sequence
from statistics import fmean

from .compliance import verdicts
from .constraints import Constraint, Reading
from .rows import Row
from .text.response import Response


def compliance_elsewhere(
    responses: Sequence[Response],
    voids: Sequence[str | None],
    rows: Sequence[Row | None],
    reading: Reading = "math",
) -> list[float | None]:
    """The share of another row's constraints that a response keeps, in [0, 1].

    Of each row's group of responses the first is tried, on the next row in the batch that asks for something else.
    What both rows ask for is left out, and so is what needs a judge. `None` for the other responses, and if no row
    asks for anything else. A voided response keeps nothing.
    """
    shares: list[float | None] = [None] * len(responses)
    for i, row in enumerate(rows):
        if row is None or not row.constraints or row.trip_wire or (i and rows[i - 1] == row):
            continue
        others = next(filter(None, (_beside(row, other) for other in [*rows[i + 1 :], *rows[:i]])), ())
        if others:
            shares[i] = 0.0 if voids[i] else fmean(map(bool, verdicts(responses[i], others, reading)))
    return shares


def _beside(own: Row, other: Row | None) -> tuple[Constraint, ...]:
    """What code can check of what `other` asks for and `own` does not."""
    if other is None or other.trip_wire:
        return ()
    return tuple(c for c in other.constraints if c not in own.constraints and not c.judge_question)
