"""The published length terms: against hand calculation, and without known bugs."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards.published.length_terms import LENGTH_TERMS, cosine, gr3, kimi

GROUP = st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(0, 30_000)), max_size=8)
CORRECT_ONLY = ["laser", "gr3"]


def split(group: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [c for c, _ in group], [length for _, length in group]


@pytest.mark.parametrize("name", LENGTH_TERMS)
@given(group=GROUP, seed=st.integers(0, 99))
def test_order_within_a_group_does_not_matter(name: str, group: list[tuple[int, int]], seed: int) -> None:
    term = LENGTH_TERMS[name]
    shuffled = random.Random(seed).sample(range(len(group)), len(group))
    found = term(*split(group))
    again = term(*split([group[i] for i in shuffled]))
    assert again == pytest.approx([found[i] for i in shuffled])


@pytest.mark.parametrize("name", CORRECT_ONLY)
@given(group=GROUP)
def test_these_never_pay_a_wrong_completion(name: str, group: list[tuple[int, int]]) -> None:
    correct, tokens = split(group)
    assert all(reward == 0 for reward, c in zip(LENGTH_TERMS[name](correct, tokens), correct, strict=True) if not c)


@pytest.mark.parametrize("name", CORRECT_ONLY)
@given(a=st.integers(0, 30_000), b=st.integers(0, 30_000))
def test_a_correct_completion_never_gains_by_length_beyond_the_target(name: str, a: int, b: int) -> None:
    short, long = sorted((max(a, 2_048), max(b, 2_048)))
    first, second = LENGTH_TERMS[name]([1, 1], [short, long])
    assert first >= second


def test_cosine_is_clamped() -> None:
    """open-r1 and ms-swift let it climb back beyond the maximum length."""
    assert cosine([1, 0], [10_000, 10_000], limit=100) == [-10.0, -10.0]
    assert cosine([1, 0], [50, 50], limit=100) == pytest.approx([1.5, -5.0])


def test_groups_are_not_mixed() -> None:
    """open-r1's len_reward takes its extremes over the whole batch; ours sees one group alone."""
    assert kimi([1, 1], [10, 20]) == kimi([1, 1], [1_000, 2_000]) == [1.5, 0.5]


def test_by_hand() -> None:
    assert kimi([1, 0, 0], [20, 10, 30], weight=0.5) == [1.0, 0.0, -0.25]
    assert kimi([1, 0], [10, 10]) == [1.0, 0.0]
    assert gr3([1, 1], [50, 150], alpha=0.33) == pytest.approx([1 / 1.165, 1 / 1.495])
    assert all(term([], []) == [] for term in LENGTH_TERMS.values())
