"""Start and end: what the answer opens, closes or is wrapped with."""

import random
import re

from ..text.latex import FORMULA
from ..text.sentences import sentences
from ..text.text import WORD, Text
from ..text.treebank import word_tokens
from .base import Constraint, Example, Problem, Worded, constraint
from .paragraphs import STARTERS, starts_with_word

END_PHRASES = ("Any other questions?", "Is there anything else I can help with?")
ENDERS = ("done", "answer", "indeed", "complete", "proved")
OPENERS, CLOSERS = '"“„«»「『', '"”“»«」』'
CLOSED_INSIDE = re.compile(r'^[^"]*[^\s("]"')
"""A straight quote that closes before any opens: 'Six" is "even'; not 'He says "so"'."""
REOPENED = re.compile(r'["”]\s*\n\s*["“]')
"""Quotes between paragraphs that are each in quotes."""
LONE_END = re.compile(r"[.!?\n]\W*\w+[^\w.!?]*\Z")
"""A word after the last sentence that is none itself: "8. done", "8. (done)"; not "8. Done.", "We are done"."""
TYPED = str.maketrans("‘’“”„–—\u00a0", '\'\'"""-- ')
"""Typographic characters as keyboards write them."""


@constraint("startend:quotation")
class Quotation(Constraint):
    """The whole answer in double quotation marks."""

    sentence = "Wrap your entire response with double quotation marks."
    example = Example({}, passes='"The answer is 42."', fails='The answer is "42".')

    def official(self, text: Text) -> bool:
        """First and last character are straight quotes: `""` passes."""
        return len(text.stripped) > 1 and text.stripped[0] == '"' == text.stripped[-1]

    def math(self, text: Text) -> bool:
        """Quotes of any kind around something said beside formulas, and none that closes them before the end."""
        prose = text.prose.stripped
        inside = REOPENED.sub("\n", prose[1:-1])
        wrapped = len(prose) > 2 and prose[0] in OPENERS and prose[-1] in CLOSERS
        return wrapped and bool({*Text(inside).spoken} - {FORMULA}) and not CLOSED_INSIDE.search(inside)

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
        """At the very end of something said, with no word after it, in its own case or in that of the whole answer."""
        said, wanted = typed(text.visible), typed(self.end_phrase).rstrip('"*_ ')
        phrase = wanted.lower()
        before, found, after = said.lower().rpartition(phrase)
        if not found or WORD.search(after):
            return False
        if wanted not in said and wanted[0].upper() + wanted[1:] not in said:
            rest = Text(said[: len(before)]).prose.raw
            if not (rest.islower() or rest.isupper()):
                return False
        apart = not (before[-1:].isalnum() and phrase[0].isalnum())
        return apart and bool(Text(before.replace(phrase, " ")).prose.spoken)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(end_phrase=rng.choice(END_PHRASES))


@constraint("first_word:first_word_answer")
class FirstWord(Worded):
    """The answer starts with `first_word` (IFTrain)."""

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
    """The answer ends with `last_word` (IFTrain)."""

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
        """The last word; a formula or a box after it is none, nor is an echo ("done done") or a dummy ("8. done")."""
        words = [word for word in text.prose.spoken if word != FORMULA]
        *_, before, last = ["", "", *map(str.lower, words)]
        return last == self.last_word.strip().lower() != before and not LONE_END.search(text.prose.raw)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(last_word=rng.choice(ENDERS))


@constraint("keywords:start_end")
class StartEnd(Constraint):
    """The answer starts and ends with the same word (IFTrain)."""

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
        """A word, no number and no formula, with nothing but emphasis after it at the end."""
        words = text.prose.spoken
        said = bool(words) and words[0].replace("-", "").isalpha() and words[0].lower() == words[-1].lower()
        alone = len(words[0]) > 1 or words[0] in "AI" if words else False
        return said and alone and text.prose.stripped.rstrip("*_").lower().endswith(words[0].lower())

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
        """The words in order at the start, however they are spaced, quoted and typed, and an answer after them."""
        said, request = typed(text.raw).lower().lstrip('"*> '), typed(self.prompt_to_repeat).lower().rstrip(".!")
        return said.startswith(request) and Text(said.replace(request, " ")).prose.has_content()

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(prompt_to_repeat=problem.prompt)


def typed(text: str) -> str:
    """`text` with single blanks, and with a keyboard's quotes and dashes."""
    return " ".join(text.translate(TYPED).replace(" ?", "?").split())
