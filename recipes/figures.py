"""The pictures that recipes draw."""

from itertools import accumulate
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = {"correctness only": "#c44e52", "KeepIF": "#2a6f97"}
SMOOTHED = 15


def demo_figure(report: dict[str, Any]) -> Figure:
    """The demo's two runs: as trajectories in the accuracy-compliance plane, and over steps."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 4.4), layout="constrained")
        plane, time = figure.subplots(1, 2)
        _draw_plane(plane, report)
        _draw_time(time, report)
    return figure


def smooth(values: list[float], width: int = SMOOTHED) -> list[float]:
    """Running means over the last `width` values, over fewer at the start."""
    sums = [0.0, *accumulate(values)]
    return [(sums[i] - sums[max(0, i - width)]) / min(i, width) for i in range(1, len(sums))]


def _draw_plane(axes: Axes, report: dict[str, Any]) -> None:
    results = report["results"]
    before = results["before RL"]
    for name, curve in report["curves"].items():
        after = results[name]
        trail = {
            key: [before[key], *smooth([step[key] for step in curve])[SMOOTHED::3], after[key]]
            for key in ("accuracy", "sacc")
        }
        axes.plot(trail["accuracy"], trail["sacc"], color=COLOURS[name], alpha=0.45, lw=1.5)
        axes.plot(after["accuracy"], after["sacc"], "o", ms=9, color=COLOURS[name], label=f"{name}, after")
    axes.axhline(before["sacc"], color="0.6", lw=1, ls=":")
    axes.plot(before["accuracy"], before["sacc"], "*", ms=15, color="0.2", label="before RL")
    axes.set(xlabel="accuracy", ylabel="compliance (SAcc)", title="Where reinforcement learning takes the policy")
    axes.legend(frameon=False, loc="lower left")


def _draw_time(axes: Axes, report: dict[str, Any]) -> None:
    for name, curve in report["curves"].items():
        steps = [step["step"] for step in curve]
        axes.plot(steps, smooth([step["accuracy"] for step in curve]), color=COLOURS[name], ls="--", lw=1.3)
        axes.plot(steps, smooth([step["sacc"] for step in curve]), color=COLOURS[name], lw=2)
        axes.annotate(name, (steps[-1], smooth([step["sacc"] for step in curve])[-1]), color=COLOURS[name],
                      xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)  # fmt: skip
    axes.axhline(report["results"]["before RL"]["sacc"], color="0.6", lw=1, ls=":")
    axes.set(xlabel="GRPO step", ylim=(0.3, 1.02), title="Compliance (solid) and accuracy (dashed) while training")
    axes.margins(x=0.14)
