"""The one line of arithmetic: correctness, compliance and the length penalty as one reward."""

from dataclasses import dataclass

CAP = 0.95
"""λ + μ may not exceed it: below 1, every correct completion outranks every wrong one."""
LAM = 0.3
"""Default λ, and where the law's λ starts."""
BONUS = 0.5
"""Default ν. Measured in recipes/results: compliance of correct completions costs no accuracy there."""


@dataclass(frozen=True)
class Multipliers:
    """What compliance and length weigh, beside a correctness of 1.

    Args:
        lam (`float`, *optional*, defaults to `0.3`): λ, the price of compliance.
        mu (`float`, *optional*, defaults to `0.0`): μ, the price of length.
        bonus (`float`, *optional*, defaults to `0.5`): ν, what compliance adds to a correct completion. It goes to
            correct completions only, so that no ν can let a wrong one outrank them.

    Raises:
        `ValueError`: if one is negative, or if λ + μ > 0.95, which would let a wrong completion outrank a correct one.
    """

    lam: float = LAM
    mu: float = 0.0
    bonus: float = BONUS

    def __post_init__(self) -> None:
        if not (self.lam >= 0 and self.mu >= 0 and self.lam + self.mu <= CAP):
            raise ValueError(
                f"the multipliers must be at least 0 and λ + μ at most {CAP}, so that a correct completion always "
                f"outranks a wrong one; found λ = {self.lam}, μ = {self.mu}"
            )
        if not 0 <= self.bonus < float("inf"):
            raise ValueError(f"the bonus must be a number of at least 0, found {self.bonus}")


def combine(c: float | None, f: float | None, p: float, multipliers: Multipliers) -> float:
    r"""$(c + \lambda f - \mu p + \nu c f (1 - \mu p)) / (1 + \lambda + \mu + \nu)$, for $c$, $f$, $p$ in [0, 1].

    The bonus shrinks with the length penalty, so that it does not outbid a budget. A prompt without constraints has
    no f: the term of λ is left out, and the bonus is as if all constraints were kept, so that correctness weighs the
    same on every prompt. A prompt without a gold answer has no c, and the reward is f.

    >>> m = Multipliers(lam=0.5, mu=0.4, bonus=0.1)
    >>> combine(1.0, 0.0, 1.0, m), combine(0.0, 1.0, 0.0, m)
    (0.3, 0.25)
    """
    lam, mu, nu = multipliers.lam, multipliers.mu, multipliers.bonus
    if c is None:
        return f or 0.0
    if f is None:
        return (c - mu * p + nu * c * (1 - mu * p)) / (1 + mu + nu)
    return (c + lam * f - mu * p + nu * c * f * (1 - mu * p)) / (1 + lam + mu + nu)


def length_penalty(c: float | None, tokens: int, budget: int | None) -> float:
    r"""$p = c \cdot \mathrm{clip}((\ell - B) / B, 0, 1)$: how far a correct completion overran its budget.

    ℓ is its length and B the budget, in tokens. Wrong completions pay nothing, so that giving up early never
    pays. Without a budget (`None`) nobody pays.

    >>> [length_penalty(1.0, tokens, budget=100) for tokens in (80, 150, 400)]
    [0.0, 0.5, 1.0]
    >>> length_penalty(0.0, 400, budget=100)
    0.0
    """
    if not c or not budget:
        return 0.0
    return c * min(max((tokens - budget) / budget, 0.0), 1.0)
