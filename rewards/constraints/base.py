"""What a constraint is, and the registry from instruction id to definition."""

import difflib
import json
import random
import reprlib
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any, ClassVar, Literal, TypeVar, dataclass_transform

from ..text import Text

Reading = Literal["official", "math"]
Relation = Literal["less than", "at least"]

SPEECH = 3
"""Words outside formulas that an answer needs before it can keep a constraint which silence would keep as well."""

REGISTRY: dict[str, type["Constraint"]] = {}
DEPTH = 4
"""Compositions within one another; a deeper row is refused."""
ALIASES = {"length_constraint_checkers:number_words": "length_constraints:number_words"}
"""MathIF's and ReasonIF's one diverging id → IFEval's."""


class ConstraintError(ValueError):
    """A constraint that cannot be built: unknown id, or a kwarg missing, unknown or of the wrong kind."""


@dataclass(frozen=True)
class Example:
    """Kwargs with one answer that keeps the constraint and one that does not, in both readings."""

    kwargs: Mapping[str, Any]
    passes: str
    fails: str


@dataclass(frozen=True)
class Problem:
    """What a constraint may be fitted to when it is sampled: the prompt's text and the gold answer."""

    prompt: str
    answer: str = ""


class Constraint:
    """One instruction that code verifies. Subclasses are frozen dataclasses: their fields are the published kwargs.

    Class attributes:
        id (`str`): the published instruction id.
        sentence (`str`): the published sentence, with the fields in braces.
        example ([`Example`]): kwargs, an answer that passes and one that fails.
        silent (`bool`): whether an answer that says nothing would keep it; such passes are closed in `math`.
        excludes (`frozenset[str]`): ids that cannot be asked for together with this one.
    """

    id: ClassVar[str]
    sentence: ClassVar[str]
    example: ClassVar[Example]
    silent: ClassVar[bool] = False
    excludes: ClassVar[frozenset[str]] = frozenset()

    @property
    def kwargs(self) -> dict[str, Any]:
        """The published kwargs."""
        values = asdict(self)  # pyright: ignore[reportArgumentType]  # every subclass is a dataclass
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @property
    def description(self) -> str:
        """The published sentence, filled in."""
        return self.sentence.format(**self.kwargs)

    def holds(self, answer: Text, reading: Reading = "math") -> bool:
        """Whether `answer` keeps the constraint. Blank answers keep none."""
        if not answer.stripped:
            return False
        if reading == "official":
            return self.official(answer)
        if self.silent and self.needs_speech and len(answer.prose.words) < SPEECH:
            return False
        return self.math(answer)

    def credit(self, answer: Text, reading: Reading = "math") -> float:
        """What `answer` earns, 0 to 1, and 1 only where it holds; a plain constraint earns all or nothing."""
        return float(self.holds(answer, reading))

    @property
    def marked(self) -> bool:
        """Whether an answer that keeps it shows it: one that ends in a phrase does, one without commas does not."""
        return not self.silent

    @property
    def needs_speech(self) -> bool:
        """Whether these kwargs make a constraint of a silent type keepable by saying nothing."""
        return True

    def official(self, text: Text) -> bool:
        """The published check, its oddities included."""
        raise NotImplementedError

    def math(self, text: Text) -> bool:
        """The same intent on a mathematical answer: formulas, boxes and code masked."""
        return self.official(text.prose)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> "Constraint | None":
        """Draw kwargs fit for `problem`; `None` where no answer to it could keep this constraint."""
        raise NotImplementedError

    @property
    def copied(self) -> str:
        """What an answer that keeps this constraint has to contain, as it is written; empty where it is free."""
        return ""

    def clashes(self, other: "Constraint") -> bool:
        """Whether no answer can keep both: by their types, or because what `other` copies is forbidden here."""
        if other.id == self.id or other.id in self.excludes:
            return True
        return self.silent and self.needs_speech and bool(other.copied) and not self.math(Text(other.copied))


PARTS = tuple[Constraint, ...]
T = TypeVar("T", bound=Constraint)


@dataclass_transform(frozen_default=True)
def constraint(instruction_id: str) -> Callable[[type[T]], type[T]]:
    """Register a definition under its published id."""

    def register(definition: type[T]) -> type[T]:
        if instruction_id in REGISTRY:
            raise ConstraintError(f"{instruction_id} is defined twice: {REGISTRY[instruction_id]} and {definition}")
        definition.id = instruction_id
        definition = dataclass(frozen=True)(definition)
        REGISTRY[instruction_id] = definition
        return definition

    return register


def make(instruction_id: str, kwargs: Mapping[str, Any] | None = None, depth: int = 0) -> Constraint:
    """Build a constraint from its published id and kwargs.

    Takes kwargs as data sets ship them: `None`-padded, integers as floats, lists as tuples or arrays; the parts of a
    composition as JSON text or as mappings with `instruction_id` and `kwargs`. `depth` counts the compositions around.

    >>> make("keywords:existence", {"keywords": ["alpha"], "num_words": None}).description
    "Include keywords ['alpha'] in the response."

    Raises:
        [`ConstraintError`]: with the id, the field, what was found and what was expected.
    """
    instruction_id = ALIASES.get(instruction_id, instruction_id)
    if instruction_id not in REGISTRY:
        near = difflib.get_close_matches(instruction_id, REGISTRY, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(sorted(REGISTRY))}"
        raise ConstraintError(f"unknown instruction id {instruction_id!r}{hint}")
    definition = REGISTRY[instruction_id]
    given = {name: value for name, value in dict(kwargs or {}).items() if value is not None}
    wanted = {field.name: field for field in fields(definition)}  # pyright: ignore[reportArgumentType]
    hints = typing.get_type_hints(definition)
    if unknown := sorted(set(given) - set(wanted)):
        raise ConstraintError(f"{instruction_id}: unknown kwarg {unknown[0]!r}; it takes {sorted(wanted) or 'none'}")
    for name, field in wanted.items():
        if name in given:
            given[name] = _fit(f"{instruction_id}: kwarg {name!r}", given[name], hints[name], depth)
        elif field.default is MISSING:
            raise ConstraintError(f"{instruction_id}: kwarg {name!r} is missing; it must be {_wanted(hints[name])}")
    return definition(**given)


def _fit(what: str, value: Any, hint: Any, depth: int) -> Any:
    """`value` as the annotated type, or an error that says what was wanted."""
    if hint is Constraint and isinstance(part := _decoded(value), Mapping):
        return _part(what, part, depth + 1)
    if hint == PARTS and isinstance(parts := _decoded(value), list | tuple) and parts:
        return tuple(_part(f"{what}, part {number}", part, depth + 1) for number, part in enumerate(parts, 1))
    if hint is int and isinstance(value, int | float) and not isinstance(value, bool) and value == int(value) >= 0:
        return int(value)
    if hint is str and isinstance(value, str) and value:
        return value
    if typing.get_origin(hint) is Literal and value in typing.get_args(hint):
        return value
    if hint == tuple[str, ...] and isinstance(value, Iterable) and not isinstance(value, str):
        items = tuple(value)
        if items and all(isinstance(item, str) and item for item in items):
            return items
    raise ConstraintError(f"{what} must be {_wanted(hint)}, found {value!r}")


def _part(what: str, part: Any, depth: int) -> Constraint:
    """A part of a composition; its errors come with the path that leads to it."""
    found = part if isinstance(part, Mapping) else {}
    instruction_id, kwargs = found.get("instruction_id"), _decoded(found.get("kwargs"))
    if not isinstance(instruction_id, str) or not isinstance(kwargs or {}, Mapping):
        raise ConstraintError(f"{what} must be {_wanted(Constraint)}, found {reprlib.repr(part)}")
    if depth > DEPTH:
        raise ConstraintError(f"{what}: compositions stand at most {DEPTH} deep in one another")
    try:
        return make(instruction_id, kwargs, depth)
    except ConstraintError as error:
        raise ConstraintError(f"{what}: {error}") from None


def _decoded(value: Any) -> Any:
    """JSON text decoded, arrays as lists; whatever is neither comes back as it is, to be refused in words."""
    try:
        if isinstance(value, str):
            return json.loads(value)
        return value.tolist() if hasattr(value, "tolist") else value
    except (ValueError, RecursionError):
        return value


def _wanted(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return " or ".join(repr(choice) for choice in typing.get_args(hint))
    if hint == PARTS:
        return f"a non-empty list, or its JSON text, whose entries are each {_wanted(Constraint)}"
    if isinstance(hint, types.GenericAlias):
        return "a non-empty list of words"
    return {
        int: "a whole number, 0 or more",
        str: "a non-empty text",
        Constraint: "a mapping, or its JSON text, of instruction_id and kwargs",
    }[hint]


def related(count: int, relation: Relation, bound: int) -> bool:
    """IFEval's two relations: strictly less, or at least."""
    return count < bound if relation == "less than" else count >= bound
