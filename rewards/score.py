"""A batch of completions, scored: correctness, compliance, length penalty and what voided them."""

from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from .compliance import compliance, credits_of, verdicts
from .constraints import Constraint, Question, Reading, known
from .constraints.composition import nodes
from .constraints.startend import RepeatPrompt
from .correctness.grading import correctness
from .guard.guard import guard
from .length import length_penalty
from .rows import Row, complain, golds_of, rows_of, same_length, token_budgets, token_ids
from .text.response import DEFAULT_DELIMITERS, Delimiters, Response, prompt_text
from .text.words import pieces_between_blanks

if TYPE_CHECKING:
    from .judge.judge import Judge, Pair

NOTHING = Response(thinking=None, answer_text="")
"""Graded in the place of a voided completion, which is wrong whatever it says."""
Credit = Literal["soft", "hard", "graded"]


@dataclass(frozen=True)
class Score:
    """What one completion earned.

    Attributes:
        c (`float` or `None`): correctness, 1.0 or 0.0; `None` where there is no gold answer, or no readable one.
        f (`float` or `None`): compliance, the mean credit of the constraints; `None` where there are none.
        p (`float`): length penalty, 0 to 1.
        void (`str` or `None`): the guard's reason, with which c and f are 0.
        kept (`dict[str, bool]`): verdict by instruction id (of a repeated id, whether all were kept).
        held_out (`dict[str, bool]`): the same of the types that are held out, which f knows nothing of.
        tokens (`int`): completion tokens, 0 where the trainer did not say.
        unreadable (`bool`): the row's gold answer or constraints cannot be read, or all its constraints are a
            judge's and it has said nothing; so that it is not scored.
        vacuous (`frozenset[str]`): instruction ids that the answer keeps only in that it says nothing, which the
            reading `math` does not count as kept.
        fooled (`bool`, *optional*): of a trip-wire, whether the checks take for kept what nobody can keep.
        unjudged (`float`, *optional*): share of the verdicts asked of a judge that are missing; such constraints are
            left out of f and `kept`.
        thinking_words, answer_words (`int`): lengths of the two sections, in words between blanks.
    """

    c: float | None
    f: float | None
    p: float = 0.0
    void: str | None = None
    kept: dict[str, bool] = field(default_factory=dict)
    tokens: int = 0
    unreadable: bool = False
    vacuous: frozenset[str] = frozenset()
    thinking_words: int = 0
    answer_words: int = 0
    fooled: bool | None = None
    unjudged: float | None = None
    held_out: dict[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Scoring:
    """How completions are scored; the same for a combined reward and for its parts.

    Args:
        budget (`int`, *optional*): tokens a completion may have before it pays; a `budget` column goes before it.
        reading (`str`, *optional*, defaults to `"math"`): the constraints' reading, `"math"` or `"official"`.
        credit (`str`, *optional*, defaults to `"soft"`): what of the constraints makes f: `"soft"`, the share kept,
            weighted by a `constraint_weights` column where there is one; `"hard"`, 1 where all are kept; `"graded"`,
            soft, and a count that is missed earns by how near it came.
        delimiters ([`Delimiters`], *optional*): what opens and closes the thinking.
        end_ids (`Collection[int]`, *optional*): end tokens; with them truncated completions are recognised.
        judge ([`~keepif.rewards.judge.Judge`], *optional*): who puts verdicts on soft constraints.
        held_out (`Collection[str]`, *optional*): instruction ids that are checked and logged but never rewarded.
    """

    budget: int | None = None
    reading: Reading = "math"
    credit: Credit = "soft"
    delimiters: Delimiters = DEFAULT_DELIMITERS
    end_ids: Collection[int] | None = None
    judge: "Judge | None" = None
    held_out: Collection[str] = ()

    def __post_init__(self) -> None:
        if self.reading not in ("math", "official"):
            raise ValueError(f"reading must be 'math' or 'official', found {self.reading!r}")
        if self.credit not in ("soft", "hard", "graded"):
            raise ValueError(f"credit must be 'soft', 'hard' or 'graded', found {self.credit!r}")
        if self.budget is not None and not (isinstance(self.budget, int) and self.budget > 0):
            raise ValueError(f"budget must be a positive number of tokens, or None for none; found {self.budget!r}")
        known("held_out", self.held_out)

    def batch(
        self,
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None,
        columns: Mapping[str, Any],
        prompts: Sequence[Any] | None = None,
    ) -> list[Score]:
        """Score every completion. `columns` are the data set's, as TRL passes them; unknown ones are ignored."""
        same_length(len(completions), {"completion_ids": completion_ids, **columns})
        responses = deque(Response.parse(completion, self.delimiters) for completion in completions)
        ids = token_ids(completion_ids, len(responses))
        asked = rows_of(columns, len(responses))
        not_to_copy = map(_not_to_copy, [""] * len(responses) if prompts is None else prompts, asked)
        voids = [guard(response, row, self.end_ids, prompt)
                 for response, row, prompt in zip(responses, ids, not_to_copy, strict=True)]  # fmt: skip
        golds = golds_of(columns, len(responses))
        if not any(row is None or row.constraints or gold is not None for row, gold in zip(asked, golds, strict=True)):
            complain(f"neither a gold answer nor constraints in the columns ({', '.join(sorted(columns)) or 'none'}): "
                     "every completion earns 0")  # fmt: skip
        graded = (NOTHING if void else response for response, void in zip(responses, voids, strict=True))
        correct = correctness(list(graded), golds)
        budgets = token_budgets(columns.get("budget"), self.budget, len(responses))
        judged = self._judged(responses, voids, asked)
        has_gold = [gold is not None for gold in golds]
        rows = zip(ids, voids, correct, has_gold, asked, budgets, strict=True)
        return [  # each response goes with its views: a batch of them is work for the garbage collector
            self._one(responses.popleft(), *row, judged=judged) for row in rows
        ]

    def _judged(
        self, responses: Sequence[Response], voids: Sequence[str | None], asked: Sequence[Row | None]
    ) -> "dict[Pair, bool | None]":
        """The judge's verdicts on the batch's soft constraints, by answer and question."""
        pairs = [
            (response.answer_text, constraint.question)
            for response, void, row in zip(responses, voids, asked, strict=True)
            for constraint in (row.constraints if row and not void else ())
            if isinstance(constraint, Question)
        ]
        return dict(zip(pairs, self.judge.verdicts(pairs), strict=True)) if self.judge and pairs else {}

    def _one(
        self,
        response: Response,
        ids: Sequence[int] | None,
        void: str | None,
        c: float | None,
        has_gold: bool,
        asked: Row | None,
        budget: int | None,
        *,
        judged: "Mapping[Pair, bool | None]",
    ) -> Score:
        tokens = len(ids) if ids is not None else 0
        unreadable = asked is None or (has_gold and c is None)
        asked = asked or Row()
        constraints = asked.constraints
        if void:
            found, vacuous = [False] * len(constraints), frozenset[str]()
        else:
            found = verdicts(response, constraints, self.reading, judged)
            vacuous = frozenset(self._vacuous(response, constraints, found))
        p = 1.0 if void == "truncated" and budget else length_penalty(c, tokens, budget)
        words = pieces_between_blanks(response.thinking or ""), pieces_between_blanks(response.answer_text)
        if asked.trip_wire:
            return Score(c, None, p, void, {}, tokens, unreadable, frozenset(), *words, fooled=all(found))
        settled = [i for i, verdict in enumerate(found) if verdict is not None]
        rewarded = [i for i in settled if constraints[i].id not in self.held_out]
        held_out = [i for i in settled if constraints[i].id in self.held_out]
        unreadable = unreadable or (None in found and not rewarded)
        f = self._compliance(response, asked.only(rewarded), [bool(found[i]) for i in rewarded], void)
        kept, unjudged = _by_id(constraints, found, rewarded), _unjudged(constraints, found)
        return Score(
            c, f, p, void, kept, tokens, unreadable, vacuous, *words,
            unjudged=unjudged, held_out=_by_id(constraints, found, held_out),
        )  # fmt: skip

    def _compliance(self, response: Response, asked: Row, found: Sequence[bool], void: str | None) -> float | None:
        if void or all(found) or self.credit == "hard":
            return compliance([float(all(found))] if found else [])
        earned = credits_of(response, asked.constraints, found, self.reading, graded=self.credit == "graded")
        return compliance(earned, asked.weights)

    def _vacuous(self, response: Response, asked: Sequence[Constraint], found: Sequence[bool | None]) -> Iterator[str]:
        """The constraints whose check passes, but for an answer too silent for that to count."""
        for constraint, verdict in zip(asked, found, strict=True):
            silent = self.reading == "math" and constraint.silent and not verdict
            if silent and constraint.closed_by_silence(response.answer) and constraint.math(response.answer):
                yield constraint.id


def _not_to_copy(prompt: Any, asked: Row | None) -> str:
    """The prompt's text, of which no answer may be a copy; none where the row asks for one."""
    asked_for = (node for constraint in (asked or Row()).constraints for node in nodes(constraint))
    return "" if any(isinstance(node, RepeatPrompt) for node in asked_for) else prompt_text(prompt)


def _by_id(
    constraints: Sequence[Constraint], found: Sequence[bool | None], positions: Sequence[int]
) -> dict[str, bool]:
    """Verdict by instruction id, of the constraints at `positions`; of a repeated id, whether all were kept."""
    kept: dict[str, bool] = {}
    for i in positions:
        kept[constraints[i].id] = bool(found[i]) and kept.get(constraints[i].id, True)
    return kept


def _unjudged(constraints: Sequence[Constraint], found: Sequence[bool | None]) -> float | None:
    """The share of a judge's verdicts that are missing; `None` where there are no soft constraints."""
    asked = sum(isinstance(constraint, Question) for constraint in constraints)
    return found.count(None) / asked if asked else None
