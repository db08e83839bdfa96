"""The published length penalties, each from its formula, to compare KeepIF's with.

Each takes one group, the completions of one prompt: their correctness c in {0, 1} and their lengths ℓ in tokens, and
gives the whole reward of each under that method, correctness included, in the same order.
"""

import math
from collections.abc import Callable, Sequence
from statistics import fmean

Correct = Sequence[float]
Tokens = Sequence[int]


def cosine(correct: Correct, tokens: Tokens, *, limit: int = 14_336) -> list[float]:
    r"""$\eta_L + (\eta_0 - \eta_L)(1 + \cos(\pi \ell / L)) / 2$: 2 to 1 if correct, -10 to 0 if wrong, -10
    beyond L.

    Pays wrong completions for length (Demystifying long chain-of-thought, arXiv 2502.03373). The paper's penalty for
    repeated n-grams, which keeps them from being padded, is not in it: it needs the text, and terms see lengths only.

    >>> cosine([1, 1, 0, 0, 1], [0, 100, 0, 100, 101], limit=100)
    [2.0, 1.0, -10.0, 0.0, -10.0]
    """
    ends = {True: (2.0, 1.0), False: (-10.0, 0.0)}

    def reward(c: float, length: int) -> float:
        if length > limit:
            return -10.0
        first, last = ends[c > 0]
        return last + (first - last) * (1 + math.cos(math.pi * length / limit)) / 2

    return [reward(c, length) for c, length in zip(correct, tokens, strict=True)]


def kimi(correct: Correct, tokens: Tokens, *, weight: float = 1.0) -> list[float]:
    r"""$c + w v$ with $v = 1/2 - (\ell - \ell_{min}) / (\ell_{max} - \ell_{min})$, and $\min(0, v)$ where wrong.

    Kimi k1.5 (arXiv 2501.12599); extremes are the group's, and a group of one length has v = 0.

    >>> kimi([1, 1, 0, 0], [10, 30, 10, 30])
    [1.5, 0.5, 0.0, -0.5]
    """
    if not tokens or min(tokens) == max(tokens):
        return [float(c) for c in correct]
    low, high = min(tokens), max(tokens)
    values = [0.5 - (length - low) / (high - low) for length in tokens]
    return [c + weight * (v if c else min(0.0, v)) for c, v in zip(correct, values, strict=True)]


def laser(correct: Correct, tokens: Tokens, *, target: int = 4_096, alpha: float = 0.5) -> list[float]:
    r"""$c + \alpha \cdot c [\ell \le L_T]$: a step bonus for correct completions (LASER, arXiv 2505.15612).

    >>> laser([1, 1, 0], [4_096, 4_097, 5])
    [1.5, 1.0, 0.0]
    """
    return [c + alpha * c * (length <= target) for c, length in zip(correct, tokens, strict=True)]


def gr3(correct: Correct, tokens: Tokens, *, alpha: float = 0.33) -> list[float]:
    r"""$c / (1 + \alpha \ell / \bar\ell)$ with the group's mean length $\bar\ell$ (GR3, group relative reward
    rescaling).

    >>> gr3([1, 0], [100, 300], alpha=1.0)
    [0.6666666666666666, 0.0]
    """
    mean = fmean(tokens) if tokens else 0.0
    return [c / (1 + alpha * length / mean) if mean else float(c) for c, length in zip(correct, tokens, strict=True)]


LENGTH_TERMS: dict[str, Callable[..., list[float]]] = {term.__name__: term for term in (cosine, kimi, laser, gr3)}

ONE_BY_ONE = (cosine, laser)
"""Those that look at each completion alone; the others compare it with its group."""
