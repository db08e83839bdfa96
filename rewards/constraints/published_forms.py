"""The published forms of constraints, read into one: a list of `Constraint`. The columns are rows.py's."""

import ast
import json
from collections.abc import Mapping, Sequence
from typing import Any

from .base import Constraint, ConstraintError, UnknownConstraintError
from .content import OPTIONS
from .kwargs import make

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
    "verify_paragraph_count": ("length_constraints:number_paragraphs", {"N": "num_paragraphs"}),
    "validate_paragraphs": (
        "length_constraints:nth_paragraph_first_word",
        {"N": "num_paragraphs", "i": "nth_paragraph", "first_word": "first_word"},
    ),
    "verify_postscript": ("detectable_content:postscript", {"postscript_marker": "postscript_marker"}),
    "validate_placeholders": ("detectable_content:number_placeholders", {"N": "num_placeholders"}),
    "validate_title": ("detectable_format:title", {}),
    "validate_json_format": ("detectable_format:json_format", {}),
    "validate_two_responses": ("combination:two_responses", {}),
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
    "verify_letter_frequency": ("keywords:letter_frequency", "let_frequency", "let_relation", {"letter": "letter"}),
    "verify_sentence_constraint": ("length_constraints:number_sentences", "num_sentences", "relation", {}),
    "validate_word_constraint": ("length_constraints:number_words", "num_words", "relation", {}),
    "validate_frequency_capital_words": (
        "change_case:capital_word_frequency",
        "capital_frequency",
        "capital_relation",
        {},
    ),
}
"""RLVR-IFeval's functions with a count: instruction id, the kwargs that hold count and relation, other arguments."""

AROUND = {"validate_word_constraint": lambda n: max(round(0.1 * n), 1), "verify_sentence_constraint": lambda _: 1}
"""How far from N "around N" reaches, as open-instruct's if_functions.py has it; elsewhere it means N."""

QUANTIFIERS = {
    "at least": ["at least"],
    "at most": ["less than"],
    "less than": ["less than"],
    "around": ["at least", "less than"],
    "exactly": ["at least", "less than"],
}
"""RLVR-IFeval's quantifier → the relations that bound the count."""


def holds_constraints(truth: Any) -> bool:
    """Whether a `ground_truth` cell holds constraints; in data sets of problems it holds the gold answer instead."""
    text = truth if isinstance(truth, str) else str(truth) if isinstance(truth, list | tuple | Mapping) else ""
    return "instruction_id" in text or "func_name" in text


def paired(ids: Any, kwargs: Any, ids_field: str, kwargs_field: str) -> list[Constraint]:
    """The constraints of a list of instruction ids and a list of their kwargs, or of the texts of such lists."""
    given, ids, kwargs = ids, decoded(ids, ids_field), decoded(kwargs, kwargs_field)
    if not is_list(ids):
        raise ConstraintError(f"field {ids_field!r} must be a list of instruction ids, found {given!r}")
    if kwargs is None:
        kwargs = [None] * len(ids)
    if not is_list(kwargs) or len(kwargs) != len(ids):
        found = len(kwargs) if is_list(kwargs) else kwargs
        raise ConstraintError(
            f"field {kwargs_field!r} must hold one entry for each of the {len(ids)} ids, found {found}"
        )
    return [_make(ids_field, i, instruction_id, kwargs[i]) for i, instruction_id in enumerate(ids)]


def _make(field: str, position: int, instruction_id: Any, kwargs: Any) -> Constraint:
    if not isinstance(instruction_id, str):
        raise ConstraintError(
            f"field {field!r}, entry {position}: expected an instruction id, found {instruction_id!r}"
        )
    kwargs = decoded(kwargs, f"kwargs of {instruction_id}")
    if kwargs is not None and not isinstance(kwargs, Mapping):
        raise ConstraintError(f"field {field!r}, entry {position}: kwargs must be a dictionary, found {kwargs!r}")
    return make(instruction_id, kwargs)


def of_ground_truth(truth: Any, field: str) -> list[Constraint]:
    """The constraints of a `ground_truth`: RLVR-IFeval's function, or entries of `instruction_id` and `kwargs`.

    They may stand in lists, and as texts, however often.
    """
    truth = decoded(truth, field)
    if is_list(truth):
        return [constraint for entry in truth for constraint in of_ground_truth(entry, field)]
    if isinstance(truth, Mapping) and "func_name" in truth:
        return _from_function(truth)
    if not isinstance(truth, Mapping) or "instruction_id" not in truth:
        raise ConstraintError(f"field {field!r}: expected instruction_id and kwargs, found {truth!r}")
    ids, kwargs = truth["instruction_id"], truth.get("kwargs")
    kwargs = [kwargs] if isinstance(kwargs, Mapping) else kwargs
    return paired(ids if is_list(ids) else [ids], kwargs, "instruction_id", "kwargs")


def _from_function(truth: Mapping[str, Any]) -> list[Constraint]:
    """RLVR-IFeval's `{"func_name": ..., ...}`. "at most n" is "less than n + 1"; two bounds are two constraints."""
    name = truth["func_name"]
    if name == "validate_choice" and set(truth.get("options") or OPTIONS) <= set(OPTIONS):
        return [make("detectable_format:constrained_response")]
    if name in RLVR_IFEVAL:
        instruction_id, arguments = RLVR_IFEVAL[name]
        return [make(instruction_id, {ours: truth.get(theirs) for theirs, ours in arguments.items()})]
    if name not in RLVR_COUNTED:
        raise UnknownConstraintError(f"field 'ground_truth': no constraint for the function {name!r}")
    instruction_id, count, relation, arguments = RLVR_COUNTED[name]
    n, quantifier = truth.get("N"), truth.get("quantifier") or "exactly"
    if quantifier not in QUANTIFIERS or not isinstance(n, int | float):
        raise ConstraintError(
            f"field 'ground_truth': {name} needs a number N and a quantifier out of {sorted(QUANTIFIERS)}, "
            f"found {n!r} and {quantifier!r}"
        )
    others = {ours: truth.get(theirs) for theirs, ours in arguments.items()}
    near = AROUND[name](n) if quantifier == "around" and name in AROUND else 0
    bounds = {"at least": max(0, n - near), "less than": n + near + (quantifier != "less than")}
    return [make(instruction_id, {**others, relation: word, count: bounds[word]}) for word in QUANTIFIERS[quantifier]]


def decoded(value: Any, field: str) -> Any:
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


def is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
