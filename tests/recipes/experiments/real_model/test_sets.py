"""What policies are measured on beside held-out prompts: published benchmarks, with thinking and without."""

import json
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.experiments.real_model.sets import BENCHMARK_TOKENS, Published
from keepif.trainer.evaluation.engines.generation import Generated

IFEVAL = {"key": 1, "prompt": "Say 4.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
MATHIF = {
    "question": "What is 2 + 2? ", "answer": "4", "constraint_desc": ["Use no commas."],
    "constraint_name": ["punctuation:no_comma"], "constraint_args": [{}],
}  # fmt: skip
TEXTS = ["<think>2, 2</think>It is \\boxed{4}.", "So, it is \\boxed{4}."]


def measured(folder: Path, name: str, row: dict[str, Any], thinking: bool | None) -> tuple[Published, dict[str, Any]]:
    path = folder / f"{name}.jsonl"
    path.write_text("".join(json.dumps(row | {"key": number, "id": number}) + "\n" for number in range(2)))
    asked = Published(name, path, thinking)
    return asked, asked.scores([Generated(text, 9, truncated=False) for text in TEXTS])


@pytest.mark.parametrize("thinking", [None, False])
def test_a_benchmark_is_answered_as_published_but_for_its_length(tmp_path: Path, thinking: bool | None) -> None:
    asked, scores = measured(tmp_path, "ifeval", IFEVAL, thinking)
    assert (asked.sampling.temperature, asked.sampling.max_tokens) == (0, BENCHMARK_TOKENS)
    assert [request.thinking for request in asked.requests()] == [thinking] * 2
    assert asked.texts == ["Say 4."] * 2
    assert scores["prompt_strict"] == scores["instruction_strict"] == [(1, 1), (0, 1)]


def test_mathif_has_compliance_and_correctness(tmp_path: Path) -> None:
    asked, scores = measured(tmp_path, "mathif", MATHIF, None)
    assert (asked.sampling.temperature, asked.sampling.top_p) == (1.0, 0.95)
    assert scores["hacc"] == scores["sacc"] == scores["joint"] == [(1, 1), (0, 1)]
    assert scores["accuracy"] == [(1, 1), (1, 1)]
