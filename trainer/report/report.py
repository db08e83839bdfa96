"""The report that every run leaves beside its checkpoints: what was set, what was measured, what that cannot say."""

from importlib.metadata import version
from math import hypot
from pathlib import Path
from typing import Any

from rich.table import Table

from ..files import read_json, write_json
from ..record import EARLIEST, LATEST, SMOOTHED
from ..run import Run
from ..tally import NUMBERS, Tally, proportion
from .types import by_type, prices, said

SCHEMA = 2
NAME, FIGURE = "keepif-report.json", "keepif-report.png"
SYMBOLS = {"lam": "λ", "mu": "μ", "bonus": "bonus ν"}
LIMITS = (
    "Measured on the training prompts, on completions sampled while training: not on held-out data.",
    "Intervals are 95 % (Wilson; of a change, half of Newcombe's) and take the samples of a prompt as independent.",
    "Compliance is what code verifies; whether an answer keeps an instruction's spirit is not measured.",
)


def build(run: Run, step: int, max_steps: int, *, finished: bool) -> dict[str, Any]:
    """The report of a run so far, as JSON.

    `before` is the reference's pre-pass, or the run's first ticks if there was none; `after` is the last ticks, none
    of which are the first ones too. A run without a pre-pass that has had no others has no `before`.
    """
    record, reference = run.record, run.reference
    measured = run.prepass is not None and reference.tally.completions > 0
    before, ticks = (reference.tally, record.latest) if measured else (record.earliest, record.since_the_first())
    if not ticks:
        before, ticks = Tally(), record.latest
    after = sum(ticks, Tally())
    of_before = "pre-pass" if measured else f"the first {EARLIEST} ticks" if before.completions else "not measured"
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
        "after": {"measured_on": f"the last {len(ticks)} ticks", **means(after)},
        "floor": held(record.history),
        "by_type": by_type(run, before, after),
        "completions": record.total.completions,
        "guarded": dict(record.total.guarded),
        "unreadable": record.total.unreadable,
        "limits": [*LIMITS, *([] if measured else ["There was no pre-pass: 'before' is the run's own beginning."])],
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
    """The report in `folder`.

    Raises:
        `ValueError`: if there is none, or one that this version cannot read.
    """
    report = read_json(folder / NAME)
    if report is None:
        raise ValueError(f"there is no {NAME} in {folder}: give the output_dir of a run that KeepIF was attached to")
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise ValueError(f"{folder / NAME} is no report that this version (schema {SCHEMA}) can read")
    return report


HEADERS = ("% (95 % interval)", "before RL", "after", "change", "floor")


def rows(report: dict[str, Any]) -> tuple[list[list[str]], list[list[str]]]:
    """Before and after, overall and by constraint type, in the columns of [`HEADERS`]."""
    before, after, floor = report["before"], report["after"], report["floor"]
    floors = {"sacc": f"{100 * floor['mean']:.1f}"} if floor else {}
    overall = [[called, *_cells(before[name], after[name]), floors.get(name, "")] for name, called in NUMBERS.items()]
    if before["tokens"] and after["tokens"]:
        change = f"{after['tokens'] - before['tokens']:+.1f}"
        overall.append(["tokens", f"{before['tokens']:.1f}", f"{after['tokens']:.1f}", change, ""])
    held_out, types = report["settings"].get("held_out") or [], []
    for kind, shares in report["by_type"].items():
        name = kind.rpartition(":")[2] + " (held out)" * (kind in held_out)
        held = f"{100 * shares['floor']:.1f}" if shares.get("floor") is not None else ""
        types.append([name, *_cells(shares["before"], shares["after"]), held])
    return overall, types


def table(report: dict[str, Any]) -> Table:
    """The report as a table for the screen."""
    state = "finished" if report["finished"] else "still running, or interrupted"
    title = f"step {report['step']} of {report['max_steps']}, {state}"
    shown = Table(title=title, box=None, pad_edge=False)
    columns = HEADERS if report["floor"] else HEADERS[:-1]
    for header in columns:
        first = header == HEADERS[0]
        shown.add_column(header, justify="left" if first else "right", overflow="fold", no_wrap=not first)
    for group in rows(report):
        for row in group:
            shown.add_row(*row[: len(columns)])
        shown.add_section()
    return shown


def markdown(report: dict[str, Any]) -> str:
    """The report as Markdown."""
    overall, types = rows(report)
    lines = [list(HEADERS), ["---"] * len(HEADERS), *overall, *types]
    notes = "\n".join(f"- {line}" for line in footnotes(report))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + f"\n\n{notes}\n"


def footnotes(report: dict[str, Any]) -> list[str]:
    """The lines below the table."""
    lines = [f"before: {report['before']['measured_on']}; after: {report['after']['measured_on']}"]
    if report["before"]["completions"]:
        theirs = "; the floor is that of the last ticks' prompts" if report["floor"] else ""
        lines[0] += f". The two are of different prompts{theirs}"
    if floor := report["floor"]:
        lines.append(
            f"floor {100 * floor['mean']:.1f} %: below it in {100 * floor['share_of_ticks_below']:.0f} % of ticks, "
            f"worst dip {100 * floor['worst_dip']:.1f} points (means over {floor['smoothed_over']} ticks)"
        )
    if multipliers := report["multipliers"]:
        shown = (f"{symbol} {multipliers[name]:.3f}" for name, symbol in SYMBOLS.items() if name in multipliers)
        lines.append(f"multipliers in the last tick: {', '.join(shown)}")
    if by_type := prices(report["by_type"]):
        lines.append(f"λ by type in the last tick: {by_type}")
    lines += [said(kind, report["by_type"].get(kind, {}).get("price")) for kind in report["out_of_reach"]]
    guarded = ", ".join(f"{reason} {count}" for reason, count in sorted(report["guarded"].items())) or "none"
    lines.append(f"of {report['completions']} completions guarded: {guarded}; unreadable: {report['unreadable']}")
    return [*lines, *report["limits"]]


def _cells(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, str, str]:
    return _share(before), _share(after), _change(before, after)


def _change(before: dict[str, Any], after: dict[str, Any]) -> str:
    """The difference of two shares in points, and half the width of its 95 % interval (Newcombe, 1998, method 10)."""
    if None in (before["share"], after["share"]):
        return ""
    below = hypot(after["share"] - after["low"], before["high"] - before["share"])
    above = hypot(after["high"] - after["share"], before["share"] - before["low"])
    return f"{100 * (after['share'] - before['share']):+.1f} ±{100 * (below + above) / 2:.0f}"


def _share(mean: dict[str, Any]) -> str:
    if mean["share"] is None:
        return "-"
    return f"{100 * mean['share']:.1f} ({100 * mean['low']:.0f}-{100 * mean['high']:.0f})"
