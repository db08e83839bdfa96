"""Rows in their published forms."""

import json
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from keepif.rewards import ConstraintError, Scoring, constraints_of, keepif_reward
from keepif.rewards.rows import GOLD_COLUMNS, _parsed, gold_of, row_of

NO_COMMA = {"instruction_id": ["punctuation:no_comma"], "kwargs": [None]}


@pytest.mark.parametrize("name", GOLD_COLUMNS)
def test_gold_columns(name: str) -> None:
    assert keepif_reward([r"It is \boxed{42}.", r"It is \boxed{41}."], **{name: ["42", "42"]}) == [1.0, 0.0]


@pytest.mark.parametrize(
    "cell",
    [
        "42",
        ["42"],
        '["42"]',
        {"ground_truth": "42"},
        {"ground_truth": ["42"]},
        Decimal(42),
        42,
        42.0,
        np.array(["42"]),
    ],
)
def test_gold_cells(cell: Any) -> None:
    assert keepif_reward([r"It is \boxed{42}.", r"It is \boxed{41}."], answer=[cell, cell]) == [1.0, 0.0]
    assert keepif_reward([r"It is \boxed{42}."], reward_model=[{"style": "rule", "ground_truth": cell}]) == [1.0]


def test_the_first_column_that_is_filled_counts() -> None:
    assert gold_of({"answer": " ", "solution": "4"}) == "4"
    assert gold_of({"solution": r"Adding, \boxed{5}", "final_answer": ["5"]}) == "5"
    assert gold_of({"answer": "[4, 5]"}) == "[4, 5]"
    assert gold_of({"answer": None, "ground_truth": str([NO_COMMA])}) is None
    assert gold_of({"reward_model": "{not JSON"}) is None
    assert gold_of({"reward_model": {"ground_truth": "5"}, "extra_info": {"answer": "So it is 4. #### 5"}}) == "5"
    assert gold_of({"extra_info": {"answer": "So it is 4. #### 5"}}) is None
    circle: list[Any] = []
    circle.append(circle)
    assert keepif_reward(["4"], answer=[circle]) == [None]


@pytest.mark.parametrize(
    "row",
    [
        {"ground_truth": [NO_COMMA]},
        {"ground_truth": str([json.dumps(NO_COMMA)])},
        {"reward_model": {"style": "rule", "ground_truth": str([NO_COMMA])}},
        {"reward_model": json.dumps({"ground_truth": str([NO_COMMA])})},
        {"verifier_metadata": {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}], "prompt": "Tides?",
                               "grading_mode": "binary"}},
        {"extra_info": {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}], "index": 3, "answer": "4"}},
        {"ground_truth": [str([NO_COMMA])]},
        {"ground_truth": [[str([NO_COMMA])]]},
        {"args": {"instruction_id_list": ["punctuation:no_comma"], "instruction_kwargs": [{"num_words": None}]}},
    ],
)  # fmt: skip
def test_constraint_columns(row: dict[str, Any]) -> None:
    assert [constraint.id for constraint in constraints_of(row)] == ["punctuation:no_comma"]
    texts = ["So it is all very good here.", "So, it is all very good here."]
    assert keepif_reward(texts, **{name: [cell] * 2 for name, cell in row.items()}) == [1.0, 0.0]


@pytest.mark.parametrize("constrained", [str([NO_COMMA]), '{"func_name": "validate_no_commas", "N": null}'])
def test_one_column_of_golds_and_constraints(constrained: str) -> None:
    texts = [r"It is \boxed{42}.", "So it is all very good here."]
    for order in (slice(None), slice(None, None, -1)):
        assert keepif_reward(texts[order], ground_truth=["42", constrained][order]) == [1.0, 1.0]


def test_a_row_is_parsed_once() -> None:
    """However often it is read, in whichever room; and a broken one says why each time."""
    _parsed.cache_clear()
    rows = [{"instruction_id_list": ["startend:end_checker"], "kwargs": [{"end_phrase": f"{n}"}]} for n in range(9)]
    for _ in range(3):
        assert all(row_of(row).constraints for row in rows)
        columns = {name: [row[name] for row in rows] for name in rows[0]}
        Scoring().batch(["It is so."] * 9, None, columns)
    assert _parsed.cache_info().misses == 9
    for _ in range(2):
        with pytest.raises(ConstraintError, match="unknown instruction id 'no:such'"):
            row_of({"instruction_id_list": ["no:such"]})
