"""Benchmarks on one policy: what it gets right, what it obeys, and how that compares with another run.

    accelerate launch -m keepif.recipes.evaluate --model MODEL --benchmarks mathif ifeval --samples 4 --output_dir RUN
    keepif evaluate --model smollm2-135m --benchmarks ifeval --limit 40 --max_tokens 256 --output_dir RUN
    keepif evaluate --model AFTER --benchmarks mathif --output_dir runs/after --compare runs/before

Samples are written down as they are made: a run that was killed, or is asked for more, goes on where it stopped.

Exit code: 0 where all that was asked is measured; 1 where something is missing, which the report names; 2 where the
run was refused, with the reason in one line on stderr.
"""

import sys
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from keepif.rewards.endpoint import Endpoint
from keepif.trainer.evaluation import journal, measured, report
from keepif.trainer.evaluation.answering import MODES, Arm, Draw, Respond, answer, missing, samples_of, spread
from keepif.trainer.evaluation.benchmark import Benchmark, Item
from keepif.trainer.evaluation.catalogue import load
from keepif.trainer.evaluation.generation import Generated
from keepif.trainer.evaluation.measured import measure
from keepif.trainer.evaluation.mitigations import REMEDIES, Asking

from .evaluate_arguments import ENGINES, EvaluateArguments
from .evaluate_engines import generator_of
from .evaluate_settings import settings_of
from .plainly import parsed, plainly
from .tiny_policy.benchmark import TinyBenchmark


def benchmark_of(args: EvaluateArguments, name: str) -> Benchmark:
    source = args.source_of(name)
    if name == TinyBenchmark.name:
        return TinyBenchmark(source)
    options: dict[str, Any] = {}
    if name == "mathif":
        options["without_constraints"] = args.without_constraints
    if name == "complexbench" and args.judge_url and args.judge_model:
        options["judge"] = Endpoint(
            args.judge_url, args.judge_model, args.judge_api_key_env, args.concurrency, args.per_minute
        )
    return load(name, source, **options)


def make_samples(
    args: EvaluateArguments, benchmarks: dict[str, Benchmark], gate: Any, state: PartialState, console: Console
) -> None:
    """Make what the journal does not have yet, each process its share."""
    folder = Path(args.output_dir)
    rows = list(journal.read(folder))
    state.wait_for_everyone()  # nobody writes before all have read
    pending = {}
    for arm in args.arms:
        items = spread(benchmarks[arm.benchmark].items(), args.limit)
        draws = missing(items, args.samples, samples_of(arm, rows, items, args.samples))
        if draws:
            pending[arm] = draws[state.process_index :: state.num_processes]
    if not pending:
        return
    generator = generator_of(args, state)
    mine = journal.Journal(folder, state.process_index)
    size = args.batch_size or ENGINES[args.engine]
    with _progress(console, visible=state.is_main_process) as progress:
        for arm, draws in pending.items():
            bar = progress.add_task(" ".join(vars(arm).values()), total=len(draws))
            respond = _responding(args, arm, generator, gate)
            answer(arm, draws, respond, mine, size, generator.count, partial(progress.advance, bar))


def _responding(args: EvaluateArguments, arm: Arm, generator: Any, gate: Any) -> Respond:
    """How the draws of `arm` are responded to."""
    asking = Asking(
        generator,
        args.sampling_of(arm.benchmark),
        MODES[arm.thinking],
        thinking_budget=args.thinking_budget,
        gate=gate,
    )

    remedy = REMEDIES.get(arm.mitigation, _plainly)

    def respond(draws: Sequence[Draw]) -> list[Generated | None]:
        return remedy(asking, [item for item, _ in draws], [index for _, index in draws])

    return respond


def _plainly(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    return asking.answers(asking.requests(items, seeds))


def _gate(path: str) -> Any:
    from keepif.trainer.evaluation.classifier import Gate

    return Gate.load(Path(path))


def _progress(console: Console, *, visible: bool) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=console, disable=not visible)


def compared_with(args: EvaluateArguments, settings: Any) -> list[report.Report]:
    """The reports of the runs to compare with.

    Raises:
        `ValueError`: where there is none, where two runs have one name, or where one has answered other items.
    """
    others = [report.load(Path(other)) for other in args.compare]
    names = [name_of(args), *(other["name"] for other in others)]
    if len({*names}) < len(names):
        raise ValueError(f"the runs to compare are called {', '.join(names)}: give each a --name of its own")
    for other in others:
        for field, value in other["settings"].items():
            if field.startswith("items of") and settings.get(field, value) != value:
                raise ValueError(f"{other['name']} has answered other {field}: give both runs the same --sources")
    return others


def name_of(args: EvaluateArguments) -> str:
    return args.name or Path(args.output_dir).name


def other_settings(settings: Any, others: Sequence[report.Report]) -> list[str]:
    """Where the runs that are compared were not sampled alike."""
    return [
        f"{other['name']} was made with another {field}: {value}, here {settings[field]}"
        for other in others
        for field, value in other["settings"].items()
        if field.startswith(("sampling of", "version of")) and settings.get(field, value) != value
    ]


def make_report(
    args: EvaluateArguments,
    benchmarks: dict[str, Benchmark],
    settings: Any,
    others: Sequence[report.Report],
    console: Console,
) -> int:
    """Score all samples, leave report and plots, show the tables; the number of samples that are missing."""
    folder = Path(args.output_dir)
    rows, found = list(journal.read(folder)), []
    for arm in args.arms:
        benchmark = benchmarks[arm.benchmark]
        items = spread(benchmark.items(), args.limit)
        samples = samples_of(arm, rows, items, args.samples)
        with console.status(f"scoring {arm.benchmark} ..."):
            found.append(measure(arm, benchmark, samples, len(items) * args.samples - len(samples)))
    measured.write(folder, found)
    compared = {other["name"]: measured.read(Path(path)) for other, path in zip(others, args.compare, strict=True)}
    made = report.build(name_of(args), settings, found, compared, other_settings(settings, others))
    report.write(folder, made)
    for table in report.shown(made):
        console.print(table, "")
    console.print("\n".join(report.footnotes(made)), markup=False, highlight=False, soft_wrap=True)
    console.print(f"\nreport: {folder / report.NAME}, {folder / report.TEXT}", soft_wrap=True, markup=False)
    try:
        from keepif.trainer.evaluation.figures import draw
    except ImportError:
        console.print("plots need matplotlib: pip install 'keepif[plot]'", markup=False)
    else:
        console.print(f"plots: {', '.join(map(str, draw(made, others, folder)))}", soft_wrap=True, markup=False)
    return sum(one.missing for one in found)


def main(argv: list[str] | None = None) -> None:
    with plainly("keepif evaluate"):
        evaluate(parsed(EvaluateArguments, argv))


def evaluate(args: EvaluateArguments) -> None:
    cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.accelerator.is_available()
    state = PartialState(cpu=cpu, timeout=timedelta(days=7))  # who has long responses keeps the others waiting
    console = Console()
    folder = Path(args.output_dir)
    benchmarks = {name: benchmark_of(args, name) for name in args.benchmarks}
    gate = _gate(args.gate) if args.gate else None
    settings = journal.agree(folder, settings_of(args, benchmarks))
    others = compared_with(args, settings)  # before hours are spent
    state.wait_for_everyone()
    if state.is_main_process:
        journal.keep(folder, settings)
    make_samples(args, benchmarks, gate, state, console)
    state.wait_for_everyone()
    if state.is_main_process and make_report(args, benchmarks, settings, others, console):
        sys.exit(1)


if __name__ == "__main__":
    main()
