"""The pictures of an evaluation."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .tables import label_of

BLUE, RED, GREY = "#2a6f97", "#c44e52", "0.45"
COLOURS = (BLUE, RED, "#55a868", "#dd8452", "#8172b3", "#937860", "#da8bc3", "#8c8c8c")
MARKERS = "osD^vPX*"
STYLE: Any = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
COMPLIANCE = ("sacc", "instruction_strict", "instruction_loose")
"""What stands for compliance in the plane: the first of these that a benchmark has."""

Report = dict[str, Any]


def by_benchmark(arms: Sequence[Report]) -> dict[str, list[Report]]:
    found: dict[str, list[Report]] = {}
    for arm in arms:
        found.setdefault(arm["benchmark"], []).append(arm)
    return found


def draw_share(axes: Axes, found: Report, at: float, colour: str, *, label: str | None = None) -> None:
    """A share with its interval, as a dot at the height `at`."""
    error = [[max(0.0, found["share"] - found["low"])], [max(0.0, found["high"] - found["share"])]]
    axes.errorbar(found["share"], at, xerr=error, fmt="o", ms=4, lw=1, color=colour, label=label)


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
        for kind, found in arm["by_type"].items():
            shares.setdefault(kind, []).append(found["share"])
    return sorted(shares, key=lambda kind: sum(shares[kind]) / len(shares[kind]))


def _draw_types(axes: Axes, name: str, arms: Sequence[Report]) -> None:
    kinds = _kinds(arms)
    for at, (arm, colour) in enumerate(zip(arms, COLOURS * len(arms), strict=False)):
        offset = 0.3 * (at / max(1, len(arms) - 1) - 0.5) if len(arms) > 1 else 0.0
        axes.plot([], [], "o", ms=4, color=colour, label=label_of(arm))
        for row, kind in enumerate(kinds):
            if kind in arm["by_type"]:
                draw_share(axes, arm["by_type"][kind], row - offset, colour)
    axes.set_yticks(range(len(kinds)), [kind.rpartition(":")[2].replace("_", " ") for kind in kinds])
    axes.set(xlim=(-0.02, 1.02), title=f"{name}: kept, by constraint type")
    axes.grid(axis="y", color="0.93")
    axes.set_axisbelow(True)
    if len(arms) > 1:
        axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.06), ncols=2)


def thinking_figure(report: Report) -> Figure | None:
    """What is right and what is kept by how long was thought, in up to six bins: a panel an arm."""
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
    for key, label, colour in (("kept", "constraints kept", BLUE), ("correct", "correct", RED)):
        bins = [found for found in arm["by_thinking"] if found[key]["share"] is not None]
        if not bins:
            continue
        shares = [found[key]["share"] for found in bins]
        errors = [[max(0.0, found[key]["share"] - found[key]["low"]) for found in bins],
                  [max(0.0, found[key]["high"] - found[key]["share"]) for found in bins]]  # fmt: skip
        axes.errorbar([found["mean"] for found in bins], shares, yerr=errors, fmt="o-", ms=4, lw=1.4, color=colour,
                      capsize=2, label=label)  # fmt: skip
    each = arm["by_thinking"][0]["samples"]
    axes.set(xlabel=f"tokens of thinking (bins of about {each})", ylim=(0, 1.02))
    axes.set_title(f"{arm['benchmark']}: {label_of(arm)}", fontsize=9)


def plane_figure(reports: Sequence[Report]) -> Figure | None:
    """The accuracy-compliance plane: a panel a benchmark that has both, a colour a run, a dot an arm."""
    found = {}
    for report in reports:
        for arm in report["arms"]:
            compliance = next((metric for metric in COMPLIANCE if metric in arm["numbers"]), None)
            if compliance and "correct" in arm["numbers"]:
                found.setdefault((arm["benchmark"], compliance), []).append((report["name"], arm))
    if not found:
        return None
    names = list(dict.fromkeys(report["name"] for report in reports))
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(1 + 4.6 * len(found), 4.6), layout="constrained")
        panels = figure.subplots(1, len(found), squeeze=False)[0]
        for axes, ((benchmark, compliance), dots) in zip(panels, found.items(), strict=True):
            arms = list(dict.fromkeys(label_of(arm) for _, arm in dots))
            for name, arm in dots:
                marker = MARKERS[arms.index(label_of(arm)) % len(MARKERS)]
                colour = (
                    colour_of(name, names) if len(names) > 1 else COLOURS[arms.index(label_of(arm)) % len(COLOURS)]
                )
                label = ", ".join([name] * (len(names) > 1) + [label_of(arm)] * (len(arms) > 1))
                _draw_dot(axes, arm["numbers"]["correct"], arm["numbers"][compliance], marker, colour, label)
            axes.set(xlabel="accuracy", ylabel=f"compliance ({compliance})", title=benchmark)
            axes.margins(0.15)
            if len(dots) > 1:
                axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2)
    return figure


def colour_of(name: str, names: Sequence[str]) -> str:
    """A run's colour: the report's own is the first, blue; what it is compared with first is grey, as before."""
    at = list(names).index(name)
    return (BLUE, GREY, *COLOURS[1:])[at % (len(COLOURS) + 1)]


def _draw_dot(axes: Axes, x: Report, y: Report, marker: str, colour: str, label: str) -> None:
    axes.errorbar(
        x["share"], y["share"],
        xerr=[[max(0.0, x["share"] - x["low"])], [max(0.0, x["high"] - x["share"])]],
        yerr=[[max(0.0, y["share"] - y["low"])], [max(0.0, y["high"] - y["share"])]],
        fmt=marker, ms=7, lw=1, color=colour, label=label,
    )  # fmt: skip


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
            runs = [found for other in [report, *others] for found in other["arms"] if _same(found, arm)]
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
    return [(group, what) for group, found in (groups | {"numbers": metrics}).items() for what in found]


def _draw_levels(axes: Axes, arm: Report, runs: Sequence[Report], names: Sequence[str]) -> None:
    lines = _lines(arm)
    for at, (name, run) in enumerate(zip(names, runs, strict=False)):
        colour, offset = colour_of(name, names), _offset(at, len(names))
        axes.plot([], [], "o", ms=4, color=colour, label=name)
        for row, (group, what) in enumerate(lines):
            if found := run[group].get(what):
                draw_share(axes, found, row + offset, colour)
    _rule(axes, lines)
    axes.set_yticks(range(len(lines)), [_name(*line) for line in lines])
    axes.set_title(f"{arm['benchmark']}, {label_of(arm)}: shares, 95 % interval", fontsize=9)


def _draw_differences(axes: Axes, arm: Report, compared: Sequence[Report], names: Sequence[str]) -> None:
    lines = _lines(arm)
    for at, one in enumerate(compared):
        colour = colour_of(one["with"], names)
        axes.plot([], [], "s", ms=4, color=colour, label=f"{names[0]} − {one['with']}")
        for row, (group, what) in enumerate(lines):
            if found := one[group].get(what):
                points, low, high = (100 * found[key] for key in ("difference", "low", "high"))
                error = [[max(0.0, points - low)], [max(0.0, high - points)]]
                axes.errorbar(points, row + _offset(at, len(compared)), xerr=error, fmt="s", ms=4, lw=1, color=colour)
    axes.axvline(0, color="0.3", lw=0.8)
    _rule(axes, lines)
    axes.set_yticks(range(len(lines)), [])
    axes.set_title("difference in points, paired by item, 95 % interval", fontsize=9)


def _offset(at: int, of: int) -> float:
    """Where the `at`-th of `of` dots stands on its line, the first on top."""
    return 0.25 - 0.5 * at / (of - 1) if of > 1 else 0.0


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
    return {"by_type": what.rpartition(":")[2].replace("_", " "), "by_class": f"all {what}"}.get(group, what)


def draw(report: Report, others: Sequence[Report], folder: Path) -> list[Path]:
    """Draw what there is to draw into `folder`: the pictures' paths."""
    figures = {
        "types.png": types_figure(report),
        "thinking.png": thinking_figure(report),
        "plane.png": plane_figure([report, *others]),
        "comparison.png": comparison_figure(report, others),
    }
    made = []
    for name, figure in figures.items():
        if figure:
            figure.savefig(folder / name, dpi=150)
            made.append(folder / name)
    return made
