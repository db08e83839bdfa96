"""The one line of arithmetic: correctness, compliance and the length penalty as one reward."""

from collections.abc import Mapping
from dataclasses import dataclass

from .score import Score

CAP = 0.95
"""λ + μ may not exceed it: below 1, every correct completion outranks every wrong one."""
LAM = 0.3
"""Default λ, and where the controller starts if it holds the mean; by type it starts at what the type costs."""
BONUS = 0.5
"""Default ν. Measured in recipes/results: compliance of correct completions costs no accuracy there."""


@dataclass(frozen=True)
class Pressure:
    """What one constraint type weighs.

    Attributes:
        lam (`float`): λₖ, the price of keeping it.
        loudness (`float`): wₖ, the weight of all rewards of a prompt that asks for it. It changes no order among the
            completions of a prompt; it changes how much the policy learns from that prompt.
    """

    lam: float = LAM
    loudness: float = 1.0


@dataclass(frozen=True)
class Multipliers:
    """What compliance and length weigh, beside a correctness of 1.

    Args:
        lam (`float`, *optional*, defaults to `0.3`): λ, the price of compliance.
        mu (`float`, *optional*, defaults to `0.0`): μ, the price of length.
        bonus (`float`, *optional*, defaults to `0.5`): ν, what compliance adds to a correct completion. It goes to
            correct completions only, so that no ν can let a wrong one outrank them.
        by_type (`Mapping[str, Pressure]`, *optional*): λₖ and wₖ by instruction id, in place of λ. A type that is not
            named has λ and is as loud as any.

    Raises:
        `ValueError`: if one is negative, or if λ + μ > 0.95, which would let a wrong completion outrank a correct one.
    """

    lam: float = LAM
    mu: float = 0.0
    bonus: float = BONUS
    by_type: Mapping[str, Pressure] | None = None

    def __post_init__(self) -> None:
        largest = max([self.lam, *(pressure.lam for pressure in (self.by_type or {}).values())])
        smallest = min([self.lam, *(pressure.lam for pressure in (self.by_type or {}).values())])
        if not (smallest >= 0 and self.mu >= 0 and largest + self.mu <= CAP):
            raise ValueError(
                f"the multipliers must be at least 0 and λ + μ at most {CAP}, so that a correct completion always "
                f"outranks a wrong one; found λ = {largest}, μ = {self.mu}"
            )
        if not 0 <= self.bonus < float("inf"):
            raise ValueError(f"the bonus must be a number of at least 0, found {self.bonus}")

    @property
    def most(self) -> float:
        """What compliance can be worth at most: λ, or what μ leaves of the cap."""
        return self.lam if self.by_type is None else CAP - self.mu

    def share_of_most(self, score: Score) -> float:
        r"""The completion's compliance as a share of [`most`]: f, or $\sum_k \lambda_k f_k$ over it, 1 at most.

        A dear instruction does not share its price with those beside it in the prompt: prices add up. If they come to
        more than the most, all shrink alike.
        """
        if self.by_type is None:
            return 0.0 if score.f is None else score.f
        price = sum(self._of(kind).lam * weight for kind, weight in score.weights.items())
        earned = sum(self._of(kind).lam * credit for kind, credit in score.earned.items())
        return earned / max(price, self.most) if price else 0.0

    def loudness(self, score: Score) -> float:
        """The weight of the prompt: that of its loudest constraint type."""
        return max((self._of(kind).loudness for kind in score.weights), default=1.0) if self.by_type else 1.0

    def _of(self, kind: str) -> Pressure:
        return (self.by_type or {}).get(kind) or Pressure(self.lam)


def combine(score: Score, multipliers: Multipliers) -> float:
    r"""$w\,(c + \sum_k \lambda_k f_k - \mu p + \nu c f (1 - \mu p)) / (1 + \Lambda + \mu + \nu)$, all in [0, 1] but w.

    With one λ for all types the sum is λ f and Λ is λ; with one λ a type, Λ + μ is 0.95, the most that they can be.
    The bonus shrinks with the length penalty, so that it does not outbid a budget. A prompt without constraints has no
    f: sum and Λ are left out, and the bonus is as if all were kept, so that correctness does not weigh less there. A
    prompt without a gold answer has no c, and the reward is w f.

    >>> m = Multipliers(lam=0.5, mu=0.4, bonus=0.1)
    >>> combine(Score(1.0, 0.0, p=1.0), m), combine(Score(0.0, 1.0), m)
    (0.3, 0.25)
    """
    c, f, p, mu, nu = score.c, score.f, score.p, multipliers.mu, multipliers.bonus
    if c is None:
        return multipliers.loudness(score) * (f or 0.0)
    if f is None:
        return (c - mu * p + nu * c * (1 - mu * p)) / (1 + mu + nu)
    most = multipliers.most
    earned = c + most * multipliers.share_of_most(score) - mu * p + nu * c * f * (1 - mu * p)
    return multipliers.loudness(score) * earned / (1 + most + mu + nu)
