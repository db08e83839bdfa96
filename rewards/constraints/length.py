"""Length: how many words and sentences the answer has, and how many different ones."""

import random
import re
from collections.abc import Iterator
from itertools import groupby, pairwise
from math import inf
from string import punctuation

from ..text.latex import FORMULA
from ..text.sentences import sentences
from ..text.text import Text, told_once
from ..text.words import SIGNS
from .base import Constraint, Counted, Example, Problem, Relation, constraint, related

CONJUNCTIONS = frozenset(("and", "but", "for", "nor", "or", "so", "yet"))
LENGTHS = frozenset(
    {"length_constraints:number_words", "count:word_count_range", "count:unique_word_count",
     "length_constraints:number_sentences"}
)  # fmt: skip
"""Types whose bounds can contradict each other."""
PASSAGE = 12
"""Words in a row that make a passage, which in prose does not come back."""
SIGN = re.compile(f"[{SIGNS}]")
NUMERAL = re.compile(r"\d+|[ivxlc]+", re.IGNORECASE)
"""A number in digits or as the Romans wrote it: "12", "xii"; not "mix"."""
FORMULA_IS_A_WORD = "A formula counts as one word."


class WordCounted(Counted):
    """A constraint on the number of words."""

    def official_count(self, text: Text) -> int:
        r"""`\w+` runs: "don't" counts two, `\frac{1}{2}` three."""
        return text.word_count

    def math_count(self, text: Text) -> int:
        """Words as a reader counts them: "don't" is one, a formula is one; of running text if many are asked for."""
        fewest, most = self.allowed
        words = text.prose_words()
        return sum(1 for _ in _running(text.prose.spoken)) if fewest and words <= most else words

    def math(self, text: Text) -> bool:
        """Counted no further than the verdict needs."""
        fewest, most = self.allowed
        return super().math(text) if fewest else text.prose_words(enough=most + 1) <= most


def _running(words: list[str]) -> Iterator[str]:
    """The words of running text: numerals, letters and formulas in a row are one, and so is a word over and over.

    A passage that is said again counts once.
    """
    passages: set[tuple[str, ...]] = set()
    for i, (before, word) in enumerate(pairwise(["", *words]), 1):
        bare = ((len(part) == 1 and not SIGN.match(part)) or NUMERAL.fullmatch(part) for part in (before, word))
        passage = tuple(words[max(0, i - PASSAGE) : i])
        if word != before and not all(bare) and passage not in passages:
            yield word
        passages.add(passage)


@constraint("length_constraints:number_words")
class NumberWords(WordCounted):
    """Fewer than, or at least, `num_words` words."""

    num_words: int
    relation: Relation

    sentence = "Answer with {relation} {num_words} words."
    definition = FORMULA_IS_A_WORD
    example = Example(
        {"num_words": 6, "relation": "less than"},
        passes="The answer is 42.",
        fails="After some thought we find that the answer is 42.",
    )
    silent = True
    excludes = LENGTHS

    @property
    def allowed(self) -> tuple[int, float]:
        return related(self.relation, self.num_words)

    @property
    def needs_speech(self) -> bool:
        return self.relation == "less than" and self.num_words > 3

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        if rng.random() < 0.5:
            return cls(num_words=rng.randrange(50, 401, 10), relation="less than")
        return cls(num_words=rng.randrange(20, 101, 5), relation="at least")


@constraint("count:word_count_range")
class WordCountRange(WordCounted):
    """From `min_words` to `max_words` words (IFBench)."""

    min_words: int
    max_words: int

    sentence = "The response must contain between {min_words} and {max_words} words."
    definition = FORMULA_IS_A_WORD
    example = Example(
        {"min_words": 4, "max_words": 6},
        passes="The answer is simply 42.",
        fails="After some thought we find that the answer is 42.",
    )
    silent = True
    excludes = LENGTHS

    @property
    def allowed(self) -> tuple[int, float]:
        return self.min_words, self.max_words

    @property
    def needs_speech(self) -> bool:
        return self.min_words < 3 < self.max_words

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        fewest = rng.randrange(20, 151, 10)
        return cls(min_words=fewest, max_words=fewest + rng.randrange(20, 101, 10))


@constraint("count:unique_word_count")
class UniqueWordCount(Counted):
    """At least `N` different words (IFBench)."""

    N: int

    sentence = "Use at least {N} unique words in the response."
    definition = "Formulas do not count."
    example = Example({"N": 4}, passes="The sum is clearly 42.", fails="The sum, the sum, the sum.")
    excludes = LENGTHS

    @property
    def allowed(self) -> tuple[int, float]:
        return self.N, inf

    def official_count(self, text: Text) -> int:
        """Pieces between white space without their punctuation; all pieces of punctuation alone count one."""
        return len({word.strip(punctuation + " ") for word in text.lower.split()})

    def math_count(self, text: Text) -> int:
        """Words with a letter, and with no digit: a, b, c and x1 are variables; as many of two letters as of more."""
        words = {word for word in text.prose.distinct if word != FORMULA and not re.search(r"\d", word)}
        short = {word for word in words if len(word) < 3 and word.isascii()}
        said = sum(len(word) == 2 or word in "ai" for word in short)
        return len(words - short) + min(said, len(words - short))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(N=rng.randrange(15, 61, 5))


@constraint("count:conjunctions")
class Conjunctions(Counted):
    """At least `small_n` different coordinating conjunctions (IFBench)."""

    small_n: int

    sentence = "Use at least {small_n} different coordinating conjunctions in the response."
    example = Example(
        {"small_n": 3},
        passes="Add 2 and 4, but not 6 or 8, so it is 6.",
        fails="Add 2 and 4 and 6 and 8.",
    )

    @property
    def allowed(self) -> tuple[int, float]:
        return self.small_n, inf

    def official_count(self, text: Text) -> int:
        """Different pieces between white space: "and", "And" and "and," are three."""
        return len({word for word in text.raw.split() if word.strip(punctuation + " ").lower() in CONJUNCTIONS})

    def math_count(self, text: Text) -> int:
        """At most two in a row: a list of them joins nothing."""
        words = (word.lower() for word in text.prose.spoken)
        runs = [[*run] for joins, run in groupby(words, CONJUNCTIONS.__contains__) if joins]
        return len({word for run in runs if len(run) <= 2 for word in run})

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(small_n=rng.randint(2, 4))


@constraint("length_constraints:number_sentences")
class NumberSentences(Counted):
    """Fewer than, or at least, `num_sentences` sentences."""

    num_sentences: int
    relation: Relation

    sentence = "Your response should contain {relation} {num_sentences} sentences."
    definition = "A sentence ends with a full stop, a question mark or an exclamation mark."
    example = Example(
        {"num_sentences": 3, "relation": "at least"},
        passes="Add 2. Double it. The answer is 42.",
        fails="Add 2 and double it. The answer is 42.",
    )
    silent = True
    excludes = LENGTHS

    @property
    def allowed(self) -> tuple[int, float]:
        return related(self.relation, self.num_sentences)

    @property
    def needs_speech(self) -> bool:
        return self.relation == "less than"

    def official_count(self, text: Text) -> int:
        """Punkt's sentences, as in NLTK 3.9."""
        return sum(1 for _ in sentences(text.raw))

    def math_count(self, text: Text) -> int:
        """Sentences outside formulas: a decimal point, a list number or "e.g." ends none.

        Where many are asked for, each has to say something, and not what the one before says.
        """
        sentences = text.prose.sentences
        return len(sentences) if self.relation == "less than" else told_once(sentences)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_sentences=rng.randint(3, 12), relation=rng.choice(("less than", "at least")))
