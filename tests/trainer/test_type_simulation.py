"""The law by type where the best possible is known: every type on its floor, at the least cost."""

import numpy as np
import pytest

from keepif.rewards import Multipliers, Score, combine
from keepif.trainer.controller import FLOOR_GAINS, Controller, Sums
from tests.helpers.type_simulation import RISING, _rewards, simulate

SEEDS = range(3)


def test_the_simulated_reward_is_the_real_one() -> None:
    controller = Controller(0.5)
    controller.tick(Sums({"0": (64, -30.0), "1": (64, 32.0)}))
    multipliers = controller.multipliers
    assert multipliers == Multipliers(0.95, 0.0, 0.5, multipliers.by_type)
    kind, c, f = np.array([0, 1]), np.array([[1.0], [0.0]]), np.array([[1.0], [1.0]])
    expected = [
        combine(Score(a, b, earned={str(k): b}, weights={str(k): 1.0}), multipliers)
        for a, b, k in zip(c[:, 0], f[:, 0], kind, strict=True)
    ]
    assert _rewards(c, f, kind, controller)[:, 0] == pytest.approx(expected)


def test_every_type_is_held_at_nearly_the_least_cost() -> None:
    traces = [simulate(RISING, Controller(bonus=0.0), seed=seed) for seed in SEEDS]
    assert max(trace.shortfall(RISING) for trace in traces) <= 0.01
    assert np.mean([trace.accuracy[-150:].mean() for trace in traces]) >= RISING.optimum - 0.01


def test_measured_costs_save_accuracy_on_the_way() -> None:
    """And every type is held as it is without them."""
    measured, blind = [], []
    for seed in SEEDS:
        controller = Controller(bonus=0.0)
        controller.begin({str(kind): cost for kind, cost in enumerate(RISING.price)})
        measured.append(simulate(RISING, controller, seed=seed))
        blind.append(simulate(RISING, Controller(bonus=0.0), seed=seed))
    assert max(trace.shortfall(RISING) for trace in measured) <= 0.01
    early = [np.mean([trace.accuracy[:200].mean() for trace in traces]) for traces in (measured, blind)]
    assert early[0] > early[1]


def test_a_floor_on_the_mean_lets_the_dearest_type_die() -> None:
    trace = simulate(RISING, Controller(0.0, FLOOR_GAINS, by_type=False))
    assert trace.obeyed[-150:, -1].mean() < 0.1
    assert trace.obeyed[-150:].mean() > RISING.floors.mean() - 0.03


def test_noise_in_the_first_ticks_does_not_undo_the_start() -> None:
    """Sixteen completions on two prompts a tick, on the floor: the multiplier falls below 0.1 in few seeds."""
    fallen = 0
    for seed in range(200):
        rng, controller = np.random.default_rng(seed), Controller()
        controller.begin({"a": 0.0})
        lowest = min(
            controller.tick(Sums({"a": (16, float((0.6 - (rng.random(16) < 0.6)).sum()))})).by_type["a"].lam
            for _ in range(10)
        )
        fallen += lowest < 0.1
    assert fallen < 10
