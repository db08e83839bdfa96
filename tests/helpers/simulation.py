"""The control law in a world small enough to solve: the real controller and reward, with numpy in place of a model.

A prompt has one of three difficulties, a completion one of nine styles: four lengths, at each of which it obeys the
constraints or minds the answer only, and one that stuffs itself with what the check looks for. Longer styles are more
often correct and keep fewer constraints, so whoever learns correctness alone unlearns compliance. The policy is a
softmax over styles that learns as in TRL with `scale_rewards="batch"`; what it learns of one difficulty carries over
to the others. This shows how the law controls and what its reward favours, not what a language model learns.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from keepif.rewards import Multipliers, Score, combine
from keepif.trainer.controller import ALL, Controller, Sums

PROMPTS, GENERATIONS, STEPS = 16, 8, 1200
LEARNING_RATE, KL = 0.03, 0.002
SLACK = 0.02
"""How far the floor is below what the reference keeps."""
LAST = 300
"""Steps at the end of a run over which results are averaged."""


@dataclass(frozen=True)
class World:
    """What the styles (columns, the stuffing one last) are worth at each difficulty (rows)."""

    share: np.ndarray
    correct: np.ndarray
    kept: np.ndarray
    tokens: np.ndarray
    reference: np.ndarray

    @cached_property
    def floors(self) -> np.ndarray:
        """By difficulty, what the reference keeps, less the slack."""
        return self.reference @ self.kept - SLACK

    def optimum(self, floor: float, budget: float = np.inf) -> float:
        """Highest correctness of any policy that holds both, from the dual of the linear program; the budget is for
        the mean correct completion.

        It is the least dual value on a grid of prices, which can only overstate it.
        """
        lam = np.linspace(0, 1, 1001)[:, None, None]
        prices = np.linspace(0, 1, 501) if budget < np.inf else [0.0]
        worth = self.correct + lam * (self.kept - floor)
        over = self.correct * (self.tokens / budget - 1)
        return min((worth - mu * over).max(-1).dot(self.share).min() for mu in prices)


def _world() -> World:
    answering = np.array([[0.75, 0.88, 0.91, 0.91], [0.28, 0.58, 0.74, 0.79], [0.04, 0.14, 0.33, 0.47]])
    habit = np.array([[0.30, 0.40, 0.25, 0.05], [0.12, 0.33, 0.38, 0.17], [0.08, 0.24, 0.38, 0.30]])
    minding, obeying, stuffing = [0.72, 0.62, 0.47, 0.32], [0.93, 0.89, 0.82, 0.70], 0.96
    return World(
        share=np.array([0.40, 0.35, 0.25]),
        correct=np.hstack([answering, 0.95 * answering, np.full((3, 1), 0.02)]),
        kept=np.array([*minding, *obeying, stuffing]),
        tokens=np.array([250.0, 900.0, 2200.0, 5000.0] * 2 + [120.0]),
        reference=np.hstack([0.49 * habit, 0.49 * habit, np.full((3, 1), 0.02)]),
    )


WORLD = _world()


class Policies:
    """One policy a seed: logits by difficulty and, in the last row, those that all difficulties share."""

    def __init__(self, seeds: int) -> None:
        own = np.log(WORLD.reference)
        self.logits = np.tile(np.vstack([own, np.zeros_like(own[:1])]), (seeds, 1, 1))
        self.mean, self.square, self.steps = np.zeros_like(self.logits), np.zeros_like(self.logits), 0

    def probabilities(self) -> np.ndarray:
        odds = np.exp(self.logits[:, :-1] + self.logits[:, -1:])
        return odds / odds.sum(-1, keepdims=True)

    def learn(self, gradient: np.ndarray) -> None:
        """A step of Adam along the reward's gradient less that of the divergence from the reference."""
        now = self.probabilities()
        drift = np.log(now / WORLD.reference)
        drift -= (now * drift).sum(-1, keepdims=True)
        gradient = gradient - KL * WORLD.share[:, None] * now * drift
        gradient = np.concatenate([gradient, gradient.sum(1, keepdims=True)], axis=1)
        self.steps += 1
        self.mean = 0.9 * self.mean + 0.1 * gradient
        self.square = 0.99 * self.square + 0.01 * gradient**2
        mean, square = self.mean / (1 - 0.9**self.steps), self.square / (1 - 0.99**self.steps)
        self.logits += LEARNING_RATE * mean / (np.sqrt(square) + 1e-8)


@dataclass(frozen=True)
class Trace:
    """What every seed's policy and multipliers were at every step."""

    policies: np.ndarray
    lam: np.ndarray
    mu: np.ndarray

    def expected(self, table: np.ndarray) -> np.ndarray:
        """Mean over prompts and completions of a table by style, for every step and seed."""
        return np.einsum("tska,ka,k->ts", self.policies, np.broadcast_to(table, WORLD.correct.shape), WORLD.share)

    def last(self, table: np.ndarray) -> float:
        """The same, averaged over seeds and the last steps."""
        return self.expected(table)[-LAST:].mean()

    def violation(self, floor: float) -> float:
        """How far below the floor the last steps are, where above counts 0."""
        return np.maximum(floor - self.expected(WORLD.kept)[-LAST:], 0).mean()

    def dip(self, floor: float) -> float:
        """How far below the floor a seed's worst step is, averaged over seeds."""
        return np.maximum(floor - self.expected(WORLD.kept), 0).max(0).mean()

    def sway(self) -> float:
        """Standard deviation of a seed's compliance over the last steps, averaged over seeds."""
        return self.expected(WORLD.kept)[-LAST:].std(0).mean()


def rewards(c: np.ndarray, f: np.ndarray, tokens: np.ndarray, m: Multipliers, budget: float | None) -> np.ndarray:
    """What KeepIF pays for many completions at once."""
    p = c * np.clip(tokens / budget - 1, 0, 1) if budget else np.zeros_like(c)
    return combine(Score(c, f, p), m)  # pyright: ignore[reportArgumentType, reportReturnType]


def advantages(reward: np.ndarray) -> np.ndarray:
    """TRL's with `scale_rewards="batch"`, of rewards by seed, prompt and generation."""
    return (reward - reward.mean(2, keepdims=True)) / (reward.std((1, 2), ddof=1, keepdims=True) + 1e-4)


def simulate(
    controllers: Sequence[Controller], floors: np.ndarray = WORLD.floors, steps: int = STEPS, lag: int = 0
) -> Trace:
    """Train one policy under each controller, which hears of a batch `lag` steps late."""
    seeds = len(controllers)
    rng, policies, each = np.random.default_rng(0), Policies(seeds), np.arange(seeds)[:, None, None]
    trace = Trace(np.empty((steps, seeds, *WORLD.correct.shape)), np.empty((steps, seeds)), np.empty((steps, seeds)))
    unheard: deque[list[Sums]] = deque()
    for step in range(steps):
        multipliers = [controller.multipliers for controller in controllers]
        now = trace.policies[step] = policies.probabilities()
        trace.lam[step], trace.mu[step] = [m.lam for m in multipliers], [m.mu for m in multipliers]

        difficulty = rng.choice(len(WORLD.share), size=(seeds, PROMPTS, 1), p=WORLD.share)
        bounds = now.cumsum(-1)[each, difficulty]
        style = (rng.random((seeds, PROMPTS, GENERATIONS, 1)) > bounds[..., :-1]).sum(-1)
        c = (rng.random(style.shape) < WORLD.correct[difficulty, style]).astype(float)
        f = (rng.random(style.shape) < WORLD.kept[style]).astype(float)
        tokens, count = WORLD.tokens[style], PROMPTS * GENERATIONS

        budgets = [controller.budget for controller in controllers]
        reward = np.array([rewards(*row) for row in zip(c, f, tokens, multipliers, budgets, strict=True)])
        # The gradient of log π is the style less π; π drops out, for the advantages of a group add up to 0.
        gradient = np.zeros_like(now)
        np.add.at(gradient, (each, difficulty, style), advantages(reward) / count)
        policies.learn(gradient)

        shortfall, right, length = (floors[difficulty] - f).sum((1, 2)), c.sum((1, 2)), (c * tokens).sum((1, 2))
        unheard.append([Sums({ALL: (count, s)}, int(n), t) for s, n, t in zip(shortfall, right, length, strict=True)])
        if len(unheard) > lag:
            for controller, sums in zip(controllers, unheard.popleft(), strict=True):
                controller.tick(sums)
    return trace
