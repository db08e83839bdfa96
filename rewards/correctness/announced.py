r"""What an answer section says its answer is, in words: "the answer is x", "x or maybe y"."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..text.latex import BOX, Box
from ..text.text import Text
from .values import LONGEST

# Every gap is bounded and every run possessive, so that no text takes more than linear time.
FORMULA = (
    r"\$\$[^$]{1,999}+\$\$|\$[^$\n]{1,999}+\$|\\\((?:(?!\\\))[^\n]){1,999}+\\\)|\\\[(?:(?!\\\])[\s\S]){1,999}+\\\]"
)
DECIMAL = r"[-+−–]?+(?:\\?[$€£])?+\d++(?:,\d++)*+(?:\.\d++)?+(?:/\d++)?+(?:\s?\\?%|°)?+"
VALUE = rf"(?:{FORMULA}|{DECIMAL})"
_NUMERAL = (
    "(?:hundred|thousand|[mbtr]+illion|lakh|crore|dozen|half|halve|third|quarter)s?|(?:ten|hundred|thousand)ths?|pi|"
    "squared|cubed|factorial"
)
_AFTER = "old|long|wide|high|tall|deep|away|apart|left over|left|over|each|more|remaining|altogether|in total"
UNIT = (
    rf"[ \t]{{1,2}}+(?!(?:{_NUMERAL})\b)(?:(?:square|cubic) )?+(?:[A-Za-z]{{2,}}+|[mLgs](?![A-Za-z]))"
    rf"(?:\^?[23²³]|/[A-Za-z]{{1,9}}(?:\^?[23²³])?|(?: per| in) [A-Za-z]{{2,}}+)?+(?: (?:{_AFTER})\b)?+"
)
"""A unit behind a number, as in "3 apples", "3 cm^2", "3 m/s", "3 miles per hour" and "3 years old"; no word that
makes another number."""

SINGLE = re.compile(rf"(?:(?:option|choice) )?({VALUE}|\([A-Z]\)|[A-Z])(?:{UNIT})?", re.IGNORECASE)
"""One value, or the letter of a choice, and perhaps its unit."""
LINE = re.compile(rf"({VALUE})(?:{UNIT})?[*_.。 \t]{{0,9}}+(?=\n|\Z)")
BESIDE_BOX = re.compile(rf"({VALUE})(?=\s*+(?:[,;]|[a-z]{{2}}|\Z))")
BEGINS = re.compile(
    r"\([A-Z]\)[ ~]|[-+−–±]?+\s?(?:[([{|]\s?[-+−\d\\]|[\d$€£√∞π½¼¾⅓⅔.]|\\[A-Za-z([{$]|"
    r"[A-Za-z](?:_\w+)?(?:\s{0,2}=|\^|\s?[-+*/]\s?(?:\d|[\\(]|[A-Za-z]\b)))"
)
"""How a value begins, as opposed to prose."""

_IS = (
    r"(?:is|was|equals|(?:would|should|must|will|has to) (?:then |therefore |thus )?be)\b"
    r"(?:,? (?:therefore|thus|hence|then|exactly|simply|just|given by|equal to)\b,?)?"
)
LEAD = re.compile(
    r"(?:\banswer\b|答案)(?: (?:to|for) (?:this|the) (?:\w+ )?(?:problem|question|exercise|puzzle))?(?:, then,)?"
    rf"[*_]{{0,3}}+[ \t]{{0,4}}+(?:(?:{_IS}|是|为|[:：=–—])[ \t]{{0,4}}+[:：]?|(?=\n))([*_\s]{{0,9}}+)",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(
    r"\n|。|[.!?](?=[\s*_\"'”’)<]|\Z)|,?\s(?:because|since)\b|,\s(?:as|so|which|where|thus|hence|making)\b|</|<\|"
)
DENIED = re.compile(
    r"(?:(?<!no )\b(?:false|untrue|wrong|incorrect|doubt|deny|disagree|unlikely|impossible)|"
    r"\bno(?:body|[- ]one) (?:says|thinks|believes|claims)|"
    r"(?:\bnot|n['’]t)(?: (?:so|the case|true|correct|right|likely|sure|certain|clear|think|believe|say|claim))?)"
    r"(?: to (?:say|think|claim|assume|suppose|believe))?(?: that| if| whether)?"
    r"(?: (?:the|my|our|its|his|her|their|final|correct|right|true|only)){0,3} ?[*_]{0,3}\Z",
    re.IGNORECASE,
)
"""What stands before "answer" where it is denied that it is what follows."""
FURTHEST = 100
"""Characters before "answer" in which a denial is sought."""
_SECOND_THOUGHT = (
    r"[\s$*_.,)\]\\]{0,6}+\(?(?=[oampnwct])(?:"  # their first letters, which takes a quarter off the time
    r"(?P<or>or)|alternatively|otherwise|maybe|perhaps|possibly|(?:no, )?wait|actually|correction|"
    r"(?:the )?answer(?= (?:could|might|may)\b))\b[,:]?"
    r"(?:[ \t](?:is|it|it's|be|could|might|may|also|even|else|maybe|perhaps|possibly|just)\b,?){0,4}[ \t][*_]{0,3}"
    rf"(?:[A-Za-z]\s?=\s?)?(?P<value>{VALUE})(?:(?(or)(?!)|{UNIT}))?"
    r"(?=[.?!)]{0,2}[*_]{0,3}(?:\s|\Z))(?![ \t]*+(?!or\b)[-+/=<>\\(\w])"
)
AT_HEAD, AT_BOX = (re.compile(before + _SECOND_THOUGHT, re.IGNORECASE) for before in (r"[.!?\n。]", ""))
"""Another value, offered at the head of a sentence or right behind a box, to the sentence's end; behind a mere "or"
without a unit: "or 420 minutes" says the same in other words."""
LEADING_FORMULA = re.compile(FORMULA)
EMPHASIS = re.compile(r"\*\*(?!\d)|(?<!\d)\*\*")
"""Two stars that are no power."""
WORDS = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+){0,3}")
"""An answer in words: four at most."""


class Said(NamedTuple):
    """A claim, and where the words begin that announce it."""

    start: int
    claim: str


def announced(answer: Text) -> Iterator[Said]:
    """What follows each "the answer is": to the end of its sentence, or, on a line of its own, that line."""
    for lead in _leads(answer):
        said = answer.raw[lead.end() : lead.end() + LONGEST + 1]
        if "\n" in lead[1]:
            line = LINE.match(said)
            found = line[1] if line and not BOX.search(line[0]) else None
        else:
            found = claim(_sentence(said))
        if found:
            yield Said(lead.start(), found)


def announced_words(answer: Text) -> str | None:
    """The words that the last "the answer is" is followed by, if they are all of its sentence.

    >>> announced_words(Text("So the answer is **Tuesday**."))
    'Tuesday'
    >>> announced_words(Text("The answer is what we sought, and more."))
    """
    leads = [lead for lead in _leads(answer) if "\n" not in lead[1]]
    said = _sentence(answer.raw[leads[-1].end() :][:LONGEST]).strip(" \t*_.") if leads else ""
    return said if WORDS.fullmatch(said) else None


def second_thoughts(answer: str, start: int, boxes: Sequence[Box]) -> list[str]:
    """The values that are offered beside an answer, from `start` on, where it begins: "Or maybe 3."."""
    found = (*AT_HEAD.finditer(answer, start), *(AT_BOX.match(answer, box.end) for box in boxes))
    return [thought["value"] for thought in found if thought]


def _leads(answer: Text) -> Iterator[re.Match[str]]:
    """Every "the answer is" that is not denied."""
    return (lead for lead in _every_lead(answer.raw, answer.lower)
            if not DENIED.search(answer.raw, max(0, lead.start() - FURTHEST), lead.start()))  # fmt: skip


def _every_lead(answer: str, lower: str) -> Iterator[re.Match[str]]:
    """Every match of `LEAD`: tried where the word stands, which takes a fraction of trying everywhere."""
    if "答案" in answer or ("ſ" in answer and "answer" in lower) or len(lower) != len(answer):
        yield from LEAD.finditer(answer)
        return
    start = lower.find("answer")
    while start >= 0:
        if lead := LEAD.match(answer, start):
            yield lead
        start = lower.find("answer", start + 1)


def _sentence(said: str) -> str:
    """`said` to the end of its first sentence; a full stop in a formula at its head ends none, a question is empty."""
    formula = LEADING_FORMULA.match(said)
    end = SENTENCE_END.search(said, formula.end() if formula else 0)
    if not end:
        return said
    return "" if end[0] == "?" and not BOX.search(said, 0, end.start()) else said[: end.start()]


def claim(said: str) -> str | None:
    """The value that a phrase is, without its unit; else the whole phrase, if it begins as a value does.

    Whatever stands beside a value is part of the claim, so that "5 or 7", "5 million" and "5^2" do not claim 5.
    """
    if box := BOX.search(said):  # counted already, and what leads up to it, as in "x = ", is seldom a claim
        beside = BESIDE_BOX.match(said[: box.start()].rstrip(" =:$*\\([").lstrip(" $*\\(["))
        return beside[1] if beside else None
    said = EMPHASIS.sub("", said).strip(" \t\n*_")
    single = SINGLE.fullmatch(said.rstrip(".。,;"))
    if single:
        return single[1]
    return said if BEGINS.match(said) else None
