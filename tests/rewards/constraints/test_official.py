"""The `official` reading against published verdicts."""

from collections.abc import Callable
from typing import Any

import pytest

from keepif.rewards import make
from keepif.rewards.compliance import strict_and_loose
from tests.helpers.published import MODELS

Read = Callable[[str], list[dict[str, Any]]]


def disagreements(rows: list[dict[str, Any]], responses: dict[int, dict[str, Any]]) -> tuple[int, list[Any]]:
    checked, wrong = 0, []
    for row in rows:
        found = responses.get(row["key"])
        for i, instruction_id in enumerate(row["instruction_id_list"]):
            instruction_id = instruction_id.removeprefix("en:")
            if found is None or found["unstable"][i]:
                continue
            constraint, response = make(instruction_id, row["kwargs"][i]), found["response"] or ""
            (strict,), (loose,) = strict_and_loose(response, [constraint])
            checked += 2
            if (strict, loose) != (found["strict"][i], found["loose"][i]):
                wrong.append((row["key"], instruction_id, strict, loose))
    return checked, wrong


@pytest.mark.parametrize("model", MODELS)
def test_published_verdicts(benchmark: Read, model: str) -> None:
    responses = {row["key"]: row for row in benchmark(f"ifeval_oracle/{model}.jsonl")}
    checked, wrong = disagreements(benchmark("ifeval_oracle/en_input_data.jsonl"), responses)
    assert checked > 1600
    assert wrong == []


def test_official_verdicts_on_gpt4(benchmark: Read) -> None:
    rows = benchmark("ifeval/input_data.jsonl")
    texts = {
        row["prompt"]: row["response"] for row in benchmark("ifeval/input_response_data_gpt4_20231107_145030.jsonl")
    }
    verdicts = {row["key"]: row for row in benchmark("ifeval/official_code_verdicts_gpt4.jsonl")}
    responses = {
        row["key"]: verdicts[row["key"]] | {"response": texts[row["prompt"]]} for row in rows if row["key"] in verdicts
    }
    checked, wrong = disagreements(rows, responses)
    assert checked > 1000
    assert wrong == []
