"""Counts: how often words and letters must occur."""

import random
import re
from functools import cached_property

from ..text.text import Text
from .base import Constraint, ConstraintError, Counted, Example, Problem, Relation, Worded, constraint, related
from .keywords import VOCABULARY, compiles, most_seen, occurrences, occurs, pattern_count, plural

DRAWN_OUT = re.compile(r"\b(\w)(?:\W+\1\b)+|([^\W\d_])\2{2,}")
"""One letter over and over: "e e e", "yeees"; not "see"."""
RELATIONS: tuple[Relation, Relation] = ("less than", "at least")


@constraint("keywords:frequency")
class Frequency(Worded, Counted):
    """The keyword occurs fewer than, or at least, `frequency` times."""

    keyword: str
    frequency: int
    relation: Relation

    sentence = "In your response, the word {keyword} should appear {relation} {frequency} times."
    example = Example(
        {"keyword": "root", "frequency": 2, "relation": "at least"},
        passes="A root and then another root.",
        fails="There is only one root.",
    )
    silent = True

    def __post_init__(self) -> None:
        compiles(self.id, self.keyword)

    @property
    def allowed(self) -> tuple[int, float]:
        return related(self.relation, self.frequency)

    @property
    def needs_speech(self) -> bool:
        return self.relation == "less than"

    @property
    def copied(self) -> str:
        return " ".join([self.keyword] * self.frequency) if self.relation == "at least" else ""

    def official_count(self, text: Text) -> int:
        return pattern_count(self.keyword.strip(), text)

    def math_count(self, text: Text) -> int:
        """In sentences; if few are allowed, wherever a reader sees one."""
        if self.relation == "less than":
            return most_seen(self.keyword, text)
        return sum(occurrences(word, text, self.padding) for word in (self.keyword, plural(self.keyword)))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(keyword=rng.choice(VOCABULARY), frequency=rng.randint(1, 3), relation=rng.choice(RELATIONS))


@constraint("keywords:word_once")
class WordOnce(Worded, Counted):
    """A keyword occurs exactly once (IFTrain)."""

    keyword: str

    sentence = "Include keyword {keyword} in your response."
    definition = "It must appear exactly once."
    example = Example({"keyword": "root"}, passes="There is one root.", fails="A root and then another root.")
    excludes = frozenset({"keywords:frequency"})

    def __post_init__(self) -> None:
        compiles(self.id, self.keyword)

    @property
    def allowed(self) -> tuple[int, float]:
        return 1, 1

    @property
    def copied(self) -> str:
        return self.keyword

    def official_count(self, text: Text) -> int:
        return pattern_count(self.keyword.strip(), text)

    def math_count(self, text: Text) -> int:
        """Wherever a reader sees it, if one of these is in a sentence."""
        return most_seen(self.keyword, text) if occurs(self.keyword, text, self.padding) else 0

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(keyword=rng.choice(VOCABULARY))


@constraint("keywords:letter_frequency")
class LetterFrequency(Counted):
    """The letter, in either case, occurs fewer than, or at least, `let_frequency` times."""

    letter: str
    let_frequency: int
    let_relation: Relation

    sentence = "In your response, the letter {letter} should appear {let_relation} {let_frequency} times."
    definition = "Letters in formulas do not count."
    example = Example(
        {"letter": "z", "let_frequency": 2, "let_relation": "at least"},
        passes="It is zero, and zero again.",
        fails="It is zero, not one.",
    )
    silent = True

    def __post_init__(self) -> None:
        if len(self.letter) != 1:
            raise ConstraintError(f"{self.id}: kwarg 'letter' must be one character, found {self.letter!r}")

    @property
    def allowed(self) -> tuple[int, float]:
        return related(self.let_relation, self.let_frequency)

    @cached_property
    def padding(self) -> frozenset[str]:
        return frozenset({self.letter.lower()})

    def official_count(self, text: Text) -> int:
        """Of a character outside a to z (two rows of IFEval) the published check counts a random letter instead."""
        return text.lower.count(self.letter.lower())

    def math_count(self, text: Text) -> int:
        """Outside formulas; if many are asked for, not where a letter is written over and over."""
        many = self.let_relation == "at least"
        return (DRAWN_OUT.sub("", text.prose.lower) if many else text.prose.lower).count(self.letter.lower())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        if rng.random() < 0.5:
            return cls(letter=rng.choice("bgkpvw"), let_frequency=rng.randint(1, 6), let_relation="less than")
        return cls(letter=rng.choice("aeilnorst"), let_frequency=rng.randint(5, 30), let_relation="at least")


class SeveralCounts(Worded):
    """Keywords of which each must occur exactly so many times."""

    @property
    def counts(self) -> dict[str, int]:
        """Keyword → occurrences."""
        raise NotImplementedError

    def __post_init__(self) -> None:
        if len({keyword.lower() for keyword in self.kwargs.values()}) < len(self.kwargs):
            raise ConstraintError(f"{self.id}: the keywords must differ, found {list(self.kwargs.values())}")
        for keyword in self.kwargs.values():
            compiles(self.id, keyword)

    @property
    def copied(self) -> str:
        return " ".join(word for word, count in self.counts.items() for _ in range(count))

    def math(self, text: Text) -> bool:
        return all(
            occurrences(word, text, self.padding) == count == most_seen(word, text)
            for word, count in self.counts.items()
        )


@constraint("count:count_increment_word")
class CountIncrementWord(SeveralCounts):
    """One keyword exactly once, another exactly twice (IFTrain)."""

    keyword1: str
    keyword2: str

    sentence = "Include keyword {keyword1} once in your response, keyword {keyword2} twice in your response."
    example = Example(
        {"keyword1": "root", "keyword2": "sum"},
        passes="The root of the sum is the sum.",
        fails="The root of the root is the sum.",
    )

    @property
    def counts(self) -> dict[str, int]:
        return {self.keyword1: 1, self.keyword2: 2}

    def official(self, text: Text) -> bool:
        return all(pattern_count(word.strip(), text) == count for word, count in self.counts.items())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(*rng.sample(VOCABULARY, 2))


@constraint("count:keywords_multiple")
class KeywordsMultiple(SeveralCounts):
    """Five keywords exactly 1, 2, 3, 5 and 7 times (IFBench)."""

    keyword1: str
    keyword2: str
    keyword3: str
    keyword4: str
    keyword5: str

    sentence = (
        "Include keyword {keyword1} once in your response, keyword {keyword2} twice in your response, keyword "
        "{keyword3} three times in your response, keyword {keyword4} five times in your response, and keyword "
        "{keyword5} seven times in your response."
    )
    example = Example(
        {"keyword1": "one", "keyword2": "two", "keyword3": "three", "keyword4": "five", "keyword5": "seven"},
        passes=f"Count one, two and two, then {'three or ' * 3}what is {'five or ' * 5}else{' or seven' * 7}.",
        fails="Words to count: one, two, three, five, seven",
    )

    @property
    def counts(self) -> dict[str, int]:
        return dict(zip(self.kwargs.values(), (1, 2, 3, 5, 7), strict=True))

    def official(self, text: Text) -> bool:
        """Substrings, as in IFBench's first release: "one" is found in "alone"."""
        return all(text.lower.count(word.strip().lower()) == count for word, count in self.counts.items())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(*rng.sample(VOCABULARY, 5))
