"""The control law where the best possible is known: what it holds, what that costs, and what it cannot hold."""

from functools import cache

import numpy as np
import pytest

from keepif.rewards import CAP, Multipliers, Score, combine, length_penalty
from keepif.rewards.combine import BONUS
from keepif.trainer.controller import ALL, FLOOR_GAINS, LENGTH_CAP, PATIENCE, Controller, Gains
from tests.helpers.simulation import LAST, STEPS, WORLD, Trace, advantages, rewards, simulate

SEEDS = 16
BUDGET = 1500
FLOOR = float(WORLD.share @ WORLD.floors)
JOINT = WORLD.correct * WORLD.kept
OFF = Gains(proportional=0.0, integral=0.0, start=0.0)
UNDAMPED = Gains(proportional=0.0, integral=0.1, start=0.3, release=1.0)
AND_GATE = 1e9
"""The bonus at which, without λ, the reward is c · f."""


def controllers(bonus: float = 0.0, gains: Gains = FLOOR_GAINS, cap: float = CAP) -> list[Controller]:
    made = [Controller(bonus, gains, by_type=False) for _ in range(SEEDS)]
    for controller in made:
        controller.cap = cap
    return made


@cache
def run(bonus: float = 0.0, gains: Gains = FLOOR_GAINS, cap: float = CAP, steps: int = STEPS, lag: int = 0) -> Trace:
    return simulate(controllers(bonus, gains, cap), steps=steps, lag=lag)


def run_with_budget(bonus: float) -> tuple[Trace, list[Controller]]:
    made = controllers(bonus)
    for controller in made:
        controller.hold_length(BUDGET)
    return simulate(made), made


@pytest.mark.parametrize("budget", [None, BUDGET])
def test_the_simulated_reward_is_the_real_one(budget: int | None) -> None:
    rng, m = np.random.default_rng(0), Multipliers(lam=0.3, mu=0.2, bonus=0.5)
    c, f, tokens = rng.integers(2, size=50).astype(float), rng.random(50), rng.choice(WORLD.tokens, 50)
    expected = [
        combine(Score(float(a), float(b), length_penalty(float(a), int(n), budget)), m)
        for a, b, n in zip(c, f, tokens, strict=True)
    ]
    assert rewards(c, f, tokens, m, budget) == pytest.approx(expected)


def test_the_simulated_advantages_are_those_of_trl() -> None:
    reward = np.array([[[1.0, 0.0], [1.0, 1.0]]])
    assert advantages(reward) == pytest.approx(np.array([[[0.5, -0.5], [0.0, 0.0]]]) / (0.5 + 1e-4))


def test_correctness_alone_unlearns_compliance() -> None:
    trace = run(gains=OFF)
    assert trace.last(WORLD.kept) < FLOOR - 0.25
    assert trace.last(WORLD.correct) == pytest.approx(WORLD.correct.max(1) @ WORLD.share, abs=0.002)


@pytest.mark.parametrize("cap", [CAP, CAP - LENGTH_CAP], ids=["alone", "beside a budget"])
def test_the_law_holds_the_floor_at_almost_no_cost(cap: float) -> None:
    trace = run(cap=cap)
    assert trace.violation(FLOOR) <= 0.001
    assert trace.dip(FLOOR) <= 0.02
    assert trace.lam.max() <= cap
    assert -0.001 <= WORLD.optimum(FLOOR) - trace.last(WORLD.correct) <= 0.006


def test_the_warm_start_spares_the_first_dip() -> None:
    cold = run(gains=Gains(FLOOR_GAINS.proportional, FLOOR_GAINS.integral, start=0.0))
    assert cold.dip(FLOOR) > 3 * run().dip(FLOOR)


def test_the_default_bonus_holds_the_floor_without_the_law() -> None:
    trace = run(BONUS)
    assert trace.violation(FLOOR) <= 0.001
    assert trace.dip(FLOOR) <= 0.02
    assert trace.lam[-1].max() == 0


def test_the_bonus_pays_for_joint_success_with_correctness() -> None:
    only, law, bonus, gate = run(gains=OFF), run(), run(BONUS), run(AND_GATE, OFF)
    joint = [trace.last(JOINT) for trace in (only, law, bonus, gate)]
    correct = [trace.last(WORLD.correct) for trace in (only, law, bonus, gate)]
    assert np.diff(joint).min() > 0.005
    assert np.diff(correct).max() < -0.005


def test_late_errors_leave_the_oscillation_small() -> None:
    """In twice the usual steps, so that an oscillation has time to grow."""
    law, undamped = run(steps=2 * STEPS, lag=16), run(gains=UNDAMPED, steps=2 * STEPS, lag=16)
    assert law.sway() <= 0.03 < undamped.sway()
    assert law.violation(FLOOR) <= 0.005 < undamped.violation(FLOOR)
    assert law.dip(FLOOR) <= 0.06 < undamped.dip(FLOOR)


@pytest.mark.parametrize("bonus", [0.0, BONUS, 2.0])
def test_floor_and_budget_are_held_together(bonus: float) -> None:
    trace, made = run_with_budget(bonus)
    tokens = trace.expected(WORLD.correct * WORLD.tokens) / trace.expected(WORLD.correct)  # of a correct completion
    assert tokens[-LAST:].mean() == pytest.approx(BUDGET, rel=0.05)
    assert tokens[100:200].mean() < 1.05 * BUDGET
    assert trace.violation(FLOOR) <= 0.002
    assert trace.lam.max() <= CAP - LENGTH_CAP
    assert trace.mu.max() <= LENGTH_CAP
    assert (trace.lam + trace.mu).max() < 1
    assert not any(ALL in controller.infeasible for controller in made)
    if not bonus:
        assert -0.001 <= WORLD.optimum(FLOOR, BUDGET) - trace.last(WORLD.correct) <= 0.015


def test_a_floor_out_of_reach_is_called_infeasible() -> None:
    made, floors = controllers(), np.full(3, 0.99)
    trace = simulate(made, floors, steps=PATIENCE)
    assert not any(controller.infeasible for controller in made)
    simulate(made, floors, steps=10)
    assert all(controller.infeasible for controller in made)
    assert trace.lam.max() == CAP
