"""What a run remembers of itself: one line of numbers a tick, and the latest tallies, for its report."""

from collections.abc import Collection, Mapping
from typing import Any

from keepif.rewards import Pressure

from .controller import Controller
from .tally import Tally

LATEST = 20
"""Ticks whose tallies are kept: the most that the report calls 'after'."""
EARLIEST = 5
"""Ticks that stand for 'before' if there was no pre-pass."""
SMOOTHED = 10
"""Ticks in the running means that are compared with the floor: one batch alone is too noisy to call a violation."""
COLUMNS = ("step", "correctness", "compliance", "floor", "joint", "tokens", "lambda", "mu", "error", "infeasible")

EVERY = 5
"""Ticks between two notes on each constraint type."""

SHOWN_AS = {"lam": "lambda", "mu": "mu", "bonus": "bonus"}
"""Multiplier → its name on the dashboard."""


class Record:
    """The history of a run, as columns, and sums over it.

    Attributes:
        history (`dict[str, list]`): one entry a tick in each of [`COLUMNS`]: means over the tick's completions, the
            multipliers they were rewarded with (of several λ the largest), and after them the averaged error of what
            is furthest below its floor. `None` if there was none.
        types (`dict[str, dict[str, list]]`): by instruction id, every [`EVERY`] ticks: the step, the share kept over
            the latest ticks, its floor, λ and loudness.
        latest (`list[Tally]`): the last [`LATEST`] ticks.
        earliest ([`Tally`]): the first [`EARLIEST`] ticks.
        total ([`Tally`]): all ticks.
        used (`dict[str, float]`): the multipliers that the last tick's completions were rewarded with.
        priced (`dict[str, dict[str, float]]`): the λ and loudness of each type that they were rewarded with.
    """

    def __init__(self) -> None:
        self.history: dict[str, list[float | None]] = {name: [] for name in COLUMNS}
        self.types: dict[str, dict[str, list[float | None]]] = {}
        self.latest: list[Tally] = []
        self.earliest = Tally()
        self.total = Tally()
        self.used: dict[str, float] = {}
        self.priced: dict[str, dict[str, float]] = {}

    def add(
        self,
        step: int,
        tally: Tally,
        floor: bool,
        controller: Controller,
        used: Mapping[str, float],
        pressures: Mapping[str, Pressure],
    ) -> None:
        """Note a tick: completions that were rewarded with the multipliers `used` and the types' `pressures`, and, if
        there is a `floor`, the `controller` after it has taken them in.
        """
        self.used = dict(used)
        self.priced = {kind: {"lambda": one.lam, "loudness": one.loudness} for kind, one in pressures.items()}
        values = (
            step,
            _mean(tally.correct, tally.graded),
            _mean(tally.compliance, tally.constrained),
            _mean(tally.floor, tally.constrained) if floor else None,
            _mean(tally.joint, tally.paired),
            _mean(tally.tokens, tally.completions),
            used.get("lam"),
            used.get("mu"),
            controller.loops[worst].average if (worst := controller.furthest_below) else None,
            int(bool(controller.infeasible)) if floor else None,
        )
        for name, value in zip(COLUMNS, values, strict=True):
            self.history[name].append(round(value, 5) if value is not None else None)
        if len(self.history["step"]) <= EARLIEST:
            self.earliest += tally
        self.latest = [*self.latest, tally][-LATEST:]
        self.total += tally
        if len(self.history["step"]) % EVERY == 0:
            self._note_types(step)

    def _note_types(self, step: int) -> None:
        recent = self.recent()
        for kind, (share, _) in recent.by_type().items():
            priced = self.priced.get(kind, {"lambda": None, "loudness": None})
            note = {
                "step": step,
                "kept": round(share, 5),
                "floor": None if (floor := recent.floor_of(kind)) is None else round(floor, 5),
                **{name: None if value is None else round(value, 5) for name, value in priced.items()},
            }
            columns = self.types.setdefault(kind, {name: [] for name in note})
            for name, value in note.items():
                columns[name].append(value)

    def gauges(self, multipliers: Mapping[str, float], held_out: Collection[str] = ()) -> dict[str, float]:
        """What the dashboard shows beside the batch's own means; `multipliers` are the next batch's."""
        shown = {f"keepif/{SHOWN_AS[name]}": value for name, value in multipliers.items()}
        if self.history["step"]:
            for name, column in (("floor", "floor"), ("error", "error"), ("floor_infeasible", "infeasible")):
                value = self.history[column][-1]
                shown |= {} if value is None else {f"keepif/{name}": float(value)}
            if worst := self.worst(held_out):
                shown["keepif/worst_type"] = worst[1]
            if (recent := self.recent()).paired:
                shown["keepif/joint_recent"] = recent.joint / recent.paired
        return shown

    def worst(self, held_out: Collection[str] = ()) -> tuple[str, float] | None:
        """(instruction id, share kept) of the type that was furthest below its floor in the last ticks, or, without
        floors, kept least; of those not `held_out`.
        """
        recent = self.recent()
        shares = {kind: share for kind, (share, _) in recent.by_type().items() if kind not in held_out}
        margins = {kind: share - (recent.floor_of(kind) or 0.0) for kind, share in shares.items()}
        worst = min(margins, key=margins.__getitem__, default=None)
        return None if worst is None else (worst, shares[worst])

    def recent(self) -> Tally:
        """The last ticks, added up."""
        return sum(self.latest, Tally())

    def state(self) -> dict[str, Any]:
        return {
            "history": self.history,
            "types": self.types,
            "latest": [tally.to_dict() for tally in self.latest],
            "earliest": self.earliest.to_dict(),
            "total": self.total.to_dict(),
            "used": self.used,
            "priced": self.priced,
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.history = {name: list(state["history"][name]) for name in COLUMNS}
        self.types = {
            kind: {name: [*column] for name, column in notes.items()} for kind, notes in state["types"].items()
        }
        self.latest = [Tally.from_dict(stored) for stored in state["latest"]]
        self.earliest = Tally.from_dict(state["earliest"])
        self.total = Tally.from_dict(state["total"])
        self.used, self.priced = dict(state["used"]), dict(state["priced"])


def _mean(total: float, count: int) -> float | None:
    return total / count if count else None
