"""The report of an evaluation: every arm's numbers with their intervals, and the differences from other runs."""

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from ...files import read_json, write_json
from ...tally import proportion
from ..answering import PLAIN
from ..benchmarks.benchmark import Outcome, numbers
from ..benchmarks.classes import CLASSES
from .comparison import best_of, compare, fewest_samples, powers
from .measured import Measured, Scored
from .statistics import Metric, interval, named, of_all_types, of_class, of_type
from .tables import Report, markdown

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
