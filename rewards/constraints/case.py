"""Case and commas: how the letters are written."""

import random
import re
from itertools import pairwise

from ..text.language import is_english, is_other_than_english
from ..text.text import Text
from ..text.treebank import capital_tokens
from .base import Constraint, Counted, Example, Problem, Relation, constraint, related

COMMA = re.compile("[،、‚٫٬ꓹ꓾՝߸፣᠂᠈⸲⸴⸒⹁⹉⹌꘍꛵❟ˌ\u0326]| \u0327|,(?!\\})|(?<!\\{),")
"""A comma in any script, or a cedilla alone; not TeX's in 1{,}000."""
IN_LATEX = re.compile(
    r"(?:\\[A-Za-z]+\s?[\[({]|(?<=\w)_?\{)(?:[^\n()\[\]{}\\A-Za-z]|\\[A-Za-z]+|[A-Za-z](?![A-Za-z])){0,60}[\])}]"
)
"""Arguments in a formula without dollars: `\\gcd(4, 6)`, `\\left(2,5\\right)`, `f_{1,2}`; not `\\text{so, yes}`."""
LETTERS = re.compile(r"\b[^\W\d_]{2,}\b")


@constraint("change_case:capital_word_frequency")
class CapitalWordFrequency(Counted):
    """Fewer than, or at least, `capital_frequency` words in all capitals."""

    capital_frequency: int
    capital_relation: Relation

    sentence = (
        "In your response, words with all capital letters should appear {capital_relation} {capital_frequency} times."
    )
    example = Example(
        {"capital_frequency": 2, "capital_relation": "at least"},
        passes="The FINAL answer is FORTY-TWO.",
        fails="The FINAL answer is forty-two.",
    )
    silent = True

    @property
    def needs_speech(self) -> bool:
        return self.capital_relation == "less than"

    @property
    def allowed(self) -> tuple[int, float]:
        return related(self.capital_relation, self.capital_frequency)

    def official_count(self, text: Text) -> int:
        """Word tokens in capitals: "I", "A" and the variables X and Y count."""
        return capital_tokens(text.raw)

    def math_count(self, text: Text) -> int:
        """Words of two letters or more in capitals, outside formulas; no variable counts, nor "AA", nor an echo."""
        words = LETTERS.findall(text.prose.raw)
        if self.capital_relation == "less than":
            return sum(map(str.isupper, words))
        said = (word for before, word in pairwise(["", *words]) if word != before and len({*word}) > 1)
        return sum(map(str.isupper, said))

    def refuses(self, other: Constraint) -> bool:
        """Also all in capitals if few are allowed, and none if they are asked for."""
        case = "english_capital" if self.capital_relation == "less than" else "english_lowercase"
        return other.id == f"change_case:{case}" or super().refuses(other)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(capital_frequency=rng.randint(1, 8), capital_relation=rng.choice(("less than", "at least")))


@constraint("change_case:english_capital")
class EnglishCapital(Constraint):
    """English, all in capitals."""

    sentence = "Your entire response should be in English, and in all capital letters."
    example = Example({}, passes="THE FINAL ANSWER IS THEREFORE 42.", fails="The final answer is therefore 42.")
    silent = True
    excludes = frozenset(
        {"change_case:english_capital", "change_case:english_lowercase", "language:response_language"}
    )

    def official(self, text: Text) -> bool:
        r"""No lower-case letter anywhere: an answer in `\boxed{}` cannot keep it."""
        return text.raw.isupper() and is_english(text.raw)

    def math(self, text: Text) -> bool:
        r"""No lower-case letter outside formulas and `\boxed{}`."""
        return text.prose.raw.isupper() and not is_other_than_english(text.prose)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint | None:
        return None if _has_letters(problem.answer) else cls()

    def refuses(self, other: Constraint) -> bool:
        return other.id in self.excludes or (other.cased and not other.copied.isupper())


@constraint("change_case:english_lowercase")
class EnglishLowercase(Constraint):
    """English, all in lower case."""

    sentence = (
        "Your entire response should be in English, and in all lowercase letters. No capital letters are allowed."
    )
    example = Example({}, passes="the final answer is therefore 42.", fails="The final answer is therefore 42.")
    silent = True
    excludes = frozenset(
        {"change_case:english_capital", "change_case:english_lowercase", "language:response_language"}
    )

    def official(self, text: Text) -> bool:
        return text.raw.islower() and is_english(text.raw)

    def math(self, text: Text) -> bool:
        """No capital letter outside formulas."""
        return text.prose.raw.islower() and not is_other_than_english(text.prose)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint | None:
        return None if _has_letters(problem.answer) else cls()

    def refuses(self, other: Constraint) -> bool:
        return other.id in self.excludes or (other.cased and not other.copied.islower())


@constraint("punctuation:no_comma")
class NoComma(Constraint):
    """No comma."""

    sentence = "In your entire response, refrain from the use of any commas."
    example = Example({}, passes="So the answer is 42.", fails="So, the answer is 42.")
    silent = True

    def official(self, text: Text) -> bool:
        r"""No "," at all: the thin space `\,` and the interval (0,1) are violations."""
        return "," not in text.raw

    def math(self, text: Text) -> bool:
        """No comma outside formulas; the commas of other scripts count."""
        return not any(_has_comma(part.raw) for part in text.prose_parts())

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint | None:
        return None if "," in problem.answer else cls()


def _has_comma(prose: str) -> bool:
    prose = IN_LATEX.sub("", prose) if "," in prose and ("\\" in prose or "{" in prose) else prose
    return ("," in prose or not prose.isascii()) and COMMA.search(prose) is not None


def _has_letters(answer: str) -> bool:
    return any(letter.isalpha() for letter in answer)
