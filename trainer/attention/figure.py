"""The figures of constraint attention."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from textwrap import shorten, wrap
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from .look import Look
from .summary import BINS, Summary, mean_curve, mean_of

BLUE, RED, GREY = "#2a6f97", "#c44e52", "0.5"
STYLE: Any = {"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}
SHARE = "share of the prompt's attention\nthat is on the constraints"
WIDTH = 76
"""Characters in a line of the heat map."""
LETTER = 0.602
"""Width of a letter of DejaVu Sans Mono, in font sizes."""
COLOURS = ("#2a6f97", "#c44e52", "#55a868", "#8172b2", "#ccb974", "#64b5cd")
MOST_TICKS = 36


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


def prompt_figure(looks: Sequence[Look]) -> Figure:
    """The prompt's words as a heat map, and below each sentence's share while the model writes; a column a model."""
    heights = [len(lines_of(one)) for one in looks]
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(9 * len(looks), 4.9 + 0.3 * max(heights)), layout="constrained")
        heats, curves = figure.subplots(
            2, len(looks), squeeze=False, sharey="row", height_ratios=(0.5 + 0.3 * max(heights), 3.6)
        )
        top = max(share for one in looks for _, share in one.words)
        for one, heat, axes in zip(looks, heats, curves, strict=True):
            draw_words(heat, one, top, max(heights))
            draw_course(axes, one)
        curves[0].set_ylabel("share of the attention on the prompt")
        highest = max(value for one in looks for curve in one.curves.values() for value in curve)
        curves[0].set_ylim(0, highest * (1.1 + 0.09 * len(looks[0].curves)))  # the legend is above the curves
        curves[0].legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, 0.94))
    return figure


def lines_of(look: Look) -> list[list[tuple[str, float, int]]]:
    """The words in lines of `WIDTH` letters: text, share, column. A piece that is longer than the line is cut."""
    lines: list[list[tuple[str, float, int]]] = [[]]
    column = 0
    for word, share in look.words:
        for piece in wrap(word, WIDTH):
            if column + len(piece) > WIDTH and lines[-1]:
                lines.append([])
                column = 0
            lines[-1].append((piece, share, column))
            column += len(piece) + 1
    return lines


def draw_words(axes: Axes, look: Look, top: float, height: int) -> None:
    """Each word on a ground that is the darker the more of the attention it gets, up to `top`."""
    axes.set(xlim=(0, WIDTH), ylim=(height, -0.2), title=f"{look.model}: where its answer looks (darker: more)")
    axes.axis("off")
    size = 72 * (7.4 / WIDTH) / LETTER  # of the 9 inches of a column, the axis' labels take some
    shades = mpl.colormaps["Blues"]
    for row, line in enumerate(lines_of(look)):
        for piece, share, column in line:
            depth = share / top if top else 0.0
            ground = Rectangle((column - 0.2, row), len(piece) + 0.4, 0.9, color=shades(0.85 * depth), lw=0)
            axes.add_patch(ground)
            colour = "white" if depth > 0.6 else "black"
            axes.text(column, row + 0.45, piece, family="monospace", fontsize=size, va="center", color=colour)


def draw_course(axes: Axes, look: Look) -> None:
    """The share of each sentence at each token of the response, the thinking on a grey ground."""
    count = len(look.tokens)
    for (sentence, curve), colour in zip(look.curves.items(), cycle(COLOURS)):
        axes.plot(range(count), curve, color=colour, lw=1.6, label=shorten(sentence, 60, placeholder=" ..."))
    if look.answer_from:
        axes.axvspan(-0.5, look.answer_from - 0.5, color="0.93", lw=0)
        beside = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "top", "color": "0.4"}
        for middle, section in ((look.answer_from / 2, "thinking"), ((look.answer_from + count) / 2, "answer")):
            axes.text(middle - 0.5, 0.99, section, **beside)
    every = -(-count // MOST_TICKS)
    shown = range(0, count, every)
    labels = [shorten(look.tokens[at].replace("$", r"\$"), 12, placeholder="...") or "·" for at in shown]
    axes.set_xticks(shown, labels, rotation=90, fontsize=8, family="monospace")
    axes.set(xlim=(-0.5, count - 0.5), xlabel="the response, token by token", title="What it looks at while it writes")
