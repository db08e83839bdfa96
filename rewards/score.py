"""A batch of completions, scored: correctness, compliance, length penalty and what voided them."""

import json
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from .compliance import compliance, verdicts
from .constraints import Constraint, ConstraintError, Reading, constraints_of
from .constraints.schema import COLUMNS
from .correctness import correctness
from .guard import guard
from .length import length_penalty
from .response import DEFAULT_DELIMITERS, Delimiters, Response

logger = logging.getLogger(__name__)

GOLD_COLUMNS = ("answer", "solution")


@dataclass(frozen=True)
class Score:
    """What one completion earned.

    Attributes:
        c (`float` or `None`): correctness, 1.0 or 0.0; `None` where there is no gold answer, or no readable one.
        f (`float` or `None`): compliance, the share of constraints kept; `None` where there are none.
        p (`float`): length penalty, 0 to 1.
        void (`str` or `None`): the guard's reason, with which c and f are 0.
        kept (`dict[str, bool]`): verdict by instruction id (of a repeated id, whether all were kept).
        tokens (`int`): completion tokens, 0 where the trainer did not say.
        unreadable (`bool`): there is a gold answer, and it cannot be read: the row is not scored.
    """

    c: float | None
    f: float | None
    p: float = 0.0
    void: str | None = None
    kept: dict[str, bool] = field(default_factory=dict)
    tokens: int = 0
    unreadable: bool = False


@dataclass(frozen=True)
class Scoring:
    """How completions are scored; the same for a combined reward and for its parts.

    Args:
        budget (`int`, *optional*): tokens a completion may have before it pays; a `budget` column goes before it.
        reading (`str`, *optional*, defaults to `"math"`): the constraints' reading, `"math"` or `"official"`.
        delimiters ([`Delimiters`], *optional*): what opens and closes the thinking.
        end_ids (`Collection[int]`, *optional*): end tokens; with them truncated completions are recognised.
    """

    budget: int | None = None
    reading: Reading = "math"
    delimiters: Delimiters = DEFAULT_DELIMITERS
    end_ids: Collection[int] | None = None

    def __post_init__(self) -> None:
        if self.reading not in ("math", "official"):
            raise ValueError(f"reading must be 'math' or 'official', found {self.reading!r}")
        if self.budget is not None and not (isinstance(self.budget, int) and self.budget > 0):
            raise ValueError(f"budget must be a positive number of tokens, or None for none; found {self.budget!r}")

    def batch(
        self, completions: Sequence[Any], completion_ids: Sequence[Any] | None, columns: Mapping[str, Any]
    ) -> list[Score]:
        """Score every completion. `columns` are the data set's, as TRL passes them; unknown ones are ignored."""
        responses = [Response.parse(completion, self.delimiters) for completion in completions]
        ids = completion_ids or [None] * len(responses)
        golds = next((columns[name] for name in GOLD_COLUMNS if columns.get(name) is not None), None)
        correct = correctness(responses, golds) if golds else [None] * len(responses)
        budgets = columns.get("budget") or [self.budget] * len(responses)
        asked = constraints_of_columns(columns, len(responses))
        return [
            self._one(response, ids[i], correct[i], golds is not None, asked[i], budgets[i])
            for i, response in enumerate(responses)
        ]

    def _one(
        self,
        response: Response,
        ids: Sequence[int] | None,
        c: float | None,
        has_gold: bool,
        asked: Sequence[Constraint],
        budget: int | None,
    ) -> Score:
        tokens = len(ids) if ids is not None else 0
        void = guard(response, ids, self.end_ids)
        if void:
            c, found = (None if c is None else 0.0), [False] * len(asked)
        else:
            found = verdicts(response, asked, self.reading)
        kept: dict[str, bool] = {}
        for constraint, verdict in zip(asked, found, strict=True):
            kept[constraint.id] = verdict and kept.get(constraint.id, True)
        p = 1.0 if void == "truncated" and budget else length_penalty(c, tokens, budget)
        return Score(c, compliance(found), p, void, kept, tokens, unreadable=has_gold and c is None)


def constraints_of_columns(columns: Mapping[str, Any], rows: int) -> list[list[Constraint]]:
    """The constraints of each row of a batch of columns; a row that cannot be read has none, and is named in the log.

    Rows are checked when a run starts (`KeepIF.attach`); this is the second line, which must not cost a run.
    """
    present = {name: columns[name] for name in COLUMNS if columns.get(name) is not None}
    return [_read(json.dumps({name: column[i] for name, column in present.items()}, default=_plain))
            for i in range(rows)]  # fmt: skip


@lru_cache(maxsize=16_384)
def _read(row: str) -> list[Constraint]:
    try:
        return constraints_of(json.loads(row))
    except ConstraintError as error:
        logger.error("keepif: the constraints of a row cannot be read and do not count: %s", error)  # noqa: TRY400
        return []


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
