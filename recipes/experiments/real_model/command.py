"""A real model, SmolLM2-135M-Instruct, trained on correctness alone, in published ways and with KeepIF.

    python -m keepif.recipes.experiments.real_model --config smollm2_cpu.yaml --arms "correctness only" KeepIF
    python -m keepif.recipes.experiments.real_model --config smollm2_gpu.yaml --seeds 0 1 --minutes 20 --ifeval FILE

All arms of a seed have the same start, prompts and order, and are measured on the same held-out prompts, before and
after. Further flags are the recipe's (`--model_name_or_path ...`). What has ended is not done again: a run that was
stopped, by the clock or by a kill, or is asked for more steps goes on from its last checkpoint.
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from rich.console import Console

from keepif.rewards.extras import install
from keepif.trainer.evaluation.engines.generation import Sampling
from keepif.trainer.evaluation.engines.prompts import can_choose
from keepif.trainer.files import write_json

from ...models import load_tokenizer
from ...plainly import plainly
from .evaluation import Sets
from .plan import ARMS, ON_A_GPU, Plan, refuse_other_config
from .prompts import HELD_OUT_SEED, HELD_OUT_TYPES, held_out
from .run import Clock, run_all
from .sets import HeldOut, Published
from .table import Report, report_of, tables

NAME = "smollm2"


def parser_of(description: str, folder: str) -> argparse.ArgumentParser:
    """The arguments of a comparison that works in `folder`."""
    parser = argparse.ArgumentParser(description=description, allow_abbrev=False)
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=[*ARMS])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, help="steps of each arm; the config's by default")
    parser.add_argument("--prompts", type=int, default=120, help="held-out prompts of each set")
    parser.add_argument("--samples", type=int, default=1, help="responses to each of them")
    parser.add_argument("--ifeval", type=Path, help="file with IFEval's rows, to be measured on as well")
    parser.add_argument("--mathif", type=Path, help="file or folder with MathIF's rows, to be measured on as well")
    parser.add_argument("--minutes", type=float, help="wall clock after which it stops; said again, it goes on")
    parser.add_argument("--at_once", type=int, help=f"policies side by side; {ON_A_GPU} on a GPU, on a CPU one")
    parser.add_argument("--work_dir", type=Path, default=Path(folder), help="where the runs go")
    parser.add_argument("--output_dir", type=Path, default=Path(folder), help="where table and figure go")
    return parser


def arguments(argv: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """This command's own arguments, and the flags for the recipe."""
    parser = parser_of(str(__doc__).splitlines()[0], "runs/smollm2")
    parser.add_argument("--config", default="smollm2_cpu.yaml")
    return parser.parse_known_args(argv)


def plan_of(args: argparse.Namespace, config: str, flags: Sequence[str]) -> Plan:
    """The plan of a command line; runs in its `work_dir` of another config, or other flags, are refused."""
    at_once = args.at_once or (ON_A_GPU if torch.cuda.is_available() else 1)
    plan = Plan(config, tuple(flags), tuple(args.arms), tuple(args.seeds), args.steps or 0, args.work_dir, at_once)
    refuse_other_config(plan.config, plan.flags, plan.work_dir)
    return replace(plan, steps=plan.steps or plan.recipe()[1].max_steps)


def sampling_of(grpo_args: Any) -> Sampling:
    """As in training."""
    return Sampling(grpo_args.temperature, grpo_args.top_p, grpo_args.max_completion_length, HELD_OUT_SEED)


def sets_of(plan: Plan, args: argparse.Namespace, types: Sequence[str] = HELD_OUT_TYPES) -> Sets:
    """What the policies are measured on; a benchmark with and without thinking, if the model can be asked to."""
    keepif_args, grpo_args, model_args = plan.recipe()
    rows = held_out(keepif_args, plan.seeds, args.prompts, types)
    sets: Sets = {name: HeldOut(some, args.samples, sampling_of(grpo_args)) for name, some in rows.items()}
    chooses = can_choose(load_tokenizer(model_args))
    for name, source in (("IFEval", args.ifeval), ("MathIF", args.mathif)):
        if source:
            sets[name] = Published(name.lower(), source)
        if source and chooses:
            sets[f"{name}, no thinking"] = Published(name.lower(), source, thinking=False)
    return sets


def compare(plan: Plan, sets: Sets, clock: Clock, output_dir: Path, name: str) -> None:
    """Train and measure what is not there yet; numbers, tables and figure go to `output_dir`, under `name`."""
    output_dir.mkdir(parents=True, exist_ok=True)
    try:
        run_all(plan, sets, clock, ended=lambda: write(plan, sets, output_dir / name))
    finally:
        show(write(plan, sets, output_dir / name), output_dir / name, Console())


def write(plan: Plan, sets: Sets, path: Path) -> Report:
    """Leave numbers and tables of what is measured so far as `path` with two endings."""
    report = report_of(plan, sets)
    write_json(path.with_suffix(".json"), report)
    path.with_suffix(".md").write_text(tables(report) + "\n")
    return report


def show(report: Report, path: Path, console: Console) -> None:
    """The tables, which arms are still to be trained, and, where matplotlib is there, the figure."""
    console.print(tables(report), markup=False, soft_wrap=True)
    for run, step in report["reached"].items():
        if step < report["steps"]:
            text = f"{run}: {step} of {report['steps']} steps; the same command goes on there"
            console.print(text, markup=False, soft_wrap=True)
    if not any(one["policies"] for one in report["sets"].values()):
        return
    try:
        from ..figures import real_model_figure
    except ImportError:
        console.print(f"the figure needs matplotlib: {install('plot')}", markup=False)
        return
    real_model_figure(report).savefig(path.with_suffix(".png"), dpi=150)


def prepare() -> None:
    """What the environment of all processes needs: no hub, and one card for all policies."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")


def main(argv: list[str] | None = None) -> None:
    args, flags = arguments(argv)
    clock = Clock.of(args.minutes)
    prepare()
    with plainly("keepif.recipes.experiments.real_model"):
        plan = plan_of(args, args.config, flags)
        sets = sets_of(plan, args)
    compare(plan, sets, clock, args.output_dir, NAME)
