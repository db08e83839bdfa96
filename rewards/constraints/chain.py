"""Chain: what the parts ask for stands in the answer in their order."""

import random
import re
from collections.abc import Sequence
from functools import cached_property

from ..text.text import Text
from .base import Constraint, ConstraintError, Example, Problem, Reading, constraint
from .composition import Composition, clause

NAMES = ("", "one|i", "two|ii", "three|iii", "four|iv", "five|v")
"""Numbers as some write them in a mark: "Part One", "Part I"."""
DECAY = 0.5
"""What each earlier failure leaves of a link's credit; the value is ours."""


@constraint("composition:chain")
class Chain(Composition):
    """The answer is in parts headed "Part 1", "Part 2", ..., and each part keeps its own constraint, its link.

    The first mark opens the answer; a link's text is what stands between its mark, at the start of a line, and the
    next. A mark that is missing, or stands before an earlier one's, leaves its link no text: it is not kept.
    """

    parts: tuple[Constraint, ...]

    sentence = (
        "Write your answer in {count} parts, one after the other, and nothing before them. Open each with a line that "
        'names it, from "Part 1" to "Part {count}". {links} Treat each part as a response of its own.'
    )
    example = Example(
        {
            "parts": [
                {"instruction_id": "keywords:existence", "kwargs": {"keywords": ["total"]}},
                {"instruction_id": "startend:end_checker", "kwargs": {"end_phrase": "Any other questions?"}},
            ]
        },
        passes="Part 1\nThe total is 6 times 7.\nPart 2\nIt is 42. Any other questions?",
        fails="Part 2\nIt is 42. Any other questions?\nPart 1\nThe total is 6 times 7.",
    )
    excludes = frozenset({"language:response_language", "combination:repeat_prompt"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if any(node.id == self.id for part in self.parts for node in part.nodes()):
            raise ConstraintError(f"{self.id}: a chain within a chain would mark its parts the same way")

    @property
    def members(self) -> tuple[Constraint, ...]:
        return self.parts

    @cached_property
    def description(self) -> str:
        links = (f"In part {number}, {clause(part.description)}" for number, part in enumerate(self.parts, 1))
        return self.sentence.format(count=len(self.parts), links=" ".join(links))

    @property
    def copied(self) -> str:
        return "\n".join(f"Part {number}\n{part.copied}" for number, part in enumerate(self.parts, 1))

    def links(self, answer: Text) -> list[tuple[Constraint, Text]]:
        """Each part with the text that stands after its mark; without any, if there is a part too many."""
        text, position = answer.stripped, 0
        marks: list[re.Match[str] | None] = []
        for number in range(1, len(self.parts) + 2):
            written = rf"(?:{number}|{NAMES[number] if number < len(NAMES) else number})"
            pattern = re.compile(
                rf"^[^\w\n]*part(?:[^\S\n]+|-){written}\b[*_:.)]*(?:[^\S\n]+[–—-](?=[^\S\n]))?",
                re.IGNORECASE | re.MULTILINE,
            )
            mark = pattern.search(text, position) if number > 1 else pattern.match(text)
            position = mark.end() if mark else position
            marks.append(mark)
        if marks.pop():  # a part more than was asked for
            return [(part, Text("")) for part in self.parts]
        ends = [*[mark.start() for mark in marks if mark][1:], len(text)]
        texts = [Text(text[mark.end() : ends.pop(0)] if mark else "") for mark in marks]
        return list(zip(self.parts, texts, strict=True))

    def holds(self, answer: Text, reading: Reading = "math") -> bool:
        return all(part.holds(text, reading) for part, text in self.links(answer))

    def credit(self, answer: Text, reading: Reading = "math", *, graded: bool = False) -> float:
        r"""LsrIF's for sequences (arXiv 2601.06431): $\frac{1}{m} \sum_j d^{\,k_j} a_j$.

        $a_j$ is the credit of link j, $k_j$ the number of earlier links not fully kept, d = 0.5.
        """
        earned, failures = 0.0, 0
        for part, text in self.links(answer):
            credit = part.credit(text, reading, graded=graded)
            earned += DECAY**failures * credit
            failures += credit < 1
        return earned / len(self.parts)

    @classmethod
    def admits(cls, part: Constraint, others: Sequence[Constraint]) -> bool:
        return all(node.id != cls.id for node in part.nodes())

    @classmethod
    def of(cls, parts: Sequence[Constraint], rng: random.Random, problem: Problem) -> Composition:
        return cls(parts=tuple(parts))
