"""The report that every run leaves beside its checkpoints: what was set, what was measured, what that cannot say."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..files import read_json, write_json
from ..record import EARLIEST, LATEST, SMOOTHED
from ..run import Run
from ..tally import Tally, proportion
from .types import by_type

SCHEMA = 3
NAME, FIGURE = "keepif-report.json", "keepif-report.png"
FEWEST = 2 * EARLIEST
"""Ticks that a run must have to be compared with what was before."""
LIMITS = (
    "Measured on the training prompts, on completions sampled while training: not on held-out data.",
    "Intervals are 95 % (Wilson; of a change, half of Newcombe's) and take the samples of a prompt as independent.",
    "Compliance is what code verifies; whether an answer keeps an instruction's spirit is not measured.",
)


def build(run: Run, step: int, max_steps: int, *, finished: bool) -> dict[str, Any]:
    """The report of a run so far, as JSON.

    `before` is the reference's pre-pass, or the run's first ticks if there was none. `after` is the last ticks, and at
    most the run's second half. Of a run that is too short to compare, `after` is the whole run, and only a pre-pass
    can be `before`.
    """
    record, reference = run.record, run.reference
    ticks = len(record.history["step"])
    short, measured = ticks < FEWEST, run.prepass is not None and reference.tally.completions > 0
    before = reference.tally if measured else Tally() if short else record.earliest
    latest = record.latest if short else record.latest[-(ticks // 2) :]
    after = sum(latest, Tally())
    of_before = "the pre-pass" if measured else "not measured" if short else f"the first {EARLIEST} ticks"
    of_after = "the whole run" if short else f"the last {len(latest)} of {ticks} ticks"
    return {
        "schema": SCHEMA,
        "keepif": version("keepif"),
        "finished": finished,
        "step": step,
        "max_steps": max_steps,
        "settings": run.settings,
        "provenance": reference.provenance,
        "multipliers": record.used,
        "out_of_reach": run.controller.infeasible,
        "before": {"measured_on": of_before, **means(before)},
        "after": {"measured_on": of_after, **means(after)},
        "floor": held(record.history),
        "by_type": by_type(run, before, after),
        "completions": record.total.completions,
        "guarded": dict(record.total.guarded),
        "unreadable": record.total.unreadable,
        "limits": [*LIMITS],
        "history": record.history,
        "types": record.types,
    }  # fmt: skip


def means(tally: Tally) -> dict[str, Any]:
    """Shares with their intervals, and mean tokens."""
    return {
        "completions": tally.completions,
        "accuracy": proportion(tally.correct, tally.graded),
        "sacc": proportion(tally.compliance, tally.constrained),
        "hacc": proportion(tally.all_kept, tally.constrained),
        "joint": proportion(tally.joint, tally.paired),
        "tokens": tally.tokens / tally.completions if tally.completions else None,
    }


def held(history: dict[str, list[Any]]) -> dict[str, Any] | None:
    """How the floor was held, by running means: share of ticks below it and worst dip, to 0.1 points.

    `None` without a floor.
    """
    pairs = [
        (f, b) for f, b in zip(history["compliance"], history["floor"], strict=True) if f is not None and b is not None
    ]
    if not pairs:
        return None
    width = min(SMOOTHED, len(pairs))
    windows = [pairs[end - width : end] for end in range(width, len(pairs) + 1)]
    dips = [round(sum(floor - compliance for compliance, floor in window) / width, 3) for window in windows]
    return {
        "mean": sum(floor for _, floor in pairs[-LATEST:]) / len(pairs[-LATEST:]),
        "share_of_ticks_below": sum(dip > 0 for dip in dips) / len(dips),
        "worst_dip": max(0.0, *dips),
        "smoothed_over": width,
    }


def write(folder: Path, report: dict[str, Any]) -> None:
    """Leave the report."""
    write_json(folder / NAME, report)


def picture(folder: Path, report: dict[str, Any]) -> None:
    """Leave the figure, if matplotlib is there."""
    try:
        from .figure import draw
    except ImportError:
        return
    draw(report).savefig(folder / FIGURE, dpi=120)


def load(folder: Path) -> dict[str, Any]:
    """The report in `folder`."""
    report = read_json(folder / NAME)
    if report is None:
        raise ValueError(f"there is no {NAME} in {folder}: give the output_dir of a run that KeepIF was attached to")
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise ValueError(f"{folder / NAME} is no report that this version (schema {SCHEMA}) can read")
    return report
