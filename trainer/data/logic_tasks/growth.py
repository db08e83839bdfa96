"""Growing a random tree of a given shape."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from .tree import (
    NUMBER,
    PARAMETER,
    Arithmetic,
    Block,
    Bump,
    Call,
    Comparison,
    Count,
    Each,
    Expression,
    Helper,
    If,
    Name,
    Number,
    Program,
    Relation,
    Set,
    Statement,
    While,
)

LETTERS = "bcdeghkmpqrstuvwyz"
"""Names of variables; without those that read as words (a, i), as figures (l, o), or as names with a meaning here."""
TRACKERS = ("hits", "rounds", "marks", "turns", "ticks", "visits")
RELATIONS: tuple[Relation, ...] = ("<", "<=", ">", ">=", "==", "!=")


@dataclass(frozen=True)
class Shape:
    """How large a tree grows: top-level structures, their nesting, plain and recursive helpers."""

    structures: tuple[int, int]
    depth: int
    helpers: tuple[int, int] = (0, 0)
    recursive: bool = False


class Scope(NamedTuple):
    """The variables that may be read here, and those of them that may be replaced: loop variables may not."""

    readable: tuple[str, ...]
    writable: tuple[str, ...]

    def reading(self, name: str) -> "Scope":
        return self._replace(readable=(*self.readable, name))


class Grower:
    """A random tree of `shape` under way: its helpers, its trackers, and the names not yet given.

    The program may be unfit to be executed, and some of it dead.
    """

    def __init__(self, rng: random.Random, shape: Shape) -> None:
        self.rng, self.shape = rng, shape
        self.trackers = rng.sample(TRACKERS, rng.randint(2, 3))
        self.fresh = _fresh_names()
        plain = [self._helper(name) for name in "PQ"[: rng.randint(*shape.helpers)]]
        self.helpers = [*plain, *([self._recursive("R")] if shape.recursive else [])]

    def program(self) -> Program:
        """Two variables from the inputs, structures that work on them with a call of every helper, and the result."""
        state = [next(self.fresh) for _ in range(2)]
        known: Scope = Scope((NUMBER,), ())
        body: list[Statement] = []
        for name in state:
            body.append(Set(name, self._expression(known)))
            known = Scope((*known.readable, name), (*known.writable, name))
        calls: list[Helper | None] = [*self.helpers, *[None] * self.rng.randint(*self.shape.structures)]
        for helper in self.rng.sample(calls, len(calls)):
            new, name = self._call(known, helper) if helper else self._structure(known, self.shape.depth)
            body += new
            known = known.reading(name) if name else known
        joined = self._arithmetic("+", Name(state[0]), Arithmetic("*", Number(self.rng.randint(2, 4)), Name(state[1])))
        others = [name for name in known.readable if name not in (NUMBER, *state)] or [NUMBER]
        body.append(Set("result", self._arithmetic("+", joined, Name(self.rng.choice(others)))))
        return Program(tuple(self.helpers), tuple(body), "result")

    def _block(self, scope: Scope, depth: int) -> Block:
        """A variable that stands outside is replaced, and perhaps something else is done before or after that."""
        if self.rng.random() < 0.5:
            return (self._update(scope),)
        if self.rng.random() < 0.3:
            return (self._update(scope), *self._work(scope, depth)[0])
        work, name = self._work(scope, depth)
        return (*work, self._update(scope.reading(name) if name else scope))

    def _work(self, scope: Scope, depth: int) -> tuple[list[Statement], str]:
        """A structure, a call or a new variable, and the variable that can be read behind it, if any."""
        if depth and self.rng.random() < 0.7:
            return self._structure(scope, depth)
        if self.helpers and self.rng.random() < 0.2:
            return self._call(scope, self.rng.choice(self.helpers))
        name = next(self.fresh)
        return [Set(name, self._expression(scope))], name

    def _structure(self, scope: Scope, depth: int) -> tuple[list[Statement], str]:
        """A branch or a loop, as for [`Grower._work`]."""
        kind = self.rng.choice(("if", "if", "each", "count", "while"))
        bump = Bump(self.rng.choice(self.trackers))
        if kind == "if":
            otherwise = self._block(scope, depth - 1) if self.rng.random() < 0.6 else ()
            return [If(self._condition(scope), (*self._block(scope, depth - 1), bump), otherwise)], ""
        name = next(self.fresh)
        if kind == "while":
            return self._while(scope, depth, name, bump), name
        body = (*self._block(scope.reading(name), depth - 1), bump)
        return [Each(name, body) if kind == "each" else Count(name, self.rng.randint(3, 5), body)], ""

    def _while(self, scope: Scope, depth: int, name: str, bump: Bump) -> list[Statement]:
        """A loop that ends: its variable falls by a fixed step, and never below zero."""
        source = Name(self.rng.choice(scope.readable))
        above = self.rng.randint(2, 5)
        step = self.rng.randint(3, above + 1) if above > 2 else 3
        start = Set(name, Arithmetic("%", source, Number(self.rng.randint(11, 23))))
        fall = Set(name, Arithmetic("-", Name(name), Number(step)))
        body = (*self._block(scope.reading(name), depth - 1), bump, fall)
        return [start, While(Comparison(">", Name(name), Number(above)), body)]

    def _update(self, scope: Scope) -> Set:
        """A variable replaced by a value computed from it and from another, every other time the newest in sight."""
        target = self.rng.choice(scope.writable)
        others = [name for name in scope.readable if name != target]
        other = Name(others[-1] if self.rng.random() < 0.5 else self.rng.choice(others))
        value = self._arithmetic(self.rng.choice(("+", "+", "+", "gap", "gap", "max", "min")), Name(target), other)
        return Set(target, self._kept_small(value))

    def _call(self, scope: Scope, helper: Helper) -> tuple[list[Statement], str]:
        name = next(self.fresh)
        argument = Arithmetic("%", Name(self.rng.choice(scope.readable)), Number(self.rng.randint(7, 16)))
        return [Set(name, Call(helper.name, argument))], name

    def _helper(self, name: str) -> Helper:
        inside = Scope((PARAMETER,), ())
        return Helper(
            name, f"runs_of_{name}", self._condition(inside), self._expression(inside), self._expression(inside)
        )

    def _recursive(self, name: str) -> Helper:
        """A helper that calls itself on a number a half or a third of its own, so that it is soon done."""
        base, step = self.rng.randint(1, 3), self.rng.randint(2, 3)
        again = Call(name, Arithmetic("//", Name(PARAMETER), Number(step)))
        return Helper(
            name,
            f"runs_of_{name}",
            Comparison("<=", Name(PARAMETER), Number(base)),
            Arithmetic("+", Name(PARAMETER), Number(self.rng.randint(1, 9))),
            self._arithmetic("+", again, self.rng.choice((Name(PARAMETER), Number(self.rng.randint(2, 9))))),
        )

    def _expression(self, scope: Scope) -> Expression:
        """One operation on a variable and a number or another variable, now and then two."""
        left = Name(self.rng.choice(scope.readable))
        operation = self.rng.choice(("+", "+", "*", "//", "gap", "max", "min"))
        if operation == "*":
            return self._kept_small(Arithmetic("*", left, Number(self.rng.randint(2, 4))))
        if operation == "//":
            return Arithmetic("//", left, Number(self.rng.randint(2, 4)))
        others = [Name(name) for name in scope.readable if name != left.name]
        right = self.rng.choice(others) if others and self.rng.random() < 0.4 else Number(self.rng.randint(2, 19))
        return self._kept_small(self._arithmetic(operation, left, right))

    def _kept_small(self, value: Expression) -> Expression:
        return Arithmetic("%", value, Number(self.rng.randint(13, 60))) if self.rng.random() < 0.3 else value

    def _arithmetic(self, operation: str, left: Expression, right: Expression) -> Arithmetic:
        """A commutative operation, either way round."""
        if self.rng.random() < 0.3:
            left, right = right, left
        return Arithmetic(operation, left, right)  # pyright: ignore[reportArgumentType]

    def _condition(self, scope: Scope) -> Comparison:
        """A variable against a number or another variable, or its remainder against one."""
        variable = Name(self.rng.choice(scope.readable))
        if self.rng.random() < 0.4:
            divisor = self.rng.randint(2, 4)
            rest = Arithmetic("%", variable, Number(divisor))
            return Comparison(self.rng.choice(("==", "!=")), rest, Number(self.rng.randrange(divisor)))
        others = [Name(name) for name in scope.readable if name != variable.name]
        bound = self.rng.choice(others) if others and self.rng.random() < 0.4 else Number(self.rng.randint(3, 25))
        return Comparison(self.rng.choice(RELATIONS[:4]), variable, bound)


def _fresh_names() -> Iterator[str]:
    number = 1
    while True:
        yield from (letter if number == 1 else f"{letter}{number}" for letter in LETTERS)
        number += 1
