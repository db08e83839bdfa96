"""Values in a common form, and the verdicts that need no algebra system."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards.correctness.equality import fast_verdict
from keepif.rewards.correctness.values import PLAIN, as_number, normalised
from keepif.rewards.correctness.worker import verdict as math_verify_verdict


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [("1/2", "0.5", True), (r"\frac{2}{4}", ".5", True), ("-3", "-3.0", True), ("3", "4", False),
     ("1/3", "0.333", False), ("x", "y", None), ("x", "x", True),
     ("7.0000001", "7", False), ("0.5000001", "1/2", True), ("2/3", "3/4", False), ("east", "seat", False),
     ("xy", "yx", None)],
)  # fmt: skip
def test_the_fast_path_answers_only_what_it_knows(one: str, other: str, expected: bool | None) -> None:
    assert fast_verdict(one, other) is expected


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9), st.sampled_from([1, 2, 3, 4, 6, 10]))
def test_numbers_are_exact(a: int, b: int, d: int) -> None:
    assert (as_number(f"{a}/{d}") == as_number(rf"\frac{{{b}}}{{{d}}}")) == (a == b)


@settings(deadline=None)
@given(st.from_regex(PLAIN, fullmatch=True))
def test_math_verify_reads_every_plain_sum(gold: str) -> None:
    assert math_verify_verdict("", gold) is False


@given(st.integers(0, 10**12))
def test_thousands_separators(n: int) -> None:
    assert normalised(f"{n:,}") == str(n)


def test_points_and_intervals_keep_their_commas() -> None:
    assert normalised("(1,234)") == "(1,234)"


def test_a_text_is_no_value() -> None:
    prose = "To find how many apples there are we first take the sum of them all, which is 7"
    assert fast_verdict(prose, "7") is False
    assert (
        fast_verdict(r"\text{the three boys and the seven girls of the two oldest classes there}", r"\frac{1}{2}")
        is False
    )
    assert fast_verdict(r"7 \text{ small apples in three of the baskets}", "7") is not False
