"""Grading: what counts as a final answer, what equals it, and what must not."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import Response, correctness
from keepif.rewards.answers import as_number, gold_answer, normalised, stated_answers
from keepif.rewards.correctness import fast_verdict


def grade(answer: str, gold: object) -> float | None:
    return correctness([Response.parse(answer)], [gold])[0]


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        (r"So \boxed{42}.", "42"),
        (r"So \boxed{42}.", 42),
        (r"So \boxed{42}.", 42.0),
        (r"So \boxed{1{,}234}.", "1,234"),
        (r"So \boxed{\dfrac{1}{2}}.", "0.5"),
        (r"So \boxed{\$5}.", "5"),
        (r"So \boxed{x = 7}.", "7"),
        (r"So \boxed{6 \cdot 7 = 42}.", "42"),
        (r"\BOXED{42}", "42"),
        ("The sum is 42.\n#### 42", "16 + 26 = 42 #### 42"),
        ("The final answer is 42.", r"Thus \boxed{42}"),
        ("The answer is: $42$.", "42"),
        ("42", "42"),
        ("Sure! 12 + 30 = 42.", "42"),
        ('"6 × 7 = 42"', "42"),
        ("$42$.", "42"),
        ("**42**", "42"),
        ("x = 42", "42"),
        ("It follows. <answer>42</answer>", "42"),
        (r"<think>7? no</think>\boxed{42}", "42"),
        (r"\boxed{0.5} and again \boxed{\frac12}", "1/2"),
        (r"\boxed{x+1}", "1+x"),
        (r"\boxed{(1, \frac{\pi}{2})}", r"\left( 1, \frac{\pi}{2} \right)"),
        (r"\boxed{2\sqrt{3}}", r"\sqrt{12}"),
    ],
)
def test_right(answer: str, gold: object) -> None:
    assert grade(answer, gold) == 1.0


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        pytest.param(r"\boxed{41}", "42", id="wrong"),
        pytest.param("", "42", id="empty"),
        pytest.param("We met 42 on the way.", "42", id="a number merely mentioned"),
        pytest.param(r"<think>\boxed{42}</think>Done.", "42", id="boxed only in the thinking"),
        pytest.param(r"<think>\boxed{42}", "42", id="thinking never closed"),
        pytest.param(r"\boxed{3}. The final answer is $7$", "7", id="two answers, the last right"),
        pytest.param(r"\boxed{3}" "\n\n" r"\boxed{7}", "7", id="two boxes"),
        pytest.param(r"\boxed{1=3=7}", "7", id="a chain with unequal sides"),
        pytest.param("The answer is 3 or 7", "7", id="or"),
        pytest.param("1 = 3 = 7", "7", id="an unboxed chain with unequal sides"),
        pytest.param("We know 3 + 4 = 7, and more.", "7", id="an equation in passing"),
        pytest.param("<answer>3</answer> <answer>7</answer>", "7", id="two tagged answers"),
        pytest.param(r"\boxed{3 \text{ or } 7}", "7", id="or in the box"),
        pytest.param(r"\boxed{9^{9^{9^9}}}", "7", id="a tower of powers"),
        pytest.param(r"\boxed{" + "(" * 300 + "7" + ")" * 300 + "}", "7", id="deep brackets"),
        pytest.param(r"\boxed{" + "7" * 5000 + "}", "7", id="endless digits"),
    ],
)
def test_wrong(answer: str, gold: object) -> None:
    assert grade(answer, gold) == 0.0


@pytest.mark.parametrize("gold", [None, "", "  ", [], {}, True, r"\frac{", "\\boxed{}"])
def test_unreadable_gold_is_not_scored_for_any_completion(gold: object) -> None:
    assert grade(r"\boxed{42}", gold) is None
    assert grade("", gold) is None


def test_a_batch_keeps_its_order() -> None:
    answers = [rf"\boxed{{{i}+x}}" for i in range(1, 9)]
    golds = [f"x+{i}" if i % 2 else "x" for i in range(1, 9)]
    assert correctness([Response.parse(a) for a in answers], golds) == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1/2", "0.5", True), (r"\frac{2}{4}", ".5", True), ("-3", "-3.0", True), ("3", "4", False),
     ("1/3", "0.333", None), ("x", "y", None), ("x", "x", True)],
)  # fmt: skip
def test_the_fast_path_answers_only_what_it_knows(one: str, other: str, expected: bool | None) -> None:
    assert fast_verdict(one, other) is expected


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.sampled_from([1, 2, 3, 4, 6, 10]))
def test_numbers_are_exact(a: int, b: int, d: int) -> None:
    assert (as_number(f"{a}/{d}") == as_number(rf"\frac{{{b}}}{{{d}}}")) == (a == b)


@given(st.integers(0, 10**12))
def test_thousands_separators(n: int) -> None:
    assert normalised(f"{n:,}") == str(n)


@given(st.text() | st.text(alphabet="\\boxed{}answer is$#=.,0123 or", max_size=200))
def test_extraction_never_raises(text: str) -> None:
    assert all(isinstance(answer, str) for answer in stated_answers(text))
    gold_answer(text)


def test_points_and_intervals_keep_their_commas() -> None:
    assert normalised("(1,234)") == "(1,234)"


def test_graded_solutions(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    """The 480 published solutions: our grades against math-verify's on the same final box."""
    from math_verify import parse, verify

    differ = []
    for row in benchmark("math/qwen25math_math_cot.jsonl"):
        gold = parse(rf"\boxed{{{row['gt']}}}")
        ours = correctness([Response.parse(text) for text in row["code"]], [row["gt"]] * len(row["code"]))
        for text, mark in zip(row["code"], ours, strict=True):
            theirs = float(verify(gold, parse(text)))
            if mark != theirs:
                differ.append((row["idx"], mark, theirs, stated_answers(text)))
    assert [case for case in differ if len(case[3]) == 1] == []  # only hedged or unstated answers may differ
    assert len(differ) <= 3
