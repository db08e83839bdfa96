"""LogicIFEval's rule on the published sample, and our generator's held-out split."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.trainer import logic_rows
from keepif.trainer.data.constrain import RowError
from keepif.trainer.evaluation.benchmarks.benchmark import Item, Sample, numbers
from keepif.trainer.evaluation.benchmarks.logicif import LogicIF, equal, last_value


def right(item: Item) -> str:
    truth = item.row["code_output"]
    return f"<think>Let me see: {{}}.</think>\n```json\n{json.dumps(truth)}\n```"


def test_published_sample(shared: Callable[[str], Path], benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    """The twelve published responses state output and trackers apart, or as Python does: the rule finds none right.

    (Their published verdicts are of the code before the rule, which had a model extract: of these it finds 8 right.)
    """
    logicif = LogicIF(shared("logicif/sample_instructions.jsonl"), heldout=0)
    published = benchmark("logicif/sample_result.jsonl")
    samples = [Sample(item, 0, row["llm_response"], 1) for item, row in zip(logicif.items(), published, strict=True)]
    assert set(numbers(logicif.score(samples)).values()) == {0.0}
    found = [last_value(row["llm_response"]) for row in published]
    assert found[:4] == [row["llm_output"]["stats"] for row in published[:4]]
    extracted = [equal(json.loads(row["llm_output"]["extract_response"]), row["code_output"]) for row in published]
    assert sum(all(parts) for parts in extracted) == 8
    texts = [
        f"{row['llm_response']}\n\nOutput:\n```json\n{row['llm_output']['extract_response']}\n```\nThat is all."
        for row in published
    ]
    again = logicif.score([replace(sample, text=text) for sample, text in zip(samples, texts, strict=True)])
    assert numbers(again) == {"case": 8 / 12, "question": 1 / 3, "question_output": 2 / 3, "question_stats": 2 / 3}
    assert logicif.headline == "question"


GOLD = {"output": 1, "stats": {"hits": 2}}
SAID = json.dumps(GOLD)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"Step 1: [1, 2] is sorted. Step 2: {{x}} is 3.\n```json\n{SAID}\n```\nDone.", GOLD),
        (f'First I had {{"output": 7, "stats": {{}}}}; no: {SAID}', GOLD),
        (f"{SAID}\n\nThe trackers: [2]", [2]),
        (f"[{SAID}]", [GOLD]),
        (f"{SAID} and {{'output': 1}}", GOLD),
        (f"It lies in [0, 5).\n{SAID}", None),
        (f"It lies in (0, 5].\n{SAID}", GOLD),
        (f"}}]{SAID}", GOLD),
        ('{"output": "a }", "stats": {}}', {}),
        ('{"output": "a }", "stats": {}}{"output": 2}', {"output": 2}),
        ("It is 1; hits: 2", None),
        ("[" * 5000 + "]" * 5000 + SAID, GOLD),
        (f'{SAID} {{"output": {"9" * 5000}}}', GOLD),
        ("", None),
    ],
)  # fmt: skip
def test_the_published_extraction(text: str, found: Any) -> None:
    """As `_extract_last_json` does, read at bbc553c."""
    assert last_value(text) == found


@pytest.mark.parametrize(
    ("said", "right"),
    [
        (GOLD, (True, True)),
        ({"output": True, "stats": {"hits": 2.0}}, (True, True)),
        ({"output": "1", "stats": {"hits": 2, "more": 0}}, (False, False)),
        ({"output": 1}, (True, False)),
        ([GOLD], (False, False)),
        (None, (False, False)),
    ],
)
def test_the_published_comparison(said: Any, right: tuple[bool, bool]) -> None:
    assert equal(said, GOLD) == right


@given(st.text('{}[]",:1 \\a'))
def test_what_is_extracted_stands_there(text: str) -> None:
    value = last_value(text)
    assert value is None or any(
        _json(text[i : j + 1]) == value for i in range(len(text)) for j in range(i, len(text)) if text[i] in "{["
    )


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def test_rows_of_one_table(tmp_path: Path) -> None:
    """Arrow gives each row the trackers of all; the hub keeps `code_output` as a text, and its mini rows twice."""
    row = {"task_id": "a", "test_case_id": 0, "instruction": "Do.", "stats_keys": ["hits"]}
    other = {"task_id": "b", "test_case_id": 0, "instruction": "Do."}
    rows = [
        row | {"code_output": {"output": 1, "stats": {"hits": 2, "skips": None}}},
        other | {"code_output": {"output": 1, "stats": {"hits": None, "skips": 3}}},
        row | {"test_case_id": 1, "code_output": SAID},
    ]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([*rows, rows[0]]))
    logicif = LogicIF(path, heldout=0)
    assert [item.key for item in logicif.items()] == ["a/0", "b/0", "a/1"]
    said = [SAID, '{"output": 1, "stats": {"skips": 3}}', SAID]
    samples = [Sample(item, 0, text, 1) for item, text in zip(logicif.items(), said, strict=True)]
    assert set(numbers(logicif.score(samples)).values()) == {1.0}


def test_heldout_split_is_asked_always(shared: Callable[[str], Path]) -> None:
    logicif = LogicIF(shared("logicif/sample_instructions.jsonl"), heldout=3)
    assert len(logicif.items()) == len({item.key for item in logicif.items()}) == 12 + 9
    found = numbers(logicif.score([Sample(item, 0, right(item), 1) for item in logicif.items()]))
    assert set(found) == {
        f"{own}{metric}"
        for own in ("", "heldout_")
        for metric in ("case", "question", "question_output", "question_stats")
    }
    assert set(found.values()) == {1.0}
    trained = {row["instruction"] for row in logic_rows(30, level="easy")}
    assert trained.isdisjoint(item.messages[0]["content"] for item in logicif.items())


def test_a_function_is_right_where_all_its_cases_are() -> None:
    logicif = LogicIF(heldout=6)
    assert logicif.headline == "heldout_question"
    items = logicif.items()
    wrong = {items[4].key}  # one of three cases of the second function
    samples = [
        Sample(item, index, "42" if item.key in wrong and index == 1 else right(item), 1)
        for index in range(2)
        for item in items
    ]
    outcomes = logicif.score(samples)
    found = numbers(outcomes)
    assert found["heldout_case"] == 35 / 36
    assert found["heldout_question"] == 11 / 12
    levels = [outcome.by_type for outcome in outcomes[:18]]
    assert levels[0] == {"heldout_easy": (1, 1)}
    assert levels[17] == {"heldout_hard": (1, 1)}


def test_errors_name_the_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"task_id": "a", "test_case_id": 0, "instruction": "Do.", "code_output": {"output": 1}}')
    with pytest.raises(RowError, match="LogicIFEval row 0: field 'code_output' must hold output and stats"):
        LogicIF(path)
    row = '{"task_id": "a", "test_case_id": 0, "instruction": "Do.", "code_output": {"output": 1, "stats": {}}}'
    path.write_text(f"{row}\n{row.replace('Do.', 'Do it.')}")
    with pytest.raises(RowError, match="LogicIFEval: two rows are called 'a/0'"):
        LogicIF(path)
    path.write_text('{"task_id": "a"}')
    with pytest.raises(RowError, match="LogicIFEval row 0: no field 'test_case_id'"):
        LogicIF(path)
