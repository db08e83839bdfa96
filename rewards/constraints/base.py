"""What a constraint is, and the registry from instruction id to definition."""

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from math import inf
from typing import Any, ClassVar, Literal, NamedTuple, TypeVar, dataclass_transform

from ..text.text import Text

Reading = Literal["official", "math"]
Relation = Literal["less than", "at least"]

SPEECH = 2
"""Words, one of which may be a formula, that an answer needs to keep a constraint which silence would keep as well."""
COPY = 6
"""Words in a row that make a copy of the instruction."""
BESIDE = 2
"""Words that an answer needs beside those that a constraint asks for: less is spam."""

REGISTRY: dict[str, type["Constraint"]] = {}


class ConstraintError(ValueError):
    """A constraint that cannot be built: unknown id, or a kwarg missing, unknown or of the wrong kind."""


class UnknownConstraintError(ConstraintError):
    """An instruction id, or a published function, that there is no check for here."""


@dataclass(frozen=True)
class Example:
    """Kwargs with one answer that keeps the constraint and one that does not, in both readings."""

    kwargs: Mapping[str, Any]
    passes: str
    fails: str


@dataclass(frozen=True)
class Problem:
    """What a constraint may be fitted to when it is sampled: the prompt's text and the gold answer."""

    prompt: str
    answer: str = ""


class Wording(NamedTuple):
    """An instruction's words: runs of [`COPY`] of them, each with its words from the longest to the shortest; and all.

    A long word is the likeliest to be missing from a text, and the soonest missed.
    """

    runs: Mapping[str, list[str]]
    words: frozenset[str]


class Constraint:
    """One instruction that code verifies. Subclasses are frozen dataclasses: their fields are the published kwargs.

    Class attributes:
        id (`str`): the published instruction id.
        sentence (`str`): the published sentence, with the fields in braces.
        definition (`str`): what the `math` reading counts, if the published sentence leaves it open.
        example ([`Example`]): kwargs, an answer that passes and one that fails.
        silent (`bool`): whether an answer that says nothing would keep it; such passes are closed in `math`.
        excludes (`frozenset[str]`): ids that cannot be asked for together with this one.
        in_parts (`bool`): whether it can be kept in part, whatever the credit.
        cased (`bool`): whether what is `copied` has to keep its case.
    """

    id: ClassVar[str]
    sentence: ClassVar[str]
    definition: ClassVar[str] = ""
    example: ClassVar[Example]
    silent: ClassVar[bool] = False
    excludes: ClassVar[frozenset[str]] = frozenset()
    in_parts: ClassVar[bool] = False
    cased: ClassVar[bool] = False

    @property
    def kwargs(self) -> dict[str, Any]:
        """The published kwargs."""
        values = asdict(self)  # pyright: ignore[reportArgumentType]  # every subclass is a dataclass
        return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}

    @property
    def members(self) -> "tuple[Constraint, ...]":
        """The constraints that it is made of; a plain one is made of none."""
        return ()

    def nodes(self) -> "Iterator[Constraint]":
        """Itself, its members and theirs."""
        yield self
        for member in self.members:
            yield from member.nodes()

    @property
    def judge_question(self) -> str:
        """What a judge is asked about the answer; empty if code has the verdict."""
        return ""

    @property
    def copies_prompt(self) -> bool:
        """Whether an answer that keeps it copies the prompt."""
        return any(member.copies_prompt for member in self.members)

    @cached_property
    def description(self) -> str:
        """The published sentence, filled in, and the definition where there is one."""
        return f"{self.sentence.format(**self.kwargs)} {self.definition}".rstrip()

    def holds(self, answer: Text, reading: Reading = "math") -> bool:
        """Whether `answer` keeps the constraint. Blank answers keep none."""
        if not answer.stripped:
            return False
        if reading == "official":
            return self.official(answer)
        said = self.unquoted(answer)
        if self.closed_by_silence(said) or not self.math(said):
            return False
        return said is answer or self.math(answer)

    def unquoted(self, answer: Text) -> Text:
        """`answer` without the instruction itself, as it stands or nearly so: copying it is not keeping it.

        Nor does it hide what it quotes: the answer as a whole has to keep the constraint as well.
        """
        lower = answer.lower
        copied = any(
            all(word in lower for word in words) and run in answer.word_line
            for run, words in self.wording.runs.items()
        )
        return answer.without(self.wording.words, COPY) if copied else answer

    @cached_property
    def wording(self) -> Wording:
        """The instruction in words, but for a phrase that the answer has to contain."""
        phrase = len(self.copied.split()) > 2
        parts = self.description.split(self.copied) if phrase else [self.description]
        lines = [Text(part).word_line.split() for part in parts]
        starts = [(line, i) for line in lines for i in range(0, max(1, len(line) - COPY + 1), COPY // 2)]
        runs = [line[i : i + COPY] for line, i in starts if len(line) >= COPY]
        by_length = {" ".join(run): sorted(run, key=len, reverse=True) for run in runs}
        return Wording(by_length, frozenset(word for line in lines for word in line))

    def closed_by_silence(self, answer: Text) -> bool:
        """Whether `answer` says too little to keep a constraint that silence or mere keywords would keep as well."""
        if self.padding and not answer.says(BESIDE, self.padding):
            return True
        return self.silent and self.needs_speech and not (answer.says(1) and answer.prose_words(SPEECH) >= SPEECH)

    def credit(self, answer: Text, reading: Reading = "math", *, graded: bool = False) -> float:
        """What `answer` earns, 0 to 1, and 1 only where it holds.

        A plain constraint earns all or nothing, or with `graded` for a count that is missed how near it came.
        """
        return float(self.holds(answer, reading))

    @property
    def marked(self) -> bool:
        """Whether an answer that keeps it shows it: one that ends in a phrase does, one without commas does not."""
        return not self.silent

    @property
    def needs_speech(self) -> bool:
        """Whether these kwargs make a constraint of a silent type keepable by saying nothing."""
        return True

    @cached_property
    def padding(self) -> frozenset[str]:
        """Words, in lower case, that the constraint asks for: an answer of them alone says nothing."""
        return frozenset()

    def official(self, text: Text) -> bool:
        """The published check, its oddities included."""
        raise NotImplementedError

    def math(self, text: Text) -> bool:
        """The same intent on a mathematical answer: formulas, boxes and code masked."""
        return self.official(text.prose)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> "Constraint | None":
        """Draw kwargs fit for `problem`; `None` if no answer to it could keep this constraint."""
        raise NotImplementedError

    @property
    def copied(self) -> str:
        """What an answer that keeps this constraint has to contain, as it is written; empty if it is free."""
        return ""

    def clashes(self, other: "Constraint") -> bool:
        """Whether no answer can keep both, with all that stands in either, an inactive branch included."""
        return any(a.refuses(b) or b.refuses(a) for a in self.nodes() for b in other.nodes())

    def refuses(self, other: "Constraint") -> bool:
        """Whether `other` contradicts it: by their types, or because what `other` copies is forbidden here."""
        if other.id == self.id or other.id in self.excludes:
            return True
        return self.silent and self.needs_speech and bool(other.copied) and not self.math(Text(other.copied))


class Counted(Constraint):
    """A constraint on a count: how often something occurs in the answer."""

    @property
    def allowed(self) -> tuple[int, float]:
        """Fewest and most occurrences that keep it, both included."""
        raise NotImplementedError

    def official_count(self, text: Text) -> int:
        """What the published check counts."""
        raise NotImplementedError

    def math_count(self, text: Text) -> int:
        """The same on a mathematical answer."""
        return self.official_count(text.prose)

    def official(self, text: Text) -> bool:
        fewest, most = self.allowed
        return fewest <= self.official_count(text) <= most

    def math(self, text: Text) -> bool:
        fewest, most = self.allowed
        return fewest <= self.math_count(text) <= most

    def credit(self, answer: Text, reading: Reading = "math", *, graded: bool = False) -> float:
        """The verdict; with `graded`, 1 - d / n where the count misses the bound n by d, and never less than 0.

        Blank and silent answers earn nothing all the same.
        """
        verdict = float(self.holds(answer, reading))
        if not graded or verdict or not answer.stripped:
            return verdict
        if reading == "official":
            return self._nearness(self.official_count(answer))
        said = self.unquoted(answer)
        if self.closed_by_silence(said):
            return 0.0
        return min(self._nearness(self.math_count(text)) for text in {said, answer})

    def _nearness(self, found: int) -> float:
        fewest, most = self.allowed
        missed, bound = (fewest - found, fewest) if found < fewest else (found - most, most)
        return max(0.0, 1 - missed / max(bound, 1))


class Worded(Constraint):
    """A constraint that asks for words, those in `copied`: an answer of nothing else keeps none."""

    @cached_property
    def padding(self) -> frozenset[str]:
        return frozenset(re.findall(r"\w+", self.copied.lower()))


T = TypeVar("T", bound=Constraint)


@dataclass_transform(frozen_default=True)
def constraint(instruction_id: str) -> Callable[[type[T]], type[T]]:
    """Register a definition under its published id."""

    def register(definition: type[T]) -> type[T]:
        if instruction_id in REGISTRY:
            raise ConstraintError(f"{instruction_id} is defined twice: {REGISTRY[instruction_id]} and {definition}")
        definition.id = instruction_id
        definition = dataclass(frozen=True)(definition)
        REGISTRY[instruction_id] = definition
        return definition

    return register


def related(relation: Relation, bound: int) -> tuple[int, float]:
    """Fewest and most by IFEval's two relations: strictly less, or at least."""
    return (0, bound - 1) if relation == "less than" else (bound, inf)
