"""Length: tokens over budget, for correct completions only."""


def length_penalty(correct: float | None, tokens: int, budget: int | None) -> float:
    r"""$p = c \cdot \mathrm{clip}((\ell - B) / B, 0, 1)$: how far a correct completion overran its budget.

    Wrong completions pay nothing, so that giving up early never pays; a budget of `None` asks for nothing.

    >>> [length_penalty(1.0, tokens, budget=100) for tokens in (80, 150, 400)]
    [0.0, 0.5, 1.0]
    >>> length_penalty(0.0, 400, budget=100)
    0.0
    """
    if not correct or not budget:
        return 0.0
    return correct * min(max((tokens - budget) / budget, 0.0), 1.0)
