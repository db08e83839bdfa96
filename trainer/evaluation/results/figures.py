"""The pictures of an evaluation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .tables import called, label_of

BLUE, RED, GREY = "#2a6f97", "#c44e52", "0.45"
COLOURS = (BLUE, RED, "#55a868", "#dd8452", "#8172b3", "#937860", "#da8bc3", "#8c8c8c")
MARKERS = "osD^vPX*"
STYLE: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
COMPLIANCE = ("sacc", "instruction_strict", "instruction_loose")
"""What stands for compliance in the plane: the first of these that a benchmark has."""

Report = dict[str, Any]


def by_benchmark(arms: Sequence[Report]) -> dict[str, list[Report]]:
    groups: dict[str, list[Report]] = {}
    for arm in arms:
        groups.setdefault(arm["benchmark"], []).append(arm)
    return groups


def draw_dots(axes: Axes, xs: Sequence[Any], ys: Sequence[Any], colour: str, fmt: str = "o", **style: Any) -> None:
    """Dots with their intervals: each coordinate is a number, or a share with its 95 % interval."""
    (x, xerr), (y, yerr) = _spread(xs), _spread(ys)
    options: dict[str, Any] = {"ms": 4, "lw": 1} | style
    axes.errorbar(x, y, xerr=xerr, yerr=yerr, fmt=fmt, color=colour, **options)


def _spread(values: Sequence[Any]) -> tuple[Sequence[float], list[list[float]] | None]:
    """The coordinates, and how far their intervals reach below and above; `None` for plain numbers."""
    if not isinstance(values[0], dict):
        return values, None
    below = [max(0.0, value["share"] - value["low"]) for value in values]
    above = [max(0.0, value["high"] - value["share"]) for value in values]
    return [value["share"] for value in values], [below, above]


def _label_kind(kind: str) -> str:
    return kind.rpartition(":")[2].replace("_", " ")


def types_figure(report: Report) -> Figure | None:
    """Compliance by constraint type: a panel a benchmark, a colour an arm; the most obeyed on top."""
    panels = {name: arms for name, arms in by_benchmark(report["arms"]).items() if any(a["by_type"] for a in arms)}
    if not panels:
        return None
    rows = max(len(_kinds(arms)) for arms in panels.values())
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1 + 5 * len(panels), 1.2 + 0.24 * rows), layout="constrained")
        for axes, (name, arms) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True):
            _draw_types(axes, name, arms)
    return figure


def _kinds(arms: Sequence[Report]) -> list[str]:
    """The constraint types, the least obeyed first."""
    shares: dict[str, list[float]] = {}
    for arm in arms:
        for kind, share in arm["by_type"].items():
            shares.setdefault(kind, []).append(share["share"])
    return sorted(shares, key=lambda kind: sum(shares[kind]) / len(shares[kind]))


def _draw_types(axes: Axes, name: str, arms: Sequence[Report]) -> None:
    kinds = _kinds(arms)
    for at, (arm, colour) in enumerate(zip(arms, COLOURS * len(arms), strict=False)):
        axes.plot([], [], "o", ms=4, color=colour, label=label_of(arm))
        for row, kind in enumerate(kinds):
            if kind in arm["by_type"]:
                draw_dots(axes, [arm["by_type"][kind]], [row + _offset(at, len(arms), 0.3)], colour)
    axes.set_yticks(range(len(kinds)), map(_label_kind, kinds))
    axes.set(xlim=(-0.02, 1.02), title=f"{name}: kept, by constraint type")
    axes.grid(axis="y", color="0.93")
    axes.set_axisbelow(True)
    if len(arms) > 1:
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2)


def thinking_figure(report: Report) -> Figure | None:
    """Accuracy and constraints kept by the length of the thinking, in up to six bins: a panel an arm."""
    arms = [arm for arm in report["arms"] if arm["by_thinking"]]
    if not arms:
        return None
    with mpl.rc_context(STYLE):
        columns = min(4, len(arms))
        rows = -(-len(arms) // columns)
        figure = Figure(figsize=(1 + 3.6 * columns, 3.2 * rows), layout="constrained")
        panels = list(figure.subplots(rows, columns, squeeze=False, sharey=True).flat)
        for axes, arm in zip(panels, arms, strict=False):
            _draw_thinking(axes, arm)
        for axes in panels[len(arms) :]:
            axes.set_axis_off()
        for first in panels[::columns]:
            first.set_ylabel("share")
        panels[0].legend(frameon=False, loc="best")
    return figure


def _draw_thinking(axes: Axes, arm: Report) -> None:
    for key, label, colour in (("kept", "constraints kept", BLUE), ("accuracy", "accuracy", RED)):
        if bins := [part for part in arm["by_thinking"] if part[key]["share"] is not None]:
            means, shares = [part["mean"] for part in bins], [part[key] for part in bins]
            draw_dots(axes, means, shares, colour, "o-", lw=1.4, capsize=2, label=label)
    each = arm["by_thinking"][0]["samples"]
    axes.set(xlabel=f"tokens of thinking (a dot: the mean of {each} samples)", ylim=(0, 1.02))
    axes.set_title(f"{arm['benchmark']}: {label_of(arm)}", fontsize=9)


def plane_figure(reports: Sequence[Report]) -> Figure | None:
    """The accuracy-compliance plane: a panel a benchmark that has both, a colour a run, a dot an arm."""
    panels: dict[tuple[str, str], list[tuple[str, Report]]] = {}
    for report in reports:
        for arm in report["arms"]:
            compliance = next((metric for metric in COMPLIANCE if metric in arm["numbers"]), None)
            if compliance and "accuracy" in arm["numbers"]:
                panels.setdefault((arm["benchmark"], compliance), []).append((report["name"], arm))
    if not panels:
        return None
    names = list(dict.fromkeys(report["name"] for report in reports))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1 + 4.6 * len(panels), 4.6), layout="constrained")
        all_axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, ((benchmark, compliance), dots) in zip(all_axes, panels.items(), strict=True):
            _draw_plane(axes, dots, compliance, names)
            axes.set(xlabel="accuracy", ylabel=called(compliance), title=benchmark)
    return figure


def _draw_plane(axes: Axes, dots: Sequence[tuple[str, Report]], compliance: str, names: Sequence[str]) -> None:
    labels = list(dict.fromkeys(label_of(arm) for _, arm in dots))
    for name, arm in dots:
        at = labels.index(label_of(arm))
        colour = colour_of(name, names) if len(names) > 1 else COLOURS[at % len(COLOURS)]
        label = ", ".join([name] * (len(names) > 1) + [label_of(arm)] * (len(labels) > 1))
        x, y = arm["numbers"]["accuracy"], arm["numbers"][compliance]
        draw_dots(axes, [x], [y], colour, MARKERS[at % len(MARKERS)], ms=7, label=label)
    axes.margins(0.15)
    if len(dots) > 1:
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)


def colour_of(name: str, names: Sequence[str]) -> str:
    """A run's colour: the report's own is the first, blue; what it is compared with first is grey, as before."""
    at = list(names).index(name)
    return (BLUE, GREY, *COLOURS[1:])[at % (len(COLOURS) + 1)]


def comparison_figure(report: Report, others: Sequence[Report]) -> Figure | None:
    """Before and after: on the left every run's levels, on the right the differences from each, with intervals.

    A row of panels for each arm that the runs share.
    """
    names = [other["name"] for other in others]
    across = [compared for compared in report["comparisons"] if compared["with"] in names]
    arms = [arm for arm in report["arms"] if any(_same(arm, compared) for compared in across)]
    if not arms:
        return None
    heights = [len(_lines(arm)) + 3 for arm in arms]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 0.9 + 0.26 * sum(heights)), layout="constrained")
        panels = figure.subplots(len(arms), 2, squeeze=False, height_ratios=heights)
        for (levels, differences), arm in zip(panels, arms, strict=True):
            runs = [one for other in [report, *others] for one in other["arms"] if _same(one, arm)]
            _draw_levels(levels, arm, runs, [report["name"], *names])
            _draw_differences(differences, arm, [c for c in across if _same(c, arm)], [report["name"], *names])
        handles, labels = panels[0][0].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside lower left", ncols=4)
        handles, labels = panels[0][1].get_legend_handles_labels()
        figure.legend(handles, labels, frameon=False, loc="outside lower right", ncols=3)
    return figure


def _same(one: Report, other: Report) -> bool:
    return all(one[part] == other[part] for part in ("benchmark", "thinking", "mitigation"))


def _lines(arm: Report) -> list[tuple[str, str]]:
    """What the comparison shows of an arm, from the bottom: types, classes, numbers with the headline on top."""
    groups = {"by_type": _kinds([arm]), "by_class": list(arm["by_class"])[::-1]}
    metrics = sorted(arm["numbers"], key=lambda metric: (metric != arm["headline"], metric), reverse=True)
    return [(group, what) for group, names in (groups | {"numbers": metrics}).items() for what in names]


def _draw_levels(axes: Axes, arm: Report, runs: Sequence[Report], names: Sequence[str]) -> None:
    lines = _lines(arm)
    for at, (name, run) in enumerate(zip(names, runs, strict=False)):
        colour, offset = colour_of(name, names), _offset(at, len(names))
        axes.plot([], [], "o", ms=4, color=colour, label=name)
        for row, (group, what) in enumerate(lines):
            if share := run[group].get(what):
                draw_dots(axes, [share], [row + offset], colour)
    _rule(axes, lines)
    axes.set_yticks(range(len(lines)), [_name(*line) for line in lines])
    axes.set_title(f"{arm['benchmark']}, {label_of(arm)}: shares, 95 % interval", fontsize=9)


def _draw_differences(axes: Axes, arm: Report, compared: Sequence[Report], names: Sequence[str]) -> None:
    lines = _lines(arm)
    for at, one in enumerate(compared):
        colour = colour_of(one["with"], names)
        axes.plot([], [], "s", ms=4, color=colour, label=f"{names[0]} − {one['with']}")
        for row, (group, what) in enumerate(lines):
            if difference := one[group].get(what):
                points, low, high = (100 * difference[key] for key in ("difference", "low", "high"))
                dot = {"share": points, "low": low, "high": high}
                draw_dots(axes, [dot], [row + _offset(at, len(compared))], colour, "s")
    axes.axvline(0, color="0.3", lw=0.8)
    _rule(axes, lines)
    axes.set_yticks(range(len(lines)), [])
    axes.set_title("difference in points, paired by item, 95 % interval", fontsize=9)


def _offset(at: int, of: int, width: float = 0.5) -> float:
    """The height of the `at`-th of `of` dots on its line, the first on top."""
    return width * (0.5 - at / (of - 1)) if of > 1 else 0.0


def _rule(axes: Axes, lines: Sequence[tuple[str, str]]) -> None:
    """Lines between the groups, the numbers' background, and the limits."""
    groups = [group for group, _ in lines]
    for row in range(1, len(lines)):
        if groups[row] != groups[row - 1]:
            axes.axhline(row - 0.5, color="0.7", lw=0.8)
    axes.grid(axis="y", color="0.93")
    axes.set_axisbelow(True)
    axes.set_ylim(-0.6, len(lines) - 0.4)


def _name(group: str, what: str) -> str:
    return {"by_type": _label_kind(what), "by_class": f"all {what} types"}.get(group, called(what))


def draw(report: Report, others: Sequence[Report], folder: Path) -> list[Path]:
    """Draw what there is to draw into `folder`: the pictures' paths."""
    figures = {
        "types.png": types_figure(report),
        "thinking.png": thinking_figure(report),
        "plane.png": plane_figure([report, *others]),
        "comparison.png": comparison_figure(report, others),
    }
    drawn = {folder / name: figure for name, figure in figures.items() if figure}
    for path, figure in drawn.items():
        figure.savefig(path, dpi=150)
    return list(drawn)
