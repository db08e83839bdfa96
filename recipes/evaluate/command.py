"""Benchmarks on one policy: what it gets right, what it obeys, and how that compares with another run.

    accelerate launch -m keepif.recipes.evaluate --model MODEL --benchmarks mathif ifeval --samples 4 --output_dir RUN
    keepif evaluate --model smollm2-135m --benchmarks ifeval --limit 40 --max_tokens 256 --output_dir RUN
    keepif evaluate --model AFTER --benchmarks mathif --output_dir runs/after --compare runs/before

Samples are written down as they are made: a run that was killed, or is asked for more, goes on where it stopped. Its
report is on all that its folder holds, what earlier calls have made included.

Exit code: 0 where all that was asked is measured; 1 where something is missing (samples that failed, or ComplexBench
without a judge), which the report names; 2 where the run was refused, with the reason in one line on stderr.
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

from keepif.rewards.judge.endpoint import Endpoint
from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.answering import MODES, Arm, Draw, Respond, answer, missing, samples_of, spread
from keepif.trainer.evaluation.benchmarks.benchmark import Benchmark, Item
from keepif.trainer.evaluation.benchmarks.catalogue import load
from keepif.trainer.evaluation.benchmarks.complexbench import NoJudgeError
from keepif.trainer.evaluation.benchmarks.judgements import Remembering
from keepif.trainer.evaluation.engines.generation import Generated
from keepif.trainer.evaluation.remedies.remedies import REMEDIES, Asking

from ..plainly import parsed, plainly
from ..tiny_policy.benchmark import TinyBenchmark
from .arguments import ENGINES, EvaluateArguments
from .engines import can_choose_thinking, generator_of
from .report import kept_of, make_report, others_of
from .settings import settings_of, weights_of


def benchmark_of(args: EvaluateArguments, name: str) -> Benchmark:
    source = args.source_of(name)
    if name == TinyBenchmark.name:
        return TinyBenchmark(source)
    options: dict[str, Any] = {}
    if name == "mathif":
        options["without_constraints"] = args.without_constraints
    if name == "complexbench" and args.judge_url and args.judge_model:
        judge = Endpoint(args.judge_url, args.judge_model, args.judge_api_key_env, args.concurrency, args.per_minute)
        options["judge"] = Remembering(judge, Path(args.output_dir))
    return load(name, source, **options)


def benchmarks_of(args: EvaluateArguments) -> tuple[dict[str, Benchmark], list[str]]:
    """The benchmarks, and what is to be said of one that is left out because nobody judges it."""
    found, left_out = {}, []
    for name in args.benchmarks:
        try:
            found[name] = benchmark_of(args, name)
        except NoJudgeError as error:
            if len(args.benchmarks) == 1 or args.judge_url or args.judge_model:
                raise
            left_out.append(f"{name} is left out. {error}")
    return found, left_out


def make_samples(
    args: EvaluateArguments, benchmarks: dict[str, Benchmark], gate: Any, state: PartialState, console: Console
) -> None:
    """Make what the journal does not have yet, each process its share."""
    folder = Path(args.output_dir)
    rows = list(journal.read(folder))
    state.wait_for_everyone()  # nobody writes before all have read
    pending = {}
    for arm in args.arms_of(benchmarks):
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

    remedy = REMEDIES.get(arm.mitigation, _as_it_is)

    def respond(draws: Sequence[Draw]) -> list[Generated | None]:
        return remedy(asking, [item for item, _ in draws], [index for _, index in draws])

    return respond


def _as_it_is(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    return asking.answers(asking.requests(items, seeds))


def _gate(args: EvaluateArguments) -> Any:
    """The gate, if it is one and for this model."""
    from keepif.trainer.evaluation.remedies.gate import Gate

    gate = Gate.load(Path(args.gate or ""))
    gate.refuse_other(args.model, weights_of(args.model, args.revision))
    return gate


def _progress(console: Console, *, visible: bool) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, console=console, disable=not visible)


def main(argv: list[str] | None = None) -> None:
    with plainly("keepif evaluate"):
        evaluate(*parsed([EvaluateArguments], sys.argv[1:] if argv is None else argv))


def evaluate(args: EvaluateArguments) -> None:
    cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.accelerator.is_available()
    state = PartialState(cpu=cpu, timeout=timedelta(days=7))  # who has long responses keeps the others waiting
    console = Console()
    folder = Path(args.output_dir)
    benchmarks, left_out = benchmarks_of(args)
    gate = _gate(args) if args.gate else None
    settings = journal.agree(folder, settings_of(args, benchmarks, can_choose_thinking(args)))
    kept = kept_of(folder, benchmarks)
    others = others_of(args, settings, benchmarks, kept)  # before hours are spent
    state.wait_for_everyone()
    if state.is_main_process:
        journal.keep(folder, settings)
        for line in left_out:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    make_samples(args, benchmarks, gate, state, console)
    state.wait_for_everyone()
    if state.is_main_process:
        lacking = make_report(args, benchmarks, settings, kept, others, left_out, console)
        if lacking or left_out:
            sys.exit(1)


if __name__ == "__main__":
    main()
