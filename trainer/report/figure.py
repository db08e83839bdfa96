"""The figure of a run's report."""

from itertools import accumulate
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..record import LATEST, SMOOTHED

BLUE, RED, GREY, OTHERS = "#2a6f97", "#c44e52", "0.5", "0.8"
NAMED = 3
"""Types that are told apart on their way."""


def draw(report: dict[str, Any]) -> Figure:
    """Accuracy and SAcc, the multipliers and the error that moves them, the types on their way, and each of them
    before and after. It can be read at 900 pixels.
    """
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(9, 8), layout="constrained")
        (course, prices), (ways, types) = figure.subplots(2, 2)
        _draw_course(course, report["history"], of_mean=report["settings"]["floor_by"] == "mean")
        _draw_prices(prices, report["history"])
        _draw_ways(ways, report["types"])
        _draw_types(types, report)
        for axes in (course, prices, ways):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    return figure


def running_mean(values: list[Any], width: int = SMOOTHED) -> list[float]:
    """Means over the last `width` values; what was not measured (`None`) repeats what was before it."""
    filled = list(accumulate(values, lambda before, now: before if now is None else now))
    numbers = [float("nan") if value is None else float(value) for value in filled]
    return [
        sum(window) / len(window)
        for end in range(1, len(numbers) + 1)
        if (window := numbers[max(0, end - width) : end])
    ]


def _legend(axes: Axes) -> None:
    """Below the panel, so that it hides no curve."""
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.14))


def _draw_course(axes: Axes, history: dict[str, list[Any]], *, of_mean: bool) -> None:
    """The floor only if the mean has one that is held."""
    steps = history["step"]
    axes.plot(steps, running_mean(history["compliance"]), color=BLUE, lw=1.8, label="SAcc")
    axes.plot(steps, running_mean(history["correctness"]), color=RED, lw=1.4, ls="--", label="accuracy")
    if of_mean:
        axes.plot(steps, running_mean(history["floor"]), color=GREY, lw=1.2, ls=":", label="floor of SAcc")
    axes.set(xlabel="step", ylabel=f"share, means over {SMOOTHED} ticks", ylim=(0, 1.02), title="Accuracy and SAcc")
    _legend(axes)


def _draw_prices(axes: Axes, history: dict[str, list[Any]]) -> None:
    axes.plot(history["step"], history["lambda"], color=BLUE, label="λ, compliance (the largest)")
    axes.plot(history["step"], history["mu"], color=RED, label="μ, length")
    axes.plot(history["step"], history["error"], color=GREY, lw=1, ls=":", label="error: floor - kept (the largest)")
    axes.set(xlabel="step", title="Multipliers")
    _legend(axes)


def _draw_ways(axes: Axes, types: dict[str, dict[str, list[Any]]]) -> None:
    """How far above its floor each type is; the three that end lowest by name."""
    margins = {
        kind: [
            float("nan") if floor is None else kept - floor for kept, floor in zip(w["kept"], w["floor"], strict=True)
        ]
        for kind, w in types.items()
        if any(floor is not None for floor in w["floor"])
    }
    by_end = sorted(margins, key=lambda kind: margins[kind][-1])
    for kind in by_end:
        named = (
            {"label": kind.rpartition(":")[2], "lw": 1.6} if kind in by_end[:NAMED] else {"color": OTHERS, "lw": 1.0}
        )
        axes.plot(types[kind]["step"], margins[kind], marker=".", ms=4, **named)
    axes.axhline(0, color=GREY, lw=1, ls=":", label="floor")
    if others := len(by_end[NAMED:]):
        axes.plot([], [], color=OTHERS, label=f"{others} more, higher at the end")
    axes.set(
        xlabel="step", ylabel=f"share kept - floor, over the last {LATEST} ticks", title="Above the floor, by type"
    )
    if margins:
        _legend(axes)


def _draw_types(axes: Axes, report: dict[str, Any]) -> None:
    measured = [(kind, shares) for kind, shares in report["by_type"].items() if shares["after"]["of"]]
    measured.sort(key=lambda item: -item[1]["after"]["share"])
    for row, (_, shares) in enumerate(measured):
        for when, colour, offset in (("before", GREY, 0.15), ("after", BLUE, -0.15)):
            if shares[when]["of"]:
                share = shares[when]["share"]
                error = [[max(0.0, share - shares[when]["low"])], [max(0.0, shares[when]["high"] - share)]]
                axes.errorbar(share, row + offset, xerr=error, fmt="o", ms=4, lw=1, color=colour)
        if shares.get("floor") is not None:
            axes.plot(shares["floor"], row - 0.15, "|", ms=12, color=RED)
    axes.set_yticks(range(len(measured)), [kind.split(":")[-1] for kind, _ in measured])
    axes.set(xlim=(0, 1.02), xlabel="share kept", title="By constraint type")
    before, after = (f"{when}: {report[when]['measured_on']}" for when in ("before", "after"))
    for label, mark, colour in ((before, "o", GREY), (after, "o", BLUE), ("floor", "|", RED)):
        axes.plot([], [], mark, color=colour, label=label)
    _legend(axes)
