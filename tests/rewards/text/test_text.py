"""Views of a text, and the masking of formulas."""

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import Text
from keepif.rewards.text.latex import FORMULA
from keepif.rewards.text.words import words_read
from tests.helpers.grading import boxed, mask_formulas


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (r"So $a, b$ holds.", "So ~ holds."),
        (r"So \(a, b\) and \[c\] hold.", "So ~ and ~ hold."),
        (r"$$x, y$$", "~"),
        (r"It is \boxed{\frac{1}{2}}.", "It is ~."),
        (r"It is \BOXED{4}.", "It is ~."),
        ("Run `f(a, b)` or ```\na, b\n```.", "Run ~ or ~."),
        (r"\begin{align*}a, b\end{align*} done", "~ done"),
        ("It costs $5 and then $6.", "It costs $5 and then $6."),
        (r"unclosed $a, b", "unclosed $a, b"),
        (r"\boxed{unclosed", r"\boxed{unclosed"),
        (r"escaped \$a$", r"escaped \$a$"),
        (r"It is \boxed{\frac{\sqrt{\frac{a_{1}}{b}}}{c}}.", "It is ~."),
        (r"It is \boxed{a\}b}.", "It is ~."),
        ("So `we, then, add, them` up.", "So we, then, add, them up."),
        ("So\n```\nWe add them up, one by one.\n```", "So\n\nWe add them up, one by one.\n"),
        (r"So $x \text{ and then, we add them}$.", "So ~ and then, we add them."),
        (r"So $\text{apples per tree, each}$.", "So apples per tree, each."),
        (r"So $\text{if } x = 3 \text{ or so}$.", "So ~."),
        (r"So $\text{we, then,} \text{add, them}$.", r"So ~ we, then,} \text{add, them."),
        (r"So $we, then, add, them$ and $\alpha \beta \gamma \delta + \sin xy$.", "So ~ we, then, add, them and ~."),
        ("`for word in words: print(word, end=one)`", "~"),
        ("`git add file` and ```python\nfor a in b:\n    print(a, b)  # the sum, so far\n```", "~ and ~"),
        (r"\begin{itemize}a, b\end{itemize}", r"\begin{itemize}a, b\end{itemize}"),
        (r"unclosed \( and \(a\)", r"unclosed \( and ~"),
    ],
)
def test_masking(text: str, masked: str) -> None:
    assert mask_formulas(text).replace(FORMULA, "~") == masked


def test_boxed_contents() -> None:
    assert boxed(r"\boxed{1} then \boxed{a\}b} and \boxed{\boxed{2}} and \boxed {3}") == [
        "1",
        r"a\}b",
        r"\boxed{2}",
        "3",
    ]


def test_boxes_of_any_depth_and_none() -> None:
    deep = "\\sqrt{" * 20 + "2" + "}" * 20
    assert boxed(rf"\boxed{{1}} \boxed{{{deep}}} \boxed{{3}}") == ["1", deep, "3"]
    assert boxed(rf"\boxed{{{deep} and \boxed{{4}}") == [f"{deep} and ", "4"]  # it claims to hold both
    assert boxed(r"\boxed{3} and \boxed{4") == ["3"]
    assert boxed(r"\boxed{}") == [""]


def test_words_by_both_definitions() -> None:
    text = Text(r"Don't count $x^2$ twice; it's well-known.")
    assert text.word_count == 10
    assert len(text.prose.spoken) == 6


@given(st.text(alphabet="ab1_ '-.\x1a\n$", max_size=60) | st.text())
def test_words_are_counted_as_they_are_listed(text: str) -> None:
    assert Text(text).word_count == len(re.findall(r"\w+", text))
    assert Text(text).word_line.split() == re.findall(r"\w+", text.lower())


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [
        ("", 0, 0),
        (" \n!? ", 0, 0),
        ("We add six and seven.", 5, 5),
        ("We-add-six-and-seven.", 5, 5),
        ("We_add_six_and_seven.", 5, 5),
        ("We\xa0add\u2003six\u3000and\x85seven.", 5, 5),
        ("weaddsixandsevenandthengoonwiththesum", 4, 9),
        ("Мы складываем шесть и семь.", 5, 5),
        ("우리는 여섯과 일곱을 더한다.", 4, 4),
        ("我们把六和七相加，得到十三。", 5, 12),
        ("六と七を足すと十三になる。", 5, 12),
        ("เราบวกหกกับเจ็ดได้สิบสาม", 5, 24),
        ("យើងបូកប្រាំមួយនិងប្រាំពីរ", 4, 24),
    ],
)
def test_a_reader_takes_in_as_many_words_in_any_script(text: str, least: int, most: int) -> None:
    assert least <= words_read(text) <= most


@given(st.text(alphabet="ab1_ '-.\n$漢", max_size=60))
def test_ascii_is_counted_as_all_other_text(text: str) -> None:
    assert words_read(text.replace("漢", "")) == words_read(f"…{text.replace('漢', '')}")
    assert words_read(text) >= text.count("漢")


@given(st.text(), st.text(alphabet="ab1 漢ก-_"))
def test_more_text_is_no_fewer_words(text: str, more: str) -> None:
    assert words_read(text) <= words_read(f"{text} {more}")


@pytest.mark.parametrize(
    ("text", "words"),
    [("六乘七等于四十二。所以 it is so", 13), ("二つの数を足す。", 7), ("ผลรวมคือสี่สิบสอง", 5), ("le total est 42", 4)],
)
def test_words_of_scripts_without_blanks_are_counted_by_characters(text: str, words: int) -> None:
    assert words_read(text) == pytest.approx(words, abs=1)
    assert Text(text).prose_words() == pytest.approx(words, abs=1)


def test_prose_has_no_invisible_characters() -> None:
    assert Text("a\u200bb，c").prose.raw == "ab,c"
    assert Text("a\x00b\x08\r\nc\x1b").prose.raw == "ab\nc"


@pytest.mark.parametrize(
    ("text", "prose"),
    [
        ("a&#44; b &lt; c &amp d", "a, b < c & d"),
        (f"&#{'1' * 5000}; so", f"&#{'1' * 5000}; so"),
        ("&#x110000; so", "\ufffd so"),
        ("th<!-- x -->us", "thus"),
        ("_so_ it __is__ x_1 and ____ a_", "so it is x_1 and  a"),
        ("ᴛʜᴜꜱ", "thus"),
    ],
)
def test_prose_is_what_a_reader_reads(text: str, prose: str) -> None:
    assert Text(text).prose.raw == prose


@given(st.text(alphabet=r"\$`{}[]()boxedbegin &", max_size=200) | st.text())
def test_masking_never_raises(text: str) -> None:
    assert len(mask_formulas(text)) <= len(text) + 1
    boxed(text)


@pytest.mark.parametrize("piece", ["$a", "\\(", "\\[ ", "`", "\\boxed{", "{", "\\begin{a}", "$ ", "```", "$x$ "])
def test_masking_is_linear(piece: str) -> None:
    started = time.process_time()
    mask_formulas(piece * 200_000)
    boxed(piece * 200_000)
    assert time.process_time() - started < 10  # a quadratic scan of 400,000 characters takes minutes
