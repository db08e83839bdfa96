"""Language: the language the answer is written in."""

import random
from functools import cached_property

from ..text.language import MOST, NAMES, detect_official, share_in
from ..text.text import Text
from .base import Constraint, ConstraintError, Example, Problem, constraint

WITHOUT_CASE = frozenset(
    {"ar", "bn", "fa", "gu", "he", "hi", "ja", "kn", "ko", "ml", "mr", "ne", "pa", "ta", "te", "th", "ur"}
)
"""Languages whose letters have no capitals."""


@constraint("language:response_language")
class ResponseLanguage(Constraint):
    """The whole answer in one language."""

    language: str

    sentence = "Your ENTIRE response should be in {language_name} language, no other language is allowed."
    example = Example(
        {"language": "es"},
        passes="La respuesta correcta es cuarenta y dos porque seis por siete son cuarenta y dos.",
        fails="The correct answer is forty-two because six times seven is forty-two.",
    )

    excludes = frozenset(  # what these ask for is English
        {"keywords:existence", "keywords:frequency", "keywords:forbidden_words", "keywords:word_once",
         "keywords:letter_frequency", "count:count_increment_word", "count:keywords_multiple", "count:conjunctions",
         "startend:end_checker", "first_word:first_word_answer", "last_word:last_word_answer",
         "detectable_format:multiple_sections", "format:output_template", "combination:repeat_prompt",
         "length_constraints:nth_paragraph_first_word", "change_case:english_capital", "change_case:english_lowercase"}
    )  # fmt: skip

    def __post_init__(self) -> None:
        if self.language not in NAMES:
            raise ConstraintError(f"{self.id}: language {self.language!r} is none of {', '.join(sorted(NAMES))}")

    @cached_property
    def description(self) -> str:
        return self.sentence.format(language_name=NAMES[self.language])

    def official(self, text: Text) -> bool:
        """langdetect's guess; a text without letters, on which it gives up, keeps every language."""
        return detect_official(text.raw) in {self.language, None}

    def math(self, text: Text) -> bool:
        """By far the most of it outside formulas; a text that cannot be identified keeps none."""
        return share_in(self.language, text.prose) >= MOST

    def refuses(self, other: Constraint) -> bool:
        """Also words in capitals, if the language has none."""
        capitals = other.id == "change_case:capital_word_frequency" and other.kwargs["capital_relation"] == "at least"
        return (capitals and self.language in WITHOUT_CASE) or super().refuses(other)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(language=rng.choice(sorted(NAMES.keys() - {"en"})))
