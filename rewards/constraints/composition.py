"""Compositions: constraints made of constraints, by ComplexBench's names (Wen et al., 2024, arXiv 2407.03978).

No published checker defines them: the reading `official` is that of their parts. Credits follow LsrIF (Ren et al.,
2026, arXiv 2601.06431): the mean for And, decay after failures for Chain, the active branch for Selection.
"""

import json
import random
from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from typing import Any, ClassVar

from ..text.text import Text
from .base import REGISTRY, Constraint, ConstraintError, Example, Problem, Reading, constraint

SIZE = 8
"""Plain constraints that a composition may hold, those of its parts included."""
LEVELS = (0, 0, 1, 2)
"""Compositions below a sampled one; drawn from."""


class Composition(Constraint):
    """A constraint made of others, its members: two or more, up to [`SIZE`] plain ones in all.

    Class attributes:
        most (`int`): members that a sampled one has at most.
    """

    most: ClassVar[int] = 3

    in_parts = True

    def __post_init__(self) -> None:
        plain = sum(not node.members for node in self.nodes())
        if len(self.members) < 2 or plain > SIZE:
            raise ConstraintError(
                f"{self.id}: it needs two parts or more and at most {SIZE} plain ones in all, "
                f"found {len(self.members)} and {plain}"
            )

    @property
    def kwargs(self) -> dict[str, Any]:
        """The kwargs, with members as JSON text: columns of nested mappings do not survive being merged."""
        return {
            name: value if isinstance(value, str | int) else json.dumps(value, default=_nested)
            for name, value in spelled(self).items()
        }

    @property
    def copied(self) -> str:
        return "\n".join(member.copied for member in self.members if member.copied)

    @classmethod
    def admits(cls, part: Constraint, others: Sequence[Constraint]) -> bool:
        """Whether `part` may be drawn as a member beside `others`."""
        raise NotImplementedError

    @classmethod
    def of(cls, parts: Sequence[Constraint], rng: random.Random, problem: Problem) -> "Composition":
        """The composition of drawn parts."""
        raise NotImplementedError

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem, levels: int | None = None) -> Constraint | None:
        """Members of different types; with `levels` above 0 one of them is a composition, with a level less."""
        levels = rng.choice(LEVELS) if levels is None else levels
        kinds = sorted(REGISTRY.items())
        nested = [kind for _, kind in kinds if issubclass(kind, Composition)] if levels else []
        plain = [kind for _, kind in kinds if not issubclass(kind, Composition)]
        parts: list[Constraint] = []
        for kind in rng.sample(nested, len(nested)):
            part = kind.sample(rng, problem, levels - 1)
            if part and cls.admits(part, parts):
                parts.append(part)
                break
        count = rng.randint(2, cls.most)
        for kind in rng.sample(plain, len(plain)):
            part = kind.sample(rng, problem) if len(parts) < count else None
            if part and cls.admits(part, parts):
                parts.append(part)
        rng.shuffle(parts)
        return cls.of(parts, rng, problem) if len(parts) > 1 else None


@constraint("composition:and")
class And(Composition):
    """All parts at once."""

    parts: tuple[Constraint, ...]

    sentence = "{first} Also, {others}"
    example = Example(
        {
            "parts": [
                {"instruction_id": "punctuation:no_comma", "kwargs": {}},
                {"instruction_id": "startend:end_checker", "kwargs": {"end_phrase": "Any other questions?"}},
            ]
        },
        passes="The final answer is 42. Any other questions?",
        fails="So, the final answer is 42. Any other questions?",
    )

    @property
    def members(self) -> tuple[Constraint, ...]:
        return self.parts

    @cached_property
    def description(self) -> str:
        first, *others = (part.description for part in self.parts)
        return self.sentence.format(first=closed(first), others=" Also, ".join(map(clause, others)))

    @property
    def marked(self) -> bool:
        return any(part.marked for part in self.parts)

    def holds(self, answer: Text, reading: Reading = "math") -> bool:
        return all(part.holds(answer, reading) for part in self.parts)

    def credit(self, answer: Text, reading: Reading = "math", *, graded: bool = False) -> float:
        """The mean credit of the parts."""
        return sum(part.credit(answer, reading, graded=graded) for part in self.parts) / len(self.parts)

    @classmethod
    def admits(cls, part: Constraint, others: Sequence[Constraint]) -> bool:
        return part.id != cls.id and not any(part.clashes(other) for other in others)

    @classmethod
    def of(cls, parts: Sequence[Constraint], rng: random.Random, problem: Problem) -> Composition:
        return cls(parts=tuple(parts))


def spelled(constraint: Constraint) -> dict[str, Any]:
    """Its fields by name."""
    return {field.name: getattr(constraint, field.name) for field in fields(constraint)}  # pyright: ignore[reportArgumentType]


def _nested(part: Constraint) -> dict[str, Any]:
    return {"instruction_id": part.id, "kwargs": spelled(part)}


def closed(sentence: str) -> str:
    """A sentence with its full stop."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def clause(sentence: str) -> str:
    """A sentence as it goes on after a comma."""
    return closed(sentence[0].lower() + sentence[1:])
