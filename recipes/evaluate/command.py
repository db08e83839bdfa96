"""Benchmarks on one policy: what it gets right, what it obeys, and how that compares with another run.

    accelerate launch -m keepif.recipes.evaluate --model MODEL --benchmarks mathif ifeval --samples 4 --output_dir RUN
    keepif evaluate --model smollm2-135m --benchmarks ifeval --limit 40 --max_tokens 256 --output_dir RUN
    keepif evaluate --model AFTER --benchmarks mathif --output_dir runs/after --compare runs/before

Samples are written down as they are made: a run that was killed, or is asked for more, goes on where it stopped. Its
report is on all that its folder holds, what earlier calls have made included.

Exit code: 0 if all is measured; 1 if something is missing (samples that failed, or ComplexBench without a judge),
which the report names; 2 if the run was refused, with the reason in one line on stderr.
"""

import sys
from datetime import timedelta
from functools import partial

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.answering import MODES, answer, missing, samples_of
from keepif.trainer.evaluation.remedies.gate import Gate
from keepif.trainer.evaluation.remedies.remedies import REMEDIES, Policy

from ..models import load_model
from ..plainly import parsed, plainly
from .arguments import EvaluateArguments
from .conclude import Attend, earlier, make_report, others_of
from .engines import Engine, engine_of
from .plan import Plan, plan_of
from .settings import settings_of, weights_of

DESCRIPTION = (
    "Benchmarks on one policy: what it gets right, what it obeys, and how that compares with another run. The same "
    "command goes on with a run that was stopped."
)


def main(argv: list[str] | None = None) -> None:
    with plainly("keepif evaluate"):
        given = sys.argv[1:] if argv is None else argv
        evaluate(*parsed([EvaluateArguments], given, "keepif evaluate [--FLAG VALUE ...]", DESCRIPTION))


def evaluate(args: EvaluateArguments) -> None:
    cpu = parse_flag_from_env("ACCELERATE_USE_CPU") or not torch.accelerator.is_available()
    state = PartialState(cpu=cpu, timeout=timedelta(days=7))  # a process with long responses keeps the others waiting
    console = Console()
    plan, engine = plan_of(args), engine_of(args)
    gate = _gate(plan, engine)
    settings = journal.agree(plan.folder, settings_of(plan, engine, engine.can_choose_thinking(plan.arms)))
    before = earlier(plan)
    others = others_of(args.compare, plan, settings, before)  # before hours are spent
    state.wait_for_everyone()
    if state.is_main_process:
        journal.keep(plan.folder, settings)
        for line in plan.left_out:
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    make_samples(plan, engine, gate, state, console)
    state.wait_for_everyone()
    if state.is_main_process:
        attend = _attending(engine, state) if args.constraint_attention else None
        if make_report(plan, settings, before, others, console, attend) or plan.left_out:
            sys.exit(1)


def _attending(engine: Engine, state: PartialState) -> Attend:
    """The model, loaded to read its attention."""
    from keepif.trainer.attention.evaluation import attended

    model, tokenizer = load_model(engine.config)
    model = model.to(state.device).eval()
    return lambda arm, samples: attended(model, tokenizer, arm, samples, engine.batch_size)


def _gate(plan: Plan, engine: Engine) -> Gate | None:
    """The gate, if it is one and for this model."""
    if plan.gate is None:
        return None
    gate = Gate.load(plan.gate)
    gate.refuse_other(engine.model, None if engine.endpoint else weights_of(engine.model, engine.revision))
    return gate


def make_samples(plan: Plan, engine: Engine, gate: Gate | None, state: PartialState, console: Console) -> None:
    """Make what the journal does not have yet, each process its share."""
    rows = list(journal.read(plan.folder))
    state.wait_for_everyone()  # nobody writes before all have read
    pending = {}
    for arm in plan.arms:
        items = plan.items(arm.benchmark)
        if samples := missing(items, plan.samples, samples_of(arm, rows, items, plan.samples)):
            pending[arm] = samples[state.process_index :: state.num_processes]
    if not pending:
        return
    generator = engine.generator(state)
    mine = journal.Journal(plan.folder, state.process_index)
    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not state.is_main_process) as progress:
        for arm, samples in pending.items():
            bar = progress.add_task(" ".join(vars(arm).values()), total=len(samples))
            sampling = plan.sampling[arm.benchmark]
            policy = Policy(generator, sampling, MODES[arm.thinking], plan.thinking_budget, gate)
            respond = partial(REMEDIES[arm.mitigation], policy)
            answer(arm, samples, respond, mine, engine.batch_size, generator.count, partial(progress.advance, bar))
