"""Verdicts that need no algebra system."""

import re
from fractions import Fraction

from .values import FRACTION, IN_WORDS, MIXED, TEXT, Quantity, quantity, too_large

TOLERANCE = Fraction(1, 10**6)
"""Of a decimal that stands for another or for a fraction: relative, so that small ones differ; above 1 absolute, as
in math-verify. Integers are exact."""

DOUBT = re.compile(
    r"\\(?:equiv|approx|cong|simeq|sim|not|neq|ne|boxed|fbox|framebox)(?![A-Za-z])|[≡≈≅≠]|:=|"
    r"(?:\\[lc]?dots|\.\.|…)\s*(?:[\w\\-]|\Z)|\?",
    re.IGNORECASE,
)
"""Marks under which a parser sees one value of several."""
SEVERAL = re.compile(r"(?<![A-Za-z])(?:or|and)(?![A-Za-z])", re.IGNORECASE)
LIST = re.compile(rf",|;|\\pm|\\cup|{SEVERAL.pattern}", re.IGNORECASE)

UNIT_WORDS = 2
"""Words after a number that are a unit."""
SPOKEN = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}")
FEW_WORDS = 8
"""Words of three letters or more that a value may have beside twice those of the gold answer."""
BASED = re.compile(r"\(?([A-Za-z0-9]+)\)?_\{?(?:\\text\{)?([A-Za-z0-9]+)\}{0,2}")
r"""A number and its base: `101_2`, `(101)_{2}`, `101_{\text{two}}`."""
WORDS = re.compile(r"[^\W_]+(?:[\s.,:;'’&-]+[^\W_]+)*+")
"""An answer in words, perhaps with numbers: "north-west", "3:30 PM", "May 3, 2021"."""
ARTICLE = re.compile(r"(?:an?|the)\s+(?=\w{3})")
ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
SPELLED = re.compile(r"[^\W\d_]{2,}")
PRODUCT = re.compile(r"[b-df-hj-np-tv-z]{2,3}")
"""Letters that make no word, so that they are variables, and `xy` is `yx`."""


def fast_verdict(candidate: str, gold: str) -> bool | None:
    r"""A verdict if none needs an algebra system; `None` if one does.

    It answers for identical texts; for numbers, which must be equal, decimals but for a millionth; for words, which
    are compared as texts; and for what is no single value.

    >>> fast_verdict("0.5", r"\frac12"), fast_verdict("3", "7"), fast_verdict("x+1", "1+x")
    (True, False, None)
    >>> fast_verdict("seat", "east"), fast_verdict("yx", "xy"), fast_verdict("101_3", "101_2")
    (False, None, False)
    """
    if candidate == gold:
        return True
    ours, theirs = quantity(candidate), quantity(gold)
    if ours and theirs:
        return _equal(ours, theirs)
    based, meant = BASED.fullmatch(candidate), BASED.fullmatch(gold)
    if based and (meant or theirs):
        return meant is not None and _in_digits(based) == _in_digits(meant)
    return False if _is_none(candidate, gold) else _same_words(candidate, gold)


def _in_digits(based: re.Match[str]) -> list[str]:
    return [IN_WORDS.get(part, part) for part in based.groups()]


def _is_none(candidate: str, gold: str) -> bool:
    """Whether `candidate` is no single value, or none of `gold`'s kind, whatever a parser sees in it."""
    return (
        not candidate
        or too_large(candidate)
        or (len(gold) == 1 and candidate.casefold() == gold.casefold())  # `c` is no choice of `C`
        or (quantity(candidate) is None and (FRACTION.fullmatch(candidate) or MIXED.fullmatch(candidate)) is not None)
        or (quantity(gold) is not None and TEXT.search(candidate) is not None)  # more words than a unit: "5 million"
        or _hedges(candidate, gold)
        or _is_prose(candidate, gold)
    )


def _equal(ours: Quantity, theirs: Quantity) -> bool:
    """Whether two quantities are the same number; a percentage is also its hundredth, and 5 feet are no 5 meters."""
    has_units = theirs.words and 0 < len(ours.words) <= UNIT_WORDS and not (ours.percent or theirs.percent)
    if has_units and not any(_same_unit(one, other) for one in _units(ours) for other in _units(theirs)):
        return False
    rounded = "." in ours.literal + theirs.literal and theirs.number.denominator > 1
    scales = (Fraction(1, 100), 1, 100) if ours.percent != theirs.percent else (1,)
    numbers = (
        ours.number * scale for scale in scales if (scale < 1) <= ours.percent and (scale > 1) <= theirs.percent
    )
    margin = TOLERANCE * min(1, abs(theirs.number)) if rounded else 0
    return any(number == theirs.number or abs(number - theirs.number) < margin for number in numbers)


def _units(value: Quantity) -> tuple[str, ...]:
    """The words after a number in lower case, and all of them as one: "mph" is short for miles per hour."""
    words = tuple(word.casefold() for word in value.words)
    return *words, "".join(words)


def _same_unit(one: str, other: str) -> bool:
    """Whether two units begin alike in two letters, or one is short for the other: km and kilometers, not m and cm."""
    short, long = sorted((one, other), key=len)
    letters = iter(long)
    return short[:2] == long[:2] or (short[0] == long[0] and all(letter in letters for letter in short))


def _hedges(candidate: str, gold: str) -> bool:
    """Whether `candidate` offers several values, or one "about" another, where `gold` does not."""
    doubtful = DOUBT.search(candidate) and not DOUBT.search(gold)
    return bool(doubtful or (SEVERAL.search(candidate) and not LIST.search(gold)))


def _is_prose(candidate: str, gold: str) -> bool:
    """Whether `candidate` is a text rather than a value; a parser would take long to find some value in it."""
    return len(SPOKEN.findall(candidate)) > FEW_WORDS + 2 * len(SPOKEN.findall(gold))


def _same_words(candidate: str, gold: str) -> bool | None:
    """Whether two answers in words are the same; to an algebra system they are products, and `seat` is `east`."""
    ours, theirs = (
        ORDINAL.sub("", " ".join(TEXT.sub(r"\1", value).casefold().split())) for value in (candidate, gold)
    )
    if PRODUCT.fullmatch(gold) or not SPELLED.search(f"{ours} {theirs}") or not WORDS.fullmatch(theirs.strip(".")):
        return None
    if _letters(ours) == _letters(theirs):
        return True
    return False if WORDS.fullmatch(ours) and SPELLED.search(ours) else None


def _letters(words: str) -> str:
    """What distinguishes words: their letters and digits, without an article."""
    return "".join(filter(str.isalnum, ARTICLE.sub("", words, count=1) if ARTICLE.match(words) else words))
