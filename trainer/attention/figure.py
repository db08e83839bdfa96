"""The figures of constraint attention."""

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .summary import BINS, Summary, mean_curve, mean_of

BLUE, RED, GREY = "#2a6f97", "#c44e52", "0.5"
STYLE = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}
SHARE = "share of the prompt's attention\nthat is on the constraints"


def training_figure(record: Sequence[Mapping[str, Any]]) -> Figure:
    """The share over the response before and after training, kept against not kept; and the share while training.

    `record` is what [`~keepif.trainer.attention.callback.AttentionCallback`] has measured.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 4), layout="constrained")
        course, steps = figure.subplots(1, 2, width_ratios=(3, 2))
        for measured, line, when in ((record[0], ":", "before"), (record[-1], "-", "after")):
            draw_curves(course, measured["samples"], line, f"{when} (step {measured['step']})")
        section_axis(course)
        course.set(ylabel=SHARE, title="Over the response")
        course.legend(frameon=False, fontsize=8)
        draw_steps(steps, record)
        steps.legend(frameon=False, fontsize=8)
    return figure


def draw_curves(axes: Axes, samples: Sequence[Summary], line: str, label: str) -> None:
    """A curve of those that kept every constraint, and one of the others."""
    for kept, colour, name in ((True, BLUE, "kept"), (False, RED, "not kept")):
        if chosen := [one for one in samples if one["kept"] is kept]:
            values = [float("nan") if value is None else value for value in mean_curve(chosen)]
            axes.plot(range(2 * BINS), values, line, color=colour, lw=1.8, label=f"{name}, {label}: {len(chosen)}")


def section_axis(axes: Axes) -> None:
    """Thinking on the left, answer on the right, each stretched to one length."""
    axes.axvline(BINS - 0.5, color=GREY, lw=0.8)
    axes.set_xticks([BINS / 2 - 0.5, 1.5 * BINS - 0.5], ["thinking", "answer"])
    axes.tick_params(axis="x", length=0)
    axes.set_ylim(0, None)


def draw_steps(axes: Axes, record: Sequence[Mapping[str, Any]]) -> None:
    steps = [measured["step"] for measured in record]
    for name, colour, line in (("thinking", GREY, "--"), ("answer", "0.2", "-")):
        means = [mean_of(one[f"share_{name}"] for one in measured["samples"]) for measured in record]
        axes.plot(steps, [float("nan") if mean is None else mean for mean in means], line, color=colour, label=name)
    axes.set(xlabel="step", title="While training")
    axes.set_ylim(0, None)
