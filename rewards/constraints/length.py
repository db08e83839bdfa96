"""Length: how many words the answer has."""

import random

from ..text import Text
from .base import Constraint, Example, Problem, Relation, constraint, related


@constraint("length_constraints:number_words")
class NumberWords(Constraint):
    """Less than, or at least, so many words."""

    num_words: int
    relation: Relation

    sentence = "Answer with {relation} {num_words} words."
    example = Example(
        {"num_words": 6, "relation": "less than"},
        passes="The answer is 42.",
        fails="After some thought we find that the answer is 42.",
    )
    silent = True

    @property
    def needs_speech(self) -> bool:
        return self.relation == "less than" and self.num_words > 3

    def official(self, text: Text) -> bool:
        r"""`\w+` runs: "don't" counts two, `\frac{1}{2}` three."""
        return related(len(text.words), self.relation, self.num_words)

    def math(self, text: Text) -> bool:
        """Words as a reader counts them: "don't" is one, a formula is one."""
        return related(len(text.prose.spoken), self.relation, self.num_words)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        if rng.random() < 0.5:
            return cls(num_words=rng.randrange(50, 401, 10), relation="less than")
        return cls(num_words=rng.randrange(20, 101, 5), relation="at least")
