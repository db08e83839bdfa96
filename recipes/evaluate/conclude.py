"""The report of an evaluation: on all that its folder holds, and against other runs."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from keepif.rewards.extras import install
from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.answering import MODES, Arm, arm_of, samples_of
from keepif.trainer.evaluation.benchmarks import BENCHMARKS
from keepif.trainer.evaluation.benchmarks.benchmark import Sample
from keepif.trainer.evaluation.remedies.remedies import REMEDIES, SELECTIVE, idle
from keepif.trainer.evaluation.results import excerpts, measurements, report, tables
from keepif.trainer.evaluation.results.measurements import Measurement, scored

from .plan import Plan

Settings = Mapping[str, Any]
Attend = Callable[[Arm, Sequence[Sample]], Sequence[Sample]]
"""Adds the attention on their constraints to an arm's samples."""


@dataclass(frozen=True)
class Other:
    """A run to compare with."""

    report: report.Report
    measurements: list[Measurement]

    @property
    def name(self) -> str:
        return self.report["name"]


def earlier(plan: Plan) -> list[Measurement]:
    """What earlier calls have measured in the plan's folder on other benchmarks."""
    if not (plan.folder / measurements.NAME).exists():
        return []
    return [
        one for one in measurements.read(plan.folder) if one.arm.benchmark not in plan.benchmarks and not one.missing
    ]


def others_of(folders: Iterable[str], plan: Plan, settings: Settings, before: Sequence[Measurement]) -> list[Other]:
    """The runs to compare with: each with a name of its own, the same items, and the same scorer."""
    others = [Other(report.load(Path(folder)), measurements.read(Path(folder))) for folder in folders]
    names = [plan.name, *(other.name for other in others)]
    if len({*names}) < len(names):
        raise ValueError(f"the runs to compare are called {', '.join(names)}: give each a --name of its own")
    scorers = {one.arm.benchmark: one.scored_by for one in before}
    scorers |= {name: benchmark.scored_by for name, benchmark in plan.benchmarks.items()}
    for other in others:
        _refuse_unlike(other, settings, scorers)
    return others


def _refuse_unlike(other: Other, settings: Settings, scorers: Mapping[str, str | None]) -> None:
    for field, value in other.report["settings"].items():
        if field.startswith("items of") and settings.get(field, value) != value:
            raise ValueError(f"{other.name} has answered other {field}: give both runs the same --sources")
    for one in other.measurements:
        scorer = scorers.get(one.arm.benchmark, one.scored_by)
        if scorer != one.scored_by:
            raise ValueError(
                f"{other.name} has {one.arm.benchmark} scored by {one.scored_by}, this run by {scorer}: let one "
                "of them be scored by the other's scorer; its own command does that, and makes no sample again"
            )


def make_report(
    plan: Plan,
    settings: Settings,
    before: Sequence[Measurement],
    others: Sequence[Other],
    console: Console,
    attend: Attend | None = None,
) -> int:
    """Score all samples, leave report and plots, show the tables; how many samples are missing or not judged."""
    now, notes = _measurements(plan, console, attend)
    place = _placing(plan)
    everything = sorted([*now, *before], key=lambda one: place(one.arm))
    measurements.write(plan.folder, everything)
    notes = [
        *plan.left_out,
        *notes,
        *_choices(everything, settings),
        *_differences(everything, settings, others, place),
    ]
    made = report.build(plan.name, settings, everything, {other.name: other.measurements for other in others}, notes)
    report.write(plan.folder, made)
    _show(made, plan.folder, others, console)
    _show_samples(now, plan.folder, console)
    return sum(one.missing + one.unjudged for one in now)


def _show(made: report.Report, folder: Path, others: Sequence[Other], console: Console) -> None:
    for title, table in tables.shown(made, console.width):
        console.print(title, style="italic", markup=False, highlight=False)
        console.print(table, "")
    console.print("\n".join(tables.footnotes(made)), markup=False, highlight=False)
    console.print(f"\nreport: {folder / report.NAME}, {folder / report.TEXT}", soft_wrap=True, markup=False)
    try:
        from keepif.trainer.evaluation.results.figures import draw
    except ImportError:
        console.print(f"plots need matplotlib: {install('plot')}", markup=False)
    else:
        drawn = draw(made, [other.report for other in others], folder)
        console.print(f"plots: {', '.join(map(str, drawn))}", soft_wrap=True, markup=False)


def _show_samples(done: Sequence[Measurement], folder: Path, console: Console) -> None:
    """One sample of each kind, of the first arm, and where all are."""
    for one in done[:1]:
        for kind, sample in excerpts.picked(one.samples).items():
            console.print(f"\n{_name(one.arm)}, a sample that is {kind}:", style="italic", markup=False)
            console.print(excerpts.excerpt(sample, console.width))
    text = f"\nall samples: {folder / journal.FILES}; their verdicts: {folder / measurements.NAME}"
    console.print(text, soft_wrap=True, markup=False)


def _measurements(plan: Plan, console: Console, attend: Attend | None) -> tuple[list[Measurement], list[str]]:
    """The plan's arms, the others that the journal holds whole, and notes on those that it does not."""
    rows = list(journal.read(plan.folder))
    others = {arm_of(row) for row in rows if row["benchmark"] in plan.benchmarks} - {*plan.arms}
    done, notes = [], []
    for arm in [*plan.arms, *sorted(others, key=_placing(plan))]:
        items = plan.items(arm.benchmark)
        samples, due = samples_of(arm, rows, items, plan.samples), len(items) * plan.samples
        lacking = due - len(samples)
        if lacking and arm in others:
            notes.append(f"{_name(arm)}: not shown, {lacking} of {due} samples are missing; ask for it to make them")
            continue
        if attend:
            with console.status(f"reading the attention of {_name(arm)} ..."):
                samples = attend(arm, samples)
            if not any(sample.attention for sample in samples):
                notes.append(
                    f"{_name(arm)}: no attention is shown, for no prompt has its constraints in their own words"
                )
        with console.status(f"scoring {arm.benchmark} ..."):
            done.append(scored(arm, plan.benchmarks[arm.benchmark], samples, lacking))
        if samples and (why := idle(arm.mitigation, samples)):
            notes.append(f"{_name(arm)}: {why}")
    return done, notes


def _placing(plan: Plan) -> Callable[[Arm], tuple[int, int, int]]:
    """An arm's place in the report, whenever it was made; the plan's benchmarks come first."""
    benchmarks, modes, remedies = [*plan.benchmarks, *BENCHMARKS], [*MODES], [*REMEDIES]

    def place(arm: Arm) -> tuple[int, int, int]:
        known = arm.benchmark in benchmarks  # rows of one's own, asked for by an earlier call, are not
        at = benchmarks.index(arm.benchmark) if known else len(benchmarks)
        return at, modes.index(arm.thinking), remedies.index(arm.mitigation)

    return place


def _name(arm: Arm) -> str:
    return f"{arm.benchmark}, {tables.label_of(vars(arm))}"


def _choices(done: Sequence[Measurement], settings: Settings) -> list[str]:
    """Remedies whose choice to think or not changes nothing."""
    if settings.get("thinking can be chosen") is not False:
        return []
    why = "the chat template has no switch for thinking, so that what it chooses changes nothing"
    return [f"{name}: {why}" for name in dict.fromkeys(one.arm.mitigation for one in done) if name in SELECTIVE]


def _differences(
    done: Sequence[Measurement], settings: Settings, others: Sequence[Other], place: Callable[[Arm], Any]
) -> list[str]:
    """Why the compared runs were not sampled alike, or cannot be compared."""
    notes = []
    for other in others:
        notes += [
            f"{other.name} was made with another {field}: {value}, here {settings[field]}"
            for field, value in other.report["settings"].items()
            if field.startswith(("sampling of", "version of")) and settings.get(field, value) != value
        ]
        ours, theirs = [one.arm for one in done], {one.arm for one in other.measurements}
        lacking = [_name(arm) for arm in ours if arm not in theirs]
        if len(lacking) == len(ours):
            has = "; ".join(map(_name, sorted(theirs, key=place))) or "nothing"
            notes.append(f"nothing is compared with {other.name}, which has {has}; this run has {'; '.join(lacking)}")
        elif lacking:
            notes.append(f"not compared, since {other.name} does not have it: {'; '.join(lacking)}")
        notes += [
            f"{other.name}, {_name(one.arm)}: {one.missing} samples are missing there"
            for one in other.measurements
            if one.missing and one.arm in ours
        ]
    return notes
