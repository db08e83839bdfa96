"""Start and end: what the answer opens, closes or is wrapped with."""

import random

from ..text import Text
from .base import Constraint, Example, Problem, constraint

END_PHRASES = ("Any other questions?", "Is there anything else I can help with?")
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
        inside = text.stripped[1:-1].strip()
        return bool(inside.strip('"“”„«» ')) and QUOTES.get(text.stripped[0]) == text.stripped[-1]

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
        """At the very end, whatever the case, closing quotes and emphasis aside."""
        return text.stripped.rstrip('"”“»*_ \n').lower().endswith(self.end_phrase.strip().rstrip('"*_ ').lower())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(end_phrase=rng.choice(END_PHRASES))


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

    def official(self, text: Text) -> bool:
        return text.stripped.lower().startswith(self.prompt_to_repeat.strip().lower())

    def math(self, text: Text) -> bool:
        """The words in order at the start, however they are spaced, and an answer after them."""
        said, request = " ".join(text.lower.split()), " ".join(self.prompt_to_repeat.lower().split())
        return said.startswith(request) and len(said) > len(request)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(prompt_to_repeat=problem.prompt)
