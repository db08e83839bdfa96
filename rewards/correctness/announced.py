r"""What an answer section says its answer is, in words: "the answer is x", "x or maybe y", a sentence with one value.

"The answer is" is read in English and Chinese; the last sentence is read in any language.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ..text.latex import BOX, Box
from ..text.text import Text
from .parts import VARIABLE, choice
from .values import DOUBTS, LONGEST, is_quotient, normalised, quantity

# Every gap is bounded and every run possessive, so that no text takes more than linear time.
FORMULA = (
    r"\$\$[^$]{1,999}+\$\$|\$[^$\n]{1,999}+\$|\\\((?:(?!\\\))[^\n]){1,999}+\\\)|\\\[(?:(?!\\\])[\s\S]){1,999}+\\\]"
)
DECIMAL = r"[-+−–]?+(?:\\?[$€£])?+\d++(?:,\d++)*+(?:\.\d++)?+(?:/\d++)?+(?:\s?\\?%|°)?+"
VALUE = rf"(?:{FORMULA}|{DECIMAL})"
LINE = re.compile(r"([^\n]+)")
BESIDE_BOX = re.compile(rf"({VALUE})(?=\s*+(?:[,;]|[a-z]{{2}}|\Z))")
BEGINS = re.compile(
    r"\([A-Z]\)[ ~]|\(?[A-Z]\)?(?:,| and)\s?\(?[A-Z]\b|"
    r"[-+−–±]?+\s?(?:[([{|]\s?[-+−\d\\]|[\d$€£√∞π½¼¾⅓⅔.]|\\[A-Za-z([{$]|"
    r"[A-Za-z](?:_\w+)?(?:\s{0,2}=|\^|\s?[-+*/]\s?(?:\d|[\\(]|[A-Za-z]\b)))"
)
"""How a value begins, as opposed to prose: "x = 2", "(1, 2)"; not "what we sought"."""

_IS = (
    r"(?:is|was|equals|(?:would|should|must|will|has to) (?:then |therefore |thus )?be)\b"
    r"(?:,? (?:therefore|thus|hence|then|exactly|simply|just|given by|equal to)\b,?)?"
)
LEAD = re.compile(
    r"(?:(?<![A-Za-z])answer\b|答案)"
    r"(?: (?:to|for) (?:this|the) (?:\w+ )?(?:problem|question|exercise|puzzle))?(?:, then,)?"
    rf"[*_\"'”]{{0,3}}+[ \t]{{0,4}}+(?:(?:{_IS}|是|为|[:：=–—])[ \t]{{0,4}}+[:：]?|(?=\n))([*_\s]{{0,9}}+)",
    re.IGNORECASE,
)
"""What announces an answer: "the answer is", "Final answer:", "答案是"; not "to answer the question"."""
SENTENCE_END = re.compile(
    r"\n|。|[.!?](?=[\s*_\"'”’)<»]|\Z)|\s?[,–—-]\s(?=an?\s[a-z]{3})|[,;:–—-]?\s\(?(?:because|since|i\.e\.)(?!\w)|"
    r",\s(?:as|so|which|where|thus|hence|making)\b|</|<\|"
)
PARENTHESIS = re.compile(r"\s\((?![A-Z]\))[^()\d$\\]*\)")
"""Words in brackets: " (forty-two)"; not " (or 7)", " (B)"."""
DENIED = re.compile(
    r"(?:\bat first (?:sight|glance),?|"
    r"(?<!no )\b(?:false|untrue|wrong|incorrect|mistaken|naive|tempting|common|doubt|deny|disagree|unlikely|"
    r"impossible|suppose|assume|whether|refuse|(?:might|may|could|would) (?:say|think|guess)|"
    r"twice|half|double|(?:of|than)(?= the)|"
    r"an?(?! final)|each|every|another|['’]s(?! the))|\bif\b[^,.\n]{0,60}?|"
    r"\bno(?:body|[- ]one) (?:says|thinks|believes|claims)|"
    r"(?:\bnot|n['’]t)(?: (?:so|the case|true|correct|right|likely|sure|certain|clear|think|believe|say|claim))?)"
    r"(?: (?:to )?(?:say|think|claim|assume|suppose|believe))?(?: that| if| whether)?"
    r"(?: (?:the|my|our|its|his|her|their|final|correct|right|true|only)){0,3} ?[*_]{0,3}\Z",
    re.IGNORECASE,
)
"""What stands before "answer" if it is not stated what the answer is: "I doubt that the", "twice the", "Tom's"."""
FURTHEST = 100
"""Characters before "answer" in which a denial is sought."""
_SECOND_THOUGHT = (
    r"[\s$*_.,)\]\\]{0,6}+\(?(?=[oampnwct])(?:"  # their first letters, which takes a quarter off the time
    r"(?P<or>or)|alternatively|otherwise|maybe|perhaps|possibly|(?:no, )?wait|actually|correction|"
    r"(?:the )?answer(?= (?:could|might|may)\b))\b[,:]?"
    r"(?:[ \t](?:is|it|it's|be|could|might|may|also|even|else|maybe|perhaps|possibly|just)\b,?){0,4}[ \t][*_]{0,3}"
    rf"(?:[A-Za-z]\s?=\s?)?(?P<value>{VALUE})(?:(?(or)(?!)|(?:[ \t][A-Za-z]{{2,}}+){{1,3}}+))?"
    r"(?=[.?!)]{0,2}[*_]{0,3}(?:\s|\Z))(?![ \t]*+(?!or\b)[-+/=<>\\(\w])"
)
AT_HEAD, AT_BOX = (re.compile(before + _SECOND_THOUGHT, re.IGNORECASE) for before in (r"[.!?\n。]", ""))
"""Another value, offered at the head of a sentence or right after a box, to the sentence's end; after a mere "or"
without a unit: "or 420 minutes" says the same in other words."""
LISTED = re.compile(
    rf"[\s$*)\\]{{0,4}}+(?:[,;/]|and(?: also)?\b|as well as\b)[ \t]{{1,2}}+(?P<value>{VALUE})"
    r"(?:[.!]?[ \t]*+(?:\n|\Z)|[ \t]+are (?:both |the |all |two |correct ){0,3}(?:answers|solutions|values|roots)\b)"
)
"""Another value in the same line: "\\boxed{7}, 3", "\\boxed{7} and 3 are answers"; not "\\boxed{7}, 3 of which"."""
_AT_ONCE = r"[^\w\n]{0,4}+\s*+\(?"
_IF = r"if [^.\n:,()]{1,20}"
RIVAL = re.compile(
    rf"{_AT_ONCE}(?:(?:{_IF}\)?[^\w\n]{{1,3}})?(?:text\{{ ?)?else\b ?\}}?|{_IF}:|"
    r"(?:unless|except)\b[^.\n]{1,40}? (?:is|be)|"
    r"other (?:candidates?|options|possible (?:answers|values))(?: are| is|:)?)"
    rf" ?(?P<value>{VALUE})",
    re.IGNORECASE,
)
"""A value for another case: "\\boxed{7} (if even), else 3", "\\boxed{7}. If odd: 3"; not "\\boxed{7}. If so, 3"."""
RIVAL_IF = re.compile(
    rf"{_AT_ONCE}(?:{_IF}, (?:it is |it['’]s )?|but )(?P<value>{VALUE})(?=[.\s]*\Z| if\b)", re.IGNORECASE
)
"""The same to the end or before an "if": "\\boxed{7}, but 3 if odd"; not "\\boxed{7}, but 3 is near"."""
AS_LIKELY = re.compile(
    rf"[^\n.\d]{{0,40}}+(?:(?<=[;,.] )|(?<=though )|(?<=but ))(?P<value>{VALUE})"
    rf"(?:, {VALUE}| (?:and|or) {VALUE}){{0,3}} (?:is|are) "
    r"(?:just |equally |also |as ){1,2}(?:likely|possible|plausible)\b",
    re.IGNORECASE,
)
"""A value that is as good: "\\boxed{7}, but 3 is as likely"; not "\\boxed{7}; 3 is as large"."""
AT_ANY_BOX = (AT_BOX, LISTED, RIVAL, RIVAL_IF, AS_LIKELY)
"""What may offer another value right after a box."""
LEADING_FORMULA = re.compile(FORMULA)
EMPHASIS = re.compile(r"\*\*(?!\d)|(?<!\d)\*\*")
"""Two stars that are no power."""
WORDS = re.compile(r"[^\W_]+(?:[ ,.:'’-]{1,2}[^\W_]+){0,3}")
"""An answer in words: four at most."""

LAST = 300
"""Characters at the end of an answer section in which its last sentence is sought."""
STOP = re.compile(r"[.!?](?=\s|\Z)|[。！？।۔؟።։။។\n]|\Z")
"""Where a sentence ends, in any script."""
_LATEX = r"\\(?:d?frac\{[^{}]{1,20}\}\{[^{}]{1,20}\}|sqrt\{[^{}]{1,20}\})"
BARE_VALUE = re.compile(rf"(?<![A-Za-z\d_.^\\/*+<>|-])(?:{VALUE}|`[^`\n]{{1,99}}`|[-−]?{_LATEX})(?![\w.]*\d)")
"""A value in a sentence, and not a part of another: "42", "42です"; not the 2 of "x2", "4.2"."""
AFTER = 2
"""Words that may stand after the value of a last sentence: in many languages the verb, or a unit, comes last."""
WORKED_ON = re.compile(
    r"\b(?:(?:squares?|cubes?|roots?|half|thirds?|quarters?|reciprocal|inverse|opposite|negative|factorial|multiples?|"
    r"divisors?|factors?) of|twice|double|triple|half|minus|plus|times|than)\s[$(\\]{0,3}\Z",
    re.IGNORECASE,
)
"""What stands before a value that is not the answer yet: "the root of 81", "more than 42"; not "a sum of 42"."""
DOUBTFUL = re.compile(
    rf"{DOUBTS}|\b(?:or|either|suppose|might|never|doubt|false|untrue|whether|believe)\b", re.IGNORECASE
)


class Announced(NamedTuple):
    """A claim, where the words begin that announce it, and whether it is one number and no more."""

    start: int
    claim: str
    plain: bool


def announced(answer: Text) -> Iterator[Announced]:
    """What follows each "the answer is": to the end of its sentence, or, on a line of its own, that line."""
    for lead in leads(answer):
        rest = answer.raw[lead.end() : lead.end() + LONGEST + 1]
        if "\n" in lead[1]:
            line = LINE.match(rest)
            value = claim(line[1]) if line and not BOX.search(line[1]) else None
            value = value if value and is_plain(value) else None
        else:
            value = claim(_sentence(rest))
        if value:
            yield Announced(lead.start(), value, is_plain(value))


def announced_words(answer: Text) -> str | None:
    """The words that the last "the answer is" is followed by, if they are all of its sentence.

    >>> announced_words(Text("So the answer is **Tuesday**."))
    'Tuesday'
    >>> announced_words(Text("The answer is what we sought, and more."))
    """
    last = [lead for lead in leads(answer) if "\n" not in lead[1]][-1:]
    words = _sentence(answer.raw[last[0].end() :][:LONGEST]).strip(' \t*_.`"“”') if last else ""
    return words if WORDS.fullmatch(words) else None


def second_thoughts(answer: str, start: int, boxes: Sequence[Box]) -> list[str]:
    """The values that are offered beside an answer, from `start` on, where it begins: "Or maybe 3."."""
    at_boxes = (pattern.match(answer, box.end) for box in boxes for pattern in AT_ANY_BOX)
    values = [thought["value"] for thought in (*AT_HEAD.finditer(answer, start), *at_boxes) if thought]
    return [value for value in values if not BOX.search(value)]


HEADING = re.compile(r"[^\w\n]*+[^\W\d_]+ \d+\s*\n")
"""A heading's line: "SECTION 2" above other lines; not "Total: 42", nor "Section 2" where nothing comes after it."""


def last_value(answer: str) -> str | None:
    """The value of the last sentence that has any: its only one, or its last one, if it stands there twice.

    At most two words may stand after it. A question or a sentence in doubt has none.

    >>> [last_value(text) for text in ("La respuesta es 42.", "答えは42です。", "42 ist es, denn 6 mal 7 ist 42.")]
    ['42', '42', '42']
    >>> [last_value(text) for text in ("We met 42 on the way.", "It is 41 or 42.", "SECTION 2\\nSo it is.")]
    [None, None, None]
    """
    sentences, start = [], 0
    tail = EMPHASIS.sub("", answer[-LAST:])
    for stop in STOP.finditer(tail):
        sentences.append(tail[start : stop.end()])
        start = stop.end()
    for sentence in reversed(sentences):
        values = [] if HEADING.fullmatch(sentence) else list(BARE_VALUE.finditer(sentence))
        if values:
            return None if sentence.rstrip().endswith(("?", "？", "؟")) else _value_of(sentence, values)
    return None


def _value_of(sentence: str, values: Sequence[re.Match[str]]) -> str | None:
    stated, rest = [normalised(value[0]) for value in values], sentence[values[-1].end() :]
    repeated = len(set(stated)) == 1 or stated.count(stated[-1]) > 1
    undone = len(values) == 1 and WORKED_ON.search(sentence, 0, values[0].start())
    if not repeated or undone or DOUBTFUL.search(sentence) or len(re.findall(r"[^\W\d_]+", rest)) > AFTER:
        return None
    tail = rest.strip().rstrip(".!。！।۔*_`\"'”’»|}> ")
    return stated[-1] if quantity(f"1{rest[:1] if rest[:1].isspace() else ''}{tail}") else None


def leads(answer: Text) -> Iterator[re.Match[str]]:
    """Every "the answer is" that is not denied."""
    return (lead for lead in every_lead(answer.raw, answer.lower) if not is_denied(lead, answer.raw))


def is_denied(lead: re.Match[str], answer: str) -> bool:
    """Whether it is said before "the answer is" that it is not stated."""
    return DENIED.search(answer, max(0, lead.start() - FURTHEST), lead.start()) is not None


def every_lead(answer: str, lower: str) -> Iterator[re.Match[str]]:
    """Every match of `LEAD`: tried where the word stands, which takes a fraction of trying everywhere."""
    if "答案" in answer or ("ſ" in answer and "answer" in lower) or len(lower) != len(answer):
        yield from LEAD.finditer(answer)
        return
    start = lower.find("answer")
    while start >= 0:
        if lead := LEAD.match(answer, start):
            yield lead
        start = lower.find("answer", start + 1)


def _sentence(rest: str) -> str:
    """`rest` to the end of its first sentence; a full stop in a formula at its head ends none, a question is empty."""
    formula = LEADING_FORMULA.match(rest)
    end = SENTENCE_END.search(rest, formula.end() if formula else 0)
    if not end:
        return rest
    return "" if end[0] == "?" and not BOX.search(rest, 0, end.start()) else rest[: end.start()]


def claim(phrase: str) -> str | None:
    """The value that a phrase is, with its unit; else the whole phrase, if it begins as a value does.

    Whatever stands beside a value is part of the claim, so that "5 or 7", "5 million" and "5^2" do not claim 5.
    """
    if box := BOX.search(phrase):  # counted already, and what leads up to it, as in "x = ", is seldom a claim
        beside = BESIDE_BOX.match(phrase[: box.start()].rstrip(" =:$*\\([").lstrip(" $*\\(["))
        return beside[1] if beside else None
    if len(phrase) > LAST:  # a text, of which no worker is asked
        return phrase if BEGINS.match(phrase.lstrip(" \t*_")) else None
    phrase = PARENTHESIS.sub("", EMPHASIS.sub("", phrase)).strip(" \t\n*_`\"'“”")
    phrase = phrase.rstrip("}") if "{" not in phrase else phrase
    if is_plain(phrase):
        return phrase
    letter = choice(phrase)
    return phrase if BEGINS.match(phrase) or letter else None


def is_plain(phrase: str) -> bool:
    """Whether a phrase states one number: "42", "x = 42", "42 red apples"; not "42 or 43", "6 times 7"."""
    if len(phrase) > LAST:
        return False
    value = normalised(phrase)
    sought = VARIABLE.match(value)
    stated = quantity(value[sought.end() :] if sought else value)
    return stated is not None and not is_quotient(stated)
