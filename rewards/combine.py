"""The one line of arithmetic: correctness, compliance and length as one reward."""

from dataclasses import dataclass

CAP = 0.95
"""λ + μ may not exceed it: below 1, every correct completion outranks every wrong one."""


@dataclass(frozen=True)
class Multipliers:
    """λ, the price of compliance, and μ, the price of length.

    Raises:
        `ValueError`: where one is negative, or λ + μ > 0.95, which would let a wrong completion outrank a correct one.
    """

    lam: float = 0.3
    mu: float = 0.0

    def __post_init__(self) -> None:
        if not (self.lam >= 0 and self.mu >= 0 and self.lam + self.mu <= CAP):
            raise ValueError(
                f"the multipliers must be at least 0 and λ + μ at most {CAP}, so that a correct completion always "
                f"outranks a wrong one; found λ = {self.lam}, μ = {self.mu}"
            )


def combine(c: float | None, f: float | None, p: float, multipliers: Multipliers) -> float:
    r"""$(c + \lambda f - \mu p) / (1 + \lambda + \mu)$, for $c$, $f$, $p$ in [0, 1].

    A prompt without constraints has no f, and one without a gold answer no c: their terms are left out.

    >>> m = Multipliers(lam=0.5, mu=0.4)
    >>> round(combine(1.0, 0.0, 1.0, m), 3), round(combine(0.0, 1.0, 0.0, m), 3)
    (0.316, 0.263)
    """
    lam, mu = multipliers.lam, multipliers.mu
    if c is None:
        return f or 0.0
    if f is None:
        return (c - mu * p) / (1 + mu)
    return (c + lam * f - mu * p) / (1 + lam + mu)
