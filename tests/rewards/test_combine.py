"""The one line of arithmetic, its guarantee, and the length penalty."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from keepif.rewards import CAP, Multipliers, Pressure, Score, combine, length_penalty

UNIT = st.floats(0, 1)


@st.composite
def multipliers(draw: st.DrawFn) -> Multipliers:
    lam = draw(st.floats(0, CAP))
    return Multipliers(lam, draw(st.floats(0, 1)) * (CAP - lam), draw(st.floats(0, 100)))


@given(multipliers(), UNIT, UNIT, UNIT, UNIT)
def test_a_correct_completion_always_outranks_a_wrong_one(
    m: Multipliers, f: float, p: float, other_f: float, other_p: float
) -> None:
    assert combine(Score(1.0, f, p), m) > combine(Score(0.0, other_f, other_p), m)


KINDS = st.sampled_from(["a", "b", "c", "d"])


@st.composite
def by_type(draw: st.DrawFn) -> Multipliers:
    mu = draw(st.floats(0, CAP))
    price = st.builds(Pressure, st.floats(0, CAP - mu), st.floats(1, 16))
    lam = draw(st.floats(0, CAP - mu))
    return Multipliers(lam, mu, draw(st.floats(0, 100)), draw(st.dictionaries(KINDS, price)))


@st.composite
def two_of_a_prompt(draw: st.DrawFn) -> tuple[Score, Score]:
    """A right and a wrong completion of one prompt."""
    weights = draw(st.dictionaries(KINDS, st.floats(0.1, 3), min_size=1))

    def score(c: float) -> Score:
        earned = {kind: weight * draw(UNIT) for kind, weight in weights.items()}
        return Score(c, sum(earned.values()) / sum(weights.values()), draw(UNIT), earned=earned, weights=weights)

    return score(1.0), score(0.0)


@pytest.mark.parametrize(("price", "loudness", "gap"), [(0, 1, 0.4), (0, 16, 0.4), (CAP, 1, 0.02), (CAP, 16, 0.02)])
def test_how_far_a_right_completion_is_before_a_wrong_one(price: float, loudness: float, gap: float) -> None:
    """A reward of one's own that differs by more can put the wrong one first; trainer/README.md says so."""
    m = Multipliers(0.0, by_type={"a": Pressure(price, loudness)})
    right, wrong = (Score(c, f, earned={"a": f}, weights={"a": 1}) for c, f in ((1.0, 0.0), (0.0, 1.0)))
    assert combine(right, m) - combine(wrong, m) == pytest.approx(gap * loudness, rel=0.03)


@given(by_type(), two_of_a_prompt())
def test_a_correct_completion_outranks_a_wrong_one_of_its_prompt_whatever_the_types_weigh(
    m: Multipliers, pair: tuple[Score, Score]
) -> None:
    assume(max(score.f or 0.0 for score in pair) <= 1)
    right, wrong = pair
    assert combine(right, m) > combine(wrong, m)
    loudness = m.loudness(right)
    assert loudness == m.loudness(wrong)
    assert -loudness <= combine(wrong, m) < combine(right, m) <= loudness * (1 + 1e-9)


def test_formula_by_type() -> None:
    m = Multipliers(0.3, 0.1, 0.5, {"a": Pressure(0.8, 4.0), "b": Pressure(0.2)})
    one = Score(1.0, 0.5, weights={"b": 1.0, "other": 1.0}, earned={"b": 1.0, "other": 0.0})
    assert combine(one, m) == pytest.approx((1 + 0.2 + 0.25) / 2.45)  # prices add up
    both = Score(0.0, 0.5, weights={"a": 1.0, "b": 1.0}, earned={"a": 1.0, "b": 0.0})
    assert combine(both, m) == pytest.approx(4 * 0.8 * 0.85 / 1 / 2.45)  # 0.8 + 0.2 is more than 0.85, so both shrink
    assert combine(Score(None, 0.5, weights=both.weights, earned=both.earned), m) == 4 * 0.5
    assert combine(Score(1.0, None), m) == pytest.approx(1.5 / 1.6)


def test_prices_of_nothing_pay_nothing() -> None:
    score = Score(1.0, 1.0, weights={"a": 1.0}, earned={"a": 1.0})
    assert combine(score, Multipliers(0.0, CAP, 0.0, {"a": Pressure(0.0)})) == pytest.approx(1 / 1.95)


@pytest.mark.parametrize("pressure", [Pressure(0.9), Pressure(-0.1)])
def test_a_price_that_could_invert_the_order_is_refused(pressure: Pressure) -> None:
    with pytest.raises(ValueError, match="a correct completion always outranks a wrong one"):
        Multipliers(0.3, 0.1, 0.5, {"a": pressure})


@given(multipliers(), UNIT, UNIT, st.sampled_from([0.0, 1.0]))
def test_bounded_and_monotone(m: Multipliers, f: float, p: float, c: float) -> None:
    reward = combine(Score(c, f, p), m)
    assert -1 <= reward <= 1
    assert combine(Score(c, 1.0, p), m) >= reward >= combine(Score(c, f, 1.0), m)


@pytest.mark.parametrize(("lam", "mu"), [(0.5, 0.5), (1.0, 0.0), (-0.1, 0.0), (0.0, -0.1), (float("nan"), 0.0)])
def test_multipliers_that_could_invert_the_order_are_refused(lam: float, mu: float) -> None:
    with pytest.raises(ValueError, match="a correct completion always outranks a wrong one"):
        Multipliers(lam, mu)


@pytest.mark.parametrize("bonus", [-0.1, float("inf"), float("nan")])
def test_a_bonus_out_of_range_is_refused(bonus: float) -> None:
    with pytest.raises(ValueError, match="the bonus must be a number of at least 0"):
        Multipliers(0.3, 0.2, bonus)


def test_formula() -> None:
    m = Multipliers(0.3, 0.2, bonus=0.5)
    assert combine(Score(1.0, 0.5, 0.25), m) == pytest.approx((1 + 0.15 - 0.05 + 0.25 * 0.95) / 2)
    assert combine(Score(0.0, 0.5, 0.0), m) == pytest.approx(0.15 / 2)
    assert combine(Score(1.0, None, 0.25), m) == pytest.approx((1 - 0.05 + 0.5 * 0.95) / 1.7)
    assert combine(Score(0.0, None, 0.0), m) == 0
    assert combine(Score(None, 0.5, 0.0), m) == 0.5


@given(multipliers(), UNIT)
def test_a_correct_completion_is_worth_the_same_without_constraints(m: Multipliers, p: float) -> None:
    """Else a batch that mixes prompts with and without constraints would learn one kind at the other's expense."""
    gap = combine(Score(1.0, 1.0, p), m) - combine(Score(0.0, 1.0, p), m)
    gap_without = combine(Score(1.0, None, p), m) - combine(Score(0.0, None, p), m)
    assert gap * 0.999 <= gap_without <= gap * 2


@given(st.integers(0, 10_000), st.integers(0, 10_000), st.integers(1, 5_000))
def test_length_costs_only_correct_completions_and_never_pays_for_more(a: int, b: int, budget: int) -> None:
    assert length_penalty(0.0, a, budget) == length_penalty(None, a, budget) == 0.0
    short, long = sorted((a, b))
    assert 0 <= length_penalty(1.0, short, budget) <= length_penalty(1.0, long, budget) <= 1
    assert length_penalty(1.0, min(a, budget), budget) == 0
    assert length_penalty(1.0, a, None) == 0
