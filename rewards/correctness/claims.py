r"""Claims: what a response states as its result, and what a gold answer says."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from math import isfinite
from numbers import Integral, Real
from typing import Any

from ..text.latex import BOX, Box, boxes
from ..text.text import Text
from ..text.words import contains
from .announced import (
    BEGINS,
    VALUE,
    Announced,
    announced,
    claim,
    every_lead,
    is_denied,
    is_plain,
    last_value,
    second_thoughts,
)  # fmt: skip
from .parts import choice
from .values import LONGEST, normalised, quantity

HASHES = re.compile(r"####[^\S\n]*+(?!\**\d{1,2}[.)][^\S\n]++\S)([^\n]++)")
"""A line after `####` that is not a numbered heading."""
TWO_LETTERS = re.compile(r"(?<![\\A-Za-z])[^\W\d_]{2}")
"""Prose, in any script: "so", "答え"; not `\\pi`, `x y`."""
TAGGED = re.compile(r"<(?:final_)?answer>([^<>]*)</(?:final_)?answer>", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\\phantom\{[^{}]*\}")
HIDDEN = re.compile(
    r"<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z)|^[ \t]*+%[^\n]*+|~~[^~\n]++~~|"
    r"<(del|s|strike|span style=[\"']?display:\s?none[^>]{0,20})>[^<]*+</\w++>|"
    r"(?:\\(?:text)?color(?:\[\w+\])?\{(?:white|#?f{3,6})\}\s?\{?|\\(?:[bx]?cancel|sout|phantom)\s?\{)\s?\\boxed\{[^{}]*+\}\}?",
    re.MULTILINE | re.IGNORECASE,
)
"""What no reader sees, or sees struck out: `<!-- 7 -->`, `~~7~~`, `\\cancel{\\boxed{7}}`; not `a ~ b`."""
HIDING = re.compile("<(?:!--|del|s)")
HIDING_LATEX = ("color", "cancel", "sout", "phantom")
COMMENT_LINE = re.compile(r"\n[ \t]*+%")
END_TOKENS = re.compile(r"(?:\s*<(?:\||｜|/s|end_of_turn|eos)[^<>\s]{0,40}>)+\s*\Z")
"""End tokens that were decoded with the text: "42<|im_end|>"; not "42 < 43"."""
_TERM = r"[(\t ]*+-?\d[\d,]*+(?:\.\d++)?+[)\t ]*+"
_SIGN = r"(?:[-+−–*/×·÷]|\\(?:times|cdot|div)\b)"
CLOSING_EQUATION = re.compile(rf"(?<![\d.=])((?:{_TERM}(?:{_SIGN}{_TERM})*+=)++[\t ]*+{VALUE})[\s.!\"”'*$]*+\Z")

PLACEHOLDERS = frozenset(("proof", "notfound", "n/a"))
"""What NuminaMath and others write for a gold answer that there is not."""
BEFORE_BOX = 60
"""Characters before a box that may belong to it."""
DENIED_BOX = re.compile(
    r"(?:(?:\bnot|n['’]t|\bnever)(?: equal to| be)?|"
    r"\b(?:not (?:so|true|right|correct)|wrong|false|untrue|incorrect|doubt\w*|unlikely) "
    r"(?:that|if|whether)\b[^.,\d\n\\]{0,20})"
    r"[\s$*(\\]{0,4}\Z",
    re.IGNORECASE,
)
"""A denial before a box: "not \\boxed{7}", "It is wrong that it is \\boxed{7}"."""
WRONG_BOX = re.compile(
    r"[\s$*)\\]{0,4}(?:,? (?:and|but) I (?:disagree|doubt)\b|(?:,? (?:which|(?:and|but) (?:that|this|it)) )?"
    r"(?:is|was|would be|seems) "
    r"(?:wrong|incorrect|false|absurd|not (?:the|right|correct|it|so)\b)|\? No\b)",
    re.IGNORECASE,
)
ALTERNATIVE = re.compile(
    rf"(?:({VALUE}),? or (?:(?:maybe|perhaps|possibly|even) )?|"
    rf"(?:\A|\n)(?:{VALUE}[,;] ){{0,5}}({VALUE})[,;] )[$*(\\]{{0,3}}\Z",
    re.IGNORECASE,
)
"""Another value before a box, as in "3 or \\boxed{7}", or in a line that begins "3, \\boxed{7}"."""
SIGNS = frozenset("-−–.0123456789")
GLUED_BEFORE = re.compile(r"(?:\A|[\s$(=\[]|(?<![\w.^{\\])(?=[\d-]))([-−–]|[-−–]?\d[\d.]*)\Z")
GLUED_BEHIND = re.compile(r"(?:\.\d|\d)[\d.]*")
"""A sign or digits at a box, without a blank: they are part of the number that a reader sees."""


def stated_answers(text: Text) -> list[str]:
    r"""Every final answer that an answer section states, in order, without repeats.

    Boxes first; a number that is stated elsewhere, as in `#### x`, "the answer is x" and `<answer>x</answer>`, counts
    beside them, other words about the answer do not. If there is no box, what is stated elsewhere; if there is
    nothing, the value that the section is, or that its last sentence has. Numbers merely mentioned are not answers,
    and nothing is stated if the last box is cut off.

    >>> [stated_answers(Text(text)) for text in (r"So \boxed{3}. The answer is $7$.", r"\boxed{3}, so \boxed{4")]
    [['3', '7'], []]
    >>> stated_answers(Text("The answer is 3 or 7.")), stated_answers(Text("The answer is 3 apples."))
    (['3 or 7'], ['3 apples'])
    >>> stated_answers(Text("Adding up, 12 + 30 = 42.")), stated_answers(Text("First 12, then 30: it could be 42."))
    (['12 + 30 = 42'], [])
    """
    framed = list(boxes(text.raw, text.lower))
    answer = _seen(text.raw, framed)
    if answer is not text.raw:
        text = Text(answer)
        framed = list(boxes(answer, text.lower))
    if framed and (opened := BOX.search(answer, framed[-1].end)) and not opened[1]:
        return []
    boxed_values = [(box.start, value) for box in framed for value in _of_box(answer, box)]
    elsewhere = [*_hashed(answer), *announced(text), *_tagged(answer)]
    plain = [stated for stated in elsewhere if stated.plain]
    elsewhere = plain if boxed_values or plain else elsewhere
    stated = [value for _, value in boxed_values] + [said.claim for said in elsewhere]
    if stated:
        first = min([start for start, _ in boxed_values] + [said.start for said in elsewhere])
        stated += second_thoughts(answer, first, framed)
    elif not framed:
        stated = _bare(answer) or CLOSING_EQUATION.findall(answer[-LONGEST:]) or _closing(text)
    return list(dict.fromkeys(normalised(value) for value in stated))


def _seen(raw: str, framed: Sequence[Box]) -> str:
    """A text, which has these boxes, without what a reader doesn't see of it; with boxes for GLM's box tokens."""
    if (
        HIDING.search(raw)
        or contains(raw, "~~")
        or ("%" in raw and COMMENT_LINE.search(f"\n{raw}"))
        or any(mark in raw[max(0, box.start - BEFORE_BOX) : box.start] for box in framed for mark in HIDING_LATEX)
    ):
        raw = HIDDEN.sub(" ", raw)
    if contains(raw, "<|begin_of_box|>"):
        raw = raw.replace("<|begin_of_box|>", r"\boxed{").replace("<|end_of_box|>", "}")
    return END_TOKENS.sub("", raw) if raw.rstrip().endswith(">") else raw


def _hashed(answer: str) -> Iterator[Announced]:
    """What stands after `####`; a heading, such as `#### 3 Cases`, is plain only if it is a number and no more."""
    if not contains(answer, "####"):
        return
    for line in HASHES.finditer(answer):
        if not BOX.search(line[1]) and re.search(r"\w", line[1]):
            value = normalised(line[1].strip(" *_"))
            literal = quantity(value)
            last = not answer[line.end() :].strip()
            if last or (literal and literal.literal == value):
                yield Announced(line.start(), line[1], plain=literal is not None and literal.literal == value)


def _tagged(answer: str) -> Iterator[Announced]:
    """What stands in `<answer>` tags, all of which counts."""
    if contains(answer, "<"):
        for section in TAGGED.finditer(answer):
            value = next((said.claim for said in announced(Text(section[1]))), None) or claim(section[1])
            if value and not BOX.search(section[1]):
                yield Announced(section.start(), value, plain=True)


def _of_box(answer: str, box: Box) -> Iterator[str]:
    r"""What a box states, with what stands right beside it; nothing, if it is empty or denied.

    >>> [list(_of_box(text, next(boxes(text)))) for text in (r"$-\boxed{7}$", r"3 or \boxed{7}", r"not \boxed{7}")]
    [['-7'], ['3', '7'], []]
    """
    before = answer[max(0, box.start - BEFORE_BOX) : box.start]
    content = PLACEHOLDER.sub("", box.content) if "phantom" in box.content else box.content
    if not re.search(r"[\w∞∅<>=≤≥+×÷−-]|\\\{", content) or _is_denied(before, answer, box.end):
        return
    listed = " or " in before.lower() or before.rstrip(" $*(\\").endswith((",", ";"))
    if listed and (other := ALTERNATIVE.search(before)):
        yield other[1] or other[2]
    sign = GLUED_BEFORE.search(before) if before[-1:] in SIGNS else None
    rest = GLUED_BEHIND.match(answer, box.end)
    yield (sign[1] if sign else "") + box.content + (rest[0] if rest else "")


def _is_denied(before: str, answer: str, end: int) -> bool:
    """Whether it is said of the box between `before` and `end` that it is not so."""
    return DENIED_BOX.search(before) is not None or WRONG_BOX.match(answer, end) is not None


def gold_answer(gold: Any) -> str | None:
    r"""The gold answer of a data set's cell: a number, a LaTeX answer, or a solution that boxes it or ends in `####`.

    >>> gold_answer("16 - 3 = 13 ... #### 18"), gold_answer("The answer is 42.")
    ('18', '42')
    >>> gold_answer(r"The roots are $\boxed{-2}$ and $\boxed{1}$."), gold_answer(None) is None
    ('-2, 1', True)
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
    said = [stated.claim for stated in announced(Text(text))]
    stated = _last_boxes(text) or HASHES.findall(text)[-1:] or said[-1:] or [text]
    answer = normalised(stated[0])
    if answer.lower() in PLACEHOLDERS:
        return None
    return answer if answer and answer.count("{") == answer.count("}") else None


def _last_boxes(solution: str) -> list[str]:
    """The boxes of a solution's last line that has any, as one list."""
    framed = list(boxes(solution))
    if not framed:
        return []
    line = solution.rfind("\n", 0, framed[-1].start) + 1
    return [", ".join(dict.fromkeys(box.content for box in framed if box.start >= line))]


def _closing(text: Text) -> list[str]:
    """The value of the last sentence, unless it is denied that it is the answer."""
    value = last_value(text.raw)
    return [value] if value and not any(is_denied(lead, text.raw) for lead in every_lead(text.raw, text.lower)) else []


def _bare(section: str) -> list[str]:
    """The number, formula or choice that an answer section is, if it is nothing else."""
    if len(section) > LONGEST:
        return []
    section = section.strip(" \t\n*_|").rstrip(".。*_ |")
    value = normalised(section)
    if is_plain(value) or choice(value):
        return [section]
    return [section] if BEGINS.match(value) and not TWO_LETTERS.search(value) else []
