"""Executing a tree directly: its answer, and how many of its statements the output came from."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from . import tree

LARGEST = 10_000
"""Largest absolute value on the way; published tasks stay within 1e7, but this is arithmetic to be done by hand."""
STEPS = 300
"""Statements executed, at most."""
RECURSION = 4
"""Starts of one helper inside each other, at most."""

OPERATIONS: dict[tree.Operation, Callable[[int, int], int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "max": max,
    "min": min,
    "gap": lambda left, right: abs(left - right),
}
RELATIONS: dict[tree.Relation, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}

Origin = frozenset[int]


class UnfitError(Exception):
    """An execution nobody should be asked to do by hand: too long, too deep, too large, or dividing a negative."""


class Known(NamedTuple):
    """A value, and the statements it came from: those that computed it and those that decided they would."""

    value: int
    origin: Origin = frozenset()


Scope = dict[str, Known]


@dataclass(frozen=True)
class Outcome:
    """What an execution gave: the answer, and how many distinct statements its output depends on."""

    output: int
    stats: dict[str, int]
    depends: int


def execute(program: tree.Program, x: int, numbers: Sequence[int]) -> Outcome:
    """Run `program` on its two inputs."""
    machine = Machine(program, numbers)
    scope = {tree.NUMBER: Known(x)}
    machine.run(program.body, scope, frozenset())
    result = scope[program.result]
    return Outcome(result.value, machine.stats, len(result.origin))


class Machine:
    """An execution under way: its trackers and how far it has come. Variables live in the scopes it is handed."""

    def __init__(self, program: tree.Program, numbers: Sequence[int]) -> None:
        self.helpers = {helper.name: helper for helper in program.helpers}
        self.stats = dict.fromkeys(program.trackers, 0)
        self.numbers = numbers
        self.steps = 0

    def run(self, block: tree.Block, scope: Scope, control: Origin) -> None:
        """Execute `block` in `scope`; `control` are the statements that decided it would be executed."""
        for statement in block:
            self._step()
            self._one(statement, scope, control | {id(statement)})

    def _one(self, statement: tree.Statement, scope: Scope, control: Origin) -> None:
        match statement:
            case tree.Set(name, value):
                found = self._value(value, scope)
                scope[name] = Known(found.value, found.origin | control)
            case tree.Bump(tracker):
                self.stats[tracker] += 1
            case tree.If(condition, then, otherwise):
                holds, origin = self._holds(condition, scope)
                self.run(then if holds else otherwise, scope, control | origin)
            case tree.Each(name, body):
                self._loop(name, self.numbers, body, scope, control)
            case tree.Count(name, last, body):
                self._loop(name, range(1, last + 1), body, scope, control)
            case tree.While(condition, body):
                holds, origin = self._holds(condition, scope)
                while holds:
                    self._step()
                    self.run(body, scope, control | origin)
                    holds, origin = self._holds(condition, scope)

    def _loop(self, name: str, values: Sequence[int], body: tree.Block, scope: Scope, control: Origin) -> None:
        for value in values:
            scope[name] = Known(value, control)
            self.run(body, scope, control)

    def _step(self) -> None:
        self.steps += 1
        if self.steps > STEPS:
            raise UnfitError(f"more than {STEPS} steps")

    def _value(self, expression: tree.Expression, scope: Scope, depth: int = 0) -> Known:
        match expression:
            case tree.Number(value):
                return Known(value)
            case tree.Name(name):
                return scope[name]
            case tree.Arithmetic(operation, left, right):
                one, other = self._value(left, scope, depth), self._value(right, scope, depth)
                return Known(_apply(operation, one.value, other.value), one.origin | other.origin)
            case tree.Call(helper, argument):
                return self._call(self.helpers[helper], self._value(argument, scope, depth), depth + 1)

    def _call(self, helper: tree.Helper, argument: Known, depth: int) -> Known:
        self._step()
        if depth > RECURSION:
            raise UnfitError(f"{helper.name} runs more than {RECURSION} deep")
        self.stats[helper.tracker] += 1
        scope = {tree.PARAMETER: argument}
        holds, origin = self._holds(helper.condition, scope)
        found = self._value(helper.then if holds else helper.otherwise, scope, depth)
        return Known(found.value, found.origin | origin | {id(helper)})

    def _holds(self, condition: tree.Comparison, scope: Scope) -> tuple[bool, Origin]:
        left, right = self._value(condition.left, scope), self._value(condition.right, scope)
        return RELATIONS[condition.relation](left.value, right.value), left.origin | right.origin


def _apply(operation: tree.Operation, left: int, right: int) -> int:
    if operation in ("//", "%") and (left < 0 or right <= 0):
        raise UnfitError(f"{left} {operation} {right} is not a division of whole numbers above zero")
    value = OPERATIONS[operation](left, right)
    if abs(value) > LARGEST:
        raise UnfitError(f"{value} is too large")
    return value
