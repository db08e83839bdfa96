r"""Values: one answer, stated or gold, in a common form; and what it is: a number, a chain of equations, too much."""

import re
from fractions import Fraction
from functools import lru_cache

from ..text.latex import WHOLE_BOX

LONGEST = 1000
"""Characters of a stated answer; a longer one is no answer but a text."""
DEEPEST = 50
"""Nesting of brackets in a stated answer; deeper ones stall every parser."""

LIKENESSES = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {
    ord("−"): "-", ord("–"): "-", ord("、"): ",", ord("×"): r"\times ", ord("·"): r"\cdot ", ord("÷"): r"\div ",
    ord("°"): r"^\circ ", ord("π"): r"\pi ", ord("∞"): r"\infty ", ord("½"): r"\frac{1}{2}", ord("⅓"): r"\frac{1}{3}",
    ord("⅔"): r"\frac{2}{3}", ord("¼"): r"\frac{1}{4}", ord("¾"): r"\frac{3}{4}",
}  # fmt: skip
"""Characters that stand for others: full-width ones for ASCII, signs for their commands."""
DRESSING = re.compile(r"(\\\\)|\\[!,;: ]|\\(?:left|right)(?![a-z])|\\?\$|^[€£]|[€£]$")
"""What says nothing of a value; a row break, two backslashes, does."""
THOUSANDS = re.compile(r"(?<![\d.(\[{,])(\d{1,3})((?:,\d{3})+)(?![\d,])")
EXPONENT = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)[eE]\+?(-?)0*(\d{1,4})(?![\w.])")
NUMBER = re.compile(r"([-+]?)(?:(\d+)(?:\.(\d+))?|\.(\d+))")
FRACTION = re.compile(r"([-+]?)(?:(\d+)/(\d+)|\\frac\{([-+]?\d+)\}\{(\d+)\}|\\frac(\d)(\d))")
MIXED = re.compile(r"([-+]?)(\d+)(?:\s+(\d+)/(\d+)|\s*\\frac\{(\d+)\}\{(\d+)\})")
SCIENTIFIC = re.compile(r"([-+]?\d+(?:\.\d+)?)\s*(?:\\times|\\cdot|\*)\s*10\^(?:\{(-?\d{1,3})\}|(\d))")
ROOT = re.compile(r"√\s?[({]?(\d+(?:\.\d+)?|[A-Za-z])[)}]?")
CHOICE = re.compile(r"(?:\\text(?:bf|rm)?\s*\{)?\(([A-Z])\)[ ~]*\}?[ ~]*(?=[^\s}])(.+)")
"""The letter of a choice and what it says, as in `\\textbf{(C) }12`."""
EVALUATED = re.compile(
    r"\\(?:[dt]?frac|sqrt|cdot|times|div|pi|left|right|[dt]?binom|pm|infty|circ|l?dots)(?![A-Za-z])|"
    r"[\d\s.{}()+\-*/^!\\]"
)
"""What of a value has no variable."""
UNIT = re.compile(r"\\(?:text|mathrm|mbox)\s*\{[^{}]*\}(?:\^\{?[23]\}?)?")
_FACTOR = r"(?:[a-zA-Z]|\\pi(?![a-zA-Z])|\\sqrt\{(?:\d{1,9}|[a-z])\})"
_TERM = rf"(?:\d{{1,9}}{_FACTOR}?|{_FACTOR}){_FACTOR}?(?:\^(?:\d|\{{\d{{1,2}}\}}))?"
PLAIN = re.compile(rf"-?{_TERM}(?: ?[-+] ?{_TERM}){{0,5}}", re.ASCII)
"""A sum of products of numbers, letters and roots, as in `4a - 2` and `3x^2`, which every parser reads."""
CALCULATION = re.compile(
    r"[\d)}\]]\s*(?:[-+−*/×÷]|\\(?:cdot|times|div)(?![A-Za-z]))\s*[\d(\\\[.]|"
    r"\\(?:i*o?int|sum|prod|lim|gcd|lcm|max|min|[bp]?mod|[dt]?binom|det|begin)(?![A-Za-z])|"
    r"\b(?:gcd|lcm|max|min|mod)\b",
)
"""What is still to be worked out."""


@lru_cache(maxsize=4096)
def normalised(value: str) -> str:
    r"""A stated value without dressing: dollars, spacing commands, sizes, thousands separators, closing stop.

    >>> normalised(r" $\left(1, 2\right).$ "), normalised("1,234"), normalised("4.5e-3")
    ('(1, 2)', '1234', '4.5 \\times 10^{-3}')
    """
    value = _stripped(value)
    if value.isascii() and NUMBER.fullmatch(value):
        return value
    while len(value) > 3 and (value[:2], value[-2:]) in {("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]")}:
        value = value[2:-2].strip()
    if len(value) > 1 and value[0] == value[-1] == "$":
        value = value[1:-1].strip()
    if whole := WHOLE_BOX.fullmatch(value):
        value = whole[1].strip()
    value = DRESSING.sub(r"\1", value).replace("{,}", ",").translate(LIKENESSES)
    value = re.sub(r"\\[dt]frac", r"\\frac", value)
    if "√" in value:
        value = ROOT.sub(r"\\sqrt{\1}", value)
    value = THOUSANDS.sub(lambda found: found[1] + found[2].replace(",", ""), value)
    value = EXPONENT.sub(r"\1 \\times 10^{\2\3}", value)
    return _stripped(value)


def _stripped(value: str) -> str:
    """Without blanks at its ends, and without the stop or comma that ends a phrase."""
    return value.strip().rstrip(",;").removesuffix(".").removesuffix("。").strip()


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
    if found := FRACTION.fullmatch(value):
        sign, *parts = found.groups()
        numerator, denominator = (int(part) for part in parts if part)
        return Fraction(int(f"{sign}1") * numerator, denominator) if denominator else None
    if found := MIXED.fullmatch(value):
        sign, *parts = found.groups()
        whole, numerator, denominator = (int(part) for part in parts if part)
        return int(f"{sign}1") * (whole + Fraction(numerator, denominator)) if denominator else None
    if found := SCIENTIFIC.fullmatch(value):
        return Fraction(found[1]) * Fraction(10) ** int(found[2] or found[3])
    return None


def sides(value: str) -> list[str]:
    r"""The sides of an equation chain; a left side with a variable says what is sought, and is no claim.

    >>> sides("x = 7"), sides("1 = 3 = 7"), sides(r"x \leq 7"), sides(r"\sum_{k=1}^4 k = 10")
    (['7'], ['1', '3', '7'], ['x \\leq 7'], ['10'])
    """
    if "=" not in value:
        return [value]
    parts = _outside_brackets(value)
    if len(parts) > 1 and EVALUATED.sub("", parts[0]):
        parts = parts[1:]
    return parts if all(parts) else [value]


def _outside_brackets(value: str) -> list[str]:
    """What stands between the equals signs outside brackets; all of it, where a comma makes it a list."""
    parts, start, depth = [], 0, 0
    for mark in re.finditer(r"[([{]|[)\]}]|,|(?<![<>!:=])=(?!=)", value):
        if mark[0] == "=" and not depth:
            parts.append(value[start : mark.start()].strip())
            start = mark.end()
        elif mark[0] == "," and not depth:  # "x = 1, y = 2"
            return [value]
        depth = max(0, depth + (mark[0] in "([{") - (mark[0] in ")]}"))
    return [*parts, value[start:].strip()]


def is_calculation(value: str) -> bool:
    r"""Whether `value` is no number but what makes one: sums, products and the like. Powers and roots are values.

    >>> is_calculation(r"17 \cdot 23"), is_calculation(r"2^{10}"), is_calculation("3/4"), is_calculation("-5")
    (True, False, False, False)
    """
    value = UNIT.sub("", value).strip()
    return as_number(value) is None and CALCULATION.search(value) is not None


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
