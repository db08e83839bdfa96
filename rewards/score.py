"""What a completion earned: correctness, compliance, length penalty and what voided it; and how a batch is scored."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from .compliance import compliance, credits_of, scaled
from .compliance import verdicts as verdicts_of
from .constraints import Constraint, Reading, known
from .correctness.grading import correctness
from .elsewhere import compliance_elsewhere
from .guard import guard, repeated_words
from .length import length_penalty
from .rows import OWN_TOKENS, Row, complain, golds_of, lengths, rows_of, same_length, token_budgets, token_ids
from .text.response import DEFAULT_DELIMITERS, Delimiters, Response, prompt_text
from .text.words import words_read

if TYPE_CHECKING:
    from .judge.judge import Asked, Judge

NOTHING = Response(thinking=None, answer_text="")
"""Graded in place of a voided completion, which is wrong whatever it says."""
Credit = Literal["soft", "hard", "graded"]


@dataclass(frozen=True)
class Score:
    """What one completion earned.

    Attributes:
        c (`float` or `None`): correctness, 1.0 or 0.0; `None` if there is no gold answer, or no readable one.
        f (`float` or `None`): compliance, the mean credit of the constraints; `None` if there are none.
        p (`float`): length penalty, 0 to 1.
        void (`str` or `None`): the guard's reason, with which c and f are 0.
        verdicts (`dict[str, bool]`): verdict by instruction id (for a repeated id, whether all hold).
        earned, weights (`dict[str, float]`): what the constraints of each instruction id earned, and what they weigh;
            unweighted, a constraint weighs 1. f is the sum of the one over that of the other.
        held_out (`dict[str, bool]`): the same for the types that are held out, which do not enter f.
        tokens (`int`): completion tokens that the model wrote itself, 0 if the trainer did not say.
        unreadable (`bool`): the completion is not scored: the row's gold answer or constraints cannot be read, or all
            its constraints are a judge's, who gave no verdict.
        fooled (`bool`, *optional*): for a trip-wire, whether the checks pass what nobody can keep.
        unjudged (`float`, *optional*): share of a judge's verdicts that are missing; such constraints are left out of
            f and `verdicts`.
        elsewhere (`float`, *optional*): the share of another prompt's constraints that hold, if it was tried: see
            [`~keepif.rewards.elsewhere.compliance_elsewhere`].
        repeated_words (`float`): the share of the answer's last words that stand before among them.
        thinking_words, answer_words (`int`): lengths of the two sections, in words as a reader takes them in.
    """

    c: float | None
    f: float | None
    p: float = 0.0
    void: str | None = None
    verdicts: dict[str, bool] = field(default_factory=dict)
    tokens: int = 0
    unreadable: bool = False
    thinking_words: int = 0
    answer_words: int = 0
    fooled: bool | None = None
    unjudged: float | None = None
    held_out: dict[str, bool] = field(default_factory=dict)
    earned: dict[str, float] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    elsewhere: float | None = None
    repeated_words: float = 0.0


@dataclass(frozen=True)
class Sample:
    """A completion with all of its row that its score needs.

    `row` is `None` if it cannot be read, `tokens` 0 if the trainer did not say; `void` is the guard's reason.
    """

    response: Response
    row: Row | None
    tokens: int
    budget: int | None
    void: str | None

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        return self.row.constraints if self.row else ()


@dataclass(frozen=True)
class Scoring:
    """How completions are scored; the same for a combined reward and for its parts.

    Args:
        budget (`int`, *optional*): tokens a completion may have before it pays; a `budget` column overrides it.
        reading (`str`, *optional*, defaults to `"math"`): the constraints' reading, `"math"` or `"official"`.
        credit (`str`, *optional*, defaults to `"soft"`): what of the constraints makes f: `"soft"`, the share kept,
            weighted by a `constraint_weights` column if there is one; `"hard"`, 1 if all are kept; `"graded"`, soft,
            and a count that is missed earns by how near it came.
        delimiters ([`Delimiters`], *optional*): what opens and closes the thinking.
        end_ids (`Collection[int]`, *optional*): end tokens; with them truncated completions are recognised.
        judge ([`~keepif.rewards.judge.Judge`], *optional*): who gives verdicts on soft constraints.
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
        count = len(completions)
        texts = [""] * count if prompts is None else [prompt_text(prompt) for prompt in prompts]
        samples: list[Sample] = []
        tokens = token_ids(completion_ids, count)
        for completion, ids, length, budget, prompt, row in zip(
            completions,
            tokens,
            lengths(tokens, columns.get(OWN_TOKENS)),
            token_budgets(columns.get("budget"), self.budget, count),
            texts,
            rows_of(columns, count),
            strict=True,
        ):
            response = Response.parse(completion, self.delimiters)
            void = guard(response, ids, self.end_ids, _not_to_copy(prompt, row))
            samples.append(Sample(response, row, length, budget, void))
        golds = golds_of(columns, count)
        if all(gold is None for gold in golds) and not any(s.row is None or s.constraints for s in samples):
            complain(f"neither a gold answer nor constraints in the columns ({', '.join(sorted(columns)) or 'none'}): "
                     "every completion earns 0")  # fmt: skip
        graded = [NOTHING if sample.void else sample.response for sample in samples]
        correct = correctness(graded, golds, texts)
        unreadable = [c is None and gold is not None for c, gold in zip(correct, golds, strict=True)]
        judged = self._judged(samples)
        elsewhere = compliance_elsewhere(
            [sample.response for sample in samples],
            [sample.void for sample in samples],
            [sample.row for sample in samples],
            self.reading,
        )
        return [
            self._score(sample, c, missing, judged, share)
            for sample, c, missing, share in zip(samples, correct, unreadable, elsewhere, strict=True)
        ]

    def _judged(self, samples: Sequence[Sample]) -> "dict[Asked, bool | None]":
        """The judge's verdicts on the batch's soft constraints, by answer and question."""
        pairs = [
            (sample.response.answer_text, constraint.judge_question)
            for sample in samples
            for constraint in (() if sample.void else sample.constraints)
            if constraint.judge_question
        ]
        return dict(zip(pairs, self.judge.verdicts(pairs), strict=True)) if self.judge and pairs else {}

    def _score(
        self,
        sample: Sample,
        c: float | None,
        unreadable: bool,
        judged: "Mapping[Asked, bool | None]",
        elsewhere: float | None,
    ) -> Score:
        response, constraints, void = sample.response, sample.constraints, sample.void
        with_f = partial(
            Score,
            c,
            p=1.0 if void == "truncated" and sample.budget else length_penalty(c, sample.tokens, sample.budget),
            void=void,
            tokens=sample.tokens,
            elsewhere=elsewhere,
            repeated_words=repeated_words(response.answer),
            thinking_words=words_read(response.thinking or ""),
            answer_words=words_read(response.answer_text),
        )
        verdicts = [False] * len(constraints) if void else verdicts_of(response, constraints, self.reading, judged)
        row = sample.row or Row()
        if row.trip_wire:
            return with_f(None, unreadable=unreadable, fooled=all(verdicts))
        settled = [i for i, verdict in enumerate(verdicts) if verdict is not None]
        rewarded = [i for i in settled if constraints[i].id not in self.held_out]
        held_out = [i for i in settled if constraints[i].id in self.held_out]
        asked = row.only(rewarded)
        earned = self._credits(response, asked, [bool(verdicts[i]) for i in rewarded], void)
        weights = scaled(asked.weights, len(rewarded))
        return with_f(
            compliance(earned, weights),
            earned=_sums(asked.constraints, [weight * credit for weight, credit in zip(weights, earned, strict=True)]),
            weights=_sums(asked.constraints, weights),
            verdicts=_by_id(constraints, verdicts, rewarded),
            held_out=_by_id(constraints, verdicts, held_out),
            unreadable=unreadable or sample.row is None or (None in verdicts and not rewarded),
            unjudged=_unjudged(constraints, verdicts),
        )

    def _credits(self, response: Response, row: Row, verdicts: Sequence[bool], void: str | None) -> list[float]:
        """What each constraint earns."""
        if void or all(verdicts) or self.credit == "hard":
            return [float(all(verdicts))] * len(verdicts)
        return credits_of(response, row.constraints, verdicts, self.reading, graded=self.credit == "graded")


def _not_to_copy(prompt: str, row: Row | None) -> str:
    """The prompt's text, of which no answer may be a copy; empty if the row asks for a copy."""
    constraints = row.constraints if row else ()
    return "" if any(constraint.copies_prompt for constraint in constraints) else prompt


def _by_id(
    constraints: Sequence[Constraint], verdicts: Sequence[bool | None], positions: Sequence[int]
) -> dict[str, bool]:
    """Verdict by instruction id, of the constraints at `positions`; of a repeated id, whether all hold."""
    by_id: dict[str, bool] = {}
    for i in positions:
        by_id[constraints[i].id] = bool(verdicts[i]) and by_id.get(constraints[i].id, True)
    return by_id


def _sums(constraints: Sequence[Constraint], values: Sequence[float]) -> dict[str, float]:
    """The sum of `values` by instruction id."""
    sums: dict[str, float] = {}
    for constraint, value in zip(constraints, values, strict=True):
        sums[constraint.id] = sums.get(constraint.id, 0.0) + value
    return sums


def _unjudged(constraints: Sequence[Constraint], verdicts: Sequence[bool | None]) -> float | None:
    """The share of a judge's verdicts that are missing; `None` if there are no soft constraints."""
    soft = sum(bool(constraint.judge_question) for constraint in constraints)
    return verdicts.count(None) / soft if soft else None
