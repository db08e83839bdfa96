"""The law: feedback that moves the multipliers so that compliance holds its floor and length its budget.

Pure arithmetic. After each generation batch, from what the batch adds up to over all ranks,

    e = mean of (floor of the prompt - compliance of the completion), over completions with constraints
    ē = moving average of e, corrected for its start at 0
    I = clip(I + K_I * (e if e > 0 else release * e), 0, cap)
    λ = clip(K_P * ē + I, 0, cap)

is the multiplier for the next batch; μ moves likewise, with the error mean tokens / budget - 1. This is the PID
Lagrangian method (Stooke, Achiam and Abbeel, arXiv 2007.03964) without its derivative term, and with two changes: the
integral lets go at a quarter of the rate at which it takes hold, so that errors fall on the safe side, and λ starts
at 0.3, because without a warm start the first dip is the worst.
"""

from dataclasses import dataclass, replace
from typing import Any

from keepif.rewards import CAP, Multipliers
from keepif.rewards.combine import BONUS, LAM

ENOUGH = 16
"""Completions with constraints that a tick of λ needs; fewer wait for the next batch."""
PATIENCE = 50
"""Ticks at the cap, still in error, after which a floor or budget is called infeasible."""
LENGTH_CAP = 0.5
"""Largest μ; with a budget λ has the rest of `CAP`, so that λ + μ < 1 whatever the two loops do."""


@dataclass(frozen=True)
class Gains:
    """How one loop answers its error.

    Near the set point compliance drifts at a rate h (λ - λ*), which makes the loop an oscillator of frequency √(h K_I)
    and damping (K_P / 2) √(h / K_I). With h = 0.006 a step, measured in simulation, K_P = 4 and K_I = 0.01 give a
    damping of 1.5, and stay stable with errors that arrive 16 ticks late (tests/trainer/test_control_simulation.py).

    Attributes:
        proportional (`float`): K_P, multiplier per unit of averaged error.
        integral (`float`): K_I, multiplier per unit of error and tick.
        start (`float`): the multiplier and its integral before the first tick.
        release (`float`): share of K_I that acts while the error is negative.
        smoothing (`float`): weight of the past in the moving average, in [0, 1).
    """

    proportional: float
    integral: float
    start: float
    release: float = 0.25
    smoothing: float = 0.9


FLOOR_GAINS = Gains(proportional=4.0, integral=0.01, start=LAM)
SWITCH_GAINS = Gains(proportional=1e9, integral=0.0, start=0.0)
"""λ as a relay, for the aggregation `switching`: at its cap while the averaged error is positive, else 0."""
LENGTH_GAINS = Gains(proportional=2.0, integral=0.02, start=0.0)
"""With 0.5 and 0.01 length overran its budget by 18 % in simulation before it was held, with these by 6 %."""


@dataclass
class Loop:
    """One multiplier, `value`, with the state that moves it."""

    gains: Gains
    cap: float
    value: float
    integral: float
    total: float = 0.0
    ticks: int = 0
    capped: int = 0

    @classmethod
    def started(cls, gains: Gains, cap: float) -> "Loop":
        start = min(gains.start, cap)
        return cls(gains, cap, value=start, integral=start)

    @property
    def average(self) -> float:
        """ē: the moving average of the error."""
        return self.total / (1 - self.gains.smoothing**self.ticks) if self.ticks else 0.0

    @property
    def infeasible(self) -> bool:
        """Whether the multiplier has long been at its cap and the error has not gone."""
        return self.capped > PATIENCE and self.average > 0

    def tick(self, error: float) -> None:
        """Move the multiplier; a positive `error` is a violation."""
        gains, self.ticks = self.gains, self.ticks + 1
        self.total = gains.smoothing * self.total + (1 - gains.smoothing) * error
        rate = gains.integral if error > 0 else gains.integral * gains.release
        self.integral = self._within(self.integral + rate * error)
        self.value = self._within(gains.proportional * self.average + self.integral)
        self.capped = self.capped + 1 if self.value == self.cap else 0

    def clip(self, cap: float) -> None:
        """Take another cap."""
        self.cap = cap
        self.value, self.integral = self._within(self.value), self._within(self.integral)

    def state(self) -> dict[str, float]:
        """What moves, as JSON."""
        return {name: value for name, value in vars(self).items() if name not in {"gains", "cap"}}

    def restored(self, state: dict[str, float]) -> "Loop":
        """The loop in a state that [`Loop.state`] gave, within its own cap."""
        loop = replace(self, **state)  # pyright: ignore[reportArgumentType]  # counts stay whole in JSON
        loop.clip(self.cap)
        return loop

    def _within(self, value: float) -> float:
        return min(max(value, 0.0), self.cap)


@dataclass(frozen=True)
class Sums:
    """What the law needs to know of a batch, added up over all ranks.

    Attributes:
        constrained (`int`): completions whose prompt has constraints.
        shortfall (`float`): sum over them of floor - compliance.
        completions (`int`): all completions.
        tokens (`int`): sum of their lengths.
    """

    constrained: int = 0
    shortfall: float = 0.0
    completions: int = 0
    tokens: int = 0


class Controller:
    """λ and μ, moved once a generation batch.

    Args:
        bonus (`float`, *optional*): ν, which no loop moves.
        gains ([`Gains`], *optional*): of the loop that moves λ.
    """

    def __init__(self, bonus: float = BONUS, gains: Gains = FLOOR_GAINS) -> None:
        self.bonus = bonus
        self.budget: int | None = None
        self.lam = Loop.started(gains, CAP)
        self.mu = Loop.started(LENGTH_GAINS, LENGTH_CAP)
        self.waiting = (0, 0.0)

    def hold_length(self, budget: int) -> None:
        """Move μ too, so that the mean completion has `budget` tokens at most; without this it stays 0."""
        self.budget = budget
        self.lam.clip(CAP - LENGTH_CAP)

    @property
    def multipliers(self) -> Multipliers:
        """What the next batch is rewarded with."""
        return Multipliers(self.lam.value, self.mu.value, self.bonus)

    def tick(self, sums: Sums) -> Multipliers:
        """Take in one batch. Errors are rounded, so that the order in which ranks were added up leaves no trace."""
        if self.budget and sums.completions:
            self.mu.tick(round(sums.tokens / sums.completions / self.budget - 1, 9))
        constrained, shortfall = self.waiting[0] + sums.constrained, self.waiting[1] + sums.shortfall
        if constrained >= ENOUGH:
            self.lam.tick(round(shortfall / constrained, 9))
            constrained, shortfall = 0, 0.0
        self.waiting = (constrained, shortfall)
        return self.multipliers

    @property
    def infeasible(self) -> bool:
        """Whether floor or budget cannot be held with what the caps allow."""
        return self.lam.infeasible or self.mu.infeasible

    def state(self) -> dict[str, Any]:
        """Everything that moves, as JSON."""
        return {"waiting": list(self.waiting), "lam": self.lam.state(), "mu": self.mu.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that [`Controller.state`] gave."""
        constrained, shortfall = state["waiting"]
        self.waiting = (constrained, shortfall)
        self.lam, self.mu = self.lam.restored(state["lam"]), self.mu.restored(state["mu"])
