"""The law, by hand and by property; what it does to a policy is in test_control_simulation.py."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import CAP
from keepif.trainer.controller import ENOUGH, FLOOR_GAINS, LENGTH_CAP, PATIENCE, SWITCH_GAINS, Controller, Loop, Sums

ERRORS = st.lists(st.floats(-1, 1), max_size=60)


def batch(error: float, tokens: int = 100, completions: int = 64) -> Sums:
    return Sums(completions, error * completions, completions, tokens * completions)


def test_two_ticks_by_hand() -> None:
    controller = Controller()
    assert controller.multipliers.lam == 0.3
    controller.tick(batch(0.05))
    integral = 0.3 + 0.01 * 0.05
    assert controller.lam.average == pytest.approx(0.05)
    assert controller.multipliers.lam == pytest.approx(4 * 0.05 + integral)
    controller.tick(batch(-0.02))
    average = (0.9 * 0.1 * 0.05 + 0.1 * -0.02) / (1 - 0.9**2)
    integral += 0.25 * 0.01 * -0.02
    assert controller.lam.average == pytest.approx(average)
    assert controller.multipliers.lam == pytest.approx(4 * average + integral)
    assert controller.multipliers.mu == 0


def test_a_budget_moves_mu() -> None:
    controller = Controller()
    controller.hold_length(100)
    controller.tick(batch(0.0, tokens=120))
    assert controller.multipliers.mu == pytest.approx(2 * 0.2 + 0.02 * 0.2)


@given(ERRORS, st.booleans())
def test_multipliers_stay_within_their_caps(errors: list[float], budget: bool) -> None:
    controller = Controller()
    if budget:
        controller.hold_length(50)
    for error in errors:
        found = controller.tick(batch(error, tokens=int(100 * (1 + error))))
        assert 0 <= found.lam <= (CAP - LENGTH_CAP if budget else CAP)
        assert 0 <= found.mu <= (LENGTH_CAP if budget else 0)


@given(st.lists(st.integers(1, ENOUGH - 1), max_size=40))
def test_few_completions_wait_for_the_next_batch(counts: list[int]) -> None:
    controller = Controller()
    for count in counts:
        controller.tick(Sums(count, 0.1 * count, count, count))
    assert controller.lam.ticks <= sum(counts) // ENOUGH
    assert controller.waiting[0] < ENOUGH


def test_the_order_in_which_ranks_were_added_up_leaves_no_trace() -> None:
    values = [0.1, 0.7, 0.2, 1e-3, -0.3] * 10
    one, other = Controller(), Controller()
    one.tick(Sums(50, sum(values), 50, 500))
    other.tick(Sums(50, sum(sorted(values)), 50, 500))
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


def test_release_is_slower_than_hold() -> None:
    hold, release = Loop.started(FLOOR_GAINS, 0.95), Loop.started(FLOOR_GAINS, 0.95)
    hold.tick(0.1)
    release.tick(-0.1)
    assert hold.integral - 0.3 == pytest.approx(4 * (0.3 - release.integral))


def test_an_infeasible_floor_is_said_and_the_cap_stays() -> None:
    controller = Controller()
    for _ in range(PATIENCE):
        controller.tick(batch(0.5))
    assert not controller.infeasible
    controller.tick(batch(0.5))
    assert controller.infeasible
    assert controller.multipliers.lam == CAP
    for _ in range(30):
        controller.tick(batch(-0.5))
    assert not controller.infeasible


def test_a_switch_is_off_or_on() -> None:
    controller = Controller(gains=SWITCH_GAINS)
    assert controller.multipliers.lam == 0
    assert controller.tick(batch(0.01)).lam == CAP
    assert controller.tick(batch(-0.5)).lam == 0


def test_a_budget_that_comes_late_lowers_the_multiplier_to_its_cap() -> None:
    controller = Controller()
    for _ in range(20):
        controller.tick(batch(0.5))
    assert controller.multipliers.lam == CAP
    late = Controller()
    late.hold_length(50)
    late.restore(controller.state())
    controller.hold_length(50)
    for one in (controller, late):
        found = one.tick(Sums(8, 4.0, 64, 64 * 500))
        assert found.lam == pytest.approx(CAP - LENGTH_CAP)
        assert found.mu == LENGTH_CAP
