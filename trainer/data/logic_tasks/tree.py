"""The syntax tree of a logic task: one meaning, from which the English, the Python and the answer are made.

Every value is an integer. A program takes a number `x` and a list `numbers`, and gives back its result with its
trackers, counters that only ever go up by one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

NUMBER, LIST, PARAMETER = "x", "numbers", "n"
"""The program's two inputs and every helper's one."""

Operation = Literal["+", "-", "*", "//", "%", "max", "min", "gap"]
Relation = Literal["<", "<=", ">", ">=", "==", "!="]


@dataclass(frozen=True)
class Number:
    value: int


@dataclass(frozen=True)
class Name:
    name: str


@dataclass(frozen=True)
class Arithmetic:
    """Two values combined; `gap` is their distance, |left - right|."""

    operation: Operation
    left: "Expression"
    right: "Expression"


@dataclass(frozen=True)
class Call:
    helper: str
    argument: "Expression"


Expression = Number | Name | Arithmetic | Call


@dataclass(frozen=True)
class Comparison:
    relation: Relation
    left: Expression
    right: Expression


@dataclass(frozen=True)
class Set:
    """Give `name` a value, whether or not it has had one."""

    name: str
    value: Expression


@dataclass(frozen=True)
class Bump:
    """Add 1 to a tracker."""

    tracker: str


@dataclass(frozen=True)
class If:
    condition: Comparison
    then: "Block"
    otherwise: "Block" = ()


@dataclass(frozen=True)
class Each:
    """For each element of the list, called `name`."""

    name: str
    body: "Block"


@dataclass(frozen=True)
class Count:
    """For `name` = 1, 2, ..., `last`."""

    name: str
    last: int
    body: "Block"


@dataclass(frozen=True)
class While:
    condition: Comparison
    body: "Block"


Loop = Each | Count | While
Statement = Set | Bump | If | Loop
Block = tuple[Statement, ...]


@dataclass(frozen=True)
class Helper:
    """A function of [`PARAMETER`] that counts its starts in its own tracker; `otherwise` may call it again."""

    name: str
    tracker: str
    condition: Comparison
    then: Expression
    otherwise: Expression


@dataclass(frozen=True)
class Program:
    helpers: tuple[Helper, ...]
    body: Block
    result: str

    @property
    def trackers(self) -> list[str]:
        """Every tracker that some statement or helper bumps, in order of appearance."""
        own = [statement.tracker for statement in statements(self.body) if isinstance(statement, Bump)]
        return list(dict.fromkeys([*own, *(helper.tracker for helper in self.helpers)]))


def inside(statement: Statement) -> Block:
    """The statements that this one holds, and no deeper ones."""
    match statement:
        case If(_, then, otherwise):
            return then + otherwise
        case Each() | Count() | While():
            return statement.body
        case _:
            return ()


def statements(block: Block) -> Iterator[Statement]:
    """Every statement of `block`, each before those that it holds."""
    for statement in block:
        yield statement
        yield from statements(inside(statement))


def expressions(expression: Expression) -> Iterator[Expression]:
    """`expression` and every part of it."""
    yield expression
    match expression:
        case Arithmetic(_, left, right):
            yield from expressions(left)
            yield from expressions(right)
        case Call(_, argument):
            yield from expressions(argument)


def names(*parts: Expression) -> frozenset[str]:
    """The variables that are read."""
    return frozenset(leaf.name for part in parts for leaf in expressions(part) if isinstance(leaf, Name))
