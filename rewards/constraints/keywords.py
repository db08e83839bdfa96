"""Keywords: words that must or must not occur."""

import random
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

from ..text.text import Text, words_in
from ..text.words import SIGNS, UNSPACED
from .base import Constraint, ConstraintError, Example, Problem, Worded, constraint

VOCABULARY = (
    "because", "therefore", "note", "problem", "question", "total", "result", "simply", "finally", "value",
    "check", "method", "number", "order", "step", "clear", "simple", "remain", "follow", "overall",
)  # fmt: skip
"""Words that fit a mathematical answer, drawn from when keywords are sampled."""

IN_WORD = re.compile(f"(?![{SIGNS}{UNSPACED}\uac00-\ud7a3])\\w")
"""What goes on with a word: "totals", "total_cost"; not 합total은, whose script leaves no blank there."""
PLAIN = re.compile(r"[a-z0-9_]+")
BREAK = re.compile(r"[.!?。！？](?=\s)|\n\s*\n")
"""Where a sentence, a heading or a list ends."""
AROUND = 200
"""Characters of a sentence that are looked at on either side of a keyword."""
COMPANY = 2
"""Other words that a sentence has in which a keyword counts: a list of keywords is none."""


ABOUT_WORDS = re.compile(r"\bkeywords?\b|\bthe words?\b", re.IGNORECASE)
"""What a sentence has that only mentions a keyword: "The word total is used."; not "In other words: the total"."""


def occurrences(word: str, text: Text, keywords: frozenset[str] = frozenset()) -> int:
    """How often `word` stands in a sentence of `text` as a word of its own, whatever its case; twice in a row at most.

    A sentence has other words too, beside `keywords` (in lower case).
    """
    read = text.prose if len(word) == 1 else text.drawn  # one letter in a formula is a variable
    return sum(_among_others(read.raw, *span, keywords) for span in _no_echo(read.raw, _standing(word, read)))


def _no_echo(text: str, spans: Iterator[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The spans less those that follow on two others with no word between: "knock, knock" is two, not "no, no, no"."""
    in_a_row, end = 0, 0
    for start, stop in spans:
        in_a_row = 1 if re.search(r"\w", text[end:start]) else in_a_row + 1
        if in_a_row <= 2:
            yield start, stop
        end = stop


def occurs(word: str, text: Text, keywords: frozenset[str] = frozenset()) -> bool:
    """Whether it does at all: known as soon as it is found."""
    if PLAIN.fullmatch(word.lower()) and word.lower() not in text.lower and text.raw.isascii() and "&" not in text.raw:
        return False
    found = (_among_others(part.raw, *span, keywords) for part in text.prose_parts() for span in _standing(word, part))
    return any(found) or occurrences(word, text, keywords) > 0


def most_seen(word: str, text: Text) -> int:
    """How often a reader may see `word`: in formulas and code too, and whatever marks stand in it."""
    standing = sum(1 for part in text.prose_parts() for _ in _standing(word, part))
    return max(standing, *(sum(1 for _ in _standing(word, view)) for view in _views(word, text)), 0)


def is_seen(word: str, text: Text) -> bool:
    """Whether a reader sees `word` at all."""
    return any(True for view in (*text.prose_parts(), *_views(word, text)) for _ in _standing(word, view))


def _views(word: str, text: Text) -> Iterator[Text]:
    """The texts to look for `word` in beside the prose: none where it is one letter, in a formula a variable."""
    return text.shown(word.lower()) if len(word) > 1 else iter(())


def _standing(word: str, text: Text) -> Iterator[tuple[int, int]]:
    """Start and end of `word` in `text` where it stands as a word of its own, whatever its case."""
    word = word.strip().lower()
    if PLAIN.fullmatch(word) and "İ" not in text.raw and "ı" not in text.raw:  # which `re.IGNORECASE` takes for an i
        return standing_alone(word, text.lower)
    return (found.span() for found in _pattern(word).finditer(text.raw))


@lru_cache(maxsize=1024)
def _pattern(word: str) -> re.Pattern[str]:
    """However it is typed; beside other letters too in scripts without blanks, and before the particles of Korean."""
    word = unicodedata.normalize("NFKC", word)
    typed = r"\s+".join(re.escape(piece) for piece in word.split())
    typed = re.sub("['’‘]", "['’‘ʼ`′]", typed).replace("\\-", "[-‐‑]")
    start = "" if re.match(f"[{SIGNS}{UNSPACED}]", word) else r"(?<!\w)"
    end = "" if re.search(f"[{SIGNS}{UNSPACED}\uac00-\ud7a3]$", word) else r"(?!\w)"
    return re.compile(start + typed + end, re.IGNORECASE)


def standing_alone(word: str, text: str) -> Iterator[tuple[int, int]]:
    """Where `word` is in `text`, both in lower case, with no word character beside it."""
    end = 0
    while (start := text.find(word, end)) >= 0:
        end = start + len(word)
        if IN_WORD.match(text, end) or (start and IN_WORD.match(text, start - 1)):
            end = start + 1
        else:
            yield start, end


def _among_others(text: str, start: int, end: int, keywords: frozenset[str]) -> bool:
    """Whether what stands at `start` to `end` is in a sentence with enough other words, or the heading of one."""
    before = BREAK.split(text[max(0, start - AROUND) : start])[-1]
    after, *following = BREAK.split(text[end : end + AROUND], maxsplit=2)
    own = {*keywords, text[start:end].lower()}
    pieces = [before + " " + after, *following[:1]]
    if ABOUT_WORDS.search(before) or ABOUT_WORDS.search(after):
        return False
    others = [sum(word.lower() not in own for word in words_in(piece)) for piece in pieces]
    return sum(others) >= COMPANY


def plural(keyword: str) -> str:
    """What counts as well where a keyword is asked for: "totals" for "total"."""
    return f"{keyword.strip()}s"


def pattern_count(keyword: str, text: Text) -> int:
    """Matches of the published checks' pattern, an unescaped keyword: inside longer words too."""
    return len(re.findall(keyword, text.raw, re.IGNORECASE))


def compiles(instruction_id: str, pattern: str) -> None:
    """The published checks take a keyword as a pattern: refuse one that is none, and one that can take for ever."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConstraintError(f"{instruction_id}: keyword {pattern!r} is no valid pattern ({error})") from None
    if re.search(r"[*+}]\)+[*+{]", pattern):
        raise ConstraintError(
            f"{instruction_id}: keyword {pattern!r} repeats a repetition, which can take for ever; escape it"
        )


@constraint("keywords:existence")
class Existence(Worded):
    """Every keyword occurs."""

    keywords: tuple[str, ...]

    sentence = "Include keywords {keywords} in the response."
    example = Example({"keywords": ["alpha", "beta"]}, passes="Alpha, and then beta: 42.", fails="Only alpha is here.")

    def __post_init__(self) -> None:
        for keyword in self.keywords:
            compiles(self.id, keyword)

    @property
    def copied(self) -> str:
        return " ".join(self.keywords)

    def official(self, text: Text) -> bool:
        """An unescaped pattern anywhere: "art" is found in "start"."""
        return all(re.search(keyword, text.raw, re.IGNORECASE) for keyword in self.keywords)

    def math(self, text: Text) -> bool:
        return all(
            occurs(keyword, text, self.padding) or occurs(plural(keyword), text, self.padding)
            for keyword in self.keywords
        )

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(keywords=tuple(rng.sample(VOCABULARY, 2)))


@constraint("keywords:forbidden_words")
class ForbiddenWords(Constraint):
    """None of the words occurs."""

    forbidden_words: tuple[str, ...]

    sentence = "Do not include keywords {forbidden_words} in the response."
    example = Example({"forbidden_words": ["thus"]}, passes="The final answer is 42.", fails="The answer is thus 42.")
    silent = True

    def __post_init__(self) -> None:
        for word in self.forbidden_words:
            compiles(self.id, word)

    def official(self, text: Text) -> bool:
        r"""Between `\b`s, unescaped: a symbol at an edge is never found."""
        return not any(re.search(rf"\b{word}\b", text.raw, re.IGNORECASE) for word in self.forbidden_words)

    def math(self, text: Text) -> bool:
        """Nowhere that a reader looks: in formulas and code too, and whatever marks stand in it."""
        return not any(is_seen(word, text) for word in self.forbidden_words)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(forbidden_words=tuple(rng.sample(VOCABULARY, 2)))
