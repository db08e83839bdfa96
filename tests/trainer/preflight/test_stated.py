"""What is said of prompts that do not state their constraints, and of how few others."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset

from keepif.rewards import make
from keepif.rewards.constraints import ConstraintError
from keepif.rewards.rows import constraints_of
from keepif.trainer import constrain
from keepif.trainer.data.constrain import prompt_of
from keepif.trainer.preflight.stated import FEW, stated, without_trace
from tests.helpers import published_rows as published
from tests.helpers.facts import facts

SUM = "A baker sells 3 loaves in the morning and 5 in the afternoon. How many in all?"
NO_COMMA: dict[str, Any] = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}], "answer": "8"}


def said(*rows: dict[str, Any]) -> list[str]:
    return [problem.text for problem in stated(facts(dataset=Dataset.from_list(list(rows))))]


def test_a_column_that_the_prompt_does_not_state_is_said_once() -> None:
    good, bad = ({"prompt": f"{SUM}{how}", **NO_COMMA} for how in (" Do without commas.", ""))
    assert not said(good, good)
    [text] = said(good, *[bad] * 5)
    assert text.startswith(
        "row 1: the prompt does not seem to state 'punctuation:no_comma', and so it is with 5 of the 6 "
    )
    assert "Write it into the prompt: 'In your entire response, refrain from the use of any commas.'" in text
    assert not said(*[good] * 30, bad)  # as few as benchmarks have by their wording


def test_what_constrain_adds_is_stated() -> None:
    rows = Dataset.from_list([{"prompt": f"{SUM} ({n})", "answer": "8"} for n in range(60)])
    assert not list(stated(facts(dataset=constrain(rows))))


@pytest.mark.parametrize(
    ("prompt", "lost"),
    [
        (SUM, True),
        ([{"role": "user", "content": SUM}], True),
        ([{"role": "system", "content": "Never use commas."}, {"role": "user", "content": SUM}], False),
        ([{"role": "user", "content": [{"type": "text", "text": f"{SUM} No comma!"}]}], False),
        ([{"role": "user", "content": "No\ncommas"}, {"role": "assistant", "content": "Ok"},
          {"role": "user", "content": SUM}], False),
        ("Я планую паездку ў Беларусь. Табе не дазваляецца выкарыстоўваць коскі ў адказе.", False),
        ("请写一首关于月亮的诗，不要使用任何逗号。", False),
        ("Un panadero vende 3 panes por la mañana y 5 por la tarde. ¿Cuántos en total? No uses ninguna coma.", False),
    ],
)  # fmt: skip
def test_it_looks_at_all_messages_and_leaves_other_languages_alone(prompt: Any, lost: bool) -> None:
    assert bool(without_trace(prompt, [make("punctuation:no_comma")])) == lost


@pytest.mark.parametrize(
    "rows",
    [published.IF_MULTI_CONSTRAINTS[:2], published.RLVR_IFEVAL, published.IFEVAL_LIKE],
    ids=["multi", "rlvr", "ifeval"],
)
def test_rows_of_the_hubs_schemas_pass(rows: list[dict[str, Any]]) -> None:
    for number, row in enumerate(rows):
        assert not without_trace(prompt_of(number, row), constraints_of(row))


def test_benchmarks_hardly_ever_look_unstated(
    benchmark: Callable[[str], list[dict[str, Any]]], shared: Callable[[str], Path]
) -> None:
    sizes = [f"{name}_{size}" for name in ("gsm8k", "math500", "minerva", "olympiad", "aime")
             for size in ("single", "double", "triple")]  # fmt: skip
    mathif = [row for name in [*sizes, "toy"] for row in benchmark(f"mathif/{name}.jsonl")]
    reasonif = [row | {"question": None} for row in json.loads(shared("reasonif/reasonIF_dataset.json").read_text())]
    sets = {
        "ifeval": benchmark("ifeval/input_data.jsonl"),
        "mathif": mathif,
        "reasonif": reasonif,
        "ifbench": benchmark("ifbench/IFBench_test.jsonl"),
        "bare": [row | {"constraint_desc": None} for row in mathif],
    }
    counts = {name: counted(rows) for name, rows in sets.items()}
    assert counts == {
        "ifeval": (4, 834),
        "mathif": (0, 842),
        "reasonif": (0, 195),
        "ifbench": (0, 34),
        "bare": (558, 842),
    }
    assert max(lost / all_ for name, (lost, all_) in counts.items() if name != "bare") < FEW / 10


def counted(rows: list[dict[str, Any]]) -> tuple[int, int]:
    """The constraints that leave no trace, and all that can be checked here."""
    lost = seen = 0
    for number, row in enumerate(rows):
        try:
            constraints = constraints_of(row)
        except ConstraintError:
            continue
        seen += len(constraints)
        lost += len(without_trace(prompt_of(number, row), constraints))
    return lost, seen
