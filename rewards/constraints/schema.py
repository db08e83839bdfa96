"""The published column forms of constraints, read into one: a list of `Constraint`."""

import ast
import json
from collections.abc import Mapping, Sequence
from math import inf
from typing import Any

from .base import Constraint, ConstraintError, UnknownConstraintError
from .kwargs import make

COLUMNS = ("instruction_id_list", "kwargs", "constraint_name", "constraint_args", "ground_truth")
"""Every column that a published schema puts constraints in."""

WEIGHTS = "constraint_weights"
"""Ours: one positive number for each constraint of a row."""

TRIP_WIRE = "trip_wire"
"""Ours: whether a row is a trip-wire, whose verdicts are logged and never rewarded."""

RLVR_IFEVAL = {
    "verify_keywords": ("keywords:existence", {"keyword_list": "keywords"}),
    "validate_forbidden_words": ("keywords:forbidden_words", {"forbidden_words": "forbidden_words"}),
    "validate_response_language": ("language:response_language", {"language": "language"}),
    "verify_bullet_points": ("detectable_format:number_bullet_lists", {"N": "num_bullets"}),
    "validate_highlighted_sections": ("detectable_format:number_highlighted_sections", {"N": "num_highlights"}),
    "validate_sections": (
        "detectable_format:multiple_sections",
        {"N": "num_sections", "section_splitter": "section_spliter"},
    ),
    "validate_repeat_prompt": ("combination:repeat_prompt", {"original_prompt": "prompt_to_repeat"}),
    "validate_uppercase": ("change_case:english_capital", {}),
    "validate_lowercase": ("change_case:english_lowercase", {}),
    "validate_end": ("startend:end_checker", {"end_phrase": "end_phrase"}),
    "validate_quotation": ("startend:quotation", {}),
    "validate_no_commas": ("punctuation:no_comma", {}),
}
"""RLVR-IFeval's function → instruction id, and its argument names → the published kwargs."""

RLVR_COUNTED = {
    "verify_keyword_frequency": ("keywords:frequency", "frequency", "relation", {"word": "keyword"}),
    "validate_word_constraint": ("length_constraints:number_words", "num_words", "relation", {}),
    "validate_frequency_capital_words": (
        "change_case:capital_word_frequency",
        "capital_frequency",
        "capital_relation",
        {},
    ),
}
"""RLVR-IFeval's functions with a count: instruction id, the kwargs that hold count and relation, other arguments."""


def constraints_of(row: Mapping[str, Any]) -> list[Constraint]:
    """The constraints of a data set row, in whichever published form its columns have; empty where there are none.

    Reads `instruction_id_list` + `kwargs` (IFEval, IFBench, NeMo), `constraint_name` + `constraint_args` (MathIF,
    ReasonIF), and `ground_truth` as JSON or a Python literal (IF_multi_constraints' list, RLVR-IFeval's function).

    >>> row = {"constraint_name": ["punctuation:no_comma"], "constraint_args": [None]}
    >>> [constraint.id for constraint in constraints_of(row)]
    ['punctuation:no_comma']

    Raises:
        [`ConstraintError`]: with the field, what was found and what to do.
    """
    for ids, kwargs in (("instruction_id_list", "kwargs"), ("constraint_name", "constraint_args")):
        if row.get(ids) is not None:
            return _paired(row, ids, kwargs)
    truth = row.get("ground_truth")
    return _from_ground_truth(str(truth)) if holds_constraints(truth) else []


def weights_of(row: Mapping[str, Any], count: int) -> tuple[float, ...] | None:
    """The weights of a row's `count` constraints, out of `constraint_weights`; `None` where there are none.

    Raises:
        [`ConstraintError`]: unless there is one positive number for each constraint.
    """
    weights = row.get(WEIGHTS)
    if weights is None:
        return None
    weights = _decoded(weights, WEIGHTS)
    right = _is_list(weights) and len(weights) == count
    if not right or not all(isinstance(weight, int | float) and 0 < weight < inf for weight in weights):
        raise ConstraintError(
            f"field {WEIGHTS!r} must hold a positive number for each of the {count} constraints, found {weights!r}"
        )
    return tuple(map(float, weights))


def holds_constraints(truth: Any) -> bool:
    """Whether a `ground_truth` cell holds constraints; in data sets of problems it holds the gold answer instead."""
    return isinstance(truth, str) and ("instruction_id" in truth or "func_name" in truth)


def _paired(row: Mapping[str, Any], ids_field: str, kwargs_field: str) -> list[Constraint]:
    ids = _decoded(row[ids_field], ids_field)
    kwargs = _decoded(row.get(kwargs_field), kwargs_field)
    if not _is_list(ids):
        raise ConstraintError(f"field {ids_field!r} must be a list of instruction ids, found {row[ids_field]!r}")
    if kwargs is None:
        kwargs = [None] * len(ids)
    if not _is_list(kwargs) or len(kwargs) != len(ids):
        found = len(kwargs) if _is_list(kwargs) else kwargs
        raise ConstraintError(
            f"field {kwargs_field!r} must hold one entry for each of the {len(ids)} ids, found {found}"
        )
    return [_make(ids_field, i, instruction_id, kwargs[i]) for i, instruction_id in enumerate(ids)]


def _make(field: str, position: int, instruction_id: Any, kwargs: Any) -> Constraint:
    if not isinstance(instruction_id, str):
        raise ConstraintError(
            f"field {field!r}, entry {position}: expected an instruction id, found {instruction_id!r}"
        )
    kwargs = _decoded(kwargs, f"kwargs of {instruction_id}")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise ConstraintError(f"field {field!r}, entry {position}: kwargs must be a dictionary, found {kwargs!r}")
    return make(instruction_id, kwargs)


def _from_ground_truth(text: str) -> list[Constraint]:
    truth = _decoded(text, "ground_truth")
    if isinstance(truth, Mapping) and "func_name" in truth:
        return _from_function(truth)
    entries = truth if _is_list(truth) else [truth]
    found: list[Constraint] = []
    for entry in entries:
        if not isinstance(entry, Mapping) or "instruction_id" not in entry:
            raise ConstraintError(f"field 'ground_truth': expected instruction_id and kwargs, found {entry!r}")
        ids = entry["instruction_id"]
        row = {"instruction_id": ids if _is_list(ids) else [ids], "kwargs": entry.get("kwargs")}
        if isinstance(row["kwargs"], Mapping):
            row["kwargs"] = [row["kwargs"]]
        found += _paired(row, "instruction_id", "kwargs")
    return found


def _from_function(truth: Mapping[str, Any]) -> list[Constraint]:
    """RLVR-IFeval's `{"func_name": ..., ...}`. "at most n" is "less than n + 1"; an exact count is both bounds."""
    name = truth["func_name"]
    if name in RLVR_IFEVAL:
        instruction_id, arguments = RLVR_IFEVAL[name]
        return [make(instruction_id, {ours: truth.get(theirs) for theirs, ours in arguments.items()})]
    if name not in RLVR_COUNTED:
        raise UnknownConstraintError(f"field 'ground_truth': no constraint for the function {name!r}")
    instruction_id, count, relation, arguments = RLVR_COUNTED[name]
    quantifier = truth.get("quantifier") or "exactly"
    bounds = {"at least": [("at least", 0)], "at most": [("less than", 1)], "less than": [("less than", 0)]}
    bounds["exactly"] = [*bounds["at least"], *bounds["at most"]]
    if quantifier not in bounds or not isinstance(truth.get("N"), int | float):
        raise ConstraintError(
            f"field 'ground_truth': {name} needs a number N and a quantifier out of {sorted(bounds)}, "
            f"found {truth.get('N')!r} and {quantifier!r}"
        )
    others = {ours: truth.get(theirs) for theirs, ours in arguments.items()}
    return [
        make(instruction_id, {**others, relation: word, count: truth["N"] + extra})
        for word, extra in bounds[quantifier]
    ]


def _decoded(value: Any, field: str) -> Any:
    """JSON or a Python literal decoded where `value` is a string; arrays as lists."""
    if not isinstance(value, str):
        return value.tolist() if hasattr(value, "tolist") else value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        raise ConstraintError(f"field {field!r} is neither JSON nor a Python literal: {value[:80]!r}") from None


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
