"""A report as tables and footnotes, for the screen and as Markdown."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.table import Table

from ...tally import NUMBERS, in_percent
from ..answering import PLAIN

Report = dict[str, Any]
Rows = tuple[list[str], list[list[str]]]
"""Headers and cells of a table."""
BESIDE = 3
"""Arms that stand beside each other, a line a metric; more stand below each other, a line an arm."""
GAP = 2
"""Blanks between two columns on the screen."""


def tables(report: Report) -> dict[str, Rows]:
    """The report's tables by title: each benchmark's arms, what each changes, and each comparison with a run."""
    titled: dict[str, Rows] = {}
    for benchmark, arms in groupby(report["arms"], key=lambda arm: arm["benchmark"]):
        arms = list(arms)
        titled[f"{benchmark}: {_sizes(arms)}, %"] = _of_arms(arms)
        if changes := [compared for compared in report["within"] if compared["benchmark"] == benchmark]:
            titled[f"{benchmark}: what it changes, in points"] = _of_changes(changes, "numbers")
            if any(compared["by_class"] for compared in changes):
                titled[f"{benchmark}: what it changes by class, in points"] = _of_changes(changes, "by_class")
    for arm in report["arms"]:
        if found := arm.get("constraint_attention"):
            title = f"{arm['benchmark']}, {label_of(arm)}: attention on constraints, in % of the prompt's"
            titled[title] = (
                ["", "kept", "not kept", "difference"],
                [
                    [kind, share(one["kept"]), share(one["not_kept"]), difference(one["difference"])]
                    for kind, one in found.items()
                ],
            )
    for compared in report["comparisons"]:
        ours, theirs = compared["samples"]
        what = f"{compared['benchmark']}, {label_of(compared)}: against {compared['with']}"
        sizes = f"{compared['items']} items, {ours} samples against {theirs}"
        titled[f"{what}, {sizes}, % and points"] = _of_comparison(report["name"], compared)
    return titled


def _of_arms(arms: Sequence[Report]) -> Rows:
    first = arms[0]["headline"]
    metrics = sorted(
        {metric for arm in arms for metric in arm["numbers"]}, key=lambda metric: (metric != first, metric)
    )
    best = max((k for arm in arms for k in arm["best_of"]), key=int, default=None)
    best_of = [f"{called(first)}, best of {best}"] if best else []
    return _beside(
        ["", *map(called, metrics), *best_of, "tokens", "thinking", "cut"],
        [
            [
                label_of(arm),
                *(share(arm["numbers"].get(metric)) for metric in metrics),
                *([share(arm["best_of"].get(best))] if best else []),
                *([f"{arm['tokens']:.0f}", f"{arm['thinking_tokens']:.0f}"] if arm["samples"] else ["-", "-"]),
                "-" if arm["truncated"]["share"] is None else f"{100 * arm['truncated']['share']:.1f}",
            ]
            for arm in arms
        ],
    )


def _of_changes(changes: Sequence[Report], part: str) -> Rows:
    metrics = list(dict.fromkeys(metric for compared in changes for metric in compared[part]))
    return _beside(
        ["", *map(called, metrics)],
        [
            [
                f"{label_of(compared)}, against {compared['with']}",
                *(difference(compared[part].get(m)) for m in metrics),
            ]
            for compared in changes
        ],
    )


def _beside(headers: list[str], rows: list[list[str]]) -> Rows:
    """The table, with a few rows as columns: they fit a narrow screen, and as many metrics do not."""
    if len(rows) > BESIDE:
        return headers, rows
    first, *others = zip(headers, *rows, strict=True)
    return list(first), [list(row) for row in others]


def _sizes(arms: Sequence[Report]) -> str:
    items, samples = ({arm[part] for arm in arms} for part in ("items", "samples"))
    return f"{' or '.join(map(str, sorted(items)))} items, {' or '.join(map(str, sorted(samples)))} samples"


def _of_comparison(name: str, compared: Report) -> Rows:
    groups = [("", compared["numbers"]), ("", compared["best_of"]), ("all ", compared["by_class"]),
              ("", compared["by_type"])]  # fmt: skip
    rows = [
        [prefix + called(what), f"{100 * pair['other']:.1f}", f"{100 * pair['this']:.1f}", difference(pair)]
        for prefix, group in groups
        for what, pair in group.items()
    ]
    return ["", compared["with"], name, "difference"], rows


def label_of(arm: Report) -> str:
    """An arm's name within its benchmark."""
    thinking = "" if arm["thinking"] == "default" else f"thinking {arm['thinking']}"
    mitigation = "" if arm["mitigation"] == PLAIN else arm["mitigation"].replace("_", " ")
    return ", ".join(part for part in (thinking, mitigation) if part) or "as it is"


def called(metric: str) -> str:
    """What a table calls a metric: the four numbers by their names, others as they were published."""
    return NUMBERS.get(metric, metric)


def share(number: Report | None) -> str:
    """A share in percent and its interval."""
    return "-" if number is None else in_percent(number)


def difference(pair: Report | None) -> str:
    """A difference in points and its interval."""
    if pair is None:
        return "-"
    points, low, high = (100 * pair[part] for part in ("difference", "low", "high"))
    return f"{points:+.1f} ({low:+.1f} to {high:+.1f})"


def footnotes(report: Report) -> list[str]:
    """The lines below the tables."""
    lines = []
    for arm in report["arms"]:
        label = f"{arm['benchmark']}, {label_of(arm)}"
        if arm["scored_by"]:
            lines.append(f"{arm['benchmark']} is scored by {arm['scored_by']}")
        if arm["missing"]:
            lines.append(f"{label}: {arm['missing']} samples are missing; run it again to make them")
        if arm["unjudged"]:
            count = f"{arm['unjudged']} of {arm['samples']} samples are not judged and count for nothing"
            lines.append(f"{label}: {count}; run it again to have them judged")
        if arm["thinking"] == "off" and arm["thought"]:
            lines.append(f"{label}: {arm['thought']} of {arm['samples']} samples have thought all the same")
        if arm["thinking"] == "on" and arm["samples"] and not arm["thought"]:
            lines.append(f"{label}: no sample has thought")
        if arm["defective"]:
            reasons = ", ".join(f"{count} ({reason})" for reason, count in arm["defective"].items())
            without = ", ".join(f"{called(metric)} {share(number)}" for metric, number in arm["sound"].items())
            lines.append(f"{label}: items whose demands exclude each other: {reasons}; without them: {without}")
    return [*dict.fromkeys(lines), *report["notes"], *report["limits"]]


def shown(report: Report, width: int) -> list[tuple[str, Table]]:
    """The tables for a screen of `width` columns, with their titles; what is wider is split: no value is cut."""
    return [
        (f"{title}{', continued' * bool(number)}", table)
        for title, rows in tables(report).items()
        for number, table in enumerate(_split(*rows, width))
    ]


def _split(headers: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[Table]:
    """The table in parts, one below the other, so that no value and no word of a header is cut."""
    headers = [header.replace(", ", ",\n") for header in headers]
    label, *widths = _widths(headers, rows)
    if label + sum(widths) + GAP * len(widths) > width:  # an instruction id takes two lines
        rows = [[row[0].replace(":", ":\n"), *row[1:]] for row in rows]
        label = _widths(headers, rows)[0]
    longest = max((len(word) for row in rows for word in row[0].split()), default=0)
    label = min(label, max(longest, width // 3))
    for part in _fitting(widths, width - label):
        table = Table(box=None, pad_edge=False)
        table.add_column(headers[0], width=label, overflow="fold")
        for at in part:
            table.add_column(headers[at], justify="right", min_width=widths[at - 1])
        for row in rows:
            table.add_row(row[0], *(row[at] for at in part))
        yield table


def _widths(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The length of the longest line in each column."""
    columns = zip(headers, *rows, strict=True)
    return [max(len(line) for cell in column for line in cell.split("\n")) for column in columns]


def _fitting(widths: Sequence[int], room: int) -> list[list[int]]:
    """The columns, counted from 1, in parts that need no more than `room`, or are one column that does."""
    parts, left = [[]], room
    for at, width in enumerate(widths, 1):
        if width + GAP > left and parts[-1]:
            parts, left = [*parts, []], room
        parts[-1].append(at)
        left -= width + GAP
    return parts


def markdown(report: Report) -> str:
    """The report as Markdown."""
    parts = [f"# {report['name']}"]
    for title, (headers, rows) in tables(report).items():
        lines = [headers, ["---"] * len(headers), *rows]
        parts += [f"## {title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    parts.append("\n".join(f"- {line}" for line in footnotes(report)))
    settings = "\n".join(f"- {name}: {value}" for name, value in report["settings"].items())
    return "\n\n".join([*parts, "## Settings", settings]) + "\n"
