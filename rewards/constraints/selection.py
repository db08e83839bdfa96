"""Selection: if and otherwise, by a condition on the question or on the gold answer."""

import random
from collections.abc import Sequence
from functools import cached_property
from typing import Literal

from ..text.text import Text
from .base import Constraint, Example, Problem, Reading, constraint
from .composition import Composition, clause
from .condition import Condition, Quantity, Test


@constraint("composition:selection")
class Selection(Composition):
    """One branch if a condition holds, else the other; which one was decided when the constraint was made.

    The active branch has to hold, and the other not: an answer that shows both has chosen none. Of a branch that
    shows nothing (`marked`), such as "no commas", the absence is not asked for, and a composed one shows as a whole.
    """

    quantity: Quantity
    test: Test
    active: Literal["then", "otherwise"]
    then: Constraint
    otherwise: Constraint
    bound: int = 0

    most = 2

    sentence = "If {condition}, {then} Otherwise, {otherwise} Do only the one that applies."
    example = Example(
        {
            "quantity": "answer",
            "test": "even",
            "active": "then",
            "then": {"instruction_id": "startend:end_checker", "kwargs": {"end_phrase": "Any other questions?"}},
            "otherwise": {"instruction_id": "keywords:existence", "kwargs": {"keywords": ["odd"]}},
        },
        passes="The answer is 42. Any other questions?",
        fails="The answer is 42, it is not odd. Any other questions?",
    )

    @property
    def members(self) -> tuple[Constraint, ...]:
        return self.then, self.otherwise

    @property
    def branches(self) -> tuple[Constraint, Constraint]:
        """The active branch and the other."""
        return (self.then, self.otherwise) if self.active == "then" else (self.otherwise, self.then)

    @cached_property
    def description(self) -> str:
        return self.sentence.format(
            condition=Condition(self.quantity, self.test, self.bound),
            then=clause(self.then.description),
            otherwise=clause(self.otherwise.description),
        )

    @property
    def copied(self) -> str:
        return self.branches[0].copied

    @property
    def marked(self) -> bool:
        return self.branches[0].marked

    def holds(self, answer: Text, reading: Reading = "math") -> bool:
        active, other = self.branches
        return active.holds(answer, reading) and not (other.marked and other.holds(answer, reading))

    def credit(self, answer: Text, reading: Reading = "math", *, graded: bool = False) -> float:
        """The active branch's credit (LsrIF's for conditions); none where the other branch is kept as well."""
        active, other = self.branches
        return 0.0 if other.marked and other.holds(answer, reading) else active.credit(answer, reading, graded=graded)

    def refuses(self, other: Constraint) -> bool:
        return super().refuses(other) or any(_implies(other, branch) for branch in self.branches)

    @classmethod
    def admits(cls, part: Constraint, others: Sequence[Constraint]) -> bool:
        """Marked branches of different types, none of which comes with the other: showing both earns nothing."""
        return part.marked and not any(_overlap(part, other) or _overlap(other, part) for other in others)

    @classmethod
    def of(cls, parts: Sequence[Constraint], rng: random.Random, problem: Problem) -> Composition:
        active = rng.choice(("then", "otherwise"))
        condition = Condition.sample(rng, problem, truth=active == "then")
        return cls(active=active, then=parts[0], otherwise=parts[1], **vars(condition))


def _overlap(one: Constraint, other: Constraint) -> bool:
    """Whether they share a type, or something that `one` asks for keeps `other`."""
    types = {node.id for node in other.nodes()}
    return any(node.id in types or _implies(node, other) for node in one.nodes())


def _implies(one: Constraint, other: Constraint) -> bool:
    """Whether what `one` makes an answer contain keeps `other`."""
    return bool(one.copied) and other.holds(Text(one.copied))
