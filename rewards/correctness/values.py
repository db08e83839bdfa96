"""Values: one answer, claimed or gold, in a common form, and the quantity that it is."""

import re
import unicodedata
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from ..text.latex import WHOLE_BOX

LONGEST = 1000
"""Characters of a stated answer; a longer one is no answer but a text."""
DEEPEST = 50
"""Nesting of brackets in a stated answer; deeper ones stall every parser."""

LIKENESSES = {
    ord("−"): "-", ord("–"): "-", ord("‐"): "-", ord("、"): ",", ord("×"): r"\times ", ord("·"): r"\cdot ",
    ord("÷"): r"\div ", ord("⁄"): "/", ord("°"): r"^\circ ", ord("π"): r"\pi ", ord("∞"): r"\infty ",
    ord("∅"): r"\emptyset ", ord("≤"): r"\leq ", ord("≥"): r"\geq ", ord("≡"): r"\equiv ", ord("∪"): r"\cup ",
    ord("∩"): r"\cap ", ord("∈"): r"\in ", ord("٫"): ".", ord("٬"): ",",
}  # fmt: skip
"""Characters that stand for others."""
SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿ]+")
SUBSCRIPT = re.compile("[₀₁₂₃₄₅₆₇₈₉]+")
BLACKBOARD = {ord(sign): rf"\mathbb{{{letter}}}" for sign, letter in zip("ℝℤℕℚℂ", "RZNQC", strict=True)}
VULGAR = re.compile("[¼½¾⅐-⅞]")
_CODES = r"(?:Rs\.?|US|USD|EUR|GBP|CHF|CAD|AUD|JPY|CNY|RMB|INR)"
CURRENCY = (
    r"\\?\$|[€£¥₹₩₽]|\\(?:pounds|euro|textdollar|yen)(?![a-z])|"
    rf"\b{_CODES}(?=\s?\\?\$?\d)|\\(?:text|mathrm)\s*\{{\s*(?:{_CODES}|\\?\$|[€£¥₹₩₽])\s*\}}(?=(?:\s|\\[ ,;:!])*\d)"
)
r"""Before or after an amount: `$`, `Rs 12`, `\text{EUR } 12`; not `USD`."""
DRESSING = re.compile(
    r"(\\\\)|\\[!,;:> ]|~|\\(?:left|right|displaystyle|textstyle|bf|large|Large|boldmath|q?quad)(?![a-zA-Z])|"
    rf"\\(?:text)?color\s*\{{[^{{}}]*\}}|{CURRENCY}|</?(?:b|i|u|em|strong|span|code)\b[^<>]*+>"
)
r"""What says nothing of a value: `\,`, `\left`, `$`, `<b>`; a row break, two backslashes, does."""
GROUP = re.compile(r"\\(?:mathbf|boldsymbol|bm|pmb|underline)\s*\{((?:[^{}]|\{[^{}]*\})*+)\}")
r"""Emphasis in a formula: `\mathbf{7}`, `\bm{\frac{1}{2}}`; not `\sqrt{7}`."""
LEADS_UP = re.compile(
    r"\s*(?:=(?!=)|\\(?:therefore|implies|Rightarrow|Longrightarrow|approx|equiv)(?![a-zA-Z])|≈|∴|⇒|"
    r"\\(?:text(?:bf|it|rm)?|math(?:bf|rm))\s*\{[^{}\d]*(?::|\bis)\s*\}|(?:Final )?Answer:)\s*"
)
r"""What leads up to a value, at its head: `= 7`, `\therefore 7`, `\text{Answer: } 7`; not the `3 =` of `3 = 7`."""
ENCLOSED = re.compile(r"\((?!\s*[A-Za-z]\s*\))\s*([^()\[\],;]+)\s*\)|\{\s*([^{}]*)\s*\}")
"""A value in brackets that say nothing: `(7)`, `{7}`; not `(1, 2)`, `(C)`."""
_UNITS = r"(?:[cmk]m|m|kg|ft|in|mi|units?|inches|feet|miles|degrees)"
ALIKE = tuple(
    (re.compile(form), common)
    for form, common in (
        (r"\\lt(?![a-z])", "<"), (r"\\gt(?![a-z])", ">"), (r"\\[cdt]frac", r"\\frac"),
        (r"\\varnothing(?![a-z])", r"\\emptyset"), (r"\\not\s*=|!=|≠", r"\\neq "),
        (r"\\langle(?![a-z])", "("), (r"\\rangle(?![a-z])", ")"), (r"\\mathbb\s+([A-Z])", r"\\mathbb{\1}"),
        (r"\\math(?:rm|it|sf)\{([a-z])\}", r"\1"),
        (rf"(?<=[A-Za-z}})])(?:\s+{_UNITS}|\s*\\(?:text|mathrm)\{{\s*{_UNITS}\s*\}})(?:\^\{{?[23]\}}?)?\Z", ""),
    )
)  # fmt: skip
"""Two ways to write one thing, and units after what is no plain number."""
TEXT = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:bf|it|rm|sf|tt)|mbox|operatorname)\s*\{((?:[^{}]|\^\{-?\d\})*)\}"
)
r"""Words in a formula: `\text{ cm}`, `\mathrm{m s^{-2}}`; not `\sqrt{2}`."""
THOUSANDS = re.compile(r"(?<![\d.(\[{,])(\d{1,3})((?:,\d{3})+)(?![\d,])")
SIGN = re.compile(r"\A([-+−])\s+(?=\d)")
BLANKS = re.compile(r"(?<![\d.,/])\d{1,3}(?:[\u00a0\u2009\u202f]\d{3})+(?![\d.,/])")
EXPONENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]\+?(-?)0*(\d{1,4})(?![\w.])")
ROOT = re.compile(r"√\s?[({]?(\d+(?:\.\d+)?|[A-Za-z])[)}]?")

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = (
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_NUMERALS = ("zero", *_ONES, *_TEENS, *(word for ten in _TENS for word in (ten, *(f"{ten}-{one}" for one in _ONES))))
IN_WORDS = {word: str(number) for number, word in enumerate(_NUMERALS)}
"""The numbers below a hundred in words: "forty-two" → "42"."""
NUMBER = re.compile(r"([-+]?)(?:(\d+)(?:\.(\d+))?|\.(\d+))")
FRACTION = re.compile(r"([-+]?)(?:(\d+)/(\d+)|\\frac\{([-+]?\d+)\}\{(\d+)\}|\\frac(\d)(\d))")
MIXED = re.compile(r"([-+]?)(\d+)(?:\s+(\d+)/(\d+)|\s*\\frac\{(\d+)\}\{(\d+)\})")
SCIENTIFIC = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*(?:\\times|\\cdot|\*)\s*10\^(?:\{(-?\d{1,3})\}|(\d))")
REPEATING = re.compile(r"([-+]?)(\d+)\.(\d*)\\(?:overline|bar|dot)\s*\{?(\d+)\}?")
r"""A decimal that repeats: `0.\overline{27}`; not `0.27`."""
LITERAL = re.compile("|".join(f"(?:{form.pattern})" for form in (SCIENTIFIC, REPEATING, MIXED, FRACTION, NUMBER)))

MULTIPLES = (
    r"(?:hundred|thousand|(?!milli(?:g|l|m|s|a|v))[mbtr]+il+[ijho]\w*|lakh|crore|dozen|gross|score|half|halve|third|"
    r"quarter|pi|squared|cubed|factorial|fold|ish|k|times|plus|minus)s?\b|(?:ten|hundred|thousand|million)ths?\b|"
    r"[十百千万萬亿億兆]"
)
DOUBTS = r"\b(?:not|unsure|maybe|perhaps|possibly|guess\w*|wrong|incorrect|if|unless)\b|n['’]t\b"
UNIT = re.compile(
    rf"(?:\s*(?:\^\s*\\circ|\^\{{\s*\\circ\s*\}}|\\degree|\\?%))?+(?![A-Za-z_])[\s-]*+(?!{MULTIPLES})(?!.*(?:{DOUBTS}))"
    r"(?:[^\d$\\^=+*<>|(){}\[\]?!%√/_]|/(?=\s?[A-Za-z])|(?<=[A-Za-z])\^\{?-?[23]\}?(?!\d)|(?<=[A-Za-z])[23](?!\w)|\\cdot(?![a-z]))*+",
    re.IGNORECASE | re.DOTALL,
)
"""What may follow a number and leave it what it is: " apples", " km/h", "°", ", as required"; no word that makes
another number of it, as in "5 million", no other number, and no doubt, as in "5 (unsure)"."""
SYMBOLS = frozenset("mLlghsJNWVKCF")
"""Units of a single letter; any other is a variable."""
PERCENT = re.compile(r"\s*(?:\\?%|(?:percent|pct)\w*)", re.IGNORECASE)
NAME = r"\s*[A-Za-z](?:_\{?\w\}?)?\s*"
r"""The name of what is sought: `x`, `x_1`; not `xy`."""
ROUNDED = re.compile(rf"(?!{NAME}(?:\\approx|≈))([^≈]*?)\s*(?:\\approx|≈)\s*(-?\d*\.(\d+))(?:\\l?dots|\.\.\.)?")
r"""A value, and the same rounded: `\frac{4}{7} \approx 0.57`; not `x \approx 0.57`."""
CONDITION = re.compile(
    r",?\s*\\text\s*\{\s*,?\s*(?:where|for (?:all|every|any))\b.*|\(?\s*\\?[bp]?mod(?![a-z])\s*[({]?\w+[)}]?\s*\)?\Z",
    re.DOTALL,
)
r"""For which numbers a value is meant: `\text{ where } n > 1`, `\pmod{7}`; not `\text{ if } n > 1`."""
_FACTOR = r"(?:[a-zA-Z]|\\pi(?![a-zA-Z])|\\sqrt\{(?:\d{1,9}|[a-z])\})"
_TERM = rf"(?:\d{{1,9}}{_FACTOR}?|{_FACTOR}){_FACTOR}?(?:\^(?:\d|\{{\d{{1,2}}\}}))?"
PLAIN = re.compile(rf"-?{_TERM}(?: ?[-+] ?{_TERM}){{0,5}}", re.ASCII)
"""A sum of products of numbers, letters and roots, as in `4a - 2` and `3x^2`, which every parser reads."""


@lru_cache(maxsize=4096)
def normalised(value: str) -> str:
    r"""A value without dressing: dollars, spacing, sizes, colours, thousands separators, closing stop.

    >>> normalised(r" $\left(1, 2\right).$ "), normalised("1,234"), normalised("4.5e-3")
    ('(1, 2)', '1234', '4.5 \\times 10^{-3}')
    >>> normalised(r"\therefore \mathbf{42}\,"), normalised("`3½`"), normalised("٤٢")
    ('42', '3\\frac{1}{2}', '42')
    >>> normalised("Forty-two"), normalised(r"\text{seven cows}"), normalised("one of them")
    ('42', '7 cows', 'one of them')
    """
    value = SIGN.sub(r"\1", _stripped(value))
    if value.isascii() and NUMBER.fullmatch(value):
        return value
    if not value.isascii() and len(value) <= LONGEST:
        value = _plain_characters(value)
    while len(value) > 3 and (value[:2], value[-2:]) in {("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]")}:
        value = value[2:-2].strip()
    if len(value) > 1 and value[0] == value[-1] == "$":
        value = value[1:-1].strip()
    if whole := WHOLE_BOX.fullmatch(value):
        value = whole[1].strip()
    value = GROUP.sub(r"\1", DRESSING.sub(r"\1", value)).replace("{,}", ",").replace("{:}", ":")
    for form, common in ALIKE:
        value = form.sub(common, value)
    if "√" in value:
        value = ROOT.sub(r"\\sqrt{\1}", value)
    value = THOUSANDS.sub(lambda digits: digits[1] + digits[2].replace(",", ""), value)
    value = EXPONENT.sub(r"\1 \\times 10^{\2\3}", value)
    if led := LEADS_UP.match(value):
        value = value[led.end() :]
    value = _stripped(value)
    value = _exact(CONDITION.sub("", value) if "mod" in value or "text" in value else value)
    value = _in_digits(value)
    enclosed = ENCLOSED.fullmatch(value)
    return (enclosed[1] or enclosed[2] or "").strip() if enclosed else value


def _in_digits(value: str) -> str:
    r"""A number in words as its digits, perhaps with a unit; what has digits, out of its `\text{}`."""
    text = TEXT.fullmatch(value)
    said = text[1].strip() if text else value
    for number, unit in ((said, ""), said.rpartition(" ")[::2]):
        if digits := IN_WORDS.get(number.lower().replace(" ", "-")):
            return f"{digits} {unit}".rstrip()
    return said if re.search(r"\d", said) else value


def _exact(value: str) -> str:
    r"""A value without what it is when rounded; with it, if it is not that."""
    rounded = ROUNDED.fullmatch(value) if "approx" in value or "≈" in value else None
    if not rounded:
        return value
    number = as_number(rounded[1].rpartition("=")[2].strip())
    near = number is None or abs(number - Fraction(rounded[2])) < Fraction(1, 10 ** len(rounded[3]))
    return rounded[1] if near else value


def _plain_characters(value: str) -> str:
    """A value in the characters that LaTeX has: digits of any script, superscripts, fractions of one character."""
    value = BLANKS.sub(lambda number: "".join(number[0].split()), value)
    value = SUBSCRIPT.sub(lambda index: f"_{{{unicodedata.normalize('NFKC', index[0])}}}", value.translate(BLACKBOARD))
    value = SUPERSCRIPT.sub(lambda power: f"^{{{unicodedata.normalize('NFKC', power[0])}}}", value)
    for vulgar in set(VULGAR.findall(value)):
        numerator, denominator = unicodedata.normalize("NFKC", vulgar).split("⁄")
        value = value.replace(vulgar, rf"\frac{{{numerator}}}{{{denominator}}}")
    value = unicodedata.normalize("NFKC", value.replace("º", "°"))
    value = re.sub(r"\d", lambda digit: str(int(digit[0])), value).translate(LIKENESSES)
    return re.sub(" {2,}", " ", value)


def _stripped(value: str) -> str:
    """Without blanks and quotation marks at its ends, and without the stop or comma that ends a phrase."""
    value = value.strip(' \t\n\r\f\v\xa0`"“”«»*')
    while value[-1:] in (",", ";", ".", "。") and value[-2:-1] != "\\" and value[-2:] != "..":
        value = value[:-1].rstrip()
    value = value.strip("'‘’") if value[:1] in "'‘" else value
    return value if value.endswith(r"\\") else value.removesuffix("\\").rstrip()


@lru_cache(maxsize=4096)
def as_number(value: str) -> Fraction | None:
    r"""A normalised value as an exact number: an integer, decimal, fraction, mixed number or power-of-ten notation.

    >>> as_number(r"-\frac{6}{4}"), as_number("0.50"), as_number("2x"), as_number(r"2 \times 10^{-1}")
    (Fraction(-3, 2), Fraction(1, 2), None, Fraction(1, 5))
    """
    if len(value) > LONGEST:
        return None
    if NUMBER.fullmatch(value):
        return Fraction(value)
    if parts := SCIENTIFIC.fullmatch(value):
        return Fraction(parts[1]) * Fraction(10) ** int(parts[2] or parts[3])
    return _repeating(value) if "." in value else _with_bar(value)


def _with_bar(value: str) -> Fraction | None:
    """A fraction or a mixed number; `None` over zero."""
    parts = FRACTION.fullmatch(value) or MIXED.fullmatch(value)
    if not parts:
        return None
    sign, *digits = parts.groups()
    *whole, numerator, denominator = (int(part) for part in digits if part)
    return int(f"{sign}1") * (sum(whole) + Fraction(numerator, denominator)) if denominator else None


def _repeating(value: str) -> Fraction | None:
    """A decimal that repeats."""
    parts = REPEATING.fullmatch(value)
    if not parts:
        return None
    sign, whole, start, period = parts.groups()
    repeats = Fraction(int(period), (10 ** len(period) - 1) * 10 ** len(start))
    return int(f"{sign}1") * (Fraction(f"{whole}.{start}0") + repeats)


class Quantity(NamedTuple):
    """A number as it is written, its value, whether it is a percentage, and the words after it."""

    literal: str
    number: Fraction
    percent: bool
    words: tuple[str, ...]


@lru_cache(maxsize=4096)
def quantity(value: str) -> Quantity | None:
    r"""The number that a normalised value is, if nothing else stands beside it but a unit, or words.

    >>> [q and q.literal for q in map(quantity, (r"5 \text{ cm}", "42 red apples", r"5\text{ million}", "5 or 7"))]
    ['5', '42', None, None]
    """
    if len(value) > LONGEST:
        return None
    value = TEXT.sub(r" \1", value)
    literal = LITERAL.match(value)
    if not literal or not UNIT.fullmatch(value, literal.end()):
        return None
    words = re.findall(r"(?<![\\A-Za-z])[A-Za-z]+", value[literal.end() :])
    number = as_number(literal[0])
    if number is None or (words and len(words[0]) == 1 and words[0] not in SYMBOLS):
        return None
    return Quantity(literal[0], number, PERCENT.match(value, literal.end()) is not None, tuple(words))


def is_quotient(value: Quantity) -> bool:
    """Whether a quantity is an integer that is written as a fraction, its division not performed: `24/2`."""
    return value.number.denominator == 1 and FRACTION.fullmatch(value.literal) is not None


def too_large(value: str) -> bool:
    """Whether `value` is too long or too deeply nested to be an answer."""
    if len(value) > LONGEST:
        return True
    if sum(map(value.count, "([{")) <= DEEPEST:
        return False
    depth = deepest = 0
    for character in value:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest > DEEPEST
