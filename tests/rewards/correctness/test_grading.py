"""Grading: what counts as a final answer, what equals it, and what must not."""

import sys
from collections.abc import Callable
from typing import Any

import pytest

from keepif.rewards import Response, correctness
from keepif.rewards.correctness.claims import stated_answers
from keepif.rewards.correctness.workers import Grader
from keepif.rewards.text.text import Text
from tests.helpers.grading import grade

MODULE = sys.modules["keepif.rewards.correctness.grading"]


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
        (r"\boxed{\begin{pmatrix} 1 \\ 2 \end{pmatrix}}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
        (r"\boxed{4.5 \times 10^{33}}", "4.5e33"),
        (r"\boxed{4.5e33}", r"4.5 \cdot 10^{33}"),
        (r"\boxed{3\frac{1}{2}}", "3.5"),
        (r"\boxed{0.3333333}", "1/3"),
        (r"\boxed{yx}", "xy"),
        (r"\boxed{\text{evelyn}}", "Evelyn"),
        (r"\boxed{5 \text{ cm}}", "5"),
        (r"\boxed{3 \text{ or } -3}", "3,-3"),
        (r"\boxed{x=7}", "x=7"),
        (r"\boxed{\frac{4}{7} \approx 0.571}", r"\frac{4}{7}"),
        (r"\boxed{x = 2\sqrt{3} ≈ 3.46}", r"2\sqrt{3}"),
        (r"\boxed{x \approx 3.14}", "3.14"),
        (r"\boxed{x < 5 \text{ or } x \ge 7}", r"(-\infty, 5) \cup [7, \infty)"),
        (r"\boxed{0 \le x \le 1 \text{ or } 2 \le x \le 3}", r"[0,1] \cup [2,3]"),
        (r"\boxed{x \equiv 7 \pmod{9}}", "7"),
        (r"\boxed{2n+1, \text{ where } n \ge 1}", "2n+1"),
        (r"\boxed{7}", "x=7"),
        (r"\boxed{30°}", "30"),
        (r"\boxed{４２}", "42"),
        (r"\boxed{\boxed{42}}", "42"),
        (r"\boxed 5", "5"),
        (r"So $\boxed5$.", "5"),
        (r"\framebox{5}", "5"),
        ("#### Step 1: add\nSo \\boxed{42}\n#### ##", "42"),
        ("#### 1. Add\nSo \\boxed{42}", "42"),
        ("The final answer is: $$42$$", "42"),
        ("The final answer is \\[42\\]", "42"),
        ("$$\n42\n$$", "42"),
        ("\\[ x = 42 \\]", "42"),
        ("**Final Answer**\n42", "42"),
        ("**Final Answer**\n\n$$42$$", "42"),
        ("### Answer\n42", "42"),
        ("### Answer\nThe total is what 3 and 39 make: \\boxed{42}", "42"),
        ("答案是42。", "42"),
        ("答案是 $42$。", "42"),
        ("The answer is (B).", "B"),
        ("The answer is 30°.", "30"),
        (r"Answer: \frac{1}{2}", "1/2"),
        ("The answer is 42 apples.", "42"),
        ("The answer is 42 apples in total.", "42"),
        ("The answer is 42 miles per hour.", "42"),
        ("The answer is 42 square feet.", "42"),
        ("The answer is 42 cm^2.", "42"),
        ("The answer is x = 42.", "42"),
        ("The answer is 42, because 3 + 39 is.", "42"),
        (r"The answer is $x = \boxed{42}$.", "42"),
        (r"The answer is $\frac{m}{n} + 2x = \boxed{42}$, which is $42$.", "42"),
        ("The answer is 3 × 10^8.", "3*10^8"),
        ("The answer is 5 + 2 = 7", "7"),
        ("The answer is 3 and 7", "3,7"),
        (r"\boxed{\textbf{(C) }12}", "12"),
        ("Answer: (C) 12", "12"),
        ("Answer: (C) 12", "C"),
        ("The answer is option C.", "C"),
        ("(C).", "C"),
        (r"\frac{1}{2}", "1/2"),
        (r"2\sqrt{3}", r"2\sqrt{3}"),
        ("The answer is x^2+2x+1.", "x^2+2x+1"),
        ("The answer is ½.", "1/2"),
        ("The answer is 2√3.", r"2\sqrt{3}"),
        ("The answer is –5.", "-5"),
        (r"\boxed{3} and \boxed{-3}", "3,-3"),
        (r"$-\boxed{7}$", "-7"),
        (r"$3+\boxed{7}=10$", "7"),
        (r"\boxed{7}\%", "7"),
        (r"\boxed{1.5 \times 10^{3} \text{ m}}", "1500"),
        ("The answer is Tuesday.", "Tuesday"),
        ("The answer is even.", r"\text{even}"),
        ("The answer is 42.", "So the answer is 42."),
    ],
)
def test_right(answer: str, gold: object) -> None:
    assert grade(answer, gold) == 1.0


@pytest.mark.parametrize("gold", [float("nan"), float("inf")])
def test_a_gold_that_is_no_number(gold: float) -> None:
    assert grade(r"\boxed{42}", gold) is None


def test_an_answer_hangs_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claims go to the workers one by one, and none behind a wrong one."""
    asked: list[list[Any]] = []

    class Wrong:
        def verdicts(self, pairs: list[Any]) -> list[bool]:
            asked.append(pairs)
            return [False for _ in pairs]

    monkeypatch.setattr(MODULE, "shared_grader", Wrong)
    monkeypatch.setattr(MODULE, "_cache", {})
    towers = " ".join(rf"\boxed{{9^{{9^{{9^{i}}}}}}}" for i in range(2, 9))
    assert grade(towers, "2^{7}") == 0.0
    assert list(map(len, asked)) == [1]


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
        pytest.param(
            r"\boxed{\begin{pmatrix} 1 \\ 2 \end{pmatrix}}", r"\begin{pmatrix} 1 \\ 5 \end{pmatrix}", id="rows"
        ),
        pytest.param(r"\boxed{1}", r"\begin{pmatrix} 1 \\ 2 \end{pmatrix}", id="a row of a matrix"),
        pytest.param("#### 7 or 3", "7", id="or behind hashes"),
        pytest.param(r"<!-- \boxed{7} -->", "7", id="a comment"),
        pytest.param(r"% \boxed{7}", "7", id="a LaTeX comment"),
        pytest.param(r"\boxed{x=3=7}", "x=7", id="a chain where the gold is an equation"),
        pytest.param(r"\boxed{y=7}", "x=7", id="another variable"),
        pytest.param(r"\boxed{101_3}", "101_2", id="another base"),
        pytest.param(r"\boxed{0.333333}", "1/3", id="a third, cut off"),
        pytest.param(r"\boxed{0.0000004}", "0.0000001", id="small decimals"),
        pytest.param(r"\boxed{5e-20}", "1.602e-19", id="powers of ten"),
        pytest.param(r"\boxed{seat}", "east", id="an anagram"),
        pytest.param(r"\boxed{on}", "no", id="another anagram"),
        pytest.param(r"\boxed{AB}", "BA", id="points"),
        pytest.param(r"\boxed{3 \approx 7.0}", "3", id="a number that is not the other rounded"),
        pytest.param(r"\boxed{\frac{3}{7} \approx 0.571}", r"\frac{4}{7}", id="right only when rounded"),
        pytest.param(r"\boxed{4 \pmod{9}}", "7", id="another remainder"),
        pytest.param(r"\boxed{x < 5 \text{ or } x > 7}", r"(-\infty, 5) \cup [7, \infty)", id="another union"),
        pytest.param(r"\boxed{x < 5 \text{ or } x > 7}", "5", id="intervals for a number"),
    ],
)
def test_wrong(answer: str, gold: object) -> None:
    assert grade(answer, gold) == 0.0


def test_hopeless_answers_cost_no_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(MODULE, "shared_grader", lambda: asked)  # which has no `verdicts`
    many = " ".join(rf"\boxed{{x+{i}}}" for i in range(10_000))
    assert grade(many, "7") == 0.0
    assert grade(r"\boxed{3} \boxed{y+1}", "7") == 0.0
    assert grade(r"\boxed{" + "=".join(f"y+{i}" for i in range(200)) + "}", "7") == 0.0
    assert grade(r"\boxed{" + "=".join(f"y+{i}" for i in range(20)) + "}", "7") == 0.0


def test_a_gold_that_no_worker_could_read_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(MODULE, "shared_grader", lambda: Grader(workers=1))
        patched.setattr(sys, "executable", "/no/such/python")
        assert grade(r"\boxed{q+1}", "1 + q") is None
        assert "no worker starts" in caplog.text
    assert grade(r"\boxed{q+1}", "1 + q") == 1.0


def test_the_cache_may_fill_up_within_a_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "CACHED", 0)
    assert [grade(r"\boxed{x+3+y}", "x + y + 3") for _ in range(2)] == [1.0, 1.0]


@pytest.mark.parametrize(
    "gold", [None, "", "  ", [], {}, True, r"\frac{", "\\boxed{}", pytest.param(10**5000, id="5000 digits")]
)
def test_unreadable_gold_is_not_scored_for_any_completion(gold: object) -> None:
    assert grade(r"\boxed{42}", gold) is None
    assert grade("", gold) is None


def test_a_batch_keeps_its_order() -> None:
    answers = [rf"\boxed{{{i}+x}}" for i in range(1, 9)]
    golds = [f"x+{i}" if i % 2 else "x" for i in range(1, 9)]
    assert correctness([Response.parse(a) for a in answers], golds) == [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]


def test_graded_solutions(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    """The 480 published solutions: our grades are the published scores, and math-verify's on the same final box."""
    from math_verify import parse, verify

    differ = []
    for row in benchmark("math/qwen25math_math_cot.jsonl"):
        gold = parse(rf"\boxed{{{row['gt']}}}")
        ours = correctness([Response.parse(text) for text in row["code"]], [row["gt"]] * len(row["code"]))
        assert ours == row["score"]
        for text, mark in zip(row["code"], ours, strict=True):
            theirs = float(verify(gold, parse(text)))
            if mark != theirs:
                differ.append((row["idx"], mark, theirs, stated_answers(Text(text))))
    assert [case for case in differ if len(case[3]) == 1] == []  # only hedged or unstated answers may differ
    assert len(differ) <= 3


@pytest.mark.parametrize("gold", ["proof", "notfound", "N/A"])
def test_a_placeholder_is_no_gold(gold: str) -> None:
    assert correctness([Response.parse(r"\boxed{42}")], [gold]) == [None]
