"""From an instruction id and the kwargs that a data set ships to a constraint, or to words that say what is wrong."""

import difflib
import json
import reprlib
import types
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import MISSING, fields
from typing import Any, Literal

from .base import REGISTRY, Constraint, ConstraintError, UnknownConstraintError
from .question import Question

ALIASES = {
    "length_constraint_checkers:number_words": "length_constraints:number_words",  # MathIF, ReasonIF
    "letters:letter_counting2": "keywords:letter_frequency",  # IFTrain
}
"""Other names of the same check → IFEval's."""
DEPTH = 4
"""Compositions within one another; a deeper row is refused."""
MEMBERS_HINT = tuple[Constraint, ...]
"""How a composition's members are annotated."""


def no_such(instruction_id: str) -> UnknownConstraintError:
    """The error that an unknown instruction id is: with the nearest known one, by its whole or what follows the colon.

    >>> no_such("punctuation:no_commas"), no_such("nocomma")  # doctest: +NORMALIZE_WHITESPACE
    (UnknownConstraintError("unknown instruction id 'punctuation:no_commas'; did you mean punctuation:no_comma?"),
     UnknownConstraintError("unknown instruction id 'nocomma'; did you mean punctuation:no_comma?"))
    """
    names = {name.partition(":")[2]: name for name in REGISTRY}
    near = difflib.get_close_matches(instruction_id, REGISTRY, n=1) or [
        names[name] for name in difflib.get_close_matches(instruction_id.rpartition(":")[2], names, n=1)
    ]
    hint = f"; did you mean {near[0]}?" if near else "; `keepif constraints list` shows those that there are"
    return UnknownConstraintError(f"unknown instruction id {instruction_id!r}{hint}")


def known(option: str, instruction_ids: Collection[str], *, soft: bool = True) -> list[str]:
    """`instruction_ids`, sorted, which an `option` was given; `soft`, a judge's among them or not."""
    if isinstance(instruction_ids, str):
        raise ConstraintError(f"{option} takes several instruction ids: write [{instruction_ids!r}]")
    for instruction_id in sorted(instruction_ids):
        if instruction_id not in REGISTRY and not (soft and instruction_id == Question.id):
            raise UnknownConstraintError(f"{option}: {no_such(instruction_id)}")
    return sorted(instruction_ids)


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
    definition = Question if instruction_id == Question.id and not depth else REGISTRY.get(instruction_id)
    if definition is None:
        raise no_such(instruction_id)
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
    if hint is Constraint and isinstance(part := from_json(value), Mapping):
        return _part(what, part, depth + 1)
    if hint == MEMBERS_HINT and isinstance(parts := from_json(value), list | tuple) and parts:
        return tuple(_part(f"{what}, part {number}", part, depth + 1) for number, part in enumerate(parts, 1))
    if (
        hint is int
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and value >= 0
        and value % 1 == 0
    ):
        return int(value)
    if hint is str and isinstance(value, str) and value:
        return value
    if typing.get_origin(hint) is Literal and value in typing.get_args(hint):
        return value
    if hint == tuple[str, ...] and isinstance(value, Iterable) and not isinstance(value, str):
        items = tuple(value)
        if items and all(isinstance(item, str) and item for item in items):
            return items
    raise ConstraintError(f"{what} must be {_wanted(hint)}, found {reprlib.repr(value)}")


def _part(what: str, part: Any, depth: int) -> Constraint:
    """A part of a composition; its errors come with the path that leads to it."""
    found = part if isinstance(part, Mapping) else {}
    instruction_id, kwargs = found.get("instruction_id"), from_json(found.get("kwargs"))
    if not isinstance(instruction_id, str) or not isinstance(kwargs or {}, Mapping):
        raise ConstraintError(f"{what} must be {_wanted(Constraint)}, found {reprlib.repr(part)}")
    if depth > DEPTH:
        raise ConstraintError(f"{what}: compositions stand at most {DEPTH} deep in one another")
    try:
        return make(instruction_id, kwargs, depth)
    except ConstraintError as error:
        raise ConstraintError(f"{what}: {error}") from None


def from_json(value: Any) -> Any:
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
    if hint == MEMBERS_HINT:
        return f"a non-empty list, or its JSON text, whose entries are each {_wanted(Constraint)}"
    if isinstance(hint, types.GenericAlias):
        return "a non-empty list of words"
    return {
        int: "a whole number, 0 or more",
        str: "a non-empty text",
        Constraint: "a mapping, or its JSON text, of instruction_id and kwargs",
    }[hint]
