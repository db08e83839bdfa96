"""Agreement with math-verify as it is installed, on cases out of its own tests; every disagreement is explained."""

import pytest
from math_verify import parse, verify

from keepif.rewards import Response, correctness
from keepif.rewards.correctness.equality import fast_verdict
from tests.helpers.math_verify_cases import TEXTS, VALUES

CASES = [*((gold, rf"It is \boxed{{{value}}}.") for gold, value in VALUES), *TEXTS]
EXPLAINED = {
    "a chain with a side that is not the answer, of which math-verify looks at one": {
        ("x = 11", r"It is \boxed{x = 5+5+1 = 7 =11}."),
        ("1/3", r"So $\frac{1}{2} = \frac{1}{3}$"),
    },
    "a value that is about another, of which math-verify looks at one": {
        ("x = 1/3", r"It is \boxed{x = 5+5+1 = 1/3 \approx 11}."),
        ("1/3", r"It is \boxed{x=1/3\approx1.3}."),
    },
    "several answers, of which math-verify takes the last, or all as one": {
        ("200", r"So \boxed{255}. Final Answer: The final answer is $200$."),
        ("10455", r"First \boxed{200}. Then \boxed{255}. Final Answer: The final answer is $10,455$."),
    },
    "what is still to be worked out, if the gold is worked out": {
        ("10", r"It is \boxed{(9+1)}."),
        ("40/9", r"It is \boxed{4 + 4/9}."),
        ("103/9", r"It is \boxed{11 + 4/9}."),
        ("95/9", r"It is \boxed{11 - 4/9}."),
        ("4.123105625617661", r"It is \boxed{\sqrt{17}}."),
        ("1", r"It is \boxed{\frac3{3}}."),
        ("5", r"It is \boxed{10/2}."),
        (
            r"\begin{pmatrix}6 & 8\end{pmatrix}",
            r"It is \boxed{\begin{pmatrix}1 & 2\end{pmatrix} + \begin{pmatrix}5 & 6\end{pmatrix}}.",
        ),
    },
    "a number or formula that stands in the text and is not stated as the answer": {
        ("2.74", "Soucis : 2,74 $ a.."),
        ("1000.99", "the number is not 10 which is 1,000.99€"),
        ("1000.99", "so the number is 10 which is 1,000.99m²"),
        ("34", "Final Answer: The largest $n$ is 34."),
        ("120", "Final Answer: The volume of $ABCDEFGH$ is 120. I hope it is correct."),
        ("4/9", "There are 4 objects and 4/9 remain."),
    },
    "a mixed number, which math-verify 0.9 multiplies, or of which it takes a part": {
        ("40/9", r"It is \boxed{4 4/9}."),
        ("-40/9", r"It is \boxed{-4 4/9}."),
        ("71/6", r"It is \boxed{11 5/6}."),
        ("71/6", r"It is \boxed{+11 5/6}."),
        ("4", r"It is \boxed{4 0/9}."),
        ("12", r"It is \boxed{11 6/6}."),
        ("73/6", r"It is \boxed{11 7/6}."),
        ("40/9", "The answer is 4 4/9."),
        ("4", "The answer is 4 4/9."),
        ("12", "The answer is 11 6/6."),
        ("40/900", r"It is \boxed{4 4/9\%}."),
    },
    "a stop or a currency in the formula, which math-verify 0.9 does not take off": {
        ("1000.99", r"It is \boxed{1,000.99€}."),
        ("42", r"It is \boxed{42.}."),
        ("(1,2)", r"It is \boxed{(1,2).}."),
        (r"\sqrt{2}", r"It is \boxed{\sqrt{2}.}."),
        ("5", r"It is \boxed{5 \text{ cm}.}."),
        ("1/3", r"The answer is $\frac{1}{3}.$"),
        ("1", "The answer is $1/3.$"),
    },
    "an interval that is written out, which math-verify reads as one only in a gold": {
        (r"x \in [-2,7]", r"It is \boxed{-2 \le x \le 7}."),
    },
    "a remainder with its modulus, of which math-verify sees no number": {("9", r"It is \boxed{9 \pmod{11}}.")},
    "a comma with which decimals begin, or a blank behind the comma of thousands: to us a list": {
        ("0,111", r"It is \boxed{0.111}."),
        ("32349", r"It is \boxed{32,\! 349}."),
    },
}  # fmt: skip


Grades = dict[tuple[str, str], tuple[float | None, float | None]]


@pytest.fixture(scope="module")
def grades() -> Grades:
    """Case → our grade and theirs."""
    ours = correctness([Response.parse(text) for _, text in CASES], [gold for gold, _ in CASES])
    return {case: (found, theirs(*case)) for case, found in zip(CASES, ours, strict=True)}


def theirs(gold: str, text: str) -> float | None:
    """math-verify's own grade of a whole answer; `None` where it cannot read the gold."""
    target = parse(rf"\boxed{{{gold}}}", parsing_timeout=None)  # pyright: ignore[reportArgumentType]
    said = parse(text, parsing_timeout=None)  # pyright: ignore[reportArgumentType]
    return float(verify(target, said, timeout_seconds=None)) if target else None


def test_every_disagreement_is_explained_and_nothing_else(grades: Grades) -> None:
    differ = {case for case, (ours, theirs) in grades.items() if ours != theirs}
    assert differ == {case for cases in EXPLAINED.values() for case in cases}


def test_there_are_right_and_wrong_cases_in_numbers(grades: Grades) -> None:
    found = [theirs for _, theirs in grades.values()]
    assert found.count(1.0) > 100
    assert found.count(0.0) > 50


@pytest.mark.parametrize("value", ["4 0/0", "0/0", r"\frac{0}{0}", r"4\frac{1}{0}"])
def test_nothing_over_zero_is_a_value(value: str) -> None:
    assert fast_verdict(value, "0") is fast_verdict(value, "4") is False
