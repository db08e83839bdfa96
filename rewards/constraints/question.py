"""A soft constraint: what no code can check, asked as a question that a judge may answer."""

from dataclasses import dataclass
from typing import ClassVar

from ..text.text import Text
from .base import Constraint, ConstraintError, Reading


@dataclass(frozen=True)
class Question(Constraint):
    """A question about the answer, yes where it is kept, for a [`~keepif.rewards.judge.Judge`].

    It is not in the registry: it is never drawn, no composition takes it, and without a judge no row may ask it. Its
    row's prompt says in its own words what is asked for.
    """

    question: str

    id: ClassVar[str] = "judge:question"
    sentence: ClassVar[str] = "{question}"

    @property
    def judge_question(self) -> str:
        return self.question

    def credit(self, answer: Text, reading: Reading = "math", *, graded: bool = False) -> float:
        """Nothing, if no judge has said yes."""
        return 0.0

    def official(self, text: Text) -> bool:
        raise ConstraintError(f"{self.id}: code has no verdict on {self.question!r}; a judge may have one")
