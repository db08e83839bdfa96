"""The parts of a value: the letter and the text of a choice, the elements of a list, the sides of a chain."""

import re
from functools import lru_cache

from .values import LONGEST, NAME, TEXT

CHOICE = re.compile(
    r"(?i:(?:option|choice)\s+)?"
    r"(?:\(([A-Z]|[a-z](?=\)(?:\s*\Z|[\s.:]+(?:\w|\\(?:[dt]?frac|sqrt|text)))))\)|"
    r"([A-Z])(?=[).:,]|\Z|\s[–—-]\s(?:[\d.,:]+\s|an?\s)?[^\W\d_]{3}))"
    r"(?:[).:]|,(?!\s*[A-Z]\b)|\s[–—-]\s)*+(?!,|\s*\([A-Z]\))\s*(.*)",
    re.DOTALL,
)
"""The letter of a choice and what it says: `(C) 12`, `(c) 12`, `C. 12`, `C – two`; not `(C)(D)`, `(c)^2`."""
VARIABLE = re.compile(NAME + r"(?:=|\\(?:approx|equiv)(?![a-z])|≈)\s*")
r"""What is sought, at the head of a value: `x =`, `x_1 \approx`, `x \equiv`; not `2x =`."""
EVALUATED = re.compile(
    r"\\(?:[dt]?frac|sqrt|cdot|times|div|pi|left|right|[dt]?binom|pm|infty|circ|l?dots)(?![A-Za-z])|"
    r"[\d\s.{}()+\-*/^!\\]"
)
"""What of a value has no variable."""
EQUALS = re.compile(r"(?<![<>!:=])=(?!=)")
IN_BRACKETS = re.compile(r"\((?!.*cup)(.+)\)|\\\{((?:(?!\\mid|\||:|\\\}).)+)\\\}", re.DOTALL)
r"""A list in brackets: `(1, 2)`, `\{1, 2\}`; not `(1, 2) \cup (3, 4)`, `\{x | x > 1\}`."""
SEPARATOR = re.compile(
    r"\s*(?:[,;]\s*)?(?:(?<![A-Za-z\\])(?:and|or)(?![A-Za-z])|[,;]|\\(?:lor|land|vee|wedge)(?![a-z]))\s*"
)
"""What stands between the values of a list: ", ", " and ", " or "; not "sand"."""


@lru_cache(maxsize=4096)
def choice(value: str) -> tuple[str, str] | None:
    r"""The letter of a choice and what it says, which may be nothing; `None` for what is no choice.

    A list of the choices names none of them: both are empty.

    >>> choice(r"\textbf{(C) }12"), choice("Option C"), choice("C"), choice("(C)(D)"), choice("12")
    (('C', '12'), ('C', ''), ('C', ''), None, None)
    >>> choice("(A) 12 (B) 24"), choice("(D) Both (A) and (B)")
    (('', ''), ('D', 'Both (A) and (B)'))
    """
    parts = CHOICE.fullmatch(TEXT.sub(r"\1", value).strip()) if len(value) <= LONGEST else None
    if not parts:
        return None
    letter = parts[1] or parts[2]
    following = re.escape(chr(ord(letter) + 1))
    is_list = re.search(rf"\({following}\)|\b{following}[).:]\s", parts[3])
    return ("", "") if is_list else (letter, parts[3].strip())


@lru_cache(maxsize=4096)
def elements(value: str) -> tuple[str, ...]:
    r"""The values of a list, each without the variable that it is of; a value that is no list, alone.

    >>> elements(r"x = 2 \text{ or } x = 3"), elements("(1, 2)"), elements("(1,2),(2,1)"), elements("x+1")
    (('2', '3'), ('1', '2'), ('(1,2)', '(2,1)'), ('x+1',))
    """
    value = TEXT.sub(r" \1 ", value).strip()
    parts = _outside_brackets(value, SEPARATOR)
    if len(parts) == 1 and (listed := IN_BRACKETS.fullmatch(value)):
        parts = _outside_brackets(listed[1] or listed[2], SEPARATOR)
    return tuple(part[led.end() :] if (led := VARIABLE.match(part)) else part for part in parts)


def sides(value: str) -> list[str]:
    r"""The sides of an equation chain; a left side with a variable says what is sought, and is no claim.

    >>> sides("x = 7"), sides("1 = 3 = 7"), sides(r"x \leq 7"), sides(r"\sum_{k=1}^4 k = 10")
    (['7'], ['1', '3', '7'], ['x \\leq 7'], ['10'])
    """
    if "=" not in value:
        sought = VARIABLE.match(value)
        return [value[sought.end() :] if sought else value]
    if len(_outside_brackets(value, SEPARATOR)) > 1:  # "x = 1, y = 2"
        return [value]
    parts = _outside_brackets(value, EQUALS)
    if len(parts) > 1 and EVALUATED.sub("", parts[0]):
        parts = parts[1:]
    return parts if all(parts) else [value]


def _outside_brackets(value: str, mark: re.Pattern[str]) -> list[str]:
    """What stands between the marks outside brackets."""
    parts, start, depth = [], 0, 0
    for found in re.finditer(rf"(?P<bracket>[([{{]|[)\]}}])|{mark.pattern}", value):
        if bracket := found["bracket"]:
            depth = max(0, depth + (1 if bracket in "([{" else -1))
        elif not depth:
            parts.append(value[start : found.start()].strip())
            start = found.end()
    return [*parts, value[start:].strip()]
