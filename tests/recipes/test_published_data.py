"""The hub's data sets, by rows in their published schemas: prompts, gold answers and constraints arrive."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from keepif.recipes.arguments import KeepIFArguments
from keepif.recipes.data import load_prompts
from keepif.rewards import constraints_of
from keepif.rewards.correctness.claims import gold_answer
from tests.helpers import published_rows as published


def loaded(tmp_path: Path, rows: list[dict[str, Any]], suffix: str = "jsonl", **options: Any) -> Any:
    path = tmp_path / f"rows.{suffix}"
    if suffix == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    else:
        Dataset.from_list(rows).to_parquet(path)
    return load_prompts(KeepIFArguments(dataset=str(path), **options), seed=0, conversational=True)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    ("rows", "question", "gold"),
    [(published.GSM8K, "question", "8"), (published.DEEPSCALER, "problem", "\\frac{1}{2}")],
)
def test_problems_get_constraints_and_keep_their_answers(
    tmp_path: Path, suffix: str, rows: list[dict[str, Any]], question: str, gold: str
) -> None:
    prompts = loaded(tmp_path, rows, suffix)
    assert len(prompts) == len(rows)
    said = prompts[0]["prompt"][0]["content"]
    assert said.startswith(rows[0][question])
    assert "within \\boxed{}." in said
    assert gold_answer(prompts[0]["answer"]) == gold
    for row in prompts:
        assert 1 <= len(constraints_of(row)) <= 3


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
@pytest.mark.parametrize(
    ("rows", "ids", "left_out"),
    [
        (
            published.IF_MULTI_CONSTRAINTS,
            [["punctuation:no_comma", "length_constraints:number_paragraphs"], ["keywords:start_end"]],
            "unknown instruction id 'keywords:palindrome' (1; did you mean keywords:",
        ),
        (
            published.RLVR_IFEVAL,
            [["detectable_format:number_bullet_lists"], ["detectable_format:title"]],
            "",
        ),
        (published.IFEVAL_LIKE, [["punctuation:no_comma", "length_constraints:number_words"]], ""),
    ],
)
def test_published_constraints_are_taken_as_they_are(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, suffix: str, rows: Any, ids: list[list[str]], left_out: str
) -> None:
    with caplog.at_level(logging.WARNING):
        prompts = loaded(tmp_path, rows, suffix, answer_format="")
    assert [[constraint.id for constraint in constraints_of(row)] for row in prompts] == ids
    content = rows[0].get("prompt") or rows[0]["messages"][0]["content"]
    assert prompts[0]["prompt"] == [{"role": "user", "content": content}]
    assert left_out in caplog.text
    assert ("keepif:" in caplog.text) == bool(left_out)


def test_a_set_without_any_check_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 of 1 rows hold constraints without a check here"):
        loaded(tmp_path, published.IF_MULTI_CONSTRAINTS[2:], answer_format="")


def test_only_the_most_frequent_reasons_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """And that there are others, where there are."""
    good = {"prompt": "1 + 1?", "answer": "2", "kwargs": [{}], "instruction_id_list": ["punctuation:no_comma"]}
    rows = [good, *({**good, "instruction_id_list": [f"{name}:zzzz"]} for name in "abcd")]
    for kinds, end in ((3, "'c:zzzz' (1); they are left out, 1 stays"), (4, "'c:zzzz' (1), ...; they are left out")):
        caplog.clear()
        loaded(tmp_path, rows[: kinds + 1], answer_format="")
        assert end in caplog.text


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("rows.jsonl", '{"prompt": "a"}\n \n{"prompt": "b"\n{"prompt": "c"}\n', "line 3 is no JSON"),
        ("rows.json", '[{"prompt": "a"},\n {"prompt": "b"},\n {"prompt" "c"}]\n', "line 3 is no JSON"),
        ("rows.jsonl", "", "it holds no rows"),
        ("rows.parquet", "no parquet", "Parquet"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=f"dataset: {path} cannot be read: {said}"):
        load_prompts(KeepIFArguments(dataset=str(path)), seed=0, conversational=True)


def test_a_broken_row_is_refused_and_not_left_out(tmp_path: Path) -> None:
    broken = published.IFEVAL_LIKE[0] | {"kwargs": [{}, {"num_words": 40, "relation": "roughly"}]}
    with pytest.raises(ValueError, match="row 1: length_constraints:number_words: kwarg 'relation' must be"):
        loaded(tmp_path, [*published.IFEVAL_LIKE, broken], answer_format="")
