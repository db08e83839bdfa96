"""LogicIFEval's rule on the published sample, and our generator's held-out split."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keepif.trainer import logic_rows
from keepif.trainer.dataset import RowError
from keepif.trainer.evaluation.benchmark import Item, Sample, numbers
from keepif.trainer.evaluation.logicif import LogicIF


def right(item: Item) -> str:
    truth = item.row["code_output"]
    return f"<think>Let me see: {{}}.</think>\n```json\n{json.dumps(truth)}\n```"


def test_published_sample(shared: Callable[[str], Path], benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    """What was extracted of the twelve published responses, as JSON, scores what the published comparison says."""
    logicif = LogicIF(shared("logicif/sample_instructions.jsonl"), heldout=0)
    published = benchmark("logicif/sample_result.jsonl")
    said = [{"output": row["llm_output"]["output"], "stats": row["llm_output"]["stats"]} for row in published]
    samples = [
        Sample(item, 0, f"{row['llm_response']}\n{json.dumps(found)}", 1)
        for item, row, found in zip(logicif.items(), published, said, strict=True)
    ]
    found = numbers(logicif.score(samples))
    same = [one == row["code_output"] for one, row in zip(said, published, strict=True)]
    assert found == {"case": sum(same) / 12, "question": 1 / 3, "question_output": 2 / 3, "question_stats": 2 / 3}
    assert (sum(same), logicif.headline) == (8, "question")


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
    path.write_text(f"{row}\n{row}")
    with pytest.raises(RowError, match="LogicIFEval: two rows are called 'a/0'"):
        LogicIF(path)
    path.write_text('{"task_id": "a"}')
    with pytest.raises(RowError, match="LogicIFEval row 0: no field 'test_case_id'"):
        LogicIF(path)
