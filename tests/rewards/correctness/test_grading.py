"""Grading: what counts as a final answer, what equals it, and what must not."""

import sys
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import Response, correctness
from keepif.rewards.correctness.claims import gold_answer, stated_answers
from keepif.rewards.correctness.equality import fast_verdict
from keepif.rewards.correctness.values import normalised
from keepif.rewards.correctness.workers import Grader
from keepif.rewards.text.text import Text
from tests.helpers import shapes

MODULE = sys.modules["keepif.rewards.correctness.grading"]


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
    "said",
    ["The answer would be 42.", "The answer should be 42", "The answer equals 42.", "The answer is therefore 42.",
     "The answer is, thus, 42.", "The answer to this problem is $42$.", "The final answer, then, is 42.",
     "Final answer – 42", "<answer>The final answer is $42$</answer>", "<answer>Answer: 42</answer>",
     "The answer is 42<|im_end|>", "The answer is 42</s>", "The answer is **42** dollars.", "The answer is 42 m.",
     "The answer is 42 km/h.", "The answer is 42 m/s^2.", "The answer is 42 years old.",
     "The answer is 42 apples left over.", "The answer is $42$, as required.", "The answer is 42, which is even."],
)  # fmt: skip
def test_ways_to_say_it(said: str) -> None:
    assert grade(said, "42") == 1.0
    assert grade(said, "43") == 0.0


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


@pytest.mark.parametrize(
    "answer", [r"\boxed{2^{10}}", r"\boxed{\sqrt{1048576}}", r"\boxed{4^5}", r"\boxed{1024 = 4 \cdot 256}"]
)
def test_powers_and_roots_are_values(answer: str) -> None:
    assert grade(answer, "1024") == 1.0


@pytest.mark.parametrize(
    "answer",
    [r"-\boxed{7}", r"It is $-\boxed{7}$.", r"1\boxed{7}", r"\boxed{7}0", r"\boxed{7}.5", r"3 or \boxed{7}",
     r"\boxed{7} or 3 or 5", r"\boxed{7} (or 3)", r"\boxed{7}. No, wait, it is 3.", r"\boxed{7}. Actually, it is 3.",
     r"It is not \boxed{7}.", r"\boxed{7} is wrong. It is 3."],
)  # fmt: skip
def test_what_stands_at_a_box_belongs_to_it(answer: str) -> None:
    assert grade(answer, "7") == 0.0


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
    ],
)
def test_wrong(answer: str, gold: object) -> None:
    assert grade(answer, gold) == 0.0


@pytest.mark.parametrize(
    "rest",
    ["3 × 10^8.", "3 1/2.", "3e8.", "3x", "3^2", r"3\sqrt{2}", "3+2", "3 / 7", "3 millions", "3|8|9", "3:30", "3 = 7",
     "$3$ times $7$", "3 to 7", "3 (or 7)", "3 or possibly 7", "3, 5, or 7", "3/7/9", "3; or 7", "3π", "3-7",
     "$3$, $7$", "either 3 or 7", "not 3", "3 thousandths", "3 lakh", "3 tenths", "3?"],
)  # fmt: skip
def test_the_answer_is_all_that_its_sentence_says(rest: str) -> None:
    assert grade(f"The answer is {rest}", "3") == 0.0
    assert grade(f"Answer: {rest}", "3") == 0.0


@pytest.mark.parametrize(
    "content",
    ["3 := 9 := 7", r"3 \lor 7", "3 | 7", r"3 \to 7", r"3 \cup 7", "3:=7", "3 ＝ 7", "3 ? 7", "3 ... 7", "3 & 7",
     "3 (or) 7", "3 或 7", "3 、 7", "3 ， 7", "3=7,", "1=3=7,", "3 = 7 (approx, maybe)", r"7 \text{ (or 8)}",
     r"3 \boxed{7}", r"3 \equiv 7", "7≅3", r"7 \approx 3", r"3 \Rightarrow 7", r"0 \ldots 7",
     r"7 \text{ apples and } 3 \text{ pears}"],
)  # fmt: skip
def test_a_box_of_several_values(content: str) -> None:
    assert grade(rf"\boxed{{{content}}}", "7") == 0.0


@pytest.mark.parametrize(
    "beside",
    ["<answer>3</answer>", "<answer>3 or 4</answer>", r"\boxed 3", r"\boxed\frac{3}{2}", r"\framebox{3}",
     "The answer is x = 3.", r"The answer is \frac{3}{2}.", "Answer: 3, so", "#### 3\n", "**Final Answer**\n3\n"],
)  # fmt: skip
def test_another_answer_beside_the_box(beside: str) -> None:
    assert grade(rf"{beside} \boxed{{7}}", "7") == 0.0


@pytest.mark.parametrize(
    "answer",
    [r"\boxed{3 \boxed{7}", r"\boxed{3 \fbox{7}", r"\boxed{7 and \boxed{3}",
     "The answer is 7.\n\nAlternatively 3.", "The answer is 7.\n\nOr 3.", "The answer is 7. Or is it 3?",
     r"So \boxed{7}. Alternatively, $3$.", r"\boxed{7} or maybe 3", r"$\boxed{7}$, or 3.", "#### 7\nPerhaps 3 apples.",
     "The answer is 7. The answer could also be 3.", "The answer is 7.\n\n**Or it might be 3.**",
     "It could be 3. Or, if not, the answer is 7. Otherwise it is 3."],
)  # fmt: skip
def test_second_thoughts_are_a_second_answer(answer: str) -> None:
    assert grade(answer, "7") == 0.0


@pytest.mark.parametrize(
    "answer",
    [r"\boxed{ \boxed{7}", r"So \boxed{7}. Alternatively, 3 + 4 = 7.", r"$\boxed{7}$, or 420 minutes.",
     r"\boxed{7} or 7.0", r"Perhaps 3? No: \boxed{7}", "Or is it 3? No, the answer is 7.",
     "The answer is 7.\n\nOr, by counting, we get it at once.", r"\boxed{7}. As before, it is divisible by 2 or 3."],
)  # fmt: skip
def test_other_words_for_the_same_answer(answer: str) -> None:
    assert grade(answer, "7") == 1.0


@pytest.mark.parametrize(
    "said",
    ["It's false that", "It is not true that", "It is wrong that", "I doubt that", "It isn't the case that",
     "I don't think", "I do not believe that", "It would be wrong to say that", "It is unlikely that", "I deny that",
     "I am not sure whether", "Nobody thinks", "It is not so that"],
)  # fmt: skip
def test_what_is_denied_is_not_stated(said: str) -> None:
    assert grade(f"{said} the answer is 7.", "7") == 0.0
    assert grade(f"{said} the final answer is 3. It is \\boxed{{7}}.", "7") == 1.0


@pytest.mark.parametrize(
    "said", ["It is not hard to see that", "There is no doubt that", "This is not all, so", "We find that", "I think"]
)
def test_what_is_not_denied_is_stated(said: str) -> None:
    assert grade(f"{said} the answer is 7.", "7") == 1.0


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


@given(st.text() | st.text(alphabet="\\boxed{}answer is$#=.,0123 or", max_size=200))
def test_extraction_never_raises(text: str) -> None:
    assert all(isinstance(answer, str) for answer in stated_answers(Text(text)))
    gold_answer(text)


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


LONG_RUNS = (
    *(
        "answer is" + " " * 50_000,
        "The answer is" + "\n" * 50_000 + "x",
        "answer:" + " " * 50_000,
        "answer is 1" + " " * 50_000,
    ),
    *(
        r"answer is \(" * 4_000,
        ("answer is" + " " * 100) * 500,
        ("<answer>" + " " * 980 + "x</answer>") * 50,
        "1 = " * 22 + "x",
    ),
    *(
        "1 = " * 240 + "x",
        "1+" * 480 + "=1x",
        "#### " * 10_000,
        r"\boxed " * 7_000,
        r"\boxed 5" * 6_000,
        "<!--" * 12_000,
    ),
    *(
        "answer is $" * 5_000,
        "answer is 1 or " * 3_000,
        "答案" * 25_000,
        "1," * 25_000,
        r"\boxed{" + "1," * 25_000 + "}",
    ),
    *(
        "answer is 1, " * 4_000,
        "answer is 1" + "," * 49_000,
        "(" * 990 + "1",
        "answer is x=" * 4_000,
        "-" * 50_000,
        "<!--" + "-" * 50_000,
        "The answer is 7. " + "Or maybe " * 5_000,
        r"\boxed{7}" + "\nOr 3" * 8_000,
        r"\boxed{3 " * 6_000,
    ),
)


def test_every_scan_is_linear() -> None:
    for name, text in [*shapes.texts(50_000), *((run[:20], run) for run in LONG_RUNS)]:
        began = time.process_time()
        for stated in stated_answers(Text(text)):
            fast_verdict(stated, "7")
            fast_verdict(stated, "east")
        gold_answer(text)
        normalised(text)
        assert time.process_time() - began < 2.0, name
