r"""The final answer: what a response states as its result, and what a gold answer says."""

import re
from fractions import Fraction
from typing import Any

from .latex import BOX, boxed

LONGEST = 1000
"""Characters of a stated answer; a longer one is no answer but a text."""
DEEPEST = 50
"""Nesting of brackets in a stated answer; deeper ones stall every parser."""

_VALUE = r"(?:\$[^$\n]+\$|\\\([^\n]*?\\\)|[-+−]?[$€£]?\d[\d,]*(?:\.\d+)?(?:/\d+)?%?)"
STATED = re.compile(
    rf"\banswer\b\s*(?:\bis\b\s*:?|:|=)\s*[*_]*\s*({_VALUE})((?:\s*,?\s*\b(?:or|and)\b\s*{_VALUE})*)", re.IGNORECASE
)
HASHES = re.compile(r"####[^\S\n]*(\S[^\n]*)")
BARE = re.compile(rf"\s*[*_]*\s*(?:[A-Za-z]\s*=\s*)?((?:{_VALUE}))\s*[*_]*\.?[*_]*\s*")
TAGGED = re.compile(r"<answer>([^<>]*)</answer>", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\\phantom\{[^{}]*\}")
_SIDE = r"(?:[(\t ]*-?\d[\d,]*(?:\.\d+)?[)\t ]*)(?:[-+−–*/×·÷][(\t ]*-?\d[\d,]*(?:\.\d+)?[)\t ]*)*"
CLOSING_EQUATION = re.compile(rf"(?<![\d.=])((?:{_SIDE}=[\t ]*)+{_VALUE})[\s.!\"”'*]*$")
NUMBER = re.compile(r"([-+]?)(?:(\d+)(?:\.(\d+))?|\.(\d+))")
FRACTION = re.compile(r"([-+]?)(?:(\d+)/(\d+)|\\frac\{([-+]?\d+)\}\{(\d+)\}|\\frac(\d)(\d))")


def stated_answers(answer: str) -> list[str]:
    r"""Every final answer that an answer section states, in order, without repeats.

    Boxes first, then `#### x`, then "the answer is x". Where there is none of these, an answer section (or an
    `<answer>` in it) that is nothing but one number or formula states it, and so does one that ends in an equation of
    numbers. Numbers merely mentioned are not answers.

    >>> stated_answers(r"So \boxed{3}. The final answer is $7$.")
    ['3', '7']
    >>> stated_answers("Adding up, 12 + 30 = 42."), stated_answers("First 12, then 30: it could be 42.")
    (['12 + 30 = 42'], [])
    """
    found = [content for content in boxed(answer) if re.search(r"\w", PLACEHOLDER.sub("", content))]
    found += HASHES.findall(answer)
    for first, others in STATED.findall(answer):
        found += [value for value in (first, *re.findall(_VALUE, others)) if not BOX.search(value)]
    if not found:
        sections = [section for section in TAGGED.findall(answer) or [answer] if len(section) <= LONGEST]
        found = [bare[1] for bare in map(BARE.fullmatch, sections) if bare]
    if not found:
        found = [equation.strip() for equation in CLOSING_EQUATION.findall(answer[-LONGEST:])]
    return list(dict.fromkeys(normalised(value) for value in found))


def gold_answer(gold: Any) -> str | None:
    r"""The gold answer of a data set's cell: a number, a LaTeX answer, or a solution that boxes it or ends in `####`.

    >>> gold_answer("16 - 3 = 13 ... #### 18")
    '18'
    >>> gold_answer(None) is None
    True
    """
    if isinstance(gold, bool) or not isinstance(gold, int | float | str):
        return None
    text = str(int(gold)) if isinstance(gold, float) and gold.is_integer() else str(gold)
    stated = boxed(text)[-1:] or HASHES.findall(text)[-1:] or [text]
    answer = normalised(stated[0])
    return answer if answer and answer.count("{") == answer.count("}") else None


def normalised(value: str) -> str:
    r"""A stated value without dressing: dollars, spacing commands, sizes, thousands separators, closing stop.

    >>> normalised(r" $\left(1, 2\right).$ "), normalised("1,234")
    ('(1, 2)', '1234')
    """
    value = value.strip().removesuffix(".").strip()
    while len(value) > 1 and (pair := (value[:2], value[-2:])) in {("$$", "$$"), ("\\(", "\\)"), ("\\[", "\\]")}:
        value = value[len(pair[0]) : -2].strip() if len(value) > 3 else ""
    if len(value) > 1 and value[0] == value[-1] == "$":
        value = value[1:-1].strip()
    value = re.sub(r"\\[!,;: ]|\\(?:left|right)(?![a-z])|\\\$|^[$€£]", "", value).replace("{,}", ",")
    value = (
        value.replace("−", "-")
        .replace("–", "-")
        .replace("×", r"\times ")
        .replace("·", r"\cdot ")
        .replace("÷", r"\div ")
    )
    value = re.sub(r"\\[dt]frac", r"\\frac", value)
    value = re.sub(r"(?<![\d.(\[{,])(\d{1,3})((?:,\d{3})+)(?![\d,])", lambda m: m[1] + m[2].replace(",", ""), value)
    return value.strip().removesuffix(".")


def as_number(value: str) -> Fraction | None:
    r"""A normalised value as an exact number, if it is a plain integer, decimal or fraction of integers.

    >>> as_number(r"-\frac{6}{4}"), as_number("0.50"), as_number("2x")
    (Fraction(-3, 2), Fraction(1, 2), None)
    """
    if len(value) > LONGEST:
        return None
    if NUMBER.fullmatch(value):
        return Fraction(value)
    if found := FRACTION.fullmatch(value):
        sign, *parts = found.groups()
        numerator, denominator = (int(part) for part in parts if part)
        return Fraction(int(f"{sign}1") * numerator, denominator) if denominator else None
    return None


def sides(value: str) -> list[str]:
    r"""The sides of an equation chain; a lone variable on the left is a name, not a claim.

    >>> sides("x = 7"), sides("1 = 3 = 7"), sides(r"x \leq 7")
    (['7'], ['1', '3', '7'], ['x \\leq 7'])
    """
    if "," in value:  # "x = 1, y = 2": not a chain
        return [value]
    parts = [part.strip() for part in re.split(r"(?<![<>!:])=(?!=)", value)]
    if len(parts) > 1 and re.fullmatch(r"(?:\\?[A-Za-z]+(?:_\{?\w+\}?)?|[A-Za-z]\([A-Za-z]\))", parts[0]):
        parts = parts[1:]
    return parts if all(parts) else [value]


def too_large(value: str) -> bool:
    """Whether `value` is too long or too deeply nested to be an answer."""
    if len(value) > LONGEST:
        return True
    depth = deepest = 0
    for character in value:
        depth += (character in "([{") - (character in ")]}")
        deepest = max(deepest, depth)
    return deepest > DEEPEST
