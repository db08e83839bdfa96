"""A batch of completions, scored: correctness, compliance, length penalty and what voided them."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from .columns import Asked, asked_of, gold_column, same_length, token_budgets, token_ids
from .compliance import compliance, credits_of, verdicts
from .constraints import Constraint, Reading
from .correctness import correctness
from .guard import guard
from .length import length_penalty
from .response import DEFAULT_DELIMITERS, Delimiters, Response, prompt_text
from .words import pieces_between_blanks

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
        tokens (`int`): completion tokens, 0 where the trainer did not say.
        unreadable (`bool`): the row's gold answer or constraints cannot be read, so that it is not scored.
        vacuous (`frozenset[str]`): instruction ids that the answer keeps only in that it says nothing, which the
            reading `math` does not count as kept.
        fooled (`bool`, *optional*): of a trip-wire, whether the checks take for kept what nobody can keep.
        response ([`Response`]): what was scored.
        thinking_words, answer_words (`int`): lengths of its two sections, in words between blanks.
    """

    c: float | None
    f: float | None
    p: float = 0.0
    void: str | None = None
    kept: dict[str, bool] = field(default_factory=dict)
    tokens: int = 0
    unreadable: bool = False
    vacuous: frozenset[str] = frozenset()
    fooled: bool | None = None
    response: Response = NOTHING

    @property
    def thinking_words(self) -> int:
        return pieces_between_blanks(self.response.thinking or "")

    @property
    def answer_words(self) -> int:
        return pieces_between_blanks(self.response.answer_text)


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
    """

    budget: int | None = None
    reading: Reading = "math"
    credit: Credit = "soft"
    delimiters: Delimiters = DEFAULT_DELIMITERS
    end_ids: Collection[int] | None = None

    def __post_init__(self) -> None:
        if self.reading not in ("math", "official"):
            raise ValueError(f"reading must be 'math' or 'official', found {self.reading!r}")
        if self.credit not in ("soft", "hard", "graded"):
            raise ValueError(f"credit must be 'soft', 'hard' or 'graded', found {self.credit!r}")
        if self.budget is not None and not (isinstance(self.budget, int) and self.budget > 0):
            raise ValueError(f"budget must be a positive number of tokens, or None for none; found {self.budget!r}")

    def batch(
        self,
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None,
        columns: Mapping[str, Any],
        prompts: Sequence[Any] | None = None,
    ) -> list[Score]:
        """Score every completion. `columns` are the data set's, as TRL passes them; unknown ones are ignored."""
        same_length(len(completions), {"completion_ids": completion_ids, **columns})
        responses = [Response.parse(completion, self.delimiters) for completion in completions]
        ids = token_ids(completion_ids, len(responses))
        asked_in = map(prompt_text, [""] * len(responses) if prompts is None else prompts)
        voids = [guard(response, row, self.end_ids, prompt)
                 for response, row, prompt in zip(responses, ids, asked_in, strict=True)]  # fmt: skip
        golds = gold_column(columns)
        graded = [NOTHING if void else response for response, void in zip(responses, voids, strict=True)]
        correct = [None] * len(responses) if golds is None else correctness(graded, golds)
        budgets = token_budgets(columns.get("budget"), self.budget, len(responses))
        asked = asked_of(columns, len(responses))
        return [
            self._one(response, ids[i], voids[i], correct[i], golds is not None, asked[i], budgets[i])
            for i, response in enumerate(responses)
        ]

    def _one(
        self,
        response: Response,
        ids: Sequence[int] | None,
        void: str | None,
        c: float | None,
        has_gold: bool,
        asked: Asked | None,
        budget: int | None,
    ) -> Score:
        tokens = len(ids) if ids is not None else 0
        unreadable = asked is None or (has_gold and c is None)
        constraints = asked.constraints if asked else ()
        if void:
            found, vacuous = [False] * len(constraints), frozenset[str]()
        else:
            found = verdicts(response, constraints, self.reading)
            vacuous = frozenset(self._vacuous(response, constraints, found))
        kept: dict[str, bool] = {}
        for constraint, verdict in zip(constraints, found, strict=True):
            kept[constraint.id] = verdict and kept.get(constraint.id, True)
        p = 1.0 if void == "truncated" and budget else length_penalty(c, tokens, budget)
        if asked and asked.trip_wire:
            return Score(c, None, p, void, {}, tokens, unreadable, fooled=all(found), response=response)
        f = self._compliance(response, asked, found, void) if asked else None
        return Score(c, f, p, void, kept, tokens, unreadable, vacuous, response=response)

    def _compliance(self, response: Response, asked: Asked, found: Sequence[bool], void: str | None) -> float | None:
        if void or all(found) or self.credit == "hard":
            return compliance([float(all(found))] if found else [])
        earned = credits_of(response, asked.constraints, found, self.reading, graded=self.credit == "graded")
        return compliance(earned, asked.weights)

    def _vacuous(self, response: Response, asked: Sequence[Constraint], found: Sequence[bool]) -> Iterator[str]:
        """The constraints whose check passes, but for an answer too silent for that to count."""
        for constraint, verdict in zip(asked, found, strict=True):
            silent = self.reading == "math" and constraint.silent and not verdict
            if silent and constraint.closed_by_silence(response.answer) and constraint.math(response.answer):
                yield constraint.id
