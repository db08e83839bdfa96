"""The length penalty: how far a correct completion overran its budget."""


def length_penalty(c: float | None, tokens: int, budget: int | None) -> float:
    r"""$p = c \cdot \mathrm{clip}((\ell - B) / B, 0, 1)$, of ℓ tokens against a budget of B.

    Wrong completions pay nothing, so that giving up early never pays. Without a budget (`None`) nobody pays.

    >>> [length_penalty(1.0, tokens, budget=100) for tokens in (80, 150, 400)]
    [0.0, 0.5, 1.0]
    >>> length_penalty(0.0, 400, budget=100)
    0.0
    """
    if not c or not budget:
        return 0.0
    return c * min(max((tokens - budget) / budget, 0.0), 1.0)
