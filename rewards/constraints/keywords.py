"""Keywords: words that must or must not occur."""

import random
import re

from ..text import Text
from .base import Constraint, ConstraintError, Example, Problem, Relation, constraint, related

VOCABULARY = (
    "because", "therefore", "note", "problem", "question", "total", "result", "simply", "finally", "value",
    "check", "method", "number", "order", "step", "clear", "simple", "remain", "follow", "overall",
)  # fmt: skip
"""Words that fit a mathematical answer, drawn from when keywords are sampled."""


def whole_word(word: str) -> re.Pattern[str]:
    """`word` as written, not inside a longer word, whatever its case."""
    return re.compile(rf"(?<!\w){re.escape(word)}(?!\w)", re.IGNORECASE)


def _compiles(instruction_id: str, pattern: str) -> None:
    """The published checks take a keyword as a pattern: refuse one that is none."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConstraintError(f"{instruction_id}: keyword {pattern!r} is no valid pattern ({error})") from None


@constraint("keywords:existence")
class Existence(Constraint):
    """Every keyword occurs."""

    keywords: tuple[str, ...]

    sentence = "Include keywords {keywords} in the response."
    example = Example({"keywords": ["alpha", "beta"]}, passes="Alpha, then beta: 42.", fails="Only alpha is here.")

    def __post_init__(self) -> None:
        for keyword in self.keywords:
            _compiles(self.id, keyword)

    @property
    def copied(self) -> str:
        return " ".join(self.keywords)

    def official(self, text: Text) -> bool:
        """An unescaped pattern anywhere: "art" is found in "start"."""
        return all(re.search(keyword, text.raw, re.IGNORECASE) for keyword in self.keywords)

    def math(self, text: Text) -> bool:
        return all(whole_word(keyword).search(text.prose.raw) for keyword in self.keywords)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(keywords=tuple(rng.sample(VOCABULARY, 2)))


@constraint("keywords:frequency")
class Frequency(Constraint):
    """A keyword occurs less than, or at least, so many times."""

    keyword: str
    frequency: int
    relation: Relation

    sentence = "In your response, the word {keyword} should appear {relation} {frequency} times."
    example = Example(
        {"keyword": "root", "frequency": 2, "relation": "at least"},
        passes="A root, another root.",
        fails="One root.",
    )
    silent = True

    def __post_init__(self) -> None:
        _compiles(self.id, self.keyword)

    @property
    def needs_speech(self) -> bool:
        return self.relation == "less than"

    @property
    def copied(self) -> str:
        return " ".join([self.keyword] * self.frequency) if self.relation == "at least" else ""

    def official(self, text: Text) -> bool:
        """Occurrences of an unescaped pattern, inside longer words too."""
        found = len(re.findall(self.keyword, text.raw, re.IGNORECASE))
        return related(found, self.relation, self.frequency)

    def math(self, text: Text) -> bool:
        found = len(whole_word(self.keyword).findall(text.prose.raw))
        return related(found, self.relation, self.frequency)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(keyword=rng.choice(VOCABULARY), frequency=rng.randint(1, 3), relation=rng.choice(_RELATIONS))


@constraint("keywords:forbidden_words")
class ForbiddenWords(Constraint):
    """None of the words occurs."""

    forbidden_words: tuple[str, ...]

    sentence = "Do not include keywords {forbidden_words} in the response."
    example = Example({"forbidden_words": ["thus"]}, passes="The final answer is 42.", fails="The answer is thus 42.")
    silent = True

    def __post_init__(self) -> None:
        for word in self.forbidden_words:
            _compiles(self.id, word)

    def official(self, text: Text) -> bool:
        return not any(re.search(rf"\b{word}\b", text.raw, re.IGNORECASE) for word in self.forbidden_words)

    def math(self, text: Text) -> bool:
        return not any(whole_word(word).search(text.prose.raw) for word in self.forbidden_words)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(forbidden_words=tuple(rng.sample(VOCABULARY, 2)))


_RELATIONS: tuple[Relation, Relation] = ("less than", "at least")
