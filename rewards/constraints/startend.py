"""Start and end: what the answer opens, closes or is wrapped with."""

import random
import re

from ..text.sentences import sentences
from ..text.text import Text
from ..text.treebank import word_tokens
from .base import Constraint, Example, Problem, Worded, constraint
from .paragraphs import STARTERS, starts_with_word

END_PHRASES = ("Any other questions?", "Is there anything else I can help with?")
ENDERS = ("done", "answer", "indeed", "complete", "proved")
QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}


@constraint("startend:quotation")
class Quotation(Constraint):
    """The whole answer in double quotation marks."""

    sentence = "Wrap your entire response with double quotation marks."
    example = Example({}, passes='"The answer is 42."', fails='The answer is "42".')

    def official(self, text: Text) -> bool:
        """First and last character are straight quotes: `""` passes."""
        return len(text.stripped) > 1 and text.stripped[0] == '"' == text.stripped[-1]

    def math(self, text: Text) -> bool:
        """Straight or typographic quotes around something said."""
        inside = Text(text.stripped[1:-1]).prose.raw.strip('"“”„«» \n')
        return bool(inside) and QUOTES.get(text.stripped[0]) == text.stripped[-1]

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls()


@constraint("startend:end_checker")
class EndChecker(Constraint):
    """The answer ends with an exact phrase."""

    end_phrase: str

    sentence = 'Finish your response with this exact phrase "{end_phrase}". No other words should follow this phrase.'
    example = Example(
        {"end_phrase": "Any other questions?"},
        passes="The answer is 42. Any other questions?",
        fails="Any other questions? The answer is 42.",
    )

    @property
    def copied(self) -> str:
        return self.end_phrase

    def official(self, text: Text) -> bool:
        """At the very end, whatever the case, closing quotes aside."""
        return text.stripped.strip('"').lower().endswith(self.end_phrase.strip().lower())

    def math(self, text: Text) -> bool:
        """At the very end of something said, whatever the case, closing quotes and emphasis aside."""
        phrase = self.end_phrase.strip().rstrip('"*_ ').lower()
        said = text.stripped.rstrip('"”“»*_ \n').lower()
        return said.endswith(phrase) and bool(Text(said.replace(phrase, " ")).prose.spoken)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(end_phrase=rng.choice(END_PHRASES))


@constraint("first_word:first_word_answer")
class FirstWord(Worded):
    """The first word of the answer (IFTrain)."""

    first_word: str

    sentence = "The first word of your response should be the word {first_word}."
    example = Example({"first_word": "so"}, passes="So the answer is 42.", fails="The answer is 42, so it is even.")
    excludes = frozenset({"combination:repeat_prompt", "keywords:start_end"})

    @property
    def copied(self) -> str:
        return self.first_word

    def official(self, text: Text) -> bool:
        """The first piece before white space, punctuation included: "So," is not "so"."""
        return text.raw.split(maxsplit=1)[0].lower() == self.first_word.strip().lower()

    def math(self, text: Text) -> bool:
        """As a whole word, whatever follows it."""
        return starts_with_word(text.prose.raw, self.first_word.strip())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(first_word=rng.choice(STARTERS))


@constraint("last_word:last_word_answer")
class LastWord(Worded):
    """The last word of the answer (IFTrain)."""

    last_word: str

    sentence = "The last word of your response should be the word {last_word}."
    example = Example({"last_word": "done"}, passes="It is 42, and we are done.", fails="We are done, it is 42.")
    excludes = frozenset({"startend:end_checker", "keywords:start_end"})

    @property
    def copied(self) -> str:
        return self.last_word

    def official(self, text: Text) -> bool:
        """The last piece after white space, without its punctuation."""
        return re.sub(r"[^\w\s]", "", text.raw.rsplit(maxsplit=1)[-1]).lower() == self.last_word.strip().lower()

    def math(self, text: Text) -> bool:
        """The last word; a formula or a box after it is a word too."""
        words = text.prose.spoken
        return bool(words) and words[-1].lower() == self.last_word.strip().lower()

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(last_word=rng.choice(ENDERS))


@constraint("keywords:start_end")
class StartEnd(Constraint):
    """The first word is the last as well (IFTrain)."""

    sentence = (
        "Start and end your response with the same word (do not write anything after the last word, not even "
        "punctuation)."
    )
    example = Example({}, passes="Sums are easy: 42 is one of the sums", fails="Sums are easy, and 42 is one.")
    silent = True
    excludes = frozenset({"startend:quotation", "startend:end_checker"})

    def official(self, text: Text) -> bool:
        """NLTK's first and last word token of two or more: punctuation is a token."""
        spans = list(sentences(text.raw))
        first = word_tokens(text.raw[slice(*spans[0])])
        last = word_tokens(text.raw[slice(*spans[-1])])
        several = len(spans) > 1 or len(first) > 1
        return several and bool(first) and bool(last) and first[0].lower() == last[-1].lower()

    def math(self, text: Text) -> bool:
        """A word, no number and no formula, with nothing behind it at the end."""
        words = text.prose.spoken
        said = bool(words) and words[0].isalpha() and words[0].lower() == words[-1].lower()
        return said and text.prose.stripped.lower().endswith(words[0].lower())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls()


@constraint("combination:repeat_prompt")
class RepeatPrompt(Constraint):
    """The request word for word, then the answer."""

    prompt_to_repeat: str

    sentence = (
        "First repeat the request word for word without change, then give your answer (1. do not say any words or "
        "characters before repeating the request; 2. the request you need to repeat does not include this sentence)"
    )
    example = Example(
        {"prompt_to_repeat": "What is 6 times 7?"},
        passes="What is 6 times 7? It is 42.",
        fails="You ask: What is 6 times 7? It is 42.",
    )
    excludes = frozenset(
        {"startend:quotation", "language:response_language", "change_case:english_capital",
         "change_case:english_lowercase"}
    )  # fmt: skip

    @property
    def copied(self) -> str:
        return self.prompt_to_repeat

    @property
    def copies_prompt(self) -> bool:
        return True

    def official(self, text: Text) -> bool:
        return text.stripped.lower().startswith(self.prompt_to_repeat.strip().lower())

    def math(self, text: Text) -> bool:
        """The words in order at the start, however they are spaced, and an answer after them."""
        said, request = " ".join(text.lower.split()), " ".join(self.prompt_to_repeat.lower().split())
        return said.startswith(request) and bool(said.replace(request, "").strip())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(prompt_to_repeat=problem.prompt)
