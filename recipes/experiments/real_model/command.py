"""A real model, SmolLM2-135M-Instruct, trained on correctness alone, in two published ways and with KeepIF.

    python -m keepif.recipes.experiments.real_model --config smollm2_cpu.yaml --arms "correctness only" KeepIF
    python -m keepif.recipes.experiments.real_model --config smollm2_gpu.yaml --seeds 0 1 --minutes 20 --ifeval FILE

All arms of a seed have the same start, prompts and order, and are measured on the same held-out prompts, before and
after. Further flags are the recipe's (`--model_name_or_path ...`). What has ended is not done again: a run that was
stopped, by the clock or by a kill, or is asked for more steps goes on from its last checkpoint.
"""

import argparse
import os
from dataclasses import replace
from pathlib import Path

import torch
from rich.console import Console

from keepif.trainer.files import write_json

from ...plainly import plainly
from .evaluation import IFEVAL, ifeval_rows
from .plan import ARMS, Plan, refuse_other_config
from .prompts import held_out
from .run import Clock, Sets, run_all
from .table import Report, report_of, tables

PROMPTS = 120


def arguments(argv: list[str] | None) -> tuple[argparse.Namespace, list[str]]:
    """This command's own arguments, and the flags for the recipe."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], allow_abbrev=False)  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--config", default="smollm2_cpu.yaml")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=[*ARMS])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--steps", type=int, help="steps of each arm; the config's by default")
    parser.add_argument("--prompts", type=int, default=PROMPTS, help="held-out prompts of each set")
    parser.add_argument("--ifeval", type=Path, help="file with IFEval's rows, to be measured on as well")
    parser.add_argument("--minutes", type=float, help="wall clock after which it stops; said again, it goes on")
    parser.add_argument("--at_once", type=int, help="policies side by side; on a GPU all of a seed, on a CPU one")
    parser.add_argument("--work_dir", type=Path, default=Path("runs/smollm2"), help="where the runs go")
    parser.add_argument("--output_dir", type=Path, default=Path("runs/smollm2"), help="where table and figure go")
    return parser.parse_known_args(argv)


def plan_of(args: argparse.Namespace, flags: list[str]) -> Plan:
    plan = Plan(
        config=args.config,
        flags=tuple(flags),
        arms=tuple(args.arms),
        seeds=tuple(args.seeds),
        steps=args.steps or 0,
        prompts=args.prompts,
        ifeval=args.ifeval,
        work_dir=args.work_dir,
        at_once=args.at_once or (len(args.arms) + 1 if torch.cuda.is_available() else 1),
    )
    return replace(plan, steps=plan.steps or plan.recipe()[1].max_steps)


def write(plan: Plan, sets: Sets, output_dir: Path) -> Report:
    """Leave numbers and tables of what is measured so far in `output_dir`."""
    report = report_of(plan, sets)
    write_json(output_dir / "smollm2.json", report)
    (output_dir / "smollm2.md").write_text(tables(report) + "\n")
    return report


def show(report: Report, output_dir: Path, console: Console) -> None:
    """The tables, which arms are still to be trained, and, where matplotlib is there, the figure."""
    console.print(tables(report), markup=False, soft_wrap=True)
    for run, step in report["reached"].items():
        if step < report["steps"]:
            text = f"{run}: {step} of {report['steps']} steps; the same command goes on there"
            console.print(text, markup=False, soft_wrap=True)
    if not any(one["policies"] for one in report["held_out"].values()):
        return
    try:
        from ..figures import real_model_figure
    except ImportError:
        console.print("the figure needs matplotlib: pip install 'keepif[plot]'", markup=False)
        return
    real_model_figure(report).savefig(output_dir / "smollm2.png", dpi=150)


def main(argv: list[str] | None = None) -> None:
    args, flags = arguments(argv)
    clock = Clock.of(args.minutes)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "0")  # all policies share one card
    with plainly("keepif.recipes.experiments.real_model"):
        plan = plan_of(args, flags)
        refuse_other_config(plan.config, plan.flags, plan.work_dir)
        sets: Sets = held_out(plan.recipe()[0], plan.seeds, plan.prompts)
        if plan.ifeval:
            sets[IFEVAL] = ifeval_rows(plan.ifeval)
    args.output_dir.mkdir(parents=True, exist_ok=True)
    try:
        run_all(plan, sets, clock, ended=lambda: write(plan, sets, args.output_dir))
    finally:
        show(write(plan, sets, args.output_dir), args.output_dir, Console())


if __name__ == "__main__":
    main()
