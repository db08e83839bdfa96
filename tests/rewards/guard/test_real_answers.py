"""The bar: of real answers at most 1 in 1,000 is voided; and the stored table is what the guard does today."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.measure_guard import RESULTS, answers, markdown, measured


@pytest.fixture(scope="module")
def result(shared: Callable[[str], Path]) -> dict[str, Any]:
    return measured(shared("ifeval_oracle").parent)


def test_honest_answers_are_left_alone(result: dict[str, Any]) -> None:
    rows = result["real"].values()
    count = sum(row["answers"] for row in rows)
    honest = sum(sum(row["voided"].values()) - row["loops"] for row in rows)
    assert count > 5_000
    assert honest <= count / 1_000
    assert result["real"]["o1-mini-2024-09-12"]["voided"] == {}
    assert result["real"]["gpt-4o-2024-08-06"]["voided"] == {}


def test_the_stored_results_are_todays(result: dict[str, Any]) -> None:
    assert json.loads((RESULTS / "guard.json").read_text("utf-8")) == json.loads(json.dumps(result))
    assert (RESULTS / "guard.md").read_text("utf-8") == markdown(result)


def test_every_answer_that_the_issue_counts_is_there(shared: Callable[[str], Path]) -> None:
    sources = {source for source, _, _ in answers(shared("ifeval_oracle").parent)}
    assert len([source for source in sources if not source.startswith(("solutions", "Qwen2.5-Math"))]) == 8
