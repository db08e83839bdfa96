"""The picture of a sweep."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from keepif.trainer.tally import NUMBERS

BLUE, GREY = "#2a6f97", "0.55"


def draw(settings: Sequence[dict[str, Any]]) -> Figure:
    """Every setting by accuracy and SAcc: its seeds, their mean, and the front of what nothing betters."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(7.5, 5.2), layout="constrained")
        axes = figure.subplots()
        named: dict[tuple[float, float, str], list[str]] = {}
        for found in settings:
            colour = BLUE if found["front"] else GREY
            seeds = [(run["accuracy"], run["sacc"]) for run in found["runs"]]
            axes.plot(*zip(*seeds, strict=True), "o", ms=4, color=colour, alpha=0.4, ls="none")
            held = all(run["held"] is not False for run in found["runs"])
            place = found["accuracy"], found["sacc"]
            axes.plot(*place, "o", ms=9, color=colour, mfc=colour if held else "white", ls="none")
            named.setdefault((*place, colour), []).append(found["setting"])
        for (x, y, colour), names in named.items():
            axes.annotate("\n".join(names), (x, y), (8, 5), textcoords="offset points", fontsize=8, color=colour)
        before = [run["before"] for found in settings for run in found["runs"]]
        start = [fmean(run[name] or 0.0 for run in before) for name in ("accuracy", "sacc")]
        axes.plot(*start, "*", ms=14, color="0.2", ls="none", label="before RL")
        front = sorted({(found["accuracy"], found["sacc"]) for found in settings if found["front"]})
        if len(front) > 1:
            axes.plot(*zip(*front, strict=True), color=BLUE, lw=1, alpha=0.6, label="Pareto front")
        if any(run["held"] is False for found in settings for run in found["runs"]):
            axes.plot([], [], "o", color=GREY, mfc="white", ls="none", label="below a floor in some seed")
        axes.margins(0.15)
        axes.set(
            xlabel="accuracy", ylabel=NUMBERS["sacc"], title="small: runs; large: means over seeds (training prompts)"
        )
        axes.title.set_fontsize(10)
        axes.legend(frameon=False, fontsize=8)
    return figure
