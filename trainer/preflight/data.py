"""Checks of a data set: its columns and its rows."""

import reprlib
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from keepif.rewards.constraints import Constraint, ConstraintError
from keepif.rewards.correctness.claims import gold_answer
from keepif.rewards.rows import AMBIGUOUS, CONSTRAINT_COLUMNS, GOLD_COLUMNS, NESTED, gold_of, row_of

from ..facts import Facts
from .problem import Problem, listed


@listed
def prompts(facts: Facts) -> Iterator[Problem]:
    """There must be rows, with a prompt; of a stream the first one tells."""
    if facts.dataset is None:
        return
    first = next(iter(facts.dataset), None)
    if first is None:
        yield Problem("the data set is empty", fatal=True)
    elif "prompt" not in first:
        text = f"the data set has no column 'prompt', only {', '.join(first)}: rename it, or see constrain()"
        yield Problem(text, fatal=True)


@listed
def rows(facts: Facts) -> Iterator[Problem]:
    """The first row that cannot be used, and rows that cannot be scored; a stream's rows are seen when they come."""
    if facts.dataset is None or facts.streamed:
        return
    unreadable = dict[int, Any]()
    for number, row in enumerate(facts.targets):
        try:
            constraints = row_of(row).constraints
        except ConstraintError as error:
            yield Problem(f"row {number}: {error}", fatal=True)
            return
        if lacking := _lacking(constraints, facts):
            yield Problem(f"row {number}: {lacking}", fatal=True)
            return
        gold = gold_of(row)
        if gold is not None and gold_answer(gold) is None:
            unreadable[number] = gold
    if unreadable:
        number, count = min(unreadable), len(facts.dataset)
        yield Problem(
            f"{len(unreadable)} of {count} rows have a gold answer that cannot be read, and are not scored; the first "
            f"is row {number}: {reprlib.repr(unreadable[number])}. A gold answer is a number or a text",
            fatal=len(unreadable) == count,
        )


def _lacking(constraints: Sequence[Constraint], facts: Facts) -> str:
    """What a row's constraints lack in this run."""
    ids = {constraint.id for constraint in constraints}
    soft = [constraint.id for constraint in constraints if constraint.judge_question]
    if soft and facts.scoring.judge is None:
        needed = "KeepIF(judge=Judge(Endpoint(base_url, model))), both from keepif.rewards.judge"
        return f"{soft[0]!r} needs a judge: {needed}"
    if facts.floor and (missing := facts.floor.missing(ids - set(facts.scoring.held_out))):
        return f"floor has no share for {min(missing)!r}; add one, or give one for all types"
    return ""


@listed
def targets(facts: Facts) -> Iterator[Problem]:
    """There must be something to reward: of a stream the columns tell, elsewhere the rows."""
    if not facts.columns:
        return
    try:
        gold = _any(facts, {*GOLD_COLUMNS, *NESTED}, lambda row: gold_of(row) is not None)
        constrained = _any(facts, {*CONSTRAINT_COLUMNS}, lambda row: bool(row_of(row).constraints))
    except ConstraintError:  # which is a problem already
        return
    there = ", ".join(facts.columns)
    if not gold and not constrained:
        text = f"the data set has neither a gold answer nor constraints, only the columns {there}; see constrain()"
        yield Problem(text, fatal=True)
    elif not gold:
        yield Problem(
            f"no row has a gold answer ({', '.join(GOLD_COLUMNS)}; found {there}): compliance alone is rewarded; "
            "rename the column that holds them to 'answer'"
        )
    elif not constrained:
        text = "no prompt has constraints, so there is no compliance to keep; pass the data set through constrain()"
        yield Problem(text)


def _any(facts: Facts, columns: set[str], test: Callable[[Any], bool]) -> bool:
    return bool(columns & {*facts.columns}) and (facts.streamed or any(map(test, facts.targets)))


@listed
def gold_column(facts: Facts) -> Iterator[Problem]:
    """A column of many uses is taken for the gold answers."""
    named = [name for name in GOLD_COLUMNS if name in facts.columns]
    if named and named[0] in AMBIGUOUS:
        yield Problem(
            f"the gold answers are read from the column {named[0]!r}: if they stand elsewhere, rename that column to "
            "'answer'; if there are none, remove this one"
        )
