"""Paragraphs: how many there are, what divides them, and how one begins."""

import random
import re
from functools import lru_cache

from ..text.latex import FORMULA
from ..text.text import Text, distinct
from .base import Constraint, ConstraintError, Counted, Example, Problem, constraint

DIVIDER = re.compile(r"\*{3,}|(?<=\n)[^\S\n]*\*(?: \*){2,}[^\S\n]*(?=\n)")
"""Three stars, where a bold italic passage is none any more; with blanks between them on a line of their own."""
BOLD_ITALIC = re.compile(r"\*\*\*(?![\s*])([^*\n]+)(?<!\s)\*\*\*(?!\*)")
"""***so***; not "Add.*** So *** and"."""
TWO_BREAKS = re.compile("\n\n")  # half the time of str.split
SAID = re.compile(r"[^\W\d_]{2}|[^\W\d_A-Za-z]")
"""A word, which one letter is not."""
BLANK = re.compile(r"\n[^\S\n]*\n")
STARTERS = ("first", "next", "then", "finally", "therefore", "we", "now", "to")
PARAGRAPHS = frozenset(
    {"length_constraints:number_paragraphs", "length_constraints:nth_paragraph_first_word", "paragraphs:paragraphs",
     "paragraphs:paragraphs2"}
)  # fmt: skip


def written(text: Text) -> list[str]:
    """Paragraphs between blank lines: a piece without a word, such as a formula, goes on with the one before."""
    pieces = BLANK.split(text.prose.raw)
    return [piece for piece in pieces if SAID.search(piece) and Text(piece).has_content()]


def counted(pieces: list[str]) -> int:
    """The published count: a blank piece at either end does not count, one in the middle spoils it (-1)."""
    blank = [not piece or piece.isspace() for piece in pieces]
    if any(blank[1:-1]):
        return -1
    return len(pieces) - sum({i: blank[i] for i in (0, len(pieces) - 1)}.values())


class Divided(Counted):
    """Exactly so many paragraphs divided by three stars."""

    silent = True
    excludes = PARAGRAPHS

    def official_count(self, text: Text) -> int:
        """Any three stars divide, those of `***bold***` too; -1 with an empty paragraph in the middle."""
        return counted(text.raw.split("***"))

    def math_count(self, text: Text) -> int:
        """Three stars divide, but for those of bold italics; paragraphs that say nothing of their own do not count."""
        return distinct(DIVIDER.split(BOLD_ITALIC.sub(r"\1", f"\n{text.prose.raw}\n")))


@constraint("length_constraints:number_paragraphs")
class NumberParagraphs(Divided):
    """Exactly `num_paragraphs` paragraphs, divided by three stars."""

    num_paragraphs: int

    sentence = "There should be {num_paragraphs} paragraphs. Paragraphs are separated with the markdown divider: ***"
    example = Example(
        {"num_paragraphs": 2},
        passes="First add 2.\n***\nThen the answer is 42.",
        fails="First add 2.\n\nThen the answer is 42.",
    )

    @property
    def allowed(self) -> tuple[int, float]:
        return self.num_paragraphs, self.num_paragraphs

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_paragraphs=rng.randint(2, 5))


@constraint("paragraphs:paragraphs")
class TwoParagraphs(Divided):
    """Two paragraphs, divided by three stars (IFTrain)."""

    sentence = "There should be 2 paragraphs. Paragraphs are separated with the markdown divider: ***"
    example = Example(
        {}, passes="First add 2.\n***\nThen the answer is 42.", fails="First add 2.\n\nThen the answer is 42."
    )

    @property
    def allowed(self) -> tuple[int, float]:
        return 2, 2

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls()


@constraint("paragraphs:paragraphs2")
class TwoBlankLineParagraphs(Counted):
    """Two paragraphs, divided by a blank line (IFTrain)."""

    sentence = (
        "There should be 2 paragraphs. Paragraphs and only paragraphs are separated with each other by two line "
        "breaks."
    )
    example = Example(
        {}, passes="First add 2.\n\nThen the answer is 42.", fails="First add 2.\nThen the answer is 42."
    )
    silent = True
    excludes = PARAGRAPHS

    @property
    def allowed(self) -> tuple[int, float]:
        return 2, 2

    def official_count(self, text: Text) -> int:
        """Four line breaks in the middle make an empty paragraph, which spoils it."""
        return counted(text.raw.split("\n\n"))

    def math_count(self, text: Text) -> int:
        return len(written(text))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls()


@constraint("length_constraints:nth_paragraph_first_word")
class NthParagraphFirstWord(Constraint):
    """Exactly `num_paragraphs` paragraphs, divided by blank lines; the n-th starts with `first_word`."""

    num_paragraphs: int
    nth_paragraph: int
    first_word: str

    sentence = (
        "There should be {num_paragraphs} paragraphs. Paragraphs and only paragraphs are separated with each other "
        "by two new lines as if it was '\\n\\n' in python. Paragraph {nth_paragraph} must start with word "
        "{first_word}."
    )
    example = Example(
        {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "then"},
        passes="First add 2.\n\nThen the answer is 42.",
        fails="First add 2.\n\nThe answer is then 42.",
    )
    silent = True
    excludes = PARAGRAPHS

    def __post_init__(self) -> None:
        if not 1 <= self.nth_paragraph <= self.num_paragraphs:
            raise ConstraintError(
                f"{self.id}: kwarg 'nth_paragraph' must be 1 to {self.num_paragraphs}, found {self.nth_paragraph}"
            )

    @property
    def copied(self) -> str:
        return self.first_word

    def official(self, text: Text) -> bool:
        """Blank pieces do not count, but are indexed: four line breaks before the paragraph move it."""
        pieces = TWO_BREAKS.split(text.raw)
        count = len(pieces) - pieces.count("") - sum(map(str.isspace, pieces))
        paragraph = pieces[self.nth_paragraph - 1].strip() if self.nth_paragraph <= count else ""
        if not paragraph or count != self.num_paragraphs:
            return False
        word = paragraph.split(maxsplit=1)[0].lstrip("'").lstrip('"')
        return re.split(r"[.,?!'\"]", word, maxsplit=1)[0].lower() == self.first_word.lower()

    def math(self, text: Text) -> bool:
        """Paragraphs in which something is said; the word as a whole, whatever marks stand before it."""
        pieces = written(text)
        if len(pieces) != self.num_paragraphs:
            return False
        return starts_with_word(pieces[self.nth_paragraph - 1], self.first_word)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        count = rng.randint(2, 4)
        return cls(num_paragraphs=count, nth_paragraph=rng.randint(1, count), first_word=rng.choice(STARTERS))


def starts_with_word(prose: str, word: str) -> bool:
    """Whether `prose` begins with `word`, whatever its case and the marks before it."""
    return _opening(word).match(prose) is not None


@lru_cache(maxsize=1024)
def _opening(word: str) -> re.Pattern[str]:
    word = re.escape(word)
    alone = rf"(?![\w{FORMULA}-]|\s*\)|\W+{word}\b)"  # "So it is", not "(So) it is", "So so it is"
    mark = rf"[^\w{FORMULA}]*+(?:(?:\d{{1,3}}|[A-Za-z]|[ivx]{{2,4}})[.)][^\w{FORMULA}]*+)?"  # "(b) ", "2. "
    return re.compile(f"{mark}{word}{alone}", re.IGNORECASE)
