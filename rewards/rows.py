"""What a row of a data set is: prompt, gold answer and constraints, in every published form. Columns are known here.

A row's constraints are parsed once, however often it comes. In a batch no cell costs more than its own row.
"""

import json
import logging
import math
import reprlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from numbers import Real
from typing import Any

from .constraints import Constraint, ConstraintError
from .constraints.kwargs import from_json
from .constraints.published_forms import decoded, holds_constraints, is_list, of_ground_truth, paired

logger = logging.getLogger(__name__)

PROMPT_COLUMNS = ("prompt", "messages", "question", "problem")
GOLD_COLUMNS = (
    "answer", "final_answer", "expected_answer", "reference_answer", "golden_answer", "gold_answer", "correct_answer",
    "ground_truth_answer", "gt_answer", "ground_truth", "gt", "gold", "Answer", "solution", "target", "label",
)  # fmt: skip
"""The first one that is filled counts: answers go before whole solutions, and names of many uses come last."""
AMBIGUOUS = ("target", "label")
TRUTH = "ground_truth"
"""It holds a gold answer, or constraints (allenai's IF_multi_constraints and RLVR-IFeval)."""
KWARGS_COLUMNS = {
    "instruction_id_list": ("kwargs", "instruction_kwargs"),  # IFEval, IFBench, NeMo; Nemotron's `args`
    "constraint_name": ("constraint_args",),  # MathIF, ReasonIF
}
"""Column of instruction ids → the columns that may hold their kwargs."""
EXTRA = "extra_info"
"""verl's, of which constraints are read alone: its `answer` is a whole solution, and not to be graded against."""
NESTED = ("reward_model", "verifier_metadata", "args", EXTRA)
"""Columns that hold others: verl's, and NVIDIA's, whose `grading_mode` is `KeepIF(credit=...)` here."""
WEIGHTS = "constraint_weights"
"""Ours: one positive number for each constraint of a row."""
TRIP_WIRE = "trip_wire"
"""Ours: whether a row is a trip-wire, whose verdicts are logged and never rewarded."""
CONSTRAINT_COLUMNS = (*KWARGS_COLUMNS, TRUTH, *NESTED)
"""The columns that hold constraints, if a row has any."""
KWARGS = tuple(name for ids, names in KWARGS_COLUMNS.items() for name in (ids, *names))
READ = tuple(dict.fromkeys((*CONSTRAINT_COLUMNS, *KWARGS, WEIGHTS, TRIP_WIRE)))
"""Every column that the constraints of a row are read from."""
OWN_TOKENS = "tool_mask"
"""For each completion 1 for a token that the model wrote and 0 for one of a tool's, as TRL trains by."""
DEEP = 4
"""Lists and mappings within one another that a gold answer is looked for in."""
REMEMBERED = 2**16
"""Different rows whose constraints are kept, in about a kilobyte each."""


@dataclass(frozen=True)
class Row:
    """The constraints of a row, the weight of each (`None`: all the same), and whether the row is a trip-wire."""

    constraints: tuple[Constraint, ...] = ()
    weights: tuple[float, ...] | None = None
    trip_wire: bool = False

    def only(self, positions: Sequence[int]) -> "Row":
        """The same with some of its constraints."""
        weights = self.weights and tuple(self.weights[i] for i in positions)
        return Row(tuple(self.constraints[i] for i in positions), weights, self.trip_wire)


def row_of(row: Mapping[str, Any]) -> Row:
    """What `row` demands; nothing if it has no column of constraints. A [`ConstraintError`] says what is wrong."""
    parsed = _parsed(_key({name: row[name] for name in READ if row.get(name) is not None}))
    if isinstance(parsed, ConstraintError):
        raise parsed.with_traceback(None)
    return parsed


def constraints_of(row: Mapping[str, Any]) -> list[Constraint]:
    """The constraints of a data set's row, in whichever published form its columns have; empty if there are none.

    Reads `instruction_id_list` + `kwargs` (IFEval, IFBench, NeMo), `constraint_name` + `constraint_args` (MathIF,
    ReasonIF), and `ground_truth` as JSON or a Python literal (IF_multi_constraints' list, RLVR-IFeval's function);
    all of them inside `reward_model` (verl), `verifier_metadata` and `args` (NVIDIA) as well, and the first two inside
    verl's `extra_info`.

    >>> row = {"constraint_name": ["punctuation:no_comma"], "constraint_args": [None]}
    >>> [constraint.id for constraint in constraints_of(row)]
    ['punctuation:no_comma']

    Raises:
        [`ConstraintError`]: with the field, what was found and what to do.
    """
    return list(row_of(row).constraints)


def prompt_column(row: Mapping[str, Any]) -> str | None:
    """The name of the first column that holds a prompt, once `row` is [`flat`]."""
    return next((name for name in PROMPT_COLUMNS if row.get(name)), None)


def gold_of(row: Mapping[str, Any]) -> Any:
    """The gold answer of a row under whichever published name; `None` if there is none.

    >>> gold_of({"answer": "", "solution": ["4"]}), gold_of({"reward_model": {"ground_truth": "5"}})
    ('4', '5')
    """
    row = flat(row)
    cells = (_unwrapped(row[name]) for name in GOLD_COLUMNS if row.get(name) is not None)
    return next((cell for cell in cells if cell is not None and not holds_constraints(cell)), None)


def flat(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """`row`, with what its nested columns hold beside its own columns, which go first."""
    for name in NESTED:
        inner = _mapping_in(row.get(name))
        if inner and name == EXTRA:
            inner = {column: inner[column] for column in KWARGS if column in inner}
        if inner:
            row = {**inner, **{column: cell for column, cell in row.items() if cell is not None}}
    return row


def _mapping_in(cell: Any) -> Mapping[str, Any] | None:
    cell = from_json(cell) if isinstance(cell, str) and cell.startswith("{") else cell
    return cell if isinstance(cell, Mapping) else None


def _unwrapped(cell: Any) -> Any:
    """What a gold answer's cell holds, out of lists of one and mappings; `None` if it is empty."""
    for _ in range(DEEP):
        cell = cell.tolist() if hasattr(cell, "tolist") else cell
        if isinstance(cell, str) and cell.startswith('["'):  # Skywork's '["4"]', but not the pair "[4, 5]"
            cell = from_json(cell)
        if isinstance(cell, Mapping) and (names := [name for name in GOLD_COLUMNS if cell.get(name) is not None]):
            cell = cell[names[0]]
        elif isinstance(cell, list | tuple) and len(cell) == 1:
            cell = cell[0]
        else:
            break
    return None if _is_empty(cell) else str(cell) if isinstance(cell, Decimal) else cell


def _is_empty(cell: Any) -> bool:
    if isinstance(cell, str):
        return not cell.strip()
    if isinstance(cell, Mapping):
        return all(value is None for value in cell.values())
    return cell is None or cell in ([], ()) or (isinstance(cell, float) and math.isnan(cell))


def same_length(rows: int, columns: Mapping[str, Any]) -> None:
    """Raise a `ValueError` that names the column which is not a list of one entry a completion."""
    for name in ("completion_ids", OWN_TOKENS, "budget", *GOLD_COLUMNS, *READ):
        column = columns.get(name)
        if column is not None and (isinstance(column, str) or len(column) != rows):
            found = "a text" if isinstance(column, str) else f"{len(column)} entries"
            raise ValueError(f"{name!r} must hold one entry for each of the {rows} completions, found {found}")


def golds_of(columns: Mapping[str, Any], rows: int) -> list[Any]:
    """The gold answer of each row of a batch; `None` if it has none."""
    present = _present(columns, (*GOLD_COLUMNS, *NESTED))
    return [gold_of({name: column[i] for name, column in present.items()}) for i in range(rows)]


def rows_of(columns: Mapping[str, Any], rows: int) -> list[Row | None]:
    """What each row of a batch demands; `None`, and a line in the log, if it cannot be read.

    A row is parsed once and found again by its JSON. Rows are checked when a run starts (`KeepIF.attach`); this is the
    second line, which must not cost a run.
    """
    present = _present(columns, READ)
    read = [_parsed(_key({name: column[i] for name, column in present.items()})) for i in range(rows)]
    for error in read:
        if isinstance(error, ConstraintError):
            complain(f"the constraints of a row cannot be read, and it is not scored: {error}")
    return [row if isinstance(row, Row) else None for row in read]


def _present(columns: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: columns[name] for name in names if columns.get(name) is not None}


def _key(row: Mapping[str, Any]) -> str:
    """A row as JSON, by which it is remembered; empty, which none can read, if it has no such form."""
    try:
        return json.dumps(row, default=_plain)
    except (TypeError, ValueError, RecursionError):
        return ""


def _plain(value: Any) -> Any:
    return value.tolist() if hasattr(value, "tolist") else str(value)


@lru_cache(maxsize=REMEMBERED)
def _parsed(key: str) -> Row | ConstraintError:
    try:
        row = flat(json.loads(key))
        constraints = _constraints(row)
        return Row(tuple(constraints), _weights(row, len(constraints)), trip_wire=bool(row.get(TRIP_WIRE)))
    except ConstraintError as error:
        return error
    except Exception as error:  # noqa: BLE001  # whatever a cell may hold
        return ConstraintError(f"the columns {', '.join(READ)} cannot be read: {error!r}")


def _constraints(row: Mapping[str, Any]) -> list[Constraint]:
    for ids, names in KWARGS_COLUMNS.items():
        if row.get(ids) is not None:
            kwargs = next((name for name in names if row.get(name) is not None), names[0])
            return paired(row[ids], row.get(kwargs), ids, kwargs)
    return of_ground_truth(row[TRUTH], TRUTH) if holds_constraints(row.get(TRUTH)) else []


def _weights(row: Mapping[str, Any], count: int) -> tuple[float, ...] | None:
    weights = row.get(WEIGHTS)
    if weights is None:
        return None
    weights = decoded(weights, WEIGHTS)
    right = is_list(weights) and len(weights) == count
    if not right or not all(isinstance(weight, int | float) and 0 < weight < math.inf for weight in weights):
        raise ConstraintError(
            f"field {WEIGHTS!r} must hold a positive number for each of the {count} constraints, found {weights!r}"
        )
    return tuple(map(float, weights))


def token_ids(column: Sequence[Any] | None, rows: int) -> list[Sequence[int] | None]:
    """Each completion's tokens; `None` for one whose tokens are not known."""
    return [None] * rows if column is None else [_tokens(cell) for cell in column]


def _tokens(cell: Any) -> Sequence[int] | None:
    tokens = cell.tolist() if hasattr(cell, "tolist") else cell
    if tokens is None or isinstance(tokens, list | tuple):
        return tokens
    complain(f"completion_ids must be lists of tokens, found {reprlib.repr(cell)}; such a completion has no length")
    return None


def lengths(ids: Sequence[Sequence[int] | None], masks: Sequence[Sequence[int]] | None) -> list[int]:
    """The tokens of each completion that the model wrote itself; 0 for one whose tokens are not known."""
    if masks is None:
        return [len(tokens or ()) for tokens in ids]
    return [int(sum(mask)) for mask in masks]


def token_budgets(column: Sequence[Any] | None, default: int | None, rows: int) -> list[Any]:
    """Each row's budget: the column's, if there is one."""
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
