"""The published length penalties, each from its formula, to compare KeepIF's with.

Each takes one group, the completions of one prompt: their correctness c in {0, 1} and their lengths ℓ in tokens, and
gives the whole reward of each under that method, correctness included, in the same order.
"""

import math
from collections.abc import Callable, Sequence
from statistics import fmean, pstdev

Correct = Sequence[float]
Tokens = Sequence[int]


def dapo_overlong(correct: Correct, tokens: Tokens, *, limit: int = 20_480, cache: int = 4_096) -> list[float]:
    r"""Soft overlong punishment: $c + \mathrm{clip}((L - C - \ell) / C, -1, 0)$ (DAPO, arXiv 2503.14476).

    >>> dapo_overlong([1, 1, 0], [50, 90, 200], limit=100, cache=20)
    [1.0, 0.5, -1.0]
    """
    return [
        c + min(max((limit - cache - length) / cache, -1.0), 0.0) for c, length in zip(correct, tokens, strict=True)
    ]


def cosine(correct: Correct, tokens: Tokens, *, limit: int = 14_336) -> list[float]:
    r"""$\eta_L + (\eta_0 - \eta_L)(1 + \cos(\pi \ell / L)) / 2$: 2 to 1 where correct, -10 to 0 where wrong, -10
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


def l1_exact(correct: Correct, tokens: Tokens, *, target: int = 2_048, alpha: float = 3e-4) -> list[float]:
    r"""$c - \alpha |n^* - \ell|$ (LCPO-Exact of L1, arXiv 2503.04697).

    >>> l1_exact([1, 0], [1_048, 2_048])
    [0.7, 0.0]
    """
    return [c - alpha * abs(target - length) for c, length in zip(correct, tokens, strict=True)]


def l1_max(
    correct: Correct, tokens: Tokens, *, target: int = 2_048, alpha: float = 5e-4, delta: float = 0.5
) -> list[float]:
    r"""$c \cdot \mathrm{clip}(\alpha (n^* - \ell) + \delta, 0, 1)$ (LCPO-Max of L1, arXiv 2503.04697).

    >>> l1_max([1, 1, 1, 0], [2_048, 1_048, 9_000, 1_048])
    [0.5, 1.0, 0.0, 0.0]
    """
    return [
        c * min(max(alpha * (target - length) + delta, 0.0), 1.0) for c, length in zip(correct, tokens, strict=True)
    ]


def alp(correct: Correct, tokens: Tokens, *, beta: float = 1e-7) -> list[float]:
    r"""$c - \beta \ell \max(\hat p, 1/K)$: length costs more where the group's solve rate $\hat p$ is high.

    Adaptive length penalty (arXiv 2506.05256). Wrong completions pay as well.

    >>> alp([1, 0], [1_000_000, 5_000_000])
    [0.95, -0.25]
    """
    if not tokens:
        return []
    price = beta * max(fmean(correct), 1 / len(correct))
    return [c - price * length for c, length in zip(correct, tokens, strict=True)]


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


def shorter_better(correct: Correct, tokens: Tokens, *, alpha: float = 2.0, beta: float = 1e-3) -> list[float]:
    r"""$\alpha c - \beta |\ell - \ell^*|$, $\ell^*$ the shortest correct length of the group, or its mean length.

    ShorterBetter (arXiv 2504.21370). Wrong completions pay as well.

    >>> shorter_better([1, 1, 0], [100, 300, 200])
    [2.0, 1.8, -0.1]
    """
    if not tokens:
        return []
    best = min((length for c, length in zip(correct, tokens, strict=True) if c), default=fmean(tokens))
    return [alpha * c - beta * abs(length - best) for c, length in zip(correct, tokens, strict=True)]


def arora_zanette(correct: Correct, tokens: Tokens, *, alpha: float = 0.1) -> list[float]:
    r"""$c (1 - \alpha \sigma((\ell - m) / s))$, m and s the mean and deviation of the group's correct lengths.

    Training language models to reason efficiently (arXiv 2502.04463).

    >>> arora_zanette([1, 0], [100, 300], alpha=0.2)
    [0.9, 0.0]
    """
    right = [length for c, length in zip(correct, tokens, strict=True) if c]
    if not right:
        return [0.0] * len(tokens)
    mean, spread = fmean(right), pstdev(right) + 1e-7

    def share(length: int) -> float:
        return 0.5 * (1 + math.tanh((length - mean) / spread / 2))  # the logistic function, without overflow

    return [c * (1 - alpha * share(length)) for c, length in zip(correct, tokens, strict=True)]


def think_prune(correct: Correct, tokens: Tokens, *, limit: int = 4_000) -> list[float]:
    r"""$c \cdot [\ell \le L]$: what is cut off is wrong (ThinkPrune, arXiv 2504.01296; DLER).

    >>> think_prune([1, 1, 0], [4_000, 4_001, 5])
    [1.0, 0.0, 0.0]
    """
    return [float(c) * (length <= limit) for c, length in zip(correct, tokens, strict=True)]


LENGTH_TERMS: dict[str, Callable[..., list[float]]] = {
    term.__name__: term
    for term in (
        dapo_overlong, cosine, kimi, l1_exact, l1_max, alp, laser, gr3, shorter_better, arora_zanette, think_prune,
    )
}  # fmt: skip

ONE_BY_ONE = (dapo_overlong, cosine, l1_exact, l1_max, laser, think_prune)
"""Those that look at each completion alone; the others compare it with its group."""
