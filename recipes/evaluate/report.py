"""The report of an evaluation: on all that its folder holds, and against other runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.answering import MODES, PLAIN, Arm, arms_of, samples_of, spread
from keepif.trainer.evaluation.benchmarks.benchmark import Benchmark
from keepif.trainer.evaluation.journal import Row
from keepif.trainer.evaluation.remedies.remedies import REMEDIES, SELECTIVE, idle
from keepif.trainer.evaluation.results import measured, report, tables
from keepif.trainer.evaluation.results.measured import Measured, measure

from .arguments import ALL, EvaluateArguments


@dataclass(frozen=True)
class Other:
    """A run to compare with."""

    report: report.Report
    measured: list[Measured]

    @property
    def name(self) -> str:
        return self.report["name"]


def kept_of(folder: Path, benchmarks: Mapping[str, Benchmark]) -> list[Measured]:
    """What earlier calls have measured in `folder` on benchmarks that this one does not ask for."""
    if not (folder / measured.NAME).exists():
        return []
    return [found for found in measured.read(folder) if found.arm.benchmark not in benchmarks and not found.missing]


def others_of(
    args: EvaluateArguments, settings: Mapping[str, Any], benchmarks: Mapping[str, Benchmark], kept: Sequence[Measured]
) -> list[Other]:
    """The runs to compare with.

    Raises:
        `ValueError`: where there is none, where two runs have one name, or where one has answered other items or was
            scored by something else.
    """
    others = [Other(report.load(Path(other)), measured.read(Path(other))) for other in args.compare]
    names = [name_of(args), *(other.name for other in others)]
    if len({*names}) < len(names):
        raise ValueError(f"the runs to compare are called {', '.join(names)}: give each a --name of its own")
    scorers = {found.arm.benchmark: found.scored_by for found in kept}
    scorers |= {name: getattr(benchmark, "scored_by", None) for name, benchmark in benchmarks.items()}
    for other in others:
        _refuse_unlike(other, settings, scorers)
    return others


def _refuse_unlike(other: Other, settings: Mapping[str, Any], scorers: Mapping[str, str | None]) -> None:
    for field, value in other.report["settings"].items():
        if field.startswith("items of") and settings.get(field, value) != value:
            raise ValueError(f"{other.name} has answered other {field}: give both runs the same --sources")
    for found in other.measured:
        scorer = scorers.get(found.arm.benchmark, found.scored_by)
        if scorer != found.scored_by:
            raise ValueError(
                f"{other.name} has {found.arm.benchmark} scored by {found.scored_by}, this run by {scorer}: let one "
                "of them be scored by the other's scorer; its own command does that, and makes no sample again"
            )


def name_of(args: EvaluateArguments) -> str:
    return args.name or Path(args.output_dir).name


def make_report(
    args: EvaluateArguments,
    benchmarks: Mapping[str, Benchmark],
    settings: Mapping[str, Any],
    kept: Sequence[Measured],
    others: Sequence[Other],
    notes: Sequence[str],
    console: Console,
) -> int:
    """Score all samples, leave report and plots, show the tables; how many samples are missing or not judged."""
    folder = Path(args.output_dir)
    now, incomplete = _measured(args, benchmarks, list(journal.read(folder)), console)
    found = sorted([*now, *kept], key=lambda one: _place(one.arm))
    measured.write(folder, found)
    notes = [*notes, *incomplete, *_choices(found, settings), *_differences(found, settings, others)]
    made = report.build(name_of(args), settings, found, {other.name: other.measured for other in others}, notes)
    report.write(folder, made)
    for table in tables.shown(made, console.width):
        console.print(table, "")
    console.print("\n".join(tables.footnotes(made)), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nreport: {folder / report.NAME}, {folder / report.TEXT}", soft_wrap=True, markup=False)
    try:
        from keepif.trainer.evaluation.results.figures import draw
    except ImportError:
        console.print("plots need matplotlib: pip install 'keepif[plot]'", markup=False)
    else:
        drawn = draw(made, [other.report for other in others], folder)
        console.print(f"plots: {', '.join(map(str, drawn))}", soft_wrap=True, markup=False)
    return sum(one.missing + one.unjudged for one in now)


def _measured(
    args: EvaluateArguments, benchmarks: Mapping[str, Benchmark], rows: Sequence[Row], console: Console
) -> tuple[list[Measured], list[str]]:
    """The arms that were asked for, the others that the journal holds whole, and notes on those that it does not."""
    asked, found, notes = args.arms_of(benchmarks), [], []
    for arm in [*asked, *sorted({arm for arm in arms_of(rows) if arm.benchmark in benchmarks} - {*asked}, key=_place)]:
        items = spread(benchmarks[arm.benchmark].items(), args.limit)
        samples = samples_of(arm, rows, items, args.samples)
        lacking = len(items) * args.samples - len(samples)
        if lacking and arm not in asked:
            due = len(items) * args.samples
            notes.append(f"{_name(arm)}: not shown, {lacking} of {due} samples are missing; ask for it to make them")
            continue
        with console.status(f"scoring {arm.benchmark} ..."):
            found.append(measure(arm, benchmarks[arm.benchmark], samples, lacking))
        if samples and (why := idle(arm.mitigation, samples)):
            notes.append(f"{_name(arm)}: {why}")
    return found, notes


def _place(arm: Arm) -> tuple[int, int, int]:
    """An arm's place in the report, whenever it was made."""
    return list(ALL).index(arm.benchmark), list(MODES).index(arm.thinking), [PLAIN, *REMEDIES].index(arm.mitigation)


def _name(arm: Arm) -> str:
    return f"{arm.benchmark}, {tables.label_of(vars(arm))}"


def _choices(found: Sequence[Measured], settings: Mapping[str, Any]) -> list[str]:
    """Where a choice to think or not changes nothing."""
    if settings.get("thinking can be chosen") is not False:
        return []
    why = "the chat template has no switch for thinking, so that what it chooses changes nothing"
    return [f"{name}: {why}" for name in dict.fromkeys(one.arm.mitigation for one in found) if name in SELECTIVE]


def _differences(found: Sequence[Measured], settings: Mapping[str, Any], others: Sequence[Other]) -> list[str]:
    """Where the runs that are compared were not sampled alike, or cannot be compared."""
    notes = []
    for other in others:
        notes += [
            f"{other.name} was made with another {field}: {value}, here {settings[field]}"
            for field, value in other.report["settings"].items()
            if field.startswith(("sampling of", "version of")) and settings.get(field, value) != value
        ]
        theirs = {one.arm for one in other.measured}
        lacking = [_name(one.arm) for one in found if one.arm not in theirs]
        if len(lacking) == len(found):
            has = "; ".join(map(_name, sorted(theirs, key=_place))) or "nothing"
            notes.append(f"nothing is compared with {other.name}, which has {has}; this run has {'; '.join(lacking)}")
        elif lacking:
            notes.append(f"not compared, since {other.name} does not have it: {'; '.join(lacking)}")
        notes += [
            f"{other.name}, {_name(one.arm)}: {one.missing} samples are missing there"
            for one in other.measured
            if one.missing and one.arm in {mine.arm for mine in found}
        ]
    return notes
