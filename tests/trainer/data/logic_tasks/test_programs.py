"""The trees of logic tasks: what is grown, executed and sliced."""

import random
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from keepif.trainer.data.logic_tasks.execution import RECURSION, UnfitError, execute
from keepif.trainer.data.logic_tasks.growth import Grower
from keepif.trainer.data.logic_tasks.python import python
from keepif.trainer.data.logic_tasks.slicing import sliced
from keepif.trainer.data.logic_tasks.tasks import LEVELS, Level, Task, tasks
from keepif.trainer.data.logic_tasks.tree import (
    Arithmetic,
    Bump,
    Call,
    Comparison,
    Count,
    Each,
    Helper,
    If,
    Name,
    Number,
    Program,
    Set,
    While,
    names,
    statements,
)

every_level = pytest.mark.parametrize("level", list(LEVELS))


@cache
def drawn(level: Level) -> list[Task]:
    endless = tasks(random.Random(5), LEVELS[level])
    return [next(endless) for _ in range(100)]


def only(*body: Any, helpers: tuple[Helper, ...] = (), result: str = "b") -> Program:
    return Program(helpers, body, result)


@every_level
def test_loop_variables_are_not_replaced(level: Level) -> None:
    for task in drawn(level):
        for statement in statements(task.program.body):
            match statement:
                case Each(name, body) | Count(name, _, body):
                    assert name not in [inner.name for inner in statements(body) if isinstance(inner, Set)]
                case While(condition, (*before, fall)):
                    assert isinstance(fall, Set)
                    assert condition.left == Name(fall.name)
                    inside = statements(tuple(before))
                    assert fall.name not in [inner.name for inner in inside if isinstance(inner, Set)]


@every_level
def test_helpers_alone_bump_their_trackers(level: Level) -> None:
    for task in drawn(level):
        own = {s.tracker for s in statements(task.program.body) if isinstance(s, Bump)}
        theirs = [helper.tracker for helper in task.program.helpers]
        assert len(set(theirs)) == len(theirs)
        assert not own & set(theirs)
        assert all(any(case.outcome.stats[tracker] for case in task.cases) for tracker in task.program.trackers)


@every_level
def test_outputs_depend_on_executed_statements(level: Level) -> None:
    fewest = {"easy": 4, "medium": 5, "hard": 7}[level]
    for task in drawn(level):
        assert all(case.outcome.depends >= fewest for case in task.cases)
        assert len({case.outcome.output for case in task.cases}) == 3


def test_what_an_output_depends_on() -> None:
    constant, unused = Set("b", Number(9)), Set("c", Name("x"))
    assert execute(only(unused, constant), 4, []).depends == 1
    assert execute(only(unused, Set("b", Name("c"))), 4, []).depends == 2
    branch = If(Comparison(">", Name("c"), Number(3)), (Set("b", Number(5)), Bump("hits")))
    assert execute(only(constant, unused, branch), 4, []).depends == 3  # the setting, its branch, the condition's c
    assert execute(only(constant, unused, branch), 2, []).depends == 1


def test_dead_code_is_sliced_away() -> None:
    dead, live = Set("c", Number(3)), Set("b", Name("x"))
    update = Set("b", Arithmetic("+", Name("b"), Name("c")))
    helper = Helper("P", "runs_of_P", Comparison(">", Name("n"), Number(1)), Name("n"), Number(2))
    counted = Set("d", Call("P", Name("x")))
    loop = Each("e", (update, Bump("hits"), Set("c", Name("e"))))
    assert sliced(only(dead, live)).body == (live,)
    assert sliced(only(Set("b", Number(1)), live)).body == (live,)  # overwritten
    assert sliced(only(dead, live, update)).body == (dead, live, update)
    assert sliced(only(dead, live, loop)).body == (dead, live, loop)  # read in the next round
    assert sliced(only(live, Each("e", (Set("c", Name("e")), Bump("hits"))))).body == (
        live,
        Each("e", (Bump("hits"),)),
    )
    assert sliced(only(counted, live, helpers=(helper,))).body == (counted, live)  # it is counted


@every_level
def test_slicing_keeps_the_meaning_and_leaves_nothing_dead(level: Level) -> None:
    rng = random.Random(1)
    shorter = 0
    for _ in range(200):
        program = Grower(rng, LEVELS[level].shape).program()
        short = sliced(program)
        assert sliced(short) == short
        shorter += python(short) != python(program)
        try:
            whole = execute(program, 17, [4, 9, 2])
        except UnfitError:
            continue
        assert replace(execute(short, 17, [4, 9, 2]), depends=0) == replace(whole, depends=0)
    assert shorter > 5
    assert all(sliced(task.program) == task.program for task in drawn(level))


def test_recursion_stays_shallow() -> None:
    down = Call("R", Arithmetic("-", Name("n"), Number(1)))
    helper = Helper("R", "runs_of_R", Comparison("<=", Name("n"), Number(1)), Number(1), down)
    program = only(Set("b", Call("R", Name("x"))), helpers=(helper,))
    assert execute(program, RECURSION, []).stats == {"runs_of_R": RECURSION}
    with pytest.raises(UnfitError, match="deep"):
        execute(program, RECURSION + 1, [])
    assert RECURSION <= 4


def test_what_nobody_should_do_by_hand_is_unfit() -> None:
    less = Set("b", Arithmetic("-", Number(1), Name("x")))
    for unfit in (
        only(less, Set("b", Arithmetic("%", Name("b"), Number(5)))),
        only(less, Set("b", Arithmetic("//", Name("b"), Number(2)))),
        only(Set("b", Arithmetic("*", Name("x"), Number(9999)))),
        only(While(Comparison(">", Name("x"), Number(0)), (Bump("hits"),))),
    ):
        with pytest.raises(UnfitError):
            execute(unfit, 7, [])


def test_every_kind_of_statement_is_drawn() -> None:
    program = [task.program for task in drawn("hard")]
    kinds = {type(s).__name__ for p in program for s in statements(p.body)}
    assert kinds == {"Set", "Bump", "If", "Each", "Count", "While"}
    assert all([helper.name for helper in p.helpers] == ["P", "R"] for p in program)
    assert any(name in names(s.value) for p in program for s in statements(p.body) if isinstance(s, Set)
               for name in [s.name])  # fmt: skip
