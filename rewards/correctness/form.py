r"""The form that is asked for: what a claim may look like follows from the gold's form and the prompt's own formulas.

A claim that equals the gold is no answer yet if work is left in it that the gold shows done, as in `460/2` for 230, or
if it is what the prompt says already.
"""

import re
from collections import Counter
from functools import lru_cache

from .values import TEXT, is_quotient, quantity

OPERATIONS = re.compile(
    r"(?P<root>(?:\\|\b)sqrt\b|\\sqrt|√|\^\s*\{?\s*\(?-?(?:\d+/|\\frac))|(?P<power>\^(?!\s*\{?\s*\\(?:circ|prime|[{]))|\*\*)|"
    r"(?P<fraction>\\[cdt]?frac|/|\\div|\\over(?![a-z]))|(?P<factorial>!)|"
    r"(?P<logarithm>(?:\\|\b)(?:ln|log|lg)(?![a-z]))|(?P<exponential>(?:\\|\b)exp\b)|"
    r"(?P<trigonometry>(?:\\|\b)(?:arc|a)?(?:sin|cos|tan|cot|sec|csc)h?(?![a-z]))|"
    r"(?P<rounding>\\[lr]?(?:floor|ceil)|[⌊⌈])|(?P<size>\||\\[lrv]?vert|\\det|\\begin\{vmatrix\}|\babs\b)|"
    r"(?P<calculus>\\i*o?int(?![a-z])|\\(?:sum|prod|lim)(?![a-z])|\\frac\{d|\\partial|∫|∑|')|"
    r"(?P<matrix>\\begin\{[pbBvV]?matrix\})|(?P<count>(?:\\|\b)(?:gcd|lcm|max|min)\b|\\[dt]?binom|\\choose|\\b?mod|\bmod\b|\\pmod)"
)
r"""What is still to be worked out, by kind: `\sqrt{4}`, `2^3`, `6/2`, `5!`, `\log_2 8`, `\int x\,dx`; not `12\pi`."""
SUM = re.compile(r"[\w)}\]!]\s*[-+]\s*[\w(\\|\[.]")
"""A sum, where its operator stands: `x + 1`, `(a)-(b)`; not `-5`."""
PRODUCT = re.compile(r"[\d)}!%]\s*(?:\\cdot|\\times|\*)(?![a-z])\s*(?=[\d(.])|(?<=\d)\(|\)\(?=\d")
r"""A product of numbers: `6 \cdot 7`, `84(0.5)`; not `12 \cdot \pi`."""
FACTORS = re.compile(r"\d[^-+=,]{0,20}?(?:\\cdot|\\times|\*|\)\s*(?:\\left)?\s*\(|(?<=\d)\()\s*(?:\\left)?\s*\(?-?\d")
r"""Two numbers in a product with letters, not multiplied: `2x \cdot 3x`, `(5a)(2b)`, `3(4x)`; not `2x \cdot y`."""
SCRIPTS = re.compile(r"[_^]\s*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}|\\?\w)")
r"""What stands above or below a letter: `^{n+1}`, `_1`; not `{n+1}`."""
BRACKETED_SUM = r"\((?=[^()]*[\w}]\s*[-+])[^()]+\)"
FACTORED = re.compile(rf"{BRACKETED_SUM}\s*(?:\\cdot|\\times|\*)?\s*(?:\(|\^)|\){BRACKETED_SUM}")
"""A product of sums, or a power of one: `(x+1)(x-1)`, `(x+1)^2`; not `2(x+1)`."""
MULTIPLIED = re.compile(r"[A-Za-z)]\s*\(")
"""A product with a bracket, from which a power may come: `n(n+1)`; not `2(x+1)`."""
RADICAND = re.compile(r"\\sqrt\s*\{?(\d{1,7})(?!\d)")
ROOT_BELOW = re.compile(r"\\frac\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}\{[^{}]*\\sqrt|/\s*\(?\d*\\sqrt")
r"""A root in a denominator: `\frac{1}{\sqrt{3}}`; not `\frac{\sqrt{3}}{3}`."""
SOLVED = re.compile(r"\s*[A-Za-z]\w?\s*=")
"""An equation that is solved for a variable: `y = 2x + 1`; not `2y = 4x + 2`."""
TOKEN = re.compile(r"\\[A-Za-z]+|\d+(?:\.\d+)?|[A-Za-z]+|[^\s\w\\{}()$~,;.:]")
SILENT = frozenset((r"\left", r"\right", r"\cdot", r"\times", r"\displaystyle", r"\quad", r"\text", r"\circ", "*"))
"""Tokens by whose presence alone two formulas do not differ."""
SIMPLE_FRACTION = re.compile(r"\\[cdt]?frac\s*(?:\{\s*(-?\w+)\s*\}|(\d))\s*(?:\{\s*(\w+)\s*\}|(\d))")


@lru_cache(maxsize=4096)
def unfinished(claim: str, gold: str, rational: bool = False) -> bool:
    r"""Whether work is left in a claim that is done in the gold, both normalised.

    It is if the claim has a kind of operation that the gold has not, or more sums or roots; a fraction for an integer;
    a sum for a product of sums, or the other way round; a square under a root; an equation that is not solved; with
    `rational`, a root in a denominator.

    >>> [unfinished(claim, "12") for claim in ("24/2", r"\sqrt{144}", "4!", "12.0", r"12 \text{ cm}")]
    [True, True, True, False, False]
    >>> unfinished("x^2-9", "(x-3)(x+3)"), unfinished("1+x", "x+1"), unfinished(r"\sqrt{52}", r"2\sqrt{13}")
    (True, False, True)
    """
    if claim == gold:
        return False
    target, literal = quantity(gold), quantity(claim)
    if literal:
        whole = target is not None and target.number.denominator == 1 and "/" not in gold and "frac" not in gold
        return whole and is_quotient(literal)
    if "=" in claim and "=" in gold and not SOLVED.match(gold):
        return False
    ours, theirs = _work(claim), _work(gold)
    if target is not None:
        return bool(ours) or PRODUCT.search(claim) is not None
    return (
        any(not _in_gold(kind, claim, gold, theirs) for kind in ours)
        or any(ours[kind] > theirs[kind] for kind in ("sum", "matrix"))
        or ours["root"] > max(theirs["root"], theirs["power"])
        or _other_shape(claim, gold)
        or (not SUM.search(claim) and FACTORS.search(claim) is not None and not FACTORS.search(gold))
        or (_has_square(claim) and not _has_square(gold))
        or (SOLVED.match(gold) is not None and "=" in claim and not SOLVED.match(claim))
        or (rational and ROOT_BELOW.search(claim) is not None and not ROOT_BELOW.search(gold))
    )


def _work(value: str) -> Counter[str]:
    """The operations of a value, by kind."""
    work = Counter(operation.lastgroup or "" for operation in OPERATIONS.finditer(value))
    if sums := len(SUM.findall(SCRIPTS.sub("", TEXT.sub(";", value)))):
        work["sum"] = sums
    return work


def _in_gold(kind: str, claim: str, gold: str, theirs: Counter[str]) -> bool:
    """Whether an operation of the claim is one of the gold's as well, or another way to write one."""
    if kind == "fraction":
        return bool(theirs["fraction"]) or any(mark in gold for mark in (".", "%", "^{-", "^-"))
    if kind == "power":
        written_out = ("^{-" in claim and theirs["fraction"]) or MULTIPLIED.search(gold)
        return bool(theirs["power"] or theirs["root"] or theirs["exponential"] or written_out)
    if kind in ("root", "exponential"):
        return bool(theirs[kind] or theirs["power"] or theirs["root"])
    return kind == "sum" or bool(theirs[kind])


def _other_shape(claim: str, gold: str) -> bool:
    """Whether one of the two is a product of sums and the other is multiplied out."""
    if not FACTORED.search(gold):
        return FACTORED.search(claim) is not None
    return not _is_sum(gold) and _is_sum(claim)


def _is_sum(value: str) -> bool:
    """Whether a value is a sum, outside its brackets."""
    flat, depth = [], 0
    for character in SCRIPTS.sub("", TEXT.sub(";", value)):
        depth += (character in "([{") - (character in ")]}")
        flat.append(character if depth <= 0 else "")
    return SUM.search("".join(flat)) is not None


@lru_cache(maxsize=4096)
def _has_square(value: str) -> bool:
    r"""Whether a square can be taken from under a root of the value, as in `\sqrt{52}`."""
    return any(int(n) % (k * k) == 0 for n in RADICAND.findall(value) for k in range(2, int(int(n) ** 0.5) + 1))


def restates(claim: str, gold: str, prompt: str) -> bool:
    r"""Whether a claim stands in the prompt and is not what the gold says, but for the order of its terms.

    Letters and words are no restatement, nor is a number for another way to write that number.

    >>> restates("48/36", r"\frac{4}{3}", "Simplify the fraction 48/36."), restates("5.00", "5", "It costs 5.00.")
    (True, False)
    >>> restates("2x+3", "3+2x", "Let f(x) = 2x+3."), restates(r"\frac{3}{20}", "0.15", r"Write $\frac{3}{20}$ so.")
    (False, True)
    """
    words = tokens(claim)
    if claim == gold or not prompt or all(word.isalpha() for word in words):
        return False
    is_fraction, *_ = notation = _notation(claim)
    if quantity(claim) and quantity(gold) and not is_fraction and notation == _notation(gold):
        return False
    return f" {' '.join(words)} " in f" {' '.join(tokens(prompt))} " and sorted(words) != sorted(tokens(gold))


@lru_cache(maxsize=4096)
def tokens(text: str) -> list[str]:
    """A formula, or a prompt, token by token, without what is a matter of dressing."""
    text = SIMPLE_FRACTION.sub(lambda part: f" {part[1] or part[2]}/{part[3] or part[4]} ", text)
    return [token.lstrip("\\") for token in TOKEN.findall(text.replace("−", "-")) if token not in SILENT]


def _notation(value: str) -> tuple[bool, ...]:
    """Whether a number is written with a fraction bar, with a power of ten, in hundredths."""
    return "/" in value or "frac" in value, "10^" in value, "%" in value
