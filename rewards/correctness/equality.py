"""Verdicts that need no algebra system."""

import re
from fractions import Fraction

from .values import FRACTION, MIXED, as_number, too_large

TOLERANCE = Fraction(1, 10**6)
"""Of a decimal that stands for another or for a fraction: relative, so that small ones differ; above 1 absolute, as
in math-verify. Integers are exact."""

DOUBT = re.compile(
    r"\\(?:equiv|approx|cong|simeq|sim|boxed|fbox|framebox)(?![A-Za-z])|[≡≈≅]|:=|(?:\\[lc]?dots|\.\.|…)\s*[\w\\-]",
    re.IGNORECASE,
)
"""Marks under which a parser sees one value of several."""
SEVERAL = re.compile(r"(?<![A-Za-z])(?:or|and)(?![A-Za-z])", re.IGNORECASE)
LIST = re.compile(rf",|;|\\pm|\\cup|{SEVERAL.pattern}", re.IGNORECASE)

SPOKEN = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
FEW_WORDS = 8
"""Words of three letters or more that a value may have beside twice those of the gold answer."""
BASED = re.compile(r"([A-Za-z0-9]+)_\{?([A-Za-z0-9]+)\}?")
STYLE = re.compile(r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:bf|it|rm|sf|tt)|mbox|operatorname)\s*\{([^{}]*)\}")
WORDS = re.compile(r"[^\W\d_]{2,}(?:[\s'’-]+[^\W\d_]+)*+")
PRODUCT = re.compile(r"[b-df-hj-np-tv-z]{2,3}")
"""Letters that make no word, so that they are variables, and `xy` is `yx`."""


def fast_verdict(candidate: str, gold: str) -> bool | None:
    r"""A verdict where none needs an algebra system; `None` where one does.

    It answers for identical texts; for numbers, which must be equal, decimals but for a millionth; for words, which
    are compared as texts; and for what is no single value.

    >>> fast_verdict("0.5", r"\frac12"), fast_verdict("3", "7"), fast_verdict("x+1", "1+x")
    (True, False, None)
    >>> fast_verdict("seat", "east"), fast_verdict("yx", "xy"), fast_verdict("101_3", "101_2")
    (False, None, False)
    """
    if candidate == gold:
        return True
    if not candidate or too_large(candidate) or _hedges(candidate, gold) or _is_prose(candidate, gold):
        return False
    ours, theirs = as_number(candidate), as_number(gold)
    if ours is None and (FRACTION.fullmatch(candidate) or MIXED.fullmatch(candidate)):  # over zero
        return False
    if ours is not None and theirs is not None:
        rounded = "." in candidate + gold and theirs.denominator > 1
        return ours == theirs or (rounded and abs(ours - theirs) < TOLERANCE * min(1, abs(theirs)))
    based, meant = BASED.fullmatch(candidate), BASED.fullmatch(gold)
    if based and meant:
        return based.groups() == meant.groups()
    return _same_words(candidate, gold)


def _hedges(candidate: str, gold: str) -> bool:
    """Whether `candidate` offers several values, or one "about" another, where `gold` does not."""
    doubtful = DOUBT.search(candidate) and not DOUBT.search(gold)
    return bool(doubtful or (SEVERAL.search(candidate) and not LIST.search(gold)))


def _is_prose(candidate: str, gold: str) -> bool:
    """Whether `candidate` is a text rather than a value; a parser would take long to find some value in it."""
    return len(SPOKEN.findall(candidate)) > FEW_WORDS + 2 * len(SPOKEN.findall(gold))


def _same_words(candidate: str, gold: str) -> bool | None:
    """Whether two answers in words are the same; to an algebra system they are products, and `seat` is `east`."""
    ours, theirs = (" ".join(STYLE.sub(r"\1", value).casefold().split()) for value in (candidate, gold))
    if PRODUCT.fullmatch(gold) or not WORDS.fullmatch(theirs) or not WORDS.fullmatch(ours):
        return None
    return ours == theirs
