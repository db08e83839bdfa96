"""The figure of the attention experiment."""

from statistics import fmean
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keepif.trainer.attention.figure import BLUE, RED, SHARE, STYLE, draw_curves, section_axis
from keepif.trainer.attention.summary import mean_of

COLOURS = {"correctness only": RED, "KeepIF": BLUE}
MARKS = {"": "o", "loss": "s", "random tokens": "^", "matched KL": "D"}


def attention_figure(start: dict[str, float], runs: dict[str, list[dict[str, Any]]]) -> Figure:
    """The share while training; over the response before and after; and every arm's compliance against its share."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(15, 4.2), layout="constrained")
        steps, response, arms = figure.subplots(1, 3)
        for arm, colour in COLOURS.items():
            draw_course(steps, arm, colour, runs.get(arm, []))
        steps.set(xlabel="GRPO step", ylabel=SHARE, title="In the answer, while training (thin: seeds)")
        steps.set_ylim(0, None)
        steps.legend(frameon=False)
        for when, line, at in (("before", ":", 0), ("after", "-", -1)):
            samples = [one for run in runs.get("correctness only", []) for one in run["record"][at]["samples"]]
            draw_curves(response, samples, line, when)
        section_axis(response)
        response.set_title("Over the response, correctness only")
        response.legend(frameon=False, fontsize=8)
        draw_arms(arms, start, runs)
    return figure


def draw_course(axes: Axes, arm: str, colour: str, runs: list[dict[str, Any]]) -> None:
    if not runs:
        return
    steps = [measured["step"] for measured in runs[0]["record"]]
    lines = [[_share(measured) for measured in run["record"]] for run in runs]
    for line in lines:
        axes.plot(steps, line, color=colour, lw=0.7, alpha=0.5)
    axes.plot(steps, [fmean(column) for column in zip(*lines, strict=True)], color=colour, lw=2, label=arm)


def _share(measured: dict[str, Any]) -> float:
    """The mean share of a measurement's answers; NaN if there is none."""
    mean = mean_of(one["share_answer"] for one in measured["samples"])
    return float("nan") if mean is None else mean


def draw_arms(axes: Axes, start: dict[str, float], runs: dict[str, list[dict[str, Any]]]) -> None:
    """A mark a run: the share in its answers at the end, and its compliance on held-out prompts."""
    for arm, found in runs.items():
        base, _, added = arm.partition(", ")
        shares = [_share(run["record"][-1]) for run in found]
        kept = [run["sacc"] for run in found]
        axes.plot(shares, kept, MARKS[added], ms=6, color=COLOURS[base], mfc="none" if added else None, label=arm)
    axes.axhline(start["sacc"], color="0.6", lw=1, ls=":")
    axes.set(
        xlabel="share in the answer at the end",
        ylabel="SAcc, mean share of constraints kept",
        title="Every run (dotted: before RL)",
    )
    axes.legend(frameon=False, fontsize=8)
