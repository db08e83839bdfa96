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
    ["The answer would be 42.", "The answer should be 42", "The answer equals 42.",
     "The answer is therefore 42.",
     "The answer is, thus, 42.", "The answer to this problem is $42$.",
     "The final answer, then, is 42.",
     "Final answer – 42", "<answer>The final answer is $42$</answer>",
     "<answer>Answer: 42</answer>",
     "The answer is 42<|im_end|>", "The answer is 42</s>", "The answer is **42** dollars.",
     "The answer is 42 m.",
     "The answer is 42 km/h.", "The answer is 42 m/s^2.", "The answer is 42 years old.",
     "The answer is 42 apples left over.", "The answer is $42$, as required.",
     "The answer is 42, which is even."],
)  # fmt: skip
def test_ways_to_say_it(said: str) -> None:
    assert grade(said, "42") == 1.0
    assert grade(said, "43") == 0.0


@pytest.mark.parametrize(
    "answer",
    [r"-\boxed{7}", r"It is $-\boxed{7}$.", r"1\boxed{7}", r"\boxed{7}0", r"\boxed{7}.5",
     r"3 or \boxed{7}",
     r"\boxed{7} or 3 or 5", r"\boxed{7} (or 3)", r"\boxed{7}. No, wait, it is 3.",
     r"\boxed{7}. Actually, it is 3.",
     r"It is not \boxed{7}.", r"\boxed{7} is wrong. It is 3."],
)  # fmt: skip
def test_what_stands_at_a_box_belongs_to_it(answer: str) -> None:
    assert grade(answer, "7") == 0.0


@pytest.mark.parametrize(
    "rest",
    ["3 × 10^8.", "3 1/2.", "3e8.", "3x", "3^2", r"3\sqrt{2}", "3+2", "3 / 7", "3 millions",
     "3|8|9", "3:30", "3 = 7",
     "$3$ times $7$", "3 to 7", "3 (or 7)", "3 or possibly 7", "3, 5, or 7", "3/7/9",
     "3; or 7", "3π", "3-7",
     "$3$, $7$", "either 3 or 7", "not 3", "3 thousandths", "3 lakh", "3 tenths", "3?"],
)  # fmt: skip
def test_the_answer_is_all_that_its_sentence_says(rest: str) -> None:
    assert grade(f"The answer is {rest}", "3") == 0.0
    assert grade(f"Answer: {rest}", "3") == 0.0


@pytest.mark.parametrize(
    "content",
    ["3 := 9 := 7", r"3 \lor 7", "3 | 7", r"3 \to 7", r"3 \cup 7", "3:=7", "3 ＝ 7", "3 ? 7",
     "3 ... 7", "3 & 7",
     "3 (or) 7", "3 或 7", "3 、 7", "3 ， 7", "3=7,", "1=3=7,", "3 = 7 (approx, maybe)",
     r"7 \text{ (or 8)}",
     r"3 \boxed{7}", r"3 \equiv 7", "7≅3", r"7 \approx 3", r"3 \Rightarrow 7", r"0 \ldots 7",
     r"7 \text{ apples and } 3 \text{ pears}"],
)  # fmt: skip
def test_a_box_of_several_values(content: str) -> None:
    assert grade(rf"\boxed{{{content}}}", "7") == 0.0


@pytest.mark.parametrize(
    "beside",
    ["<answer>3</answer>", "<answer>3 or 4</answer>", r"\boxed 3", r"\boxed\frac{3}{2}",
     r"\framebox{3}",
     "The answer is x = 3.", r"The answer is \frac{3}{2}.", "Answer: 3, so", "#### 3\n",
     "**Final Answer**\n3\n"],
)  # fmt: skip
def test_another_answer_beside_the_box(beside: str) -> None:
    assert grade(rf"{beside} \boxed{{7}}", "7") == 0.0


@pytest.mark.parametrize(
    "answer",
    [r"\boxed{3 \boxed{7}", r"\boxed{3 \fbox{7}", r"\boxed{7 and \boxed{3}",
     "The answer is 7.\n\nAlternatively 3.", "The answer is 7.\n\nOr 3.",
     "The answer is 7. Or is it 3?",
     r"So \boxed{7}. Alternatively, $3$.", r"\boxed{7} or maybe 3", r"$\boxed{7}$, or 3.",
     "#### 7\nPerhaps 3 apples.",
     "The answer is 7. The answer could also be 3.", "The answer is 7.\n\n**Or it might be 3.**",
     "It could be 3. Or, if not, the answer is 7. Otherwise it is 3.",
     r"\boxed{7} as well as 3 are the answers.", r"\boxed{7} and 3 are both solutions.",
     r"3 or maybe \boxed{7}", r"2, 3, \boxed{7}",
     "\\boxed{7}\n\nOther options: 2 and 3.", r"If x is odd: \boxed{7}. If x is even: 3.",
     r"\boxed{7} if x is odd, else 3", r"I guess \boxed{7}, though 2, 3 or 4 are just as likely.",
     r"\boxed{7}, unless $x$ is even, in which case it is $3$.", r"If x is odd, \boxed{7}. If x is even, $3$.",
     r"\boxed{7}, but 3 if x is even.", "It is twice 7.", "The answer is the square root of 7.", "It is less than 7."],
)  # fmt: skip
def test_second_thoughts_are_a_second_answer(answer: str) -> None:
    assert grade(answer, "7") == 0.0


@pytest.mark.parametrize(
    "answer",
    [r"\boxed{ \boxed{7}", r"So \boxed{7}. Alternatively, 3 + 4 = 7.",
     r"$\boxed{7}$, or 420 minutes.",
     r"\boxed{7} or 7.0", r"Perhaps 3? No: \boxed{7}", "Or is it 3? No, the answer is 7.",
     "The answer is 7.\n\nOr, by counting, we get it at once.",
     r"\boxed{7}. As before, it is divisible by 2 or 3.", r"\boxed{7} and 3 of them are red.",
     r"For x = 2, 3, we get \boxed{7}.", r"\boxed{7}. If x were even, it would be 3.",
     "The answer is 7 – a prime.", "The answer is 7, a prime number.", r"\boxed{7}, but 3 was close.",
     r"\textcolor{red}{\boxed{7}}", "In all we have a total of 7.",
     "At first sight the answer is 3. But one row comes twice, so it is \\boxed{7}."],
)  # fmt: skip
def test_other_words_for_the_same_answer(answer: str) -> None:
    assert grade(answer, "7") == 1.0


@pytest.mark.parametrize(
    "said",
    ["It's false that", "It is not true that", "It is wrong that", "I doubt that",
     "It isn't the case that",
     "I don't think", "I do not believe that", "It would be wrong to say that",
     "It is unlikely that", "I deny that",
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


@pytest.mark.parametrize(
    "sentence",
    ["La respuesta es 42.", "Die Summe ist 42, denn 6 mal 7 ist 42.", "Ответ: 42.",
     "答えは42です。", "정답은 42입니다.",
     "6 곱하기 7은 42이므로 답은 42입니다.", "الإجابة هي 42.", "پاسخ ۴۲ است.", "योग ४२ है।",
     "คำตอบคือ 42", "उत्तर 42 है।",
     "所以总共有42个苹果。", "Le total est de 42 pommes.", "Răspunsul este \\(42\\).", "It's 42.",
     "## So\n\nIt is **42**.",
     "The answer turns out to be 42.", "The answer is about 42.",
     "Thus, there are 42 such paths. I hope it is correct."],
)  # fmt: skip
def test_the_last_sentence_states_its_value_in_any_language(sentence: str) -> None:
    assert grade(sentence, "42") == 1.0
    assert grade(sentence, "43") == 0.0


@pytest.mark.parametrize(
    "sentence",
    ["La respuesta es 41 o 42.", "Es sind 41, 42 oder 43.", "It is not 42.", "Is it 42?",
     "We met 42 on the way.",
     "Maybe it is 42.", "Twice the answer is 42.", "I doubt the answer is 42.",
     "A tempting answer is 42.", "总共有42万。"],
)  # fmt: skip
def test_a_sentence_that_states_none(sentence: str) -> None:
    assert grade(sentence, "42") == 0.0


@pytest.mark.parametrize(
    "beside",
    ["The answer is 42 red apples.", "The answer is 42 (forty-two).",
     "The answer is 42, i.e. six times seven.",
     "The answer is 42 and we are done.", "P.S. The answer is 2 * 3 * 7.",
     "The answer is 6 more than 36.",
     "#### 3 Cases", "#### $n = 1$", "A naive answer is 41.", "Tom's answer was 41.",
     "Suppose the answer is 5.",
     "The answer is $m+n$ where m=40 and n=2.", "The answer is $6 \\times 7$.",
     "Each answer is 6 points."],
)  # fmt: skip
def test_what_does_not_contradict_a_box(beside: str) -> None:
    assert grade(f"\\boxed{{42}}\n\n{beside}\n", "42") == 1.0
    assert grade(f"{beside}\nSo \\boxed{{42}}.", "42") == 1.0


@pytest.mark.parametrize(
    "content",
    ["73\\,", "\\bf 73", "{\\bf 73}", "\\color{red}{73}", "\\therefore 73", "= 73",
     "\\boldsymbol{73}", "`73`", "'73'", "¥73",
     "\\pounds 73", "Rs. 73", "73~\\text{km}", "73 km/h", "\\text{73 dollars}",
     "\\text{Answer: } 73", "73\\degree", "٧٣",
     "73\u202f", "x \\approx 73", "7.3e1", "146/2 = 73", "72\\frac{2}{2}", "<b>73</b>"],
)  # fmt: skip
def test_dressing_says_nothing(content: str) -> None:
    assert grade(f"So \\boxed{{{content}}}.", "73") == 1.0
    assert grade(f"So \\boxed{{{content}}}.", "7") == 0.0


@pytest.mark.parametrize(
    "content",
    ["5\\text{ million}", "5\\text{ (unsure)}", "5\\text{ tenths}", "5\\text{k}",
     "5\\text{ish}", "5\\text{?}", "5\\text{0}",
     "5 \\text{ if odd, } 7 \\text{ if even}", "5_{7}", "5 \\not= 7", "5\\text{ millones}", "5万"],
)  # fmt: skip
def test_words_that_change_a_value(content: str) -> None:
    assert grade(f"So \\boxed{{{content}}}.", "5") == 0.0


@pytest.mark.parametrize(
    "answer",
    ["~~\\boxed{7}~~", "<del>\\boxed{7}</del>", "\\cancel{\\boxed{7}}", "\\sout{\\boxed{7}}",
     "\\color{white}{\\boxed{7}}", "\\textcolor{white}{\\boxed{7}}", "\\textcolor[HTML]{FFFFFF}{\\boxed{7}}",
     '<span style="display:none">\\boxed{7}</span>', "\\boxed{7}. So finally \\boxed{3",
     "\\boxed{7}, 3", "\\boxed{7}? No.", "\\boxed{7}, which is wrong.", "Ann says \\boxed{7}, but I disagree.",
     "I doubt that the sum is \\boxed{7}.", "It is certainly wrong that it is \\boxed{7}."],
)  # fmt: skip
def test_a_box_that_is_taken_back(answer: str) -> None:
    assert grade(answer, "7") == 0.0


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
