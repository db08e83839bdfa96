"""The report of an evaluation: every arm's numbers with their intervals, and the differences from other runs."""

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from itertools import groupby, pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.table import Table

from keepif.trainer.reference import read_json, write_json
from keepif.trainer.tally import proportion

from .answering import PLAIN
from .benchmark import Outcome, numbers
from .classes import CLASSES
from .comparison import best_of, compare, fewest_samples, powers
from .measured import Measured, Scored
from .statistics import Metric, interval, named, of_all_types, of_class, of_type

SCHEMA = 1
NAME, TEXT = "report.json", "report.md"
BINS = 6
"""Of thinking lengths, as in MathIF's Figure 6."""
FEWEST = 5
"""Samples that a bin has at least."""
LIMITS = (
    "Intervals are 95 %, by a bootstrap over items: samples of one item are not independent. ± is half their width.",
    "A difference of ±0.0 says that nothing differed on these items, not that nothing would on others.",
    "Compliance is what code verifies; whether an answer keeps an instruction's spirit is not measured.",
)

Report = dict[str, Any]
Rows = tuple[list[str], list[list[str]]]
"""Headers and cells of a table."""


def build(
    name: str,
    settings: Any,
    found: Sequence[Measured],
    others: dict[str, list[Measured]],
    notes: Sequence[str] = (),
) -> Report:
    """The report of the run `name`, as JSON.

    Args:
        name (`str`), settings (`dict`), found (`Sequence[Measured]`): the run.
        others (`dict[str, list[Measured]]`): the runs that it is compared with, by name.
        notes (`Sequence[str]`, *optional*): what a reader of its tables has to know besides.
    """
    plain = {(m.arm.benchmark, m.arm.thinking): m for m in found if m.arm.mitigation == PLAIN}
    within = [
        compare(m, plain[m.arm.benchmark, m.arm.thinking], "without")
        for m in found
        if m.arm.mitigation != PLAIN and (m.arm.benchmark, m.arm.thinking) in plain
    ]
    direct = {(m.arm.benchmark, m.arm.mitigation): m for m in found if m.arm.thinking == "off"}
    within += [
        compare(m, direct[m.arm.benchmark, m.arm.mitigation], "thinking off")
        for m in found
        if m.arm.thinking == "on" and (m.arm.benchmark, m.arm.mitigation) in direct
    ]
    across = [
        compare(ours, theirs, other)
        for other, measured in others.items()
        for theirs in measured
        for ours in found
        if ours.arm == theirs.arm
    ]
    return {
        "schema": SCHEMA,
        "keepif": version("keepif"),
        "name": name,
        "settings": settings,
        "arms": [_arm(measured) for measured in found],
        "comparisons": across,
        "within": within,
        "notes": list(notes),
        "limits": list(LIMITS),
    }


def _arm(measured: Measured) -> Report:
    outcomes, first = measured.outcomes, measured.headline
    scored = [one for one in measured.scored if not one.control]
    asked, sound = [one.outcome for one in scored], [one.outcome for one in scored if not one.defective]
    why = {one.outcome.key: one.defective for one in scored if one.defective}
    kinds = sorted({kind for outcome in outcomes for kind in outcome.by_type})
    return {
        **vars(measured.arm),
        "headline": first,
        "scored_by": measured.scored_by,
        "items": len(measured.items),
        "samples": len(scored),
        "missing": measured.missing,
        "unjudged": measured.unjudged,
        "numbers": {metric: _interval(outcomes, named(metric)) for metric in numbers(outcomes)},
        "best_of": {str(k): interval(best_of(k, asked, first), named(first)) for k in powers(fewest_samples(asked))},
        "by_class": {
            name: found for name in CLASSES if (found := _interval(outcomes, of_class(name)))["share"] is not None
        },
        "by_type": {kind: _interval(outcomes, of_type(kind)) for kind in kinds},
        "by_thinking": by_thinking(scored),
        "tokens": fmean(one.tokens for one in scored) if scored else None,
        "thinking_tokens": fmean(one.thinking_tokens for one in scored) if scored else None,
        "thought": sum(one.thinking_tokens > 0 for one in scored),
        "truncated": proportion(sum(one.truncated for one in scored), len(scored)),
        "defective": dict(Counter(why.values())),
        "sound": {metric: _interval(sound, named(metric)) for metric in numbers(sound)} if why else None,
    }


def _interval(outcomes: Sequence[Outcome], metric: Metric) -> Report:
    """A metric with its interval; Wilson's where all items score alike, of which a bootstrap would be certain."""
    found = interval(outcomes, metric)
    if found["share"] in {0.0, 1.0}:
        units = len({outcome.key.partition("/")[0] for outcome in outcomes if metric(outcome)[1]})
        return proportion(found["share"] * units, units)
    return found


def by_thinking(scored: Sequence[Scored]) -> list[Report]:
    """The samples that have thought, in bins of like size by how long: what each gets right and what it keeps."""
    thought = sorted((one for one in scored if one.thinking_tokens), key=lambda one: one.thinking_tokens)
    count = min(BINS, len(thought) // FEWEST)
    edges = [i * len(thought) // count for i in range(count + 1)] if count > 1 else []
    return [_bin(thought[start:end]) for start, end in pairwise(edges)]


def _bin(scored: Sequence[Scored]) -> Report:
    outcomes = [one.outcome for one in scored]
    return {
        "from": scored[0].thinking_tokens,
        "to": scored[-1].thinking_tokens,
        "mean": fmean(one.thinking_tokens for one in scored),
        "samples": len(scored),
        "correct": _interval(outcomes, named("correct")),
        "kept": _interval(outcomes, of_all_types),
    }


def write(folder: Path, report: Report) -> None:
    """Leave the report as JSON and as Markdown."""
    write_json(folder / NAME, report)
    (folder / TEXT).write_text(markdown(report))


def load(folder: Path) -> Report:
    """The report in `folder`.

    Raises:
        `ValueError`: where there is none, or one that this version cannot read.
    """
    report = read_json(folder / NAME)
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise ValueError(f"there is no {NAME} of this version (schema {SCHEMA}) in {folder}")
    return report


def tables(report: Report) -> dict[str, Rows]:
    """The report's tables by title: each benchmark's arms, what each changes, and each comparison with a run."""
    found: dict[str, Rows] = {}
    for benchmark, arms in groupby(report["arms"], key=lambda arm: arm["benchmark"]):
        arms = list(arms)
        found[f"{benchmark}: {_sizes(arms)}, %"] = _of_arms(arms)
        if changes := [compared for compared in report["within"] if compared["benchmark"] == benchmark]:
            found[f"{benchmark}: what it changes, in points"] = _of_changes(changes, "numbers")
            if any(compared["by_class"] for compared in changes):
                found[f"{benchmark}: what it changes by class, in points"] = _of_changes(changes, "by_class")
    for compared in report["comparisons"]:
        ours, theirs = compared["samples"]
        what = f"{compared['benchmark']}, {label_of(compared)}: against {compared['with']}"
        sizes = f"{compared['items']} items, {ours} samples against {theirs}"
        found[f"{what}, {sizes}, % and points"] = _of_comparison(report["name"], compared)
    return found


def _of_arms(arms: Sequence[Report]) -> Rows:
    first = arms[0]["headline"]
    metrics = sorted(
        {metric for arm in arms for metric in arm["numbers"]}, key=lambda metric: (metric != first, metric)
    )
    best = max((k for arm in arms for k in arm["best_of"]), key=int, default=None)
    headers = ["", *metrics, *([f"{first}, best of {best}"] if best else []), "tokens", "thinking", "cut"]
    return headers, [
        [
            label_of(arm),
            *(share(arm["numbers"].get(metric)) for metric in metrics),
            *([share(arm["best_of"].get(best))] if best else []),
            *([f"{arm['tokens']:.0f}", f"{arm['thinking_tokens']:.0f}"] if arm["samples"] else ["-", "-"]),
            share(arm["truncated"], interval=False),
        ]
        for arm in arms
    ]


def _of_changes(changes: Sequence[Report], part: str) -> Rows:
    metrics = list(dict.fromkeys(metric for compared in changes for metric in compared[part]))
    return ["", *metrics], [
        [
            f"{label_of(compared)}, against {compared['with']}",
            *(difference(compared[part].get(m), interval=False) for m in metrics),
        ]
        for compared in changes
    ]


def _sizes(arms: Sequence[Report]) -> str:
    items, samples = ({arm[part] for arm in arms} for part in ("items", "samples"))
    return f"{' or '.join(map(str, sorted(items)))} items, {' or '.join(map(str, sorted(samples)))} samples"


def _of_comparison(name: str, compared: Report) -> Rows:
    groups = [("", compared["numbers"]), ("", compared["best_of"]), ("all ", compared["by_class"]),
              ("", compared["by_type"])]  # fmt: skip
    rows = [
        [prefix + what, f"{100 * found['other']:.1f}", f"{100 * found['this']:.1f}", difference(found)]
        for prefix, group in groups
        for what, found in group.items()
    ]
    return ["", compared["with"], name, "difference"], rows


def label_of(arm: Report) -> str:
    """An arm's name within its benchmark."""
    thinking = "" if arm["thinking"] == "default" else f"thinking {arm['thinking']}"
    mitigation = "" if arm["mitigation"] == PLAIN else arm["mitigation"].replace("_", " ")
    return ", ".join(part for part in (thinking, mitigation) if part) or "as it is"


def share(found: Report | None, *, interval: bool = True) -> str:
    """A share in percent, and half its interval's width; of 0 and 100 the interval's other end."""
    if found is None or found["share"] is None:
        return "-"
    value, low, high = (100 * found[part] for part in ("share", "low", "high"))
    end = {0.0: f" to {high:.0f}", 100.0: f" from {low:.0f}"}.get(value, f" ±{(high - low) / 2:.1f}")
    return f"{value:.1f}{end if interval else ''}"


def difference(found: Report | None, *, interval: bool = True) -> str:
    """A difference in points, and its interval or half the interval's width."""
    if found is None:
        return "-"
    low, high = 100 * found["low"], 100 * found["high"]
    return f"{100 * found['difference']:+.1f} " + (
        f"({low:+.1f} to {high:+.1f})" if interval else f"±{(high - low) / 2:.1f}"
    )


def footnotes(report: Report) -> list[str]:
    """What stands below the tables."""
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
            without = ", ".join(f"{metric} {share(found)}" for metric, found in arm["sound"].items())
            lines.append(f"{label}: items whose demands exclude each other: {reasons}; without them: {without}")
    return [*dict.fromkeys(lines), *report["notes"], *report["limits"]]


def shown(report: Report) -> list[Table]:
    """The tables for the screen."""
    return [_rich(title, *rows) for title, rows in tables(report).items()]


def _rich(title: str, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for at, header in enumerate(headers):
        width = max((len(row[at]) for row in rows), default=0)
        table.add_column(
            header.replace(", ", ",\n"),
            justify="right" if at else "left",
            overflow="fold",
            min_width=width if at else min(width, 12),
        )
    for row in rows:
        table.add_row(*row)
    return table


def markdown(report: Report) -> str:
    """The report as Markdown."""
    parts = [f"# {report['name']}"]
    for title, (headers, rows) in tables(report).items():
        lines = [headers, ["---"] * len(headers), *rows]
        parts += [f"## {title}", "\n".join(f"| {' | '.join(line)} |" for line in lines)]
    parts.append("\n".join(f"- {line}" for line in footnotes(report)))
    settings = "\n".join(f"- {name}: {value}" for name, value in report["settings"].items())
    return "\n\n".join([*parts, "## Settings", settings]) + "\n"
