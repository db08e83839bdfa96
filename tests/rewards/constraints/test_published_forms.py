"""The published column forms of constraints."""

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from keepif.rewards import ConstraintError, Text, constraints_of, make
from keepif.rewards.constraints import REGISTRY, UnknownConstraintError
from keepif.rewards.constraints.published_forms import RLVR_COUNTED, RLVR_IFEVAL

NO_COMMA, BULLETS = make("punctuation:no_comma"), make("detectable_format:number_bullet_lists", {"num_bullets": 3})
IDS = [NO_COMMA.id, BULLETS.id]


@pytest.mark.parametrize(
    "row",
    [
        pytest.param({"instruction_id_list": IDS, "kwargs": [{}, {"num_bullets": 3}]}, id="IFEval"),
        pytest.param({"instruction_id_list": IDS, "kwargs": [{"n": None}, {"num_bullets": 3.0}]}, id="padded"),
        pytest.param({"instruction_id_list": IDS, "kwargs": json.dumps([{}, {"num_bullets": 3}])}, id="JSON kwargs"),
        pytest.param({"instruction_id_list": IDS, "kwargs": ["{}", '{"num_bullets": 3}']}, id="JSON for each"),
        pytest.param(
            {"instruction_id_list": np.array(IDS), "kwargs": np.array([{}, {"num_bullets": 3}])}, id="arrays"
        ),
        pytest.param({"constraint_name": IDS, "constraint_args": [None, {"num_bullets": 3}]}, id="MathIF"),
        pytest.param(
            {"ground_truth": str([{"instruction_id": IDS, "kwargs": [None, {"num_bullets": 3}]}])}, id="a literal"
        ),
        pytest.param(
            {"ground_truth": json.dumps([{"instruction_id": IDS[0], "kwargs": None},
                                         {"instruction_id": IDS[1], "kwargs": {"num_bullets": 3}}])}, id="one by one"
        ),
    ],
)  # fmt: skip
def test_every_form_reads_the_same(row: dict[str, Any]) -> None:
    assert constraints_of(row) == [NO_COMMA, BULLETS]


@pytest.mark.parametrize(
    ("truth", "expected"),
    [
        ({"func_name": "validate_no_commas", "N": None}, [NO_COMMA]),
        ({"func_name": "verify_bullet_points", "N": 3}, [BULLETS]),
        (
            {"func_name": "validate_word_constraint", "N": 50, "quantifier": "at most"},
            [make("length_constraints:number_words", {"num_words": 51, "relation": "less than"})],
        ),
        (
            {"func_name": "verify_keyword_frequency", "word": "root", "N": 2},
            [
                make("keywords:frequency", {"keyword": "root", "frequency": 2, "relation": "at least"}),
                make("keywords:frequency", {"keyword": "root", "frequency": 3, "relation": "less than"}),
            ],
        ),
    ],
)
def test_rlvr_ifeval(truth: dict[str, Any], expected: list[Any]) -> None:
    assert constraints_of({"ground_truth": json.dumps(truth)}) == expected


PADDED = dict.fromkeys(
    ["N", "quantifier", "end_phrase", "keyword_list", "word", "forbidden_words", "letter", "i", "first_word",
     "postscript_marker", "options", "section_splitter", "original_prompt", "language"]
)  # fmt: skip
OF_IFEVAL = ["My answer is yes.", "My answer is no.", "My answer is maybe."]


@pytest.mark.parametrize(
    ("name", "arguments", "kept", "broken"),
    [
        ("verify_letter_frequency", {"letter": "z", "N": 2}, "It is zero, and zero again.", "It is zero, not one."),
        ("verify_paragraph_count", {"N": 2}, "First add 2.\n* * *\nThen it is so.", "First add 2.\n\nThen it is so."),
        ("validate_paragraphs", {"N": 2, "first_word": "then", "i": 2}, "One is.\n\nthen two is.", "then.\n\nTwo is."),
        ("verify_postscript", {"postscript_marker": "P.S."}, "One is here.\n\nP.S. Two is here.", "One is here."),
        ("validate_placeholders", {"N": 1}, "So it is [your name] that says it.", "So it is your name that says it."),
        ("validate_title", {}, "<<A tale of two>>\nOne is here.", "A tale of two\nOne is here."),
        ("validate_choice", {"options": OF_IFEVAL[:2]}, "My answer is yes.", "It is so."),
        ("validate_json_format", {}, '{"answer": 42}', "answer: 42"),
        ("validate_two_responses", {}, "One is here.\n******\nTwo is there.", "One is here. Two is there."),
        ("verify_sentence_constraint", {"N": 2, "quantifier": "at most"}, "One is here. Two is.", "A is. B is. C is."),
        ("verify_sentence_constraint", {"N": 3, "quantifier": "around"}, "One is here. Two is here.", "One is here."),
        ("validate_word_constraint", {"N": 5, "quantifier": "around"}, "It is one two three four.", "It is one."),
        ("validate_frequency_capital_words", {"N": 2, "quantifier": "around"}, "It is ALL VERY good.", "All good."),
    ],
)  # fmt: skip
def test_rlvr_ifeval_by_what_keeps_it(name: str, arguments: dict[str, Any], kept: str, broken: str) -> None:
    constraints = constraints_of({"ground_truth": json.dumps({"func_name": name, **PADDED, **arguments})})
    assert all(constraint.holds(Text(kept)) for constraint in constraints)
    assert not all(constraint.holds(Text(broken)) for constraint in constraints)


def test_every_function_of_rlvr_ifeval_is_known() -> None:
    assert len({*RLVR_IFEVAL, *RLVR_COUNTED, "validate_choice"}) == 25
    with pytest.raises(UnknownConstraintError, match="validate_choice"):
        constraints_of({"ground_truth": '{"func_name": "validate_choice", "options": ["red", "blue"]}'})


@pytest.mark.parametrize("row", [{}, {"ground_truth": "42"}, {"ground_truth": "[1, 2]"}, {"instruction_id_list": []}])
def test_rows_without_constraints(row: dict[str, Any]) -> None:
    assert constraints_of(row) == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"instruction_id_list": IDS, "kwargs": [{}]}, "'kwargs' must hold one entry for each of the 2 ids, found 1"),
        ({"instruction_id_list": "x:y"}, "neither JSON nor a Python literal"),
        ({"instruction_id_list": [3]}, "expected an instruction id, found 3"),
        ({"instruction_id_list": IDS[:1], "kwargs": [[1]]}, "kwargs must be a dictionary"),
        ({"ground_truth": '{"func_name": "validate_x"}'}, "no constraint for the function 'validate_x'"),
        ({"ground_truth": '{"func_name": "validate_word_constraint", "N": 5, "quantifier": "roughly"}'}, "'roughly'"),
        ({"ground_truth": "[{'instruction_id': "}, "neither JSON nor a Python literal"),
    ],
)
def test_errors_name_the_field(row: dict[str, Any], message: str) -> None:
    with pytest.raises(ConstraintError, match=message):
        constraints_of(row)


def test_ifeval_rows(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    known = [row for row in benchmark("ifeval/input_data.jsonl") if set(row["instruction_id_list"]) <= set(REGISTRY)]
    assert len(known) > 200
    for row in known:
        assert [constraint.id for constraint in constraints_of(row)] == row["instruction_id_list"]
