"""The report of an evaluation: every arm's numbers with their intervals, and the differences from other runs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from ...files import read_json, write_json
from ...tally import proportion
from ..answering import PLAIN
from ..benchmarks.benchmark import Sample, numbers
from ..benchmarks.constraint_classes import CLASSES
from .comparison import compare
from .measurements import Measurement
from .statistics import attention_on, best_of, contrast, interval, named, of_all_types, of_class, of_type, powers
from .tables import Report, markdown

SCHEMA = 2
NAME, TEXT = "report.json", "report.md"
BINS = 6
"""Of thinking lengths, as in MathIF's Figure 6."""
FEWEST = 5
"""Samples that a bin has at least."""
LIMITS = (
    "Intervals are 95 %, by a bootstrap over items: samples of one item are not independent.",
    "A difference of +0.0 (+0.0 to +0.0) says that nothing differed on these items, not that nothing would on others.",
    "Compliance is what code verifies; whether an answer keeps an instruction's spirit is not measured.",
)


def build(
    name: str,
    settings: Mapping[str, Any],
    measurements: Sequence[Measurement],
    others: Mapping[str, Sequence[Measurement]],
    notes: Sequence[str] = (),
) -> Report:
    """The report of the run `name`, as JSON; `others` are the runs that it is compared with, by name."""
    across = [
        compare(ours, theirs, other)
        for other, measured in others.items()
        for theirs in measured
        for ours in measurements
        if ours.arm == theirs.arm
    ]
    return {
        "schema": SCHEMA,
        "keepif": version("keepif"),
        "name": name,
        "settings": settings,
        "arms": [_arm(measurement) for measurement in measurements],
        "comparisons": across,
        "within": _within(measurements),
        "notes": list(notes),
        "limits": list(LIMITS),
    }


def _within(measurements: Sequence[Measurement]) -> list[Report]:
    """Each remedy against the same arm without it, and thinking against not thinking."""
    by_arm = {measurement.arm: measurement for measurement in measurements}
    plain = [(m, replace(m.arm, mitigation=PLAIN), "without") for m in measurements if m.arm.mitigation != PLAIN]
    direct = [(m, replace(m.arm, thinking="off"), "thinking off") for m in measurements if m.arm.thinking == "on"]
    return [compare(m, by_arm[other], name) for m, other, name in [*plain, *direct] if other in by_arm]


def _arm(measurement: Measurement) -> Report:
    everything, first = measurement.samples, measurement.headline
    samples = [sample for sample in everything if not sample.item.control]
    sound = [sample for sample in samples if not sample.item.defective]
    reasons = {sample.item.key: sample.item.defective for sample in samples if sample.item.defective}
    kinds = sorted({kind for sample in everything for kind in sample.by_type})
    by_class = {name: interval(everything, of_class(name)) for name in CLASSES}
    return {
        **vars(measurement.arm),
        "headline": first,
        "scored_by": measurement.scored_by,
        "items": len(measurement.items),
        "samples": len(samples),
        "missing": measurement.missing,
        "unjudged": measurement.unjudged,
        "numbers": _numbers(everything),
        "best_of": {str(k): interval(best_of(k, samples, first), named(first)) for k in powers(samples)},
        "by_class": {name: share for name, share in by_class.items() if share["share"] is not None},
        "by_type": {kind: interval(everything, of_type(kind)) for kind in kinds},
        "by_thinking": by_thinking(samples),
        "constraint_attention": by_attention(samples),
        "tokens": fmean(sample.tokens for sample in samples) if samples else None,
        "thinking_tokens": fmean(sample.thinking_tokens for sample in samples) if samples else None,
        "thought": sum(sample.thinking_tokens > 0 for sample in samples),
        "truncated": proportion(sum(sample.truncated for sample in samples), len(samples)),
        "defective": dict(Counter(reasons.values())),
        "sound": _numbers(sound) if reasons else None,
    }


def _numbers(samples: Sequence[Sample]) -> Report:
    """Every metric that has a value, with its interval."""
    return {metric: interval(samples, named(metric)) for metric in numbers(samples)}


def by_attention(samples: Sequence[Sample]) -> dict[str, Report]:
    """Type → the mean attention on its constraints in answers that keep them, in others, and the difference."""
    return {
        kind: {
            "kept": interval(samples, attention_on(kind, kept=True)),
            "not_kept": interval(samples, attention_on(kind, kept=False)),
            "difference": contrast(samples, attention_on(kind, kept=True), attention_on(kind, kept=False)),
        }
        for kind in sorted({kind for sample in samples for kind in sample.attention})
    }


def by_thinking(samples: Sequence[Sample]) -> list[Report]:
    """The samples that have thought, in bins of like size by how long: accuracy and constraints kept."""
    thought = sorted((sample for sample in samples if sample.thinking_tokens), key=lambda one: one.thinking_tokens)
    count = min(BINS, len(thought) // FEWEST)
    edges = [i * len(thought) // count for i in range(count + 1)] if count > 1 else []
    return [_bin(thought[start:end]) for start, end in pairwise(edges)]


def _bin(samples: Sequence[Sample]) -> Report:
    return {
        "from": samples[0].thinking_tokens,
        "to": samples[-1].thinking_tokens,
        "mean": fmean(sample.thinking_tokens for sample in samples),
        "samples": len(samples),
        "accuracy": interval(samples, named("accuracy")),
        "kept": interval(samples, of_all_types),
    }


def write(folder: Path, report: Report) -> None:
    """Leave the report as JSON and as Markdown."""
    write_json(folder / NAME, report)
    (folder / TEXT).write_text(markdown(report))


def load(folder: Path) -> Report:
    """The report in `folder`."""
    report = read_json(folder / NAME)
    if not isinstance(report, dict) or report.get("schema") != SCHEMA:
        raise ValueError(f"there is no {NAME} of this version (schema {SCHEMA}) in {folder}")
    return report
