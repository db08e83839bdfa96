"""The pictures that recipes draw."""

from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from keepif.trainer.floor import SLACK
from keepif.trainer.report.figure import running_mean
from keepif.trainer.tally import NUMBERS

COLOURS = {"correctness only": "#c44e52", "KeepIF": "#2a6f97"}
SMOOTHED = 15
MARKS = {"KeepIF, mean": ("#4c9fc8", "v"), "KeepIF": ("#2a6f97", "o"), "correctness only": ("#c44e52", "o"),
         "fixed": ("#dd8452", "s"), "gated": ("#55a868", "^"), "AND gate": ("#8172b3", "^"),
         "GDPO": ("#937860", "D"), "switching": ("#da8bc3", "D")}  # fmt: skip
"""Colour and marker by the first word, or words, of a method's name."""


def demo_figure(reports: Sequence[dict[str, Any]]) -> Figure:
    """The demo's two runs, once a seed: as trajectories in the accuracy-compliance plane, and over steps."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 4.4), layout="constrained")
        plane, time = figure.subplots(1, 2)
        for report in reports:
            _draw_plane(plane, report)
            _draw_time(time, report)
        _label(plane, time, reports[0])
    return figure


def _draw_plane(axes: Axes, report: dict[str, Any]) -> None:
    before = report["results"]["before RL"]
    for name, curve in report["curves"].items():
        after = report["results"][name]
        accuracy, compliance = (
            [before[key], *running_mean([step[key] for step in curve], SMOOTHED)[SMOOTHED::3], after[key]]
            for key in ("accuracy", "sacc")
        )
        axes.plot(accuracy, compliance, color=COLOURS[name], alpha=0.4, lw=1.4)
        axes.plot(after["accuracy"], after["sacc"], "o", ms=9, color=COLOURS[name])


def _draw_time(axes: Axes, report: dict[str, Any]) -> None:
    for name, curve in report["curves"].items():
        steps = [step["step"] for step in curve][SMOOTHED:]
        for key, style, width in (("accuracy", "--", 1.2), ("sacc", "-", 1.8)):
            values = running_mean([step[key] for step in curve], SMOOTHED)[SMOOTHED:]
            axes.plot(steps, values, color=COLOURS[name], ls=style, lw=width)


def _label(plane: Axes, time: Axes, report: dict[str, Any]) -> None:
    before = report["results"]["before RL"]
    for axes in (plane, time):
        axes.axhline(before["sacc"], color="0.6", lw=1, ls=":", label="SAcc before RL")
    for name, colour in COLOURS.items():
        plane.plot([], [], "o", color=colour, label=f"{name}, after")
    plane.plot(before["accuracy"], before["sacc"], "*", ms=15, color="0.2", ls="none", label="before RL")
    plane.set(
        xlabel="accuracy",
        ylabel="SAcc, mean share of constraints kept",
        title="Where RL takes the policy (lines: on the way)",
    )
    plane.legend(frameon=False, loc="lower left")
    time.plot([], [], color="0.3", lw=1.8, label=NUMBERS["sacc"])
    time.plot([], [], color="0.3", lw=1.2, ls="--", label=NUMBERS["accuracy"])
    time.set(
        xlabel="GRPO step", ylabel="share", ylim=(0.3, 1.02), title=f"While training (means over {SMOOTHED} steps)"
    )
    time.legend(frameon=False, loc="lower left")


def ablation_figure(report: dict[str, Any]) -> Figure:
    """Every method as a cloud of its seeds, in the accuracy-compliance and the accuracy-joint plane."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(12.5, 5.2), layout="constrained")
        planes = figure.subplots(1, 2)
        for axes, key, label in zip(
            planes, ("sacc", "joint"), ("SAcc, mean share of constraints kept", "joint: right, all kept"), strict=True
        ):
            for number, (method, runs) in enumerate(report["runs"].items(), 1):
                _draw_cloud(axes, f"{number}", method, runs, key)
            before = report["before"]
            axes.plot(before["accuracy"], before[key], "*", ms=14, color="0.2")
            axes.annotate(
                "before RL", (before["accuracy"], before[key]), (6, 6), textcoords="offset points", fontsize=8
            )
            axes.set(xlabel="accuracy", ylabel=label)
        floor = report["before"]["sacc"] - SLACK
        planes[0].axhline(floor, color="0.6", lw=1, ls=":", label="the floor")
        planes[0].set_title("small: seeds; numbered: their mean", fontsize=10)
        figure.legend(loc="outside right center", frameon=False, fontsize=8, markerscale=0.6)
        planes[1].set_title(f"after {report['steps']} steps, on held-out prompts", fontsize=10)
    return figure


def _draw_cloud(axes: Axes, number: str, method: str, runs: list[dict[str, Any]], key: str) -> None:
    """The seeds of a method, and their mean, which bears its number."""
    colour, marker = _mark(method)
    accuracy, value = [run["accuracy"] for run in runs], [run[key] for run in runs]
    mean = sum(accuracy) / len(runs), sum(value) / len(runs)
    axes.plot(accuracy, value, marker, ms=4, color=colour, alpha=0.35, ls="none")
    label = f"{number}  {method}" if key == "sacc" else None  # one legend for both planes
    axes.plot(*mean, marker, ms=12, color=colour, mec="white", mew=0.6, ls="none", label=label)
    axes.annotate(number, mean, color="white", fontsize=7, ha="center", va="center_baseline", weight="bold")


def _mark(method: str) -> tuple[str, str]:
    return next((mark for name, mark in MARKS.items() if method.startswith(name)), ("0.4", "x"))


LAW = {"correctness only": "#c44e52", "KeepIF": "#2a6f97", "KeepIF, floor +10": "#55a868"}


def law_figure(report: dict[str, Any]) -> Figure:
    """The controller at work: compliance against its floor, and the multiplier that holds it there."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(11, 3.8), layout="constrained")
        compliance, price = figure.subplots(1, 2)
        for method, colour in LAW.items():
            if method in report["courses"]:
                _draw_course(compliance, price, method, colour, report)
        compliance.set(xlabel="GRPO step", title=f"SAcc, means over {SMOOTHED} steps (dotted: the floor)")
        price.set(xlabel="GRPO step", title="λ, which the controller moves", ylim=(0, None))
        compliance.legend(frameon=False, loc="lower left")
    return figure


def _draw_course(compliance: Axes, price: Axes, method: str, colour: str, report: dict[str, Any]) -> None:
    course = report["courses"][method]
    steps = list(range(1, len(course["sacc"]) + 1))
    means = running_mean(course["sacc"], SMOOTHED)
    compliance.plot(steps[SMOOTHED:], means[SMOOTHED:], color=colour, lw=1.8, label=method)
    if method.startswith("KeepIF"):
        compliance.axhline(report["runs"][method][0]["floor"], color=colour, lw=1, ls=":")
        price.plot(steps, course["lambda"], color=colour, lw=1.5)


FEW = 6
"""Steps that the curves of a short run are averaged over."""


def worlds_figure(rows: list[dict[str, Any]], noise: float) -> Figure:
    """By world, each method's worst type against its accuracy: a dot a seed; right of the grey line all is held."""
    worlds = list(dict.fromkeys(row["world"] for row in rows))
    methods = list(dict.fromkeys(row["method"] for row in rows))
    with mpl.rc_context({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}):
        across = min(len(worlds), 4)
        down = -(-len(worlds) // across)
        figure = Figure(figsize=(2.9 * across + 1.8, 2.7 * down), layout="constrained")
        panels = figure.subplots(down, across, squeeze=False, sharex=True, sharey=True).flat
        for world, axes in zip(worlds, panels, strict=False):
            for number, method in enumerate(methods):
                runs = [row for row in rows if (row["world"], row["method"]) == (world, method)]
                axes.plot(
                    [100 * row["worst"] for row in runs],
                    [100 * row["accuracy"] for row in runs],
                    "os^DvPX"[number % 7], color=f"C{number}", ls="none", label=method,
                )  # fmt: skip
            axes.axvline(-100 * noise, color="0.6", lw=1, label="right of it: every type held")
            axes.set_title(world)
            axes.tick_params(labelbottom=True, labelleft=True)
        for spare in panels:
            spare.set_axis_off()
        figure.supxlabel("worst type, points above its floor")
        figure.supylabel("accuracy, %")
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside right upper", frameon=False)
    return figure


def real_model_figure(report: dict[str, Any]) -> Figure:
    """The real model's arms: each set of held-out prompts as an accuracy-compliance plane, and the learning curves."""
    with mpl.rc_context({"font.size": 10, "axes.spines.top": False, "axes.spines.right": False}):
        figure = Figure(figsize=(13, 4.2), layout="constrained")
        held_out = {name: found for name, found in report["sets"].items() if found["by_type"]}
        *planes, accuracy, sacc = figure.subplots(1, len(held_out) + 2)
        for axes, (name, found) in zip(planes, held_out.items(), strict=True):
            for policy, row in found["policies"].items():
                if " less " not in policy:
                    _draw_policy(axes, policy, row)
            axes.set(xlabel="accuracy", ylabel="SAcc, mean share of constraints kept", xlim=(0, 1), ylim=(0, 1))
            title = f"{found['prompts']} held-out prompts, {name}\n(hollow: by the training's checks)"
            axes.set_title(title, fontsize=10)
        planes[0].legend(frameon=False, loc="upper left")
        for axes, key in ((accuracy, "correctness"), (sacc, "compliance")):
            for arm, histories in report["histories"].items():
                for history in histories:
                    axes.plot(history["step"], running_mean(history[key], FEW), color=_mark(arm)[0], lw=1.6)
            axes.set(xlabel="GRPO step", ylim=(0, 1))
        accuracy.set_title(f"accuracy while training,\nmeans over {FEW} steps", fontsize=10)
        sacc.set_title(f"SAcc (dotted: floor),\nmeans over {FEW} steps", fontsize=10)
        for history in report["histories"].get("KeepIF", []):
            sacc.plot(history["step"], running_mean(history["floor"], FEW), color="0.6", lw=1, ls=":")
    return figure


def _draw_policy(axes: Axes, policy: str, row: dict[str, Any]) -> None:
    """A policy's accuracy and published compliance with intervals, and a hollow mark for compliance by `math`."""
    x, y = row["accuracy"], row["sacc"]
    spread = [[[found["mean"] - found["low"]], [found["high"] - found["mean"]]] for found in (x, y)]
    colour, mark, size = ("0.2", "*", 12) if policy == "before RL" else (*_mark(policy), 6)
    axes.errorbar(
        x["mean"], y["mean"], xerr=spread[0], yerr=spread[1], fmt=mark, ms=size, color=colour, lw=1, label=policy
    )
    axes.plot(x["mean"], row["sacc_math"]["mean"], mark, ms=size, color=colour, mfc="none")
