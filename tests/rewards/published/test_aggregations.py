"""The published aggregations against their formulas, and against what KeepIF promises and they do not."""

import pickle
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import Multipliers, Score, combine
from keepif.rewards.published.aggregations import Aggregation, Traits, and_gate, fixed, gated, switching, traits_of

M = Multipliers()
UNIT = st.floats(0, 1)
ALL = [partial(fixed, weight=0.3), partial(gated, weight=0.5), and_gate, switching]


def test_formulas() -> None:
    assert fixed(Score(1.0, 0.5), M, weight=3.0) == 2.5
    assert [gated(Score(c, f), M, weight=0.5) for c, f in ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0))] == [1.5, 1.0, 0.0]
    assert [and_gate(Score(c, f), M) for c, f in ((1.0, 1.0), (1.0, 0.99), (0.0, 1.0))] == [1.0, 0.0, 0.0]
    held, violated = Multipliers(lam=0.0), Multipliers(lam=0.5)
    assert (switching(Score(1.0, 0.25, 0.0), held), switching(Score(1.0, 0.25, 0.0), violated)) == (1.0, 0.25)


@pytest.mark.parametrize("aggregation", ALL)
def test_rows_without_gold_or_constraints(aggregation: Aggregation) -> None:
    assert aggregation(Score(None, 1.0), M) > aggregation(Score(None, 0.0), M)
    assert aggregation(Score(1.0, None), M) > aggregation(Score(0.0, None), M) == 0
    assert aggregation(Score(None, None), M) >= 0


@pytest.mark.parametrize("aggregation", ALL)
def test_picklable(aggregation: Aggregation) -> None:
    assert pickle.loads(pickle.dumps(aggregation))(Score(1.0, 1.0), M) == aggregation(Score(1.0, 1.0), M)


@given(UNIT, UNIT, st.floats(0, 3))
def test_gating_never_pays_a_wrong_completion(f: float, p: float, weight: float) -> None:
    assert gated(Score(0.0, f, p), M, weight=weight) == and_gate(Score(0.0, f, p), M) == 0


@pytest.mark.parametrize(
    ("aggregation", "c", "f"), [(partial(fixed, weight=1.5), 1.0, 0.0), (and_gate, 1.0, 0.5), (switching, 1.0, 0.0)]
)
def test_what_they_do_not_promise(aggregation: Any, c: float, f: float) -> None:
    """A correct completion that breaks a constraint need not outrank a wrong one that keeps all."""
    assert aggregation(Score(c, f), M) <= aggregation(Score(0.0, 1.0), M)


def test_what_they_do_with_the_multipliers() -> None:
    assert [traits_of(aggregation) for aggregation in ALL] == [Traits(())] * 3 + [Traits(("lam",), relay=True)]
    assert traits_of(partial(switching, weight=0.5)).relay
    assert traits_of(combine) == traits_of(lambda *_: 0.0) == Traits(("lam", "mu", "bonus"), relay=False)
