"""The form that is asked for: what a claim may look like follows from the gold and from the prompt."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.benchmarks.measure_grading import graded, own_formulas, own_golds
from tests.helpers.grading import grade


@pytest.mark.parametrize(
    "sought",
    ["m+n", "f(3)", "100m+n", "[ABC]", "|z|", r"\text{Area}", r"\cos A", r"\angle A", r"\frac mn", r"\overline{AB}",
     r"\mathrm P", r"\dim V", r"\sum_{k=1}^{10} k", "f(1, 2)"],
)  # fmt: skip
def test_what_is_sought_is_no_claim(sought: str) -> None:
    assert grade(rf"\boxed{{{sought}=55}}", "55") == 1.0
    assert grade(f"The answer is ${sought}=55$.", "55") == 1.0
    assert grade(rf"\boxed{{{sought}=55=56}}", "55") == 0.0


@pytest.mark.parametrize(
    ("content", "gold"),
    [(r"17\cdot 23", "391"), (r"\gcd(1071,462)", "21"), (r"2^{10} \mod 7", "2"), (r"\max(3,7,5)", "7"),
     (r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", "-2"), (r"\sum_{k=1}^{100} k", "5050"), ("(16-3-4)*2", "18"),
     (r"\int_0^{\pi}\sin x\,dx", "2")],
)  # fmt: skip
def test_the_problem_is_not_its_answer(content: str, gold: str) -> None:
    assert grade(rf"\boxed{{{content}}}", gold) == 0.0
    assert grade(f"Answer: ${content}$", gold) == 0.0
    assert grade(rf"\boxed{{{content} = {gold}}}", gold) == 1.0
    assert grade(rf"\boxed{{{content}}}", content) == 1.0


@pytest.mark.parametrize("content", [r"2^{10}", r"\sqrt{1048576}", "4^5", "2048/2", r"\frac{2048}{2}", "4!+1000"])
def test_work_that_is_left_is_no_value(content: str) -> None:
    assert grade(rf"\boxed{{{content}}}", "1024") == 0.0
    assert grade(rf"\boxed{{{content} = 1024}}", "1024") == 1.0
    assert grade(rf"\boxed{{{content}}}", content) == 1.0


@pytest.mark.parametrize(
    ("content", "gold"),
    [(r"\sqrt{242}", r"11\sqrt2"), (r"\sqrt{8}\sqrt{2}", r"2\sqrt{4}"), ("x^2-9", "(x-3)(x+3)"),
     ("(x+1)^2", "x^2+2x+1"),
     ("9y^2-30y+25", "(3y-5)^2"), ("19x + 1 - 4x - 81", "15x - 80"), (r"\frac{x^2-1}{x-1}", "x+1"),
     (r"\frac{3x}{6x^2}", r"\frac{1}{2x}"), (r"\int_0^1 \frac{1}{1+x^2}\,dx", r"\frac{\pi}{4}"),
     (r"\arctan 1", r"\frac{\pi}{4}"),
     (r"\sum_{k=1}^{n} k", r"\frac{n(n+1)}{2}"), (r"\pi \cdot 3^2", r"9\pi"), ("y - 3 = 2(x-1)", "y=2x+1"),
     ("58_9 - 18_9", "40_9"), (r"\log_{3}{27\sqrt3}", "7/2"), (r"\lceil 6.2 \rceil", "7"), ("84(0.5)", "42"),
     (r"\left|{-7}\right|", "7"), (r"{10 \choose 3}", "120"), (r"\frac{d}{dx} x^2", "2x")],
)  # fmt: skip
def test_what_the_gold_shows_done_must_be_done(content: str, gold: str) -> None:
    assert grade(rf"\boxed{{{content}}}", gold) == 0.0
    assert grade(rf"\boxed{{{gold}}}", content) in (0.0, 1.0)
    assert grade(rf"\boxed{{{gold}}}", gold) == 1.0


@pytest.mark.parametrize(
    ("content", "gold"),
    [("1+x", "x+1"), ("0.5x", r"\frac{x}{2}"), (r"\frac{x}{2}", "0.5x"), ("2x+6", "2(x+3)"), ("2(x+3)", "2x+6"),
     ("x^{-1}", r"\frac{1}{x}"), (r"\frac{1}{\sqrt{2}}", r"\frac{\sqrt{2}}{2}"), ("2^{n+1}-2", "2(2^n-1)"),
     ("12", "24/2"), (r"\frac{a}{c}+\frac{b}{c}", r"\frac{a+b}{c}"), ("0.25", r"\frac14"), (r"12 \cdot \pi", r"12\pi"),
     ("2x-y+1=0", "4x-2y+2=0"), (r"\frac{n^2+n}{2}", r"\frac{n(n+1)}{2}"), (r"5 \text{ km/h}", "5")],
)  # fmt: skip
def test_another_way_to_write_what_is_done(content: str, gold: str) -> None:
    assert grade(rf"\boxed{{{content}}}", gold) == 1.0


@pytest.mark.parametrize(
    ("prompt", "content", "gold"),
    [("Write 75% as a decimal.", r"75\%", "0.75"), ("Simplify the fraction 48/36.", r"\frac{48}{36}", "4/3"),
     ("Write $0.75$ as a common fraction.", "0.75", "3/4"), (r"Write $\frac{3}{20}$ as a decimal.", "3/20", "0.15"),
     ("Put in slope-intercept form: 2y = 4x+2", "2y=4x+2", "y=2x+1"),
     ("Let $a + b + c = 0$. Find $a+b+c$.", "a+b+c=0", "0"),
     (r"Write $8.7 \times 10^{5}$ out.", r"8.7\times 10^5", "870000"),
     (r"Rationalize $\frac{2}{\sqrt{2}\cdot 2}$.", r"\frac{1}{\sqrt{2}}", r"\frac{\sqrt{2}}{2}")],
)  # fmt: skip
def test_the_prompts_own_expression_is_no_answer(prompt: str, content: str, gold: str) -> None:
    assert grade(rf"\boxed{{{content}}}", gold, prompt) == 0.0
    assert grade(rf"\boxed{{{gold}}}", gold, prompt) == 1.0
    assert grade(rf"\boxed{{{content}}}", content, prompt) == 1.0


@pytest.mark.parametrize(
    ("prompt", "content", "gold"),
    [("It costs $5.00, and he has 7 of them.", "5.00", "5"), ("Is it Monday or Tuesday?", "Tuesday", "Tuesday"),
     ("Which is it? (A) 1 (B) 2", "(B)", "B"), ("Let f(x) = 2x+3.", "3+2x", "2x+3"),
     ("He runs 1,000 m.", "1000", "1000")],
)  # fmt: skip
def test_what_stands_in_the_prompt_and_is_the_gold(prompt: str, content: str, gold: str) -> None:
    assert grade(rf"\boxed{{{content}}}", gold, prompt) == 1.0


def test_published_questions(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    """The first formulas of published questions are not paid; their golds are."""
    rows = [(row["problem"], row["answer"]) for row in benchmark("math/math500_test.jsonl")[:60]]
    assert sum(grade == 1.0 for grade in graded(list(own_formulas(rows)))) == 0
    assert set(graded(list(own_golds(rows)))) == {1.0}
