"""What a response states as its result, in whatever words, and what it does not."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards.correctness.claims import gold_answer, stated_answers
from keepif.rewards.correctness.equality import fast_verdict
from keepif.rewards.correctness.values import normalised
from keepif.rewards.text.text import Text
from tests.helpers import shapes
from tests.helpers.grading import grade


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
    "answer",
    [r"-\boxed{7}", r"It is $-\boxed{7}$.", r"1\boxed{7}", r"\boxed{7}0", r"\boxed{7}.5", r"3 or \boxed{7}",
     r"\boxed{7} or 3 or 5", r"\boxed{7} (or 3)", r"\boxed{7}. No, wait, it is 3.", r"\boxed{7}. Actually, it is 3.",
     r"It is not \boxed{7}.", r"\boxed{7} is wrong. It is 3."],
)  # fmt: skip
def test_what_stands_at_a_box_belongs_to_it(answer: str) -> None:
    assert grade(answer, "7") == 0.0


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


@given(st.text() | st.text(alphabet="\\boxed{}answer is$#=.,0123 or", max_size=200))
def test_extraction_never_raises(text: str) -> None:
    assert all(isinstance(answer, str) for answer in stated_answers(Text(text)))
    gold_answer(text)


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
