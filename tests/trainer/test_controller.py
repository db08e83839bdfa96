"""The law, by hand and by property; what it does to a policy is in test_control_simulation.py."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import CAP, Pressure
from keepif.trainer.controller import (
    ALL,
    ENOUGH,
    FLOOR_GAINS,
    LENGTH_CAP,
    LOUDEST,
    MEMORY,
    PATIENCE,
    PRIOR,
    SWITCH_GAINS,
    TYPE_GAINS,
    Controller,
    Loop,
    Sums,
)

ERRORS = st.lists(st.floats(-1, 1), max_size=60)


def batch(error: float, tokens: int = 100, verdicts: int = 64) -> Sums:
    """One type `a` that misses its floor by `error`, in completions that are all right."""
    return Sums({"a": (verdicts, error * verdicts)}, verdicts, tokens * verdicts)


def price(controller: Controller) -> float:
    return controller.loops["a"].price


def test_two_ticks_by_hand() -> None:
    controller = Controller()
    assert controller.multipliers.lam == CAP
    assert controller.multipliers.by_type == {}
    controller.tick(batch(0.05))
    average = 64 / PRIOR * 0.05
    rate = 0.15 * 64 / (64 + ENOUGH)
    integral = 1.3 + rate * average
    assert controller.loops["a"].average == pytest.approx(average)
    assert price(controller) == CAP
    assert controller.loops["a"].loudness == pytest.approx(1 + 8 * (8 * average + integral - CAP))
    controller.tick(batch(-0.3))
    average += 64 / (PRIOR - 64) * (-0.3 - average)
    integral += 0.5 * rate * average
    assert controller.loops["a"].average == pytest.approx(average)
    assert controller.pressures["a"] == Pressure(pytest.approx(8 * average + integral), 1.0)
    assert controller.multipliers.mu == 0


def test_each_type_has_its_own_multiplier_and_a_late_one_begins_at_the_start() -> None:
    controller = Controller()
    for _ in range(5):
        controller.tick(Sums({"a": (32, 3.2), "b": (32, -3.2)}))
    controller.tick(Sums({"a": (32, 3.2), "b": (32, -3.2), "late": (32, 0.0)}))
    values = {kind: loop.value for kind, loop in controller.loops.items()}
    assert values["a"] > values["late"] == TYPE_GAINS.start > values["b"]
    assert controller.furthest_below == "a"


def test_a_type_begins_at_what_it_cost_before_rl() -> None:
    controller = Controller()
    controller.begin({"free": -0.2, "cheap": 0.2, "some": 0.3, "dear": 0.6})
    first = controller.multipliers.by_type
    assert {kind: pressure.lam for kind, pressure in first.items()} == pytest.approx(
        {"free": 0.5, "cheap": 0.5, "some": 0.8, "dear": CAP}
    )
    assert first["dear"].loudness == pytest.approx(1 + 8 * (TYPE_GAINS.start - CAP))
    assert not controller.gauges
    assert controller.furthest_below is None
    controller.tick(Sums({"cheap": (32, -3.2), "late": (32, 0.0)}))
    assert controller.loops["late"].value == TYPE_GAINS.start
    assert controller.loops["cheap"].value < 0.5
    assert controller.furthest_below == "late"
    assert {*controller.pressures} == {"cheap", "late"}  # what no batch has asked for is not shown


def test_beside_a_budget_a_dear_type_begins_as_far_beyond_its_cap() -> None:
    controller = Controller()
    controller.hold_length(100)
    controller.begin({"dear": 0.6})
    assert controller.waiting["dear"].value == pytest.approx(controller.cap + TYPE_GAINS.start - CAP)


def test_a_type_that_a_batch_does_not_ask_for_stays() -> None:
    controller = Controller()
    controller.tick(Sums({"a": (32, 3.2), "b": (32, 3.2)}))
    before = controller.loops["b"].state()
    controller.tick(Sums({"a": (32, 3.2)}))
    assert controller.loops["b"].state() == before


def test_little_evidence_moves_little() -> None:
    few, many = Controller(), Controller()
    few.tick(batch(0.5, verdicts=2))
    many.tick(batch(0.5, verdicts=128))
    start = TYPE_GAINS.start
    assert few.loops["a"].value - start < (many.loops["a"].value - start) / 20
    assert many.loops["a"].average == pytest.approx(0.5 * 128 / PRIOR)
    for _ in range(PRIOR // 128):
        many.tick(batch(0.5, verdicts=128))
    before = many.loops["a"].average
    many.tick(batch(0.0, verdicts=MEMORY))
    assert many.loops["a"].average == pytest.approx(before / 2)


def test_at_its_cap_a_price_becomes_loud() -> None:
    controller, held = Controller(), {"a": (64, 20.0), "b": (64, -20.0), "c": (64, -20.0)}
    assert controller.tick(Sums(held)).by_type["a"].loudness > 1
    for _ in range(200):
        controller.tick(Sums(held))
    assert controller.pressures == {"a": Pressure(CAP, pytest.approx(LOUDEST)), "b": Pressure(0), "c": Pressure(0)}


def test_what_is_louder_than_nothing_is_not_loud() -> None:
    """Or the rewards of a run would shrink when its start is let go of."""
    controller = Controller()
    for _ in range(50):
        controller.tick(Sums({"a": (64, 20.0), "b": (64, 20.0)}))
        assert {pressure.loudness for pressure in controller.pressures.values()} == {1.0}


def test_the_mean_has_one_multiplier_and_is_never_loud() -> None:
    controller = Controller(by_type=False)
    for _ in range(100):
        controller.tick(Sums({ALL: (64, 32.0)}))
    assert controller.multipliers.by_type is None
    assert controller.multipliers.lam > CAP - 1e-9


def test_a_budget_moves_mu() -> None:
    controller = Controller()
    controller.hold_length(100)
    controller.tick(batch(0.0, tokens=120))
    average = 64 / PRIOR * 0.2
    assert controller.multipliers.mu == pytest.approx(4 * average + 0.05 * 0.8 * average)


@given(ERRORS, st.booleans())
def test_multipliers_stay_within_their_caps(errors: list[float], budget: bool) -> None:
    controller = Controller()
    if budget:
        controller.hold_length(50)
    for error in errors:
        multipliers = controller.tick(batch(error, tokens=int(100 * (1 + error))))
        assert 0 <= price(controller) <= (CAP - LENGTH_CAP if budget else CAP)
        assert 1 <= controller.pressures["a"].loudness <= LOUDEST + 1e-9
        assert 0 <= multipliers.mu <= (LENGTH_CAP if budget else 0)


def test_the_order_in_which_ranks_were_added_up_leaves_no_trace() -> None:
    values = [0.1, 0.7, 0.2, 1e-3, -0.3] * 10
    one, other = Controller(), Controller()
    one.tick(Sums({"a": (50, sum(values)), "b": (1, 0.5)}, 50, 500))
    other.tick(Sums({"b": (1, 0.5), "a": (50, sum(sorted(values)))}, 50, 500))
    assert sum(values) != sum(sorted(values))
    assert one.state() == other.state()


@given(ERRORS, ERRORS)
def test_a_restored_controller_goes_on_alike(before: list[float], after: list[float]) -> None:
    controller = Controller()
    controller.hold_length(80)
    for error in before:
        controller.tick(batch(error))
    restored = Controller()
    restored.hold_length(80)
    restored.restore(json.loads(json.dumps(controller.state())))
    for error in after:
        assert restored.tick(batch(error)) == controller.tick(batch(error))


def test_the_mean_lets_go_more_slowly_than_it_takes_hold() -> None:
    hold, release = Loop.started(FLOOR_GAINS, 0.95), Loop.started(FLOOR_GAINS, 0.95)
    hold.tick(0.1, 64)
    release.tick(-0.1, 64)
    assert hold.integral - 0.3 == pytest.approx(4 * (0.3 - release.integral))


def test_an_infeasible_floor_is_said_by_name() -> None:
    controller = Controller()
    ticks = 0
    while controller.loops.get("a") is None or controller.loops["a"].value < controller.loops["a"].top:
        controller.tick(Sums({"a": (64, 32.0), "b": (64, 0.0)}))
        ticks += 1
    for _ in range(PATIENCE):
        assert controller.infeasible == []
        controller.tick(Sums({"a": (64, 32.0), "b": (64, 0.0)}))
    assert controller.infeasible == ["a"]
    for _ in range(5):
        controller.tick(Sums({"a": (64, -32.0)}))
    assert controller.infeasible == []


def test_the_start_lies_as_far_beyond_a_lower_cap() -> None:
    assert Loop.started(TYPE_GAINS, CAP).value == pytest.approx(1.3)
    assert Loop.started(TYPE_GAINS, 0.45).value == pytest.approx(0.8)
    assert Loop.started(FLOOR_GAINS, 0.45).value == 0.3


def test_a_switch_is_off_or_on() -> None:
    controller = Controller(gains=SWITCH_GAINS, by_type=False)
    assert controller.multipliers.lam == 0
    assert controller.tick(Sums({ALL: (64, 0.64)})).lam == CAP
    assert controller.tick(Sums({ALL: (64, -32.0)})).lam == 0


def test_a_budget_that_comes_late_lowers_the_multiplier_to_its_cap() -> None:
    controller = Controller()
    for _ in range(20):
        controller.tick(batch(0.5))
    assert price(controller) == CAP
    late = Controller()
    late.hold_length(50)
    late.restore(controller.state())
    controller.hold_length(50)
    for one in (controller, late):
        multipliers = one.tick(Sums({"a": (8, 4.0)}, 64, 64 * 500))
        assert price(one) == pytest.approx(CAP - LENGTH_CAP)
        assert multipliers.mu == LENGTH_CAP
