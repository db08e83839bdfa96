"""What completions add up to: counts that can be added over batches and over ranks."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from math import sqrt
from typing import Any

from keepif.rewards import Score

Z = 1.96
NUMBERS = {"accuracy": "accuracy", "sacc": "SAcc", "hacc": "HAcc", "joint": "joint"}
"""The four numbers of every report, and what its tables and figures call them: the share of the completions that are
right, the mean share of the constraints that they keep, the share that keeps all of its own, and the share that is
right and keeps all. While a run trains, its dashboard shows the first three as means of the rewards:
`keepif/correctness`, `keepif/compliance` and `keepif/compliance_all`."""


@dataclass
class Tally:
    """Sums over completions.

    Attributes:
        completions, tokens (`int`): all of them, and their tokens.
        graded, correct: those with a gold answer, and how many of them are right.
        constrained (`int`): those with constraints; `compliance` and `floor` are sums over them of f and of the floor,
            `all_kept` and `joint` count those that keep all, and those that are right besides, of the `paired` ones,
            which have a gold answer too.
        charged, charged_tokens (`int`): completions that a length penalty charges if they are long, and their tokens.
        asked, kept (`Counter`): verdicts and positive verdicts by instruction id, held-out types among them.
        floored, held, floors (`Counter`): those verdicts that have a floor, the positive ones of them, and the sums of
            these floors, which are at least 0.
        graded_by (`Counter`), right_by: completions with a gold answer, and the right ones, by `+id` if they keep the
            constraint of that id and by `-id` if not.
        guarded (`Counter`): voided completions by reason.
        unreadable (`int`): completions of rows that could not be read.
    """

    completions: int = 0
    tokens: int = 0
    graded: int = 0
    correct: float = 0.0
    constrained: int = 0
    compliance: float = 0.0
    floor: float = 0.0
    all_kept: int = 0
    paired: int = 0
    joint: int = 0
    unreadable: int = 0
    charged: int = 0
    charged_tokens: int = 0
    asked: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
    guarded: Counter[str] = field(default_factory=Counter)
    floored: Counter[str] = field(default_factory=Counter)
    held: Counter[str] = field(default_factory=Counter)
    floors: Counter[str] = field(default_factory=Counter)
    graded_by: Counter[str] = field(default_factory=Counter)
    right_by: Counter[str] = field(default_factory=Counter)

    @classmethod
    def of(
        cls,
        scores: Sequence[Score],
        floors: Sequence[float] | None = None,
        type_floors: Sequence[Mapping[str, float]] | None = None,
    ) -> "Tally":
        """Add up `scores`; the others hold each completion's floor, and those of its constraint types by id."""
        tally, count = cls(), len(scores)
        for score, floor, of_types in zip(scores, floors or [0.0] * count, type_floors or [{}] * count, strict=True):
            tally._add(score, floor, of_types)
        return tally

    def _add(self, score: Score, floor: float, floors: Mapping[str, float]) -> None:
        self.completions += 1
        self.tokens += score.tokens
        self.unreadable += score.unreadable
        if score.void:
            self.guarded[score.void] += 1
        if score.unreadable:
            return
        if score.c is not None:
            self.graded += 1
            self.correct += score.c
        if score.f is not None:
            self.constrained += 1
            self.compliance += score.f
            self.floor += floor
            self.all_kept += score.f == 1
            self.paired += score.c is not None
            self.joint += score.f == 1 and score.c == 1
        if score.c or score.void == "truncated":
            self.charged += 1
            self.charged_tokens += score.tokens
        verdicts = score.verdicts | score.held_out
        self.asked.update(verdicts.keys())
        self.kept.update(kind for kind, verdict in verdicts.items() if verdict)
        self.floored.update(floors.keys())
        self.held.update(kind for kind in floors if verdicts[kind])
        self.floors.update(floors)
        if score.c is not None:
            signed = [f"{'-+'[verdict]}{kind}" for kind, verdict in verdicts.items()]
            self.graded_by.update(signed)
            self.right_by.update(signed if score.c else ())

    def by_type(self) -> dict[str, tuple[float, int]]:
        """(share of constraints kept, number of verdicts) by instruction id."""
        return {kind: (self.kept[kind] / asked, asked) for kind, asked in sorted(self.asked.items())}

    def shortfalls(self) -> dict[str, tuple[int, float]]:
        """(number of verdicts, sum of floor - verdict) by instruction id, of the types that have a floor."""
        return {kind: (verdicts, self.floors[kind] - self.held[kind]) for kind, verdicts in self.floored.items()}

    def floor_of(self, kind: str) -> float | None:
        """The mean floor of an instruction id's verdicts; `None` if they have none."""
        return self.floors[kind] / self.floored[kind] if self.floored[kind] else None

    def price_of(self, kind: str) -> float | None:
        """What keeping the constraints of an instruction id costs: how much more often the completions that break them
        are right. `None` if there are none of one sort.
        """
        kept, broken = f"+{kind}", f"-{kind}"
        if not (self.graded_by[kept] and self.graded_by[broken]):
            return None
        return self.right_by[broken] / self.graded_by[broken] - self.right_by[kept] / self.graded_by[kept]

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(**{f.name: getattr(self, f.name) + getattr(other, f.name) for f in fields(self)})

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and dictionaries, as JSON keeps them."""
        return {name: dict(value) if isinstance(value, Counter) else value for name, value in vars(self).items()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> "Tally":
        read: dict[str, Any] = {name: Counter(v) if isinstance(v, dict) else v for name, v in stored.items()}
        return cls(**read)


def proportion(count: float, of: int) -> dict[str, Any]:
    """A share and its 95 % interval (Wilson, 1927)."""
    if not of:
        return {"share": None, "low": None, "high": None, "of": 0}
    share, spread = count / of, Z * Z / of
    centre = (share + spread / 2) / (1 + spread)
    half = Z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return {"share": share, "low": centre - half, "high": centre + half, "of": of}


def in_percent(number: dict[str, Any]) -> str:
    """A share with its interval, in percent; `-` if nothing was measured.

    >>> in_percent(proportion(0, 4)), in_percent(proportion(0, 0))
    ('0.0 (0 to 49)', '-')
    """
    if number["share"] is None:
        return "-"
    return f"{100 * number['share']:.1f} ({100 * number['low']:.0f} to {100 * number['high']:.0f})"
