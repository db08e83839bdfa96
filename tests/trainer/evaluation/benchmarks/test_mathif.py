"""MathIF against the published checkers, and its published peculiarities."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards.constraints import ALIASES
from keepif.trainer.data.constrain import RowError
from keepif.trainer.evaluation.answering import spread
from keepif.trainer.evaluation.benchmarks import load
from keepif.trainer.evaluation.benchmarks.benchmark import Sample, numbers
from keepif.trainer.evaluation.benchmarks.mathif import MathIF, checked_text
from tests.helpers import published
from tests.helpers.responders import boxed, forty_two, spam

Responder = Callable[[dict[str, Any]], str]


@pytest.fixture(scope="module")
def mathif(shared: Callable[[str], Path]) -> MathIF:
    return MathIF(shared("mathif"))


def scored(benchmark: MathIF, respond: Responder) -> list[Sample]:
    return benchmark.score([Sample(item, 0, respond(dict(item.row)), 1) for item in benchmark.items()])


def official(rows: list[dict[str, Any]], respond: Responder) -> tuple[float, float]:
    """HAcc and SAcc as the published `eval_if.py` adds them up, by IFEval's published checkers, which are MathIF's."""
    hard, soft = [], []
    for row in rows:
        text = checked_text(respond(row))
        kept = [
            published.check(ALIASES.get(name, name), {k: v for k, v in (kwargs or {}).items() if v}, text)
            for name, kwargs in zip(row["constraint_name"], row["constraint_args"], strict=True)
        ]
        hard.append(all(kept))
        soft.append(sum(kept) / len(kept))
    return fmean(hard), fmean(soft)


@pytest.mark.parametrize(
    ("respond", "hacc", "sacc"), [(boxed, 12.1, 31.0), (forty_two, 15.5, 34.3), (spam, 98.8, 99.4)]
)
def test_trivial_responders(mathif: MathIF, respond: Responder, hacc: float, sacc: float) -> None:
    """What solves nothing scores what it scored with the published checkers, and the same as they say today."""
    found = numbers(scored(mathif, respond))
    assert (round(100 * found["hacc"], 1), round(100 * found["sacc"], 1)) == (hacc, sacc)
    rows = [dict(item.row) for item in mathif.items()]
    assert official(rows, respond) == pytest.approx((found["hacc"], found["sacc"]), abs=1e-12)


def test_unrelated_solutions(mathif: MathIF, benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    """Real solutions of other problems: plain; behind the thinking, in an answer tag, never closed.

    With the rows in the order of their files, and solution n % 60 at row n: 7.9 and 21.9. A measurement with the
    published checkers that we know of, 7.6 and 22.2, does not say how it paired them. Of the pairings with
    a model's solutions some give it; one is pinned beside: the eighth of each problem, from the 41st problem on.
    """
    problems = benchmark("math/qwen25math_math_cot.jsonl")
    solutions = [row["gt_cot"] for row in problems]
    forms = (
        "{}",
        "<think>so, {}</think>\n\n{}",
        "{}</think>{}</think>, no",
        "<think>hm</think><answer>{}</answer>,",
        "<think>{}",
    )
    rows = [dict(item.row) for item in mathif.items()]
    texts = {id(row): forms[n % 5].format(*[solutions[n % 60]] * 2) for n, row in enumerate(rows)}
    plain = {id(row): solutions[n % 60] for n, row in enumerate(rows)}
    models = {id(row): problems[(n + 40) % 60]["code"][7] for n, row in enumerate(rows)}
    for said, expected in ((plain, (7.9, 21.9)), (texts, (7.9, 21.9)), (models, (7.6, 22.2))):
        by_key = dict(zip((item.key for item in mathif.items()), (said[id(row)] for row in rows), strict=True))
        outcomes = mathif.score([Sample(item, 0, by_key[item.key], 1) for item in mathif.items()])
        found = numbers(outcomes)
        assert official(rows, lambda row, said=said: said[id(row)]) == pytest.approx((found["hacc"], found["sacc"]))
        assert (round(100 * found["hacc"], 1), round(100 * found["sacc"], 1)) == expected


def test_rows(mathif: MathIF) -> None:
    items = mathif.items()
    assert len(items) == len({item.key for item in items}) == 420
    assert Counter(len(item.constraint_types) for item in items) == {1: 140, 2: 140, 3: 140}
    first = next(item for item in items if item.key == "gsm8k-single-1 x1")
    question = first.row["question"]
    assert question.startswith("Jordan has 2 children") and question.endswith('final answer after "####".')  # noqa: PT018
    assert first.messages[0]["content"] == (
        f"{question}Let's think step by step and output the final answer within \\boxed{{}}."
        'In your response, the word "total" should appear at least 2 times.'
    )


def test_defective_rows(mathif: MathIF) -> None:
    assert Counter(item.defective for item in mathif.items() if item.defective) == {
        "no commas, but a request with commas to repeat": 4,
        "all capitals, but a gold answer with small letters": 8,
        "all capitals, but an answer in \\boxed": 18,  # of 27: the others have another reason
        "no commas, but a gold answer with commas": 2,
    }


def test_correct_and_joint(mathif: MathIF) -> None:
    """The right answer is right in every row, behind the request too; joint counts what keeps everything as well."""
    assert numbers(scored(mathif, lambda row: f"{row['question']} So it is {boxed(row)}."))["accuracy"] == 1
    found = numbers(scored(mathif, boxed))
    assert found["accuracy"] == 1
    assert found["joint"] == found["hacc"]
    assert numbers(scored(mathif, spam))["joint"] == 0


def test_without_constraints(shared: Callable[[str], Path]) -> None:
    source = shared("mathif/aime_single.jsonl")
    both = MathIF(source, without_constraints=True)
    plain = [item for item in both.items() if item.control]
    some, alone = (spread(MathIF(source, without_constraints=w).items(), 10) for w in (True, False))
    assert [item for item in some if not item.control] == alone
    assert len(alone) == len(some) - len(alone) == 10
    assert len(plain) == len(both.items()) / 2 == 20
    assert plain[0].messages[0]["content"].endswith("within \\boxed{}.")
    answered = [Sample(item, 0, boxed(dict(item.row)), 1) for item in plain]
    assert numbers(both.score(answered)) == {"accuracy_without": 1}


def test_changed_items_are_scored_as_themselves(mathif: MathIF) -> None:
    """Remedies change what is asked, not what is scored."""
    item = replace(mathif.items()[0], messages=({"role": "user", "content": "Otherwise."},))
    assert mathif.score([Sample(item, 3, "42", 1)])[0].index == 3


@given(
    st.text()
    | st.lists(st.sampled_from(["<think>", "</think>", "<answer>", "</answer>", "a", "\\boxed{"])).map("".join)
)
def test_any_text_is_scored(text: str) -> None:
    checked = checked_text(text)
    assert checked in text
    assert checked == _published(text)


def _published(hypothesis: str) -> str:
    """`eval_if.py`, read at 3fb44f3."""
    if "<think>" in hypothesis:
        hypothesis = hypothesis.split("<think>")[1]
    if "</think>" in hypothesis:
        hypothesis = hypothesis.split("</think>")[1]
    if "<answer>" in hypothesis:
        hypothesis = hypothesis.split("<answer>")[1]
    if "</answer>" in hypothesis:
        hypothesis = hypothesis.split("</answer>")[0]
    return hypothesis


def test_errors_name_the_row(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"question": "1 + 1?", "answer": "2"}\n')
    with pytest.raises(RowError, match="MathIF row 0: no field 'constraint_desc'"):
        MathIF(path)
    row = {"question": "1 + 1?", "answer": "2", "constraint_desc": ["No commas."], "constraint_args": [{}]}
    row |= {"id": "sum", "constraint_name": ["punctuation:no_comma"]}
    path.write_text(f"{json.dumps(row)}\n" * 2)
    with pytest.raises(RowError, match="MathIF: two rows are called 'sum x1'"):
        MathIF(path)
    path.write_text("{}\n\n{]\n")
    with pytest.raises(ValueError, match=r"rows.jsonl, line 3: "):
        MathIF(path)
    with pytest.raises(ValueError, match="there is no file"):
        load("mathif", tmp_path / "none.jsonl")
    with pytest.raises(ValueError, match="no benchmark 'maths'; there are complexbench, ifeval"):
        load("maths")
