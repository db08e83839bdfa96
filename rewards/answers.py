r"""The final answer: what a response states as its result, and what a gold answer says."""

import re
from collections.abc import Iterator
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

from .latex import BOX, WHOLE_BOX, boxed
from .values import LONGEST, normalised
from .words import contains

# Every gap is bounded and every run possessive, so that no text takes more than linear time.
FORMULA = (
    r"\$\$[^$]{1,999}+\$\$|\$[^$\n]{1,999}+\$|\\\((?:(?!\\\))[^\n]){1,999}+\\\)|\\\[(?:(?!\\\])[\s\S]){1,999}+\\\]"
)
DECIMAL = r"[-+−]?+(?:\\?[$€£])?+\d++(?:,\d++)*+(?:\.\d++)?+(?:/\d++)?+(?:\s?\\?%|°)?+"
VALUE = rf"(?:{FORMULA}|{DECIMAL})"
_NUMERAL = "(?:hundred|thousand|[mbtr]+illion|dozen|half|halve|third|quarter)s?|pi|squared|cubed|factorial"
UNIT = (
    rf"[ \t]{{1,2}}+(?!(?:{_NUMERAL})\b)(?:(?:square|cubic) )?+[A-Za-z]{{2,}}+"
    r"(?:\^?[23²³]|(?: per| in) [A-Za-z]{2,}+)?+"
)
"""A unit behind a number, as in "3 apples", "3 cm^2" and "3 miles per hour"; no word that makes another number."""

SINGLE = re.compile(rf"({VALUE}|\([A-Z]\)|[A-Z])(?:{UNIT})?")
"""One value, or the letter of a choice, and perhaps its unit."""
LINE = re.compile(rf"({VALUE})(?:{UNIT})?[*_.。 \t]{{0,9}}+(?=\n|\Z)")
BESIDE_BOX = re.compile(rf"({VALUE})(?=\s*+(?:[,;]|[a-z]{{2}}|\Z))")
BEGINS = re.compile(r"[-+−±]?+\s?(?:[([{|]\s?[-+−\d\\]|[\d$€£√∞π½.]|\\[A-Za-z([{$]|[A-Za-z](?:_\w+)?\s{0,2}=)")
"""How a value begins, as opposed to prose."""

LEAD = re.compile(
    r"(?:\banswer\b|答案)[*_]{0,3}+[ \t]{0,4}+(?:(?:is\b|是|为|[:：=])[ \t]{0,4}+[:：]?|(?=\n))([*_\s]{0,9}+)",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"\n|。|[.!?](?=[\s*_\"'”’)]|\Z)|,?\s(?:because|since)\b")
DENIED = re.compile(
    r"(?:(?<!no )\b(?:false|untrue|wrong|incorrect|doubt|deny|disagree|unlikely|impossible)|"
    r"(?:\bnot|n['’]t) (?:the case|true|correct|right|likely|sure|certain|clear|think|believe|say|claim))"
    r"(?: to (?:say|think|claim|assume|suppose|believe))?(?: that| if| whether)?"
    r"(?: (?:the|my|our|its|his|her|their|final|correct|right|true|only)){0,3} ?[*_]{0,3}\Z",
    re.IGNORECASE,
)
"""What stands before "answer" where it is denied that it is what follows."""
SECOND_THOUGHT = re.compile(
    rf"(?:\A|[.!?。\n]|{WHOLE_BOX.pattern})[\s$*_.,)\]\\]{{0,6}}+"
    r"(?:(?P<or>or)|alternatively|otherwise|maybe|perhaps|possibly|(?:the )?answer(?= (?:could|might|may)\b))\b,?"
    r"(?:[ \t](?:is|it|it's|be|could|might|may|also|even|else|maybe|perhaps|possibly|just)\b,?){0,4}[ \t][*_]{0,3}"
    rf"(?:[A-Za-z]\s?=\s?)?(?P<value>{VALUE})(?:(?(or)(?!)|{UNIT}))?"
    r"(?=[.?!]?[*_]{0,3}(?:\s|\Z))(?![ \t]*+[-+/=<>\\(\w])",
    re.IGNORECASE | re.DOTALL,
)
"""Another value behind an answer, at the head of a sentence or right behind a box, to its end; behind a mere "or"
without a unit: "or 420 minutes" says the same in other words."""
LEADING_FORMULA = re.compile(FORMULA)
HASHES = re.compile(r"####[^\S\n]*+(?!\**\d{1,2}[.)][^\S\n]++\S)([^\n]++)")
"""A line behind `####` that is not a numbered heading."""
BARE = re.compile(rf"(?:[A-Za-z]\s?=\s?)?({VALUE})")
TAGGED = re.compile(r"<answer>([^<>]*)</answer>", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\\phantom\{[^{}]*\}")
HIDDEN = re.compile(r"<!--[^-]*+(?:-(?!->)[^-]*+)*+(?:-->|\Z)|^[ \t]*+%[^\n]*+", re.MULTILINE)
"""Comments of HTML and LaTeX, which no reader sees."""
COMMENT_LINE = re.compile(r"\n[ \t]*+%")
_TERM = r"[(\t ]*+-?\d[\d,]*+(?:\.\d++)?+[)\t ]*+"
CLOSING_EQUATION = re.compile(rf"(?<![\d.=])((?:{_TERM}(?:[-+−–*/×·÷]{_TERM})*+=)++[\t ]*+{VALUE})[\s.!\"”'*]*+\Z")


def stated_answers(answer: str) -> list[str]:
    r"""Every final answer that an answer section states, in order, without repeats.

    Boxes first, then `#### x`, "the answer is x" and `<answer>x</answer>`. Where there is none of these, an answer
    section that is nothing but one number or formula states it, and so does one that ends in an equation of numbers.
    Numbers merely mentioned are not answers.

    >>> stated_answers(r"So \boxed{3}. The final answer is $7$.")
    ['3', '7']
    >>> stated_answers("The answer is 3 or 7."), stated_answers("The answer is 3 apples.")
    (['3 or 7'], ['3'])
    >>> stated_answers("Adding up, 12 + 30 = 42."), stated_answers("First 12, then 30: it could be 42.")
    (['12 + 30 = 42'], [])
    """
    if contains(answer, "<!--") or ("%" in answer and COMMENT_LINE.search(f"\n{answer}")):
        answer = HIDDEN.sub(" ", answer)
    lines = [
        line
        for line in HASHES.findall(answer if "####" in answer else "")
        if re.search(r"\w", line) and not BOX.search(line)
    ]
    found = [content for content in boxed(answer) if re.search(r"\w", PLACEHOLDER.sub("", content))]
    found += [claim for line in lines if (claim := _claim(line))]
    found += _announced(answer)
    found += _second_thoughts(answer) if found else []
    found += [claim for section in TAGGED.findall(answer) if not BOX.search(section) and (claim := _claim(section))]
    found = found or lines[-1:] or _bare(answer) or CLOSING_EQUATION.findall(answer[-LONGEST:])
    return list(dict.fromkeys(normalised(value) for value in found))


def _second_thoughts(answer: str) -> list[str]:
    """The values that are offered behind an answer beside it: "Alternatively 3.", "or maybe 3"."""
    signs = BOX.search(answer), HASHES.search(answer) if "####" in answer else None, next(_leads(answer), None)
    stated = [sign.start() for sign in signs if sign]
    return [thought["value"] for thought in SECOND_THOUGHT.finditer(answer, min(stated))] if stated else []


def gold_answer(gold: Any) -> str | None:
    r"""The gold answer of a data set's cell: a number, a LaTeX answer, or a solution that boxes it or ends in `####`.

    >>> gold_answer("16 - 3 = 13 ... #### 18")
    '18'
    >>> gold_answer(None) is None
    True
    """
    if isinstance(gold, bool) or not isinstance(gold, Real | str):
        return None
    whole = isinstance(gold, Integral) or (isinstance(gold, float) and gold.is_integer())
    try:
        text = str(int(gold)) if whole else str(gold)  # pyright: ignore[reportArgumentType]
    except ValueError:  # more digits than Python writes
        return None
    return _gold_in(text)


@lru_cache(maxsize=4096)
def _gold_in(text: str) -> str | None:
    stated = boxed(text)[-1:] or HASHES.findall(text)[-1:] or [text]
    answer = normalised(stated[0])
    return answer if answer and answer.count("{") == answer.count("}") else None


def _announced(answer: str) -> Iterator[str]:
    """What follows each "the answer is": to the end of its sentence, or, on a line of its own, that line."""
    for lead in _leads(answer):
        if DENIED.search(answer, max(0, lead.start() - LONGEST // 10), lead.start()):
            continue
        said = answer[lead.end() : lead.end() + LONGEST + 1]
        if "\n" in lead[1]:
            line = LINE.match(said)
            claim = line[1] if line and not BOX.search(line[0]) else None
        else:
            formula = LEADING_FORMULA.match(said)
            end = SENTENCE_END.search(said, formula.end() if formula else 0)
            claim = _claim(said[: end.start()] if end else said)
        if claim:
            yield claim


def _leads(answer: str) -> Iterator[re.Match[str]]:
    """Every match of `LEAD`: tried where the word stands, which takes a fraction of trying everywhere."""
    lower = answer.lower()
    if "答案" in answer or ("ſ" in answer and "answer" in lower) or len(lower) != len(answer):
        yield from LEAD.finditer(answer)
        return
    start = lower.find("answer")
    while start >= 0:
        if lead := LEAD.match(answer, start):
            yield lead
        start = lower.find("answer", start + 1)


def _claim(said: str) -> str | None:
    """The value that a phrase is, without its unit; else the whole phrase, if it begins as a value does.

    Whatever stands beside a value is part of the claim, so that "5 or 7", "5 million" and "5^2" do not claim 5.
    """
    if box := BOX.search(said):  # counted already, and what leads up to it, as in "x = ", is seldom a claim
        beside = BESIDE_BOX.match(said[: box.start()].rstrip(" =:$*\\([").lstrip(" $*\\(["))
        return beside[1] if beside else None
    said = said.strip(" \t\n*_")
    single = SINGLE.fullmatch(said.rstrip(".。,;"))
    if single:
        return single[1]
    return said if BEGINS.match(said) else None


def _bare(section: str) -> list[str]:
    """The number or formula that an answer section is, if it is nothing else."""
    if len(section) > LONGEST:
        return []
    found = BARE.fullmatch(section.strip(" \t\n*_").rstrip(".。*_ "))
    return [found[1]] if found else []
