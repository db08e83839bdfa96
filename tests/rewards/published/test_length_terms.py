"""The published length terms: against TRL where it ships the same, against hand calculation, and without known
bugs."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trl.rewards import get_soft_overlong_punishment

from keepif.rewards.published.length_terms import (
    LENGTH_TERMS,
    arora_zanette,
    cosine,
    dapo_overlong,
    gr3,
    kimi,
    l1_exact,
    l1_max,
    shorter_better,
    think_prune,
)

GROUP = st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(0, 30_000)), max_size=8)
CORRECT_ONLY = ["l1_max", "laser", "gr3", "arora_zanette", "think_prune"]


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


@pytest.mark.parametrize("name", sorted(set(LENGTH_TERMS) - {"cosine", "kimi", "shorter_better"}))
@given(a=st.integers(0, 30_000), b=st.integers(0, 30_000))
def test_a_correct_completion_never_gains_by_length_beyond_the_target(name: str, a: int, b: int) -> None:
    short, long = sorted((max(a, 2_048), max(b, 2_048)))
    first, second = LENGTH_TERMS[name]([1, 1], [short, long])
    assert first >= second


@given(st.lists(st.integers(1, 120), min_size=1, max_size=8))
def test_dapos_is_trls(tokens: list[int]) -> None:
    theirs = get_soft_overlong_punishment(max_completion_len=100, soft_punish_cache=20)
    punished = theirs(completion_ids=[[0] * length for length in tokens])
    assert dapo_overlong([0] * len(tokens), tokens, limit=100, cache=20) == pytest.approx(punished)


def test_cosine_is_clamped() -> None:
    """open-r1 and ms-swift let it climb back beyond the maximum length."""
    assert cosine([1, 0], [10_000, 10_000], limit=100) == [-10.0, -10.0]
    assert cosine([1, 0], [50, 50], limit=100) == pytest.approx([1.5, -5.0])


def test_exact_budgets_fall_with_the_deviation() -> None:
    """L1's own `sigmoid_exact` rises with it."""
    near, far, short = l1_exact([1, 1, 1], [2_100, 4_000, 100])
    assert near > far
    assert near > short
    assert l1_exact([1], [3_048]) == pytest.approx([0.7])


def test_groups_are_not_mixed() -> None:
    """open-r1's len_reward takes its extremes over the whole batch; ours sees one group alone."""
    assert kimi([1, 1], [10, 20]) == kimi([1, 1], [1_000, 2_000]) == [1.5, 0.5]


def test_by_hand() -> None:
    assert kimi([1, 0, 0], [20, 10, 30], weight=0.5) == [1.0, 0.0, -0.25]
    assert kimi([1, 0], [10, 10]) == [1.0, 0.0]
    assert l1_max([1, 1], [2_548, 1_548]) == [0.25, 0.75]
    assert gr3([1, 1], [50, 150], alpha=0.33) == pytest.approx([1 / 1.165, 1 / 1.495])
    assert shorter_better([0, 0], [100, 300]) == pytest.approx([-0.1, -0.1])
    assert shorter_better([1, 0], [100, 300]) == pytest.approx([2.0, -0.2])
    halved = arora_zanette([1, 1], [100, 300], alpha=0.2)
    assert halved == pytest.approx([1 - 0.2 * 0.26894, 1 - 0.2 * 0.73106], abs=1e-4)
    assert think_prune([1, 0], [5_000, 10]) == [0.0, 0.0]
    assert all(term([], []) == [] for term in LENGTH_TERMS.values())
