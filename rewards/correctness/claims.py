r"""The final answer: what a response states as its result, and what a gold answer says."""

import re
from collections.abc import Iterator
from functools import lru_cache
from math import isfinite
from numbers import Integral, Real
from typing import Any

from ..text.latex import BOX, Box, boxed, boxes
from ..text.text import Text
from ..text.words import contains
from .announced import BEGINS, DECIMAL, VALUE, announced, claim, second_thoughts
from .values import LONGEST, normalised

HASHES = re.compile(r"####[^\S\n]*+(?!\**\d{1,2}[.)][^\S\n]++\S)([^\n]++)")
"""A line behind `####` that is not a numbered heading."""
BARE = re.compile(rf"(?:[A-Za-z]\s?=\s?)?({VALUE})|\(?([A-Z])\)?")
TWO_LETTERS = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2}")
TAGGED = re.compile(r"<answer>([^<>]*)</answer>", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\\phantom\{[^{}]*\}")
HIDDEN = re.compile(r"<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z)|^[ \t]*+%[^\n]*+", re.MULTILINE)
"""Comments of HTML and LaTeX, which no reader sees."""
COMMENT_LINE = re.compile(r"\n[ \t]*+%")
_TERM = r"[(\t ]*+-?\d[\d,]*+(?:\.\d++)?+[)\t ]*+"
CLOSING_EQUATION = re.compile(rf"(?<![\d.=])((?:{_TERM}(?:[-+−–*/×·÷]{_TERM})*+=)++[\t ]*+{VALUE})[\s.!\"”'*]*+\Z")

BEFORE_BOX = 60
"""Characters before a box that may belong to it."""
DENIED_BOX = re.compile(r"(?:\bnot|n['’]t|\bnever)(?: equal to| be)?[\s$*(\\]{0,4}\Z", re.IGNORECASE)
WRONG_BOX = re.compile(r"[\s$*)\\]{0,4}(?:is|was|would be|seems) (?:wrong|incorrect|false|not)\b", re.IGNORECASE)
ALTERNATIVE = re.compile(rf"({VALUE}),? or (?:(?:maybe|perhaps|possibly|even) )?[$*(\\]{{0,3}}\Z", re.IGNORECASE)
"""Another value before a box, as in "3 or \\boxed{7}"."""
SIGNS = frozenset("-−–.0123456789")
GLUED_BEFORE = re.compile(r"(?:\A|[\s$(=\[]|(?<![\w.^{\\])(?=[\d-]))([-−–]|[-−–]?\d[\d.]*)\Z")
GLUED_BEHIND = re.compile(r"(?:\.\d|\d)[\d.]*")
"""A sign or digits at a box, without a blank: they are part of the number that a reader sees."""


def stated_answers(text: Text) -> list[str]:
    r"""Every final answer that an answer section states, in order, without repeats.

    Boxes first, then `#### x`, "the answer is x" and `<answer>x</answer>`. Where there is none of these, an answer
    section that is nothing but one number or formula states it, and so does one that ends in an equation of numbers.
    Numbers merely mentioned are not answers.

    >>> stated_answers(Text(r"So \boxed{3}. The final answer is $7$."))
    ['3', '7']
    >>> stated_answers(Text("The answer is 3 or 7.")), stated_answers(Text("The answer is 3 apples."))
    (['3 or 7'], ['3'])
    >>> stated_answers(Text("Adding up, 12 + 30 = 42.")), stated_answers(Text("First 12, then 30: it could be 42."))
    (['12 + 30 = 42'], [])
    """
    if contains(text.raw, "<!--") or ("%" in text.raw and COMMENT_LINE.search(f"\n{text.raw}")):
        text = Text(HIDDEN.sub(" ", text.raw))
    answer = text.raw
    lines = [line for line in HASHES.finditer(answer) if re.search(r"\w", line[1]) and not BOX.search(line[1])] if (
        contains(answer, "####")) else []  # fmt: skip
    framed = list(boxes(answer, text.lower))
    found = [(box.start, value) for box in framed for value in _of_box(answer, box)]
    found += [(line.start(), value) for line in lines if (value := claim(line[1]))]
    found += announced(text)
    stated = [value for _, value in found]
    stated += second_thoughts(answer, min(start for start, _ in found), framed) if found else []
    if contains(answer, "<"):
        stated += [v for section in TAGGED.findall(answer) if not BOX.search(section) and (v := claim(section))]
    stated = stated or [line[1] for line in lines[-1:]] or _bare(answer) or CLOSING_EQUATION.findall(answer[-LONGEST:])
    return list(dict.fromkeys(normalised(value) for value in stated))


def _of_box(answer: str, box: Box) -> Iterator[str]:
    r"""What a box states, with what stands right beside it; nothing, if it is empty or denied.

    >>> [list(_of_box(text, next(boxes(text)))) for text in (r"$-\boxed{7}$", r"3 or \boxed{7}", r"not \boxed{7}")]
    [['-7'], ['3', '7'], []]
    """
    before = answer[max(0, box.start - BEFORE_BOX) : box.start]
    content = PLACEHOLDER.sub("", box.content) if "phantom" in box.content else box.content
    if not re.search(r"\w", content) or _is_denied(before, answer, box.end):
        return
    if "or" in before.lower() and (other := ALTERNATIVE.search(before)):
        yield other[1]
    sign = GLUED_BEFORE.search(before) if before[-1:] in SIGNS else None
    rest = GLUED_BEHIND.match(answer, box.end)
    yield (sign[1] if sign else "") + box.content + (rest[0] if rest else "")


def _is_denied(before: str, answer: str, end: int) -> bool:
    """Whether it is said of the box between `before` and `end` that it is not so."""
    return ("n" in before[-20:].lower() and DENIED_BOX.search(before) is not None) or WRONG_BOX.match(
        answer, end
    ) is not None


def gold_answer(gold: Any) -> str | None:
    r"""The gold answer of a data set's cell: a number, a LaTeX answer, or a solution that boxes it or ends in `####`.

    >>> gold_answer("16 - 3 = 13 ... #### 18"), gold_answer("The answer is 42.")
    ('18', '42')
    >>> gold_answer(None) is None
    True
    """
    if isinstance(gold, bool) or not isinstance(gold, Real | str):
        return None
    if isinstance(gold, float) and not isfinite(gold):
        return None
    whole = isinstance(gold, Integral) or (isinstance(gold, float) and gold.is_integer())
    try:
        text = str(int(gold)) if whole else str(gold)  # pyright: ignore[reportArgumentType]
    except ValueError:  # more digits than Python writes
        return None
    return _gold_in(text)


@lru_cache(maxsize=4096)
def _gold_in(text: str) -> str | None:
    said = [value for _, value in announced(Text(text))]
    stated = boxed(text)[-1:] or HASHES.findall(text)[-1:] or said[-1:] or [text]
    answer = normalised(stated[0])
    return answer if answer and answer.count("{") == answer.count("}") else None


def _bare(section: str) -> list[str]:
    """The number, formula or letter of a choice that an answer section is, if it is nothing else."""
    if len(section) > LONGEST:
        return []
    section = section.strip(" \t\n*_").rstrip(".。*_ ")
    if found := BARE.fullmatch(section):
        return [found[1] or found[2]]
    is_latex = section.startswith(("\\", "√")) or re.match(rf"{DECIMAL}[\\√^]", section)
    return [section] if is_latex and BEGINS.match(section) and not TWO_LETTERS.search(section) else []
