"""A run's report on the screen and as Markdown: two tables, and the lines below them."""

from collections.abc import Iterable, Mapping
from itertools import zip_longest
from math import hypot
from typing import Any

from rich.table import Table

from ..tally import NUMBERS, in_percent
from .report import FEWEST
from .types import floors, prices, said

SYMBOLS = {"lam": "λ", "mu": "μ", "bonus": "bonus ν"}

Report = dict[str, Any]
Rows = list[list[str]]
"""Headers, and below them the cells."""


def rows(report: Report) -> tuple[Rows, Rows]:
    """The numbers overall, and by constraint type.

    A type that is held has its floor and its margin: how many points above that floor it is. Others have their change.
    """
    before, after, by_type = report["before"], report["after"], report["by_type"]
    columns = _columns(report)
    overall = {called: _cells(before[name], after[name]) for name, called in NUMBERS.items()}
    if after["tokens"]:
        tokens = before["tokens"] or 0.0  # without a before, it has no column
        overall["tokens"] = {
            "before": f"{tokens:.1f}", "after": f"{after['tokens']:.1f}", "change": f"{after['tokens'] - tokens:+.1f}",
        }  # fmt: skip
    types = {
        kind.rpartition(":")[2]: _cells(shares["before"], shares["after"]) | _against(shares)
        for kind, shares in by_type.items()
    }
    held = columns
    if any(shares.get("state") for shares in by_type.values()):
        held = {name: columns[name] for name in columns if name != "change"} | {"floor": "floor", "margin": "margin"}
    return _rows("% (95 % interval)", columns, overall), _rows("constraint type", held, types)


def _columns(report: Report) -> dict[str, str]:
    """Column → its header. A run that is too short has no change, and one without a before only what it did."""
    short = too_short(report)
    columns = {"after": "whole run" if short else "after"}
    if report["before"]["completions"]:
        of_policy = report["before"]["measured_on"] == "the pre-pass"
        columns = {"before": "before RL" if of_policy else "first ticks", **columns}
        columns |= {} if short else {"change": "change"}
    return columns


def too_short(report: Report) -> bool:
    """Whether the run has too few ticks to be compared with what was before."""
    return len(report["history"]["step"]) < FEWEST


def _rows(first: str, columns: Mapping[str, str], cells: Mapping[str, Mapping[str, str]]) -> Rows:
    return [
        [first, *columns.values()],
        *([name, *(of_name.get(column, "") for column in columns)] for name, of_name in cells.items()),
    ]


def _cells(before: Report, after: Report) -> dict[str, str]:
    return {"before": in_percent(before), "after": in_percent(after), "change": change(before, after)}


def _against(shares: Report) -> dict[str, str]:
    if shares.get("floor") is None:
        return {}
    margin = shares["after"]["share"] - shares["floor"]
    return {"floor": f"{100 * shares['floor']:.1f}", "margin": f"{100 * margin:+.1f}"}


def change(before: Report, after: Report) -> str:
    """The difference of two shares in points, and half the width of its 95 % interval (Newcombe, 1998, method 10)."""
    if None in (before["share"], after["share"]):
        return ""
    below = hypot(after["share"] - after["low"], before["high"] - before["share"])
    above = hypot(after["high"] - after["share"], before["share"] - before["low"])
    return f"{100 * (after['share'] - before['share']):+.1f} ±{100 * (below + above) / 2:.0f}"


def heading(report: Report) -> str:
    """How far the run is."""
    state = "finished" if report["finished"] else "still running, or interrupted"
    return f"step {report['step']} of {report['max_steps']}, {state}"


def screen(report: Report) -> Iterable[Table]:
    """The tables for the screen. What both have stands in the same columns."""
    overall, types = rows(report)
    common = 1 + sum(ours == theirs for ours, theirs in zip(overall[0][1:], types[0][1:], strict=False))
    widths = [max(map(len, column)) for column in zip(*(row[:common] for row in [*overall, *types]), strict=True)]
    for headers, *lines in (overall, types):
        shown = Table(box=None, pad_edge=False)
        for header, width in zip_longest(headers, widths):
            shown.add_column(
                header, justify="left" if header == headers[0] else "right", min_width=width, no_wrap=True
            )
        for line in lines:
            shown.add_row(*line)
        if lines:
            yield shown


def markdown(report: Report) -> str:
    """The report as Markdown."""
    tables = ([headers, ["---"] * len(headers), *lines] for headers, *lines in rows(report))
    parts = ["\n".join(f"| {' | '.join(line)} |" for line in table) for table in tables]
    return "\n\n".join([*parts, "\n".join(f"- {line}" for line in footnotes(report))]) + "\n"


def footnotes(report: Report) -> list[str]:
    """The lines below the tables."""
    by_type, multipliers = report["by_type"], report["multipliers"]
    lines = [_measured(report)]
    if any(one.get("state") for one in by_type.values()):
        lines.append(floors(by_type))
    elif floor := report["floor"]:
        lines.append(
            f"KeepIF holds the mean of all types, SAcc, at its floor of {100 * floor['mean']:.1f} %: below it in "
            f"{100 * floor['share_of_ticks_below']:.0f} % of ticks, worst dip {100 * floor['worst_dip']:.1f} points "
            f"(means over {floor['smoothed_over']} ticks)"
        )
    of_types = prices(by_type)
    shown = [f"λ by type: {of_types}"] if of_types else []
    shown += [
        f"{symbol} {multipliers[name]:.3f}"
        for name, symbol in SYMBOLS.items()
        if name in multipliers and not (name == "lam" and of_types)
    ]
    lines += [f"multipliers in the last tick: {'; '.join(shown)}"] if shown else []
    lines += [said(kind, by_type.get(kind, {}).get("price")) for kind in report["out_of_reach"]]
    if held_out := report["settings"].get("held_out"):
        lines.append(f"held out, checked but never rewarded: {', '.join(held_out)}")
    guarded = ", ".join(f"{reason} {count}" for reason, count in sorted(report["guarded"].items())) or "none"
    lines.append(f"of {report['completions']} completions guarded: {guarded}; unreadable: {report['unreadable']}")
    return [*lines, *report["limits"]]


def _measured(report: Report) -> str:
    """What the columns are of."""
    ticks, before, after = len(report["history"]["step"]), report["before"], report["after"]
    if too_short(report):
        return (
            f"this run is too short to compare ({ticks} tick{'s' * (ticks != 1)} of at least {FEWEST}): 'whole run' "
            "is all of it"
        )
    named = f"{_columns(report)['before']}: {before['measured_on']}; " if before["completions"] else ""
    return f"{named}after: {after['measured_on']}" + ". The two are of different prompts" * bool(named)
