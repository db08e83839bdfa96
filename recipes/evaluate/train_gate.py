"""The gate of classifier-selective reasoning, trained from a model's answers with thinking and without.

    python -m keepif.recipes.evaluate --model MODEL --benchmarks mathif --thinking both --samples 4 --output_dir RUN
    python -m keepif.recipes.evaluate.train_gate --thinking RUN --direct RUN --output gate.json
    python -m keepif.recipes.evaluate --model MODEL --benchmarks mathif --mitigation classifier_selective \
        --gate gate.json --output_dir GATED

The gate is for the model that answered, whose weights it knows: it is refused for another one. For an item that it was
trained on it uses the probability from cross-validation, so the last line may run the same benchmark again. Exit code
2 if nothing can be learnt, with the reason.

An item's score is its mean compliance, as in "When Thinking Fails". mathif and tiny, which have right answers too, are
scored by `joint`, or the gate would give up thinking even if the answer needs it; there `--metric sacc` is the
paper's.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.answering import PLAIN
from keepif.trainer.evaluation.benchmarks import load
from keepif.trainer.evaluation.benchmarks.benchmark import Item
from keepif.trainer.evaluation.benchmarks.complexbench import read_items
from keepif.trainer.evaluation.remedies.gate import GateError, GateReport, Pair, paired, train
from keepif.trainer.evaluation.results import measurements
from keepif.trainer.evaluation.results.measurements import Measurement
from keepif.trainer.files import read_json

from ..plainly import parsed, plainly
from .arguments import sources_of
from .settings import items_hash

METRICS = {"ifeval": "instruction_loose", "ifbench": "instruction_loose"}
"""Benchmark → its mean compliance, if that is not its headline; the paper's reading is loose."""


@dataclass
class GateArguments:
    """Which runs to pair, and the gate's file."""

    thinking: str = field(metadata={"help": "output_dir of an evaluation with --thinking on or both."})
    direct: str = field(metadata={"help": "output_dir of one with --thinking off or both; it may be the same."})
    metric: str | None = field(
        default=None, metadata={"help": f"What an item is scored by; by default {METRICS}, or the headline."}
    )
    sources: list[str] = field(
        default_factory=list, metadata={"help": "NAME=PATH, as the evaluations were given them."}
    )
    seed: int = field(default=0, metadata={"help": "Of the folds."})
    output: str = field(default="gate.json", metadata={"help": "Where the gate goes."})


def pairs_of(args: GateArguments) -> list[Pair]:
    """Items of the benchmarks that both runs have, with their two scores."""
    thinking, direct = _without_remedy(Path(args.thinking), "on"), _without_remedy(Path(args.direct), "off")
    common = sorted(thinking.keys() & direct.keys())
    if not common:
        raise GateError(
            f"{args.thinking} has thinking on for {sorted(thinking) or 'no benchmark'}, {args.direct} has it off for "
            f"{sorted(direct) or 'none'}: evaluate the same benchmark with --thinking both"
        )
    settings = common_settings(args, common)
    sources = sources_of([source for source in args.sources if source.partition("=")[0] in common], common)
    return [
        pair
        for name in common
        for pair in paired(
            _items(name, sources.get(name), settings[f"items of {name}"]),
            thinking[name].samples,
            direct[name].samples,
            args.metric or METRICS.get(name, thinking[name].headline),
        )
    ]


def common_settings(args: GateArguments, benchmarks: Sequence[str]) -> dict[str, Any]:
    """What both runs were made with: the same model, on the same items, sampled alike, or they are refused."""
    ours, theirs = (read_json(Path(folder) / journal.SETTINGS) for folder in (args.thinking, args.direct))
    if not ours or not theirs:
        raise GateError(f"there is no {journal.SETTINGS} in {args.direct if ours else args.thinking}")
    parts = [f"{part} of {name}" for name in benchmarks for part in ("items", "sampling")]
    for name in ("model", "weights", "revision", *parts):
        if ours.get(name) != theirs.get(name):
            raise GateError(
                f"{args.thinking} and {args.direct} were not made alike: {name} is {ours.get(name)!r} in one, "
                f"{theirs.get(name)!r} in the other"
            )
    return ours


def _items(name: str, source: str | None, expected: str) -> Sequence[Item]:
    """The items that the runs have answered, by their hash."""
    judged = name == "complexbench"  # reading it needs no judge
    items = read_items(source) if judged else load(name, source, without_constraints=True).items()
    if items_hash(items) != expected:
        raise GateError(f"the runs have answered other items of {name}: give the --sources that they were given")
    return items


def _without_remedy(folder: Path, mode: str) -> dict[str, Measurement]:
    """What a run measured in a thinking mode without any remedy, by benchmark."""
    return {
        one.arm.benchmark: one
        for one in measurements.read(folder)
        if (one.arm.thinking, one.arm.mitigation) == (mode, PLAIN)
    }


def table(report: GateReport) -> Table:
    """The gate's cross-validated numbers."""
    shown = Table(title=f"{report.pairs} items, of which {report.ties} score the same either way")
    shown.add_column("for items it has not seen", no_wrap=True)
    shown.add_column("", justify="right")
    shares = {
        "thinking is better for (base rate)": report.base_rate,
        "it is, where the gate says so (precision)": report.precision,
        "the gate says so, where it is (recall)": report.recall,
    }
    for name, value in shares.items():
        shown.add_row(name, f"{100 * value:.1f} %")
    shown.add_row("AUC (0.5 is chance)", f"{report.auc:.3f}", end_section=True)
    scores = {
        "mean score without thinking": report.direct,
        "with thinking": report.thinking,
        "as the gate chooses": report.gated,
        "if it always chose right": report.best,
    }
    for name, value in scores.items():
        shown.add_row(name, f"{100 * value:.1f}")
    return shown


USAGE = "python -m keepif.recipes.evaluate.train_gate [--FLAG VALUE ...]"


def main(argv: list[str] | None = None) -> None:
    with plainly("train_gate"):
        given = sys.argv[1:] if argv is None else argv
        make_gate(
            *parsed([GateArguments], given, USAGE, "Train the gate of classifier_selective from two evaluations.")
        )


def make_gate(args: GateArguments) -> None:
    pairs = pairs_of(args)
    settings = common_settings(args, ())
    made_from = {name: getattr(args, name) for name in ("thinking", "direct", "metric")}
    gate = train(pairs, args.seed, **made_from, model=settings["model"], weights=settings.get("weights"))
    gate.save(Path(args.output))
    console = Console()
    console.print(table(gate.report))
    console.print(f"gate: {args.output}", soft_wrap=True, markup=False)


if __name__ == "__main__":
    main()
