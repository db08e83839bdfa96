"""The law by type in a world small enough to solve: each type is obeyed or not, and obeying has a price in accuracy.

The policy is one logit a type and one that all types share, which learns as in TRL with `scale_rewards="batch"`. What
is best is known: obey each type that costs something just as often as its floor asks.
"""

from dataclasses import dataclass

import numpy as np

from keepif.trainer.controller import ALL, Controller, Sums

PROMPTS, GENERATIONS = 16, 8
LEARNING_RATE, KL = 0.03, 0.002


@dataclass(frozen=True)
class Types:
    """By type: accuracy of the completions that break the constraint, what obeying costs, obeyed before RL."""

    accuracy: np.ndarray
    price: np.ndarray
    obeyed: np.ndarray
    slack: float = 0.02

    @property
    def floors(self) -> np.ndarray:
        return self.obeyed - self.slack

    @property
    def optimum(self) -> float:
        """The accuracy of a policy that obeys just as often as the floors ask."""
        return float((self.accuracy - self.price * self.floors).mean())


RISING = Types(np.full(7, 0.6), 0.05 * np.arange(7), np.full(7, 0.6))
"""Seven types, of which the dearest costs 30 points."""


@dataclass(frozen=True)
class Trace:
    """What was obeyed at each step, by type, and the accuracy."""

    obeyed: np.ndarray
    accuracy: np.ndarray

    def shortfall(self, types: Types, last: int = 150) -> float:
        """How far below its floor the worst type is at the end."""
        return float(np.maximum(types.floors - self.obeyed[-last:].mean(0), 0).max())


class Adam:
    """The optimiser of one vector."""

    def __init__(self, size: int) -> None:
        self.mean, self.square, self.steps = np.zeros(size), np.zeros(size), 0

    def step(self, gradient: np.ndarray) -> np.ndarray:
        self.steps += 1
        self.mean = 0.9 * self.mean + 0.1 * gradient
        self.square = 0.99 * self.square + 0.01 * gradient**2
        mean, square = self.mean / (1 - 0.9**self.steps), self.square / (1 - 0.99**self.steps)
        return LEARNING_RATE * mean / (np.sqrt(square) + 1e-8)


def simulate(types: Types, controller: Controller, steps: int = 600, seed: int = 0) -> Trace:
    """Train one policy under `controller`."""
    rng, count = np.random.default_rng(seed), len(types.obeyed)
    before, learned, adam = np.log(types.obeyed / (1 - types.obeyed)), np.zeros(count + 1), Adam(count + 1)
    trace = Trace(np.empty((steps, count)), np.empty(steps))
    for step in range(steps):
        obeying = 1 / (1 + np.exp(-(before + learned[:-1] + learned[-1])))
        trace.obeyed[step] = obeying
        trace.accuracy[step] = (types.accuracy - types.price * obeying).mean()

        kind = rng.integers(count, size=PROMPTS)
        f = (rng.random((PROMPTS, GENERATIONS)) < obeying[kind, None]).astype(float)
        c = rng.random(f.shape) < types.accuracy[kind, None] - types.price[kind, None] * f
        reward = _rewards(c.astype(float), f, kind, controller)
        advantage = (reward - reward.mean(1, keepdims=True)) / (reward.std(ddof=1) + 1e-4)
        # The gradient of log π is f less the probability, which drops out: a group's advantages add up to 0.
        gradient = np.zeros(count)
        np.add.at(gradient, kind, (advantage * f).sum(1) / f.size)
        drift = KL / count * obeying * (1 - obeying) * (learned[:-1] + learned[-1])
        learned += adam.step(np.append(gradient - drift, gradient.sum()))
        controller.tick(_sums(f, kind, types.floors, controller))
    return trace


def _rewards(c: np.ndarray, f: np.ndarray, kind: np.ndarray, controller: Controller) -> np.ndarray:
    """What combine() pays for prompts with one constraint each."""
    multipliers, pressures = controller.multipliers, controller.multipliers.by_type
    lam = np.array([pressures[str(k)].lam if pressures and str(k) in pressures else multipliers.lam for k in kind])
    loud = np.array([pressures[str(k)].loudness if pressures and str(k) in pressures else 1.0 for k in kind])
    earned = c + lam[:, None] * f + multipliers.bonus * c * f
    return loud[:, None] * earned / (1 + multipliers.most + multipliers.bonus)


def _sums(f: np.ndarray, kind: np.ndarray, floors: np.ndarray, controller: Controller) -> Sums:
    short = floors[kind] - f.mean(1)
    if not controller.by_type:
        return Sums({ALL: (f.size, float(short.sum() * GENERATIONS))})
    return Sums(
        {
            str(k): (int((kind == k).sum()) * GENERATIONS, float(short[kind == k].sum() * GENERATIONS))
            for k in np.unique(kind)
        }
    )
