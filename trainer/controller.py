"""The law: feedback that moves the multipliers so that every constraint type holds its floor, and length its budget.

Pure arithmetic. After each generation batch, from what the batch adds up to over all ranks, for each type with n
verdicts in it,

    e = mean over them of (floor - verdict)
    ē = ē + n / (n + M) (e - ē)
    I = clip(I + K_I * n / (n + M') * (ē if ē > 0 else release * ē), 0, top)
    u = clip(K_P * ē + I, 0, top)
    λₖ = min(u, cap),  wₖ = 1 + K_W * max(u - cap, 0), divided by the smallest of them

are the price and the loudness of the type for the next batch; μ moves likewise, with the error tokens / budget - 1,
the mean over the completions that it charges. I begins at what the policy before RL says that the type costs:

    MILD + K_C * max(cost - CHEAP, 0), at most `start`;  cost = accuracy if it is broken - accuracy if it is kept

and at `start` if that was not measured.

This is the PID Lagrangian method (Stooke, Achiam and Abbeel, arXiv 2007.03964) without its derivative term, one loop a
constraint. What is ours: the averaged error moves by its evidence, so that a type that is seen rarely is not moved by
noise; a type begins as dear as it was measured, because one that was unlearned comes back slowly, and a price that is
not needed slows the learning; and if a price at its cap does not hold a type, its prompts are heard louder, which
keeps the order of the completions of every prompt.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from keepif.rewards import CAP, Multipliers
from keepif.rewards.combine import BONUS, LAM, Pressure

MEMORY, PRIOR = 64, 320
"""M: verdicts after which half of the averaged error is new. At first it is what is left of a prior of so many
verdicts on the floor, so that noise in the first ticks does not undo the start."""
ENOUGH = 16
"""M': verdicts in a tick with which the integral moves at half its rate."""
PATIENCE = 30
"""Ticks at the top, still in error, after which a floor or budget is called infeasible."""
LENGTH_CAP = 0.5
"""Largest μ; with a budget λ has the rest of `CAP`, so that λ + μ < 1 whatever the two loops do."""
LOUDEST = 16.0
"""Largest w."""
MILD, CHEAP = 0.5, 0.2
"""The multiplier that a type begins with if keeping it costs at most so much accuracy before RL: enough that noise in
sixteen completions a tick does not undo it."""
ALL, LENGTH = "all constraints", "length"
"""What is held if the floor is one on the mean, and what a budget holds."""


@dataclass(frozen=True)
class Gains:
    """How one loop answers its error.

    Near the set point compliance drifts at a rate h (λ - λ*), which makes the loop an oscillator of frequency √(h K_I)
    and damping (K_P / 2) √(h / K_I). With h = 0.006 a step, measured in simulation, K_P = 4 and K_I = 0.02 give a
    damping of 1.1, and stay stable with errors that arrive 16 ticks late (tests/trainer/test_control_simulation.py).

    Attributes:
        proportional (`float`): K_P, multiplier per unit of averaged error.
        integral (`float`): K_I, multiplier per unit of averaged error and tick.
        start (`float`): the multiplier and its integral before the first tick, if its cost is not known. Beyond `CAP`
            it is as far beyond the loop's own cap.
        loudness (`float`): K_W, loudness per unit of multiplier above the cap; 0 for none.
        release (`float`): share of K_I that acts while the averaged error is negative.
        cost (`float`): K_C, multiplier at the start per unit of accuracy that keeping the type costs before RL.
    """

    proportional: float
    integral: float
    start: float
    loudness: float = 0.0
    release: float = 0.25
    cost: float = 0.0

    def started(self, cost: float) -> float:
        """The multiplier to begin with, for a type that costs so much accuracy before RL."""
        return min(MILD + self.cost * max(cost - CHEAP, 0.0), self.start)


FLOOR_GAINS = Gains(proportional=4.0, integral=0.02, start=LAM)
TYPE_GAINS = Gains(proportional=8.0, integral=0.15, start=1.3, loudness=8.0, release=0.5, cost=3.0)
"""Of each type. One that costs more than 35 points of accuracy begins beyond the cap, and so does every type if
nothing was measured."""
SWITCH_GAINS = Gains(proportional=1e9, integral=0.0, start=0.0)
"""λ as a relay, for the aggregation `switching`: at its cap while the averaged error is positive, else 0."""
LENGTH_GAINS = Gains(proportional=4.0, integral=0.05, start=0.0)
"""With 2 and 0.02 length overran its budget by 6 % after 100 steps in simulation, with these by 2 %."""


@dataclass
class Loop:
    """One multiplier with the state that moves it.

    Attributes:
        value (`float`): u.
        integral (`float`): I.
        average (`float`): ē.
        verdicts (`int`): verdicts heard so far.
        topped (`int`): ticks that it has been at its top, in error.
    """

    gains: Gains
    cap: float
    value: float
    integral: float
    average: float = 0.0
    verdicts: int = 0
    topped: int = 0

    @classmethod
    def started(cls, gains: Gains, cap: float, start: float | None = None) -> "Loop":
        start = gains.start if start is None else start
        start = start if start <= cap else cap + max(start - CAP, 0.0)
        return cls(gains, cap, value=start, integral=start)

    @property
    def top(self) -> float:
        """The largest u: the cap, and what the loudness takes beyond it."""
        return self.cap + ((LOUDEST - 1) / self.gains.loudness if self.gains.loudness else 0.0)

    @property
    def price(self) -> float:
        """The multiplier up to its cap: λ."""
        return min(self.value, self.cap)

    @property
    def loudness(self) -> float:
        """What the multiplier beyond its cap comes to."""
        return 1.0 + self.gains.loudness * max(self.value - self.cap, 0.0)

    @property
    def infeasible(self) -> bool:
        """Whether the multiplier has long been at its top and the error has not gone."""
        return self.topped > PATIENCE

    def tick(self, error: float, verdicts: int) -> None:
        """Move the multiplier by the mean `error` of so many verdicts; a positive one is a violation."""
        gains = self.gains
        self.verdicts += verdicts
        memory = max(MEMORY, PRIOR - self.verdicts)
        self.average += verdicts / (verdicts + memory) * (error - self.average)
        rate = gains.integral * verdicts / (verdicts + ENOUGH) * (1.0 if self.average > 0 else gains.release)
        self.integral = self._within(self.integral + rate * self.average)
        self.value = self._within(gains.proportional * self.average + self.integral)
        self.topped = self.topped + 1 if self.value == self.top and self.average > 0 else 0

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
        return min(max(value, 0.0), self.top)


@dataclass(frozen=True)
class Sums:
    """What the law needs to know of a batch, added up over all ranks.

    Attributes:
        held (`Mapping[str, tuple[int, float]]`): number of verdicts and sum of floor - verdict, by instruction id or,
            for a floor on the mean, of [`ALL`].
        charged (`int`): completions that μ charges if they are long.
        tokens (`int`): sum of their lengths.
    """

    held: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    charged: int = 0
    tokens: int = 0


class Controller:
    """λₖ, wₖ and μ, moved once a generation batch.

    Args:
        bonus (`float`, *optional*): ν, which no loop moves.
        gains ([`Gains`], *optional*): of the loops that move λ.
        by_type (`bool`, *optional*): whether each constraint type has a loop, or their mean has one.

    Attributes:
        loops (`dict[str, Loop]`): by instruction id, or of [`ALL`].
        waiting (`dict[str, Loop]`): of the types whose cost is known, and that no batch has asked for yet.
        mu ([`Loop`]): moves μ.
    """

    def __init__(self, bonus: float = BONUS, gains: Gains = TYPE_GAINS, *, by_type: bool = True) -> None:
        self.bonus, self.gains, self.by_type = bonus, gains, by_type
        self.budget: int | None = None
        self.cap = CAP
        self.loops: dict[str, Loop] = {}
        self.waiting: dict[str, Loop] = {}
        self.mu = Loop.started(LENGTH_GAINS, LENGTH_CAP)

    def hold_length(self, budget: int) -> None:
        """Move μ too, so that the mean completion has `budget` tokens at most; without this it stays 0."""
        self.budget = budget
        self.cap = CAP - LENGTH_CAP
        for loop in self._all.values():
            loop.clip(self.cap)

    def begin(self, costs: Mapping[str, float]) -> None:
        """Begin with what keeping each type cost before RL: how much less often completions that keep it are right.

        Types that it does not name, and all without it, begin at the start of their gains.
        """
        for kind, cost in costs.items():
            self.waiting[kind] = Loop.started(self.gains, self.cap, self.gains.started(cost))

    @property
    def multipliers(self) -> Multipliers:
        """What the next batch is rewarded with."""
        start = Loop.started(self.gains, self.cap)
        if not self.by_type:
            return Multipliers(self.loops.get(ALL, start).price, self.mu.value, self.bonus)
        return Multipliers(start.price, self.mu.value, self.bonus, self._pressures(self._all))

    @property
    def pressures(self) -> dict[str, Pressure]:
        """λₖ and wₖ by what is held and has been asked for."""
        return self._pressures(self.loops)

    @property
    def _all(self) -> dict[str, Loop]:
        return {**self.waiting, **self.loops}

    def _pressures(self, loops: Mapping[str, Loop]) -> dict[str, Pressure]:
        """Of some of the loops. The quietest of all has w = 1: only how loud the others are beside it counts."""
        quietest = min((loop.loudness for loop in self._all.values()), default=1.0)
        return {kind: Pressure(loop.price, loop.loudness / quietest) for kind, loop in loops.items()}

    def tick(self, sums: Sums) -> Multipliers:
        """Take in one batch. Errors are rounded, so that the order in which ranks were added up leaves no trace."""
        if self.budget and sums.charged:
            self.mu.tick(round(sums.tokens / sums.charged / self.budget - 1, 9), sums.charged)
        for kind, (verdicts, shortfall) in sorted(sums.held.items()):
            if kind not in self.loops:
                self.loops[kind] = self.waiting.get(kind) or Loop.started(self.gains, self.cap)
            self.loops[kind].tick(round(shortfall / verdicts, 9), verdicts)
        return self.multipliers

    @property
    def gauges(self) -> dict[str, float]:
        """What the dashboard shows of each type."""
        shown: dict[str, float] = {}
        for kind, pressure in self.pressures.items():
            shown[f"keepif/lambda/{kind}"] = pressure.lam
            shown[f"keepif/loudness/{kind}"] = pressure.loudness
            shown[f"keepif/error/{kind}"] = self.loops[kind].average
        return shown

    @property
    def furthest_below(self) -> str | None:
        """What is furthest below its floor, by the averaged error; `None` before the first tick."""
        return max(self.loops, key=lambda kind: self.loops[kind].average, default=None)

    @property
    def infeasible(self) -> list[str]:
        """What cannot be held with what the caps allow."""
        held = {**self.loops, LENGTH: self.mu}
        return [kind for kind, loop in held.items() if loop.infeasible]

    def state(self) -> dict[str, Any]:
        """Everything that moves, as JSON."""
        return {"loops": {kind: loop.state() for kind, loop in self.loops.items()}, "mu": self.mu.state()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state that [`Controller.state`] gave."""
        start = Loop.started(self.gains, self.cap)
        self.loops = {kind: start.restored(stored) for kind, stored in state["loops"].items()}
        self.mu = self.mu.restored(state["mu"])
