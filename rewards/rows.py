"""The columns of a batch, as TRL hands them over, read row by row: no cell costs more than its own row."""

import json
import logging
import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from numbers import Real
from typing import Any

from .constraints import Constraint, constraints_of
from .constraints.schema import COLUMNS, TRIP_WIRE, WEIGHTS, holds_constraints, weights_of

logger = logging.getLogger(__name__)

GOLD_COLUMNS = ("answer", "solution", "ground_truth")


@dataclass(frozen=True)
class Asked:
    """The constraints of a row, what each counts (`None`: all the same), and whether the row is a trip-wire."""

    constraints: tuple[Constraint, ...] = ()
    weights: tuple[float, ...] | None = None
    trip_wire: bool = False

    def only(self, positions: Sequence[int]) -> "Asked":
        """The same, of some of its constraints."""
        weights = self.weights and tuple(self.weights[i] for i in positions)
        return Asked(tuple(self.constraints[i] for i in positions), weights, self.trip_wire)


def same_length(rows: int, columns: Mapping[str, Any]) -> None:
    """Raise a `ValueError` that names the column which is not a list of one entry a completion."""
    for name in ("completion_ids", "budget", *GOLD_COLUMNS, *COLUMNS, WEIGHTS, TRIP_WIRE):
        column = columns.get(name)
        if column is not None and (isinstance(column, str) or len(column) != rows):
            found = "a text" if isinstance(column, str) else f"{len(column)} entries"
            raise ValueError(f"{name!r} must hold one entry for each of the {rows} completions, found {found}")


def gold_column(columns: Mapping[str, Any]) -> Sequence[Any] | None:
    """The gold answers, under whichever published name they stand; a `ground_truth` of constraints holds none."""
    for name in GOLD_COLUMNS:
        column = columns.get(name)
        if column is not None and not (name == "ground_truth" and any(holds_constraints(cell) for cell in column)):
            return column
    return None


def token_ids(column: Sequence[Any] | None, rows: int) -> list[Sequence[int] | None]:
    """Each completion's tokens; `None` for one whose tokens are not known."""
    return [None] * rows if column is None else [_tokens(cell) for cell in column]


def _tokens(cell: Any) -> Sequence[int] | None:
    tokens = cell.tolist() if hasattr(cell, "tolist") else cell
    if tokens is None or isinstance(tokens, list | tuple):
        return tokens
    complain(f"completion_ids must be lists of tokens, found {reprlib.repr(cell)}; such a completion has no length")
    return None


def token_budgets(column: Sequence[Any] | None, default: int | None, rows: int) -> list[Any]:
    """Each row's budget: the column's, where there is one."""
    return [default] * rows if column is None else [_budget(cell) for cell in column]


def _budget(cell: Any) -> Any:
    usable = isinstance(cell, Real) and not isinstance(cell, bool) and 0 < float(cell) < math.inf
    if cell is None or usable:
        return cell
    complain(f"a budget must be a positive number of tokens, found {reprlib.repr(cell)}; such a row has none")
    return None


@lru_cache(maxsize=1024)
def complain(complaint: str) -> None:
    """Log it, once in a run rather than once a batch."""
    logger.error("keepif: %s", complaint)


def asked_of(columns: Mapping[str, Any], rows: int) -> list[Asked | None]:
    """What each row of a batch of columns asks for; `None`, and a line in the log, where it cannot be read.

    Rows are checked when a run starts (`KeepIF.attach`); this is the second line, which must not cost a run.
    """
    present = {name: columns[name] for name in (*COLUMNS, WEIGHTS, TRIP_WIRE) if columns.get(name) is not None}
    return [_read(_written({name: column[i] for name, column in present.items()})) for i in range(rows)]


def _written(row: Mapping[str, Any]) -> str:
    """A row as JSON, a key to remember it by; empty, which none can read, where it has no such form."""
    try:
        return json.dumps(row, default=_plain)
    except (TypeError, ValueError, RecursionError):
        return ""


@lru_cache(maxsize=16_384)
def _read(row: str) -> Asked | None:
    try:
        decoded = json.loads(row)
        constraints = constraints_of(decoded)
        weights = weights_of(decoded, len(constraints))
        return Asked(tuple(constraints), weights, trip_wire=bool(decoded.get(TRIP_WIRE)))
    except Exception as error:  # noqa: BLE001  # whatever a cell may hold
        logger.error("keepif: the constraints of a row cannot be read, and it is not scored: %s", error)  # noqa: TRY400
        return None


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)
