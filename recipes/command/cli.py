"""The command `keepif`."""

import argparse
import os
import sys
from importlib.metadata import version
from pathlib import Path

from .constraints import add_commands, run


def parser_of() -> argparse.ArgumentParser:
    """The parser of all commands; evaluate's own flags are in recipes/evaluate/arguments.py."""
    parser = argparse.ArgumentParser(prog="keepif", description="GRPO that keeps its instructions.")
    parser.add_argument("--version", action="version", version=f"keepif {version('keepif')}")
    commands = parser.add_subparsers(dest="command", required=True)
    demo = commands.add_parser("demo", help="see the deficit and the cure on this machine, in minutes, without a GPU")
    demo.add_argument("--output_dir", type=Path, default=Path("keepif-demo"), help="where the figure and numbers go")
    demo.add_argument("--seeds", type=int, nargs="+", default=[0], help="one pair of runs for each")
    demo.add_argument("--steps", type=positive, help="GRPO steps a run")
    report = commands.add_parser("report", help="show what a run says of itself, as a table, and draw its figure")
    report.add_argument("folder", type=Path, help="the output_dir of a run that KeepIF was attached to")
    commands.add_parser("evaluate", help="measure a policy on benchmarks, and against another run", add_help=False)
    doctor = commands.add_parser("doctor", help="check a recipe against the machine and the trainer before a long run")
    doctor.add_argument("config", type=Path, help="the recipe's YAML, a path or the name of one that ships")
    doctor.add_argument("--num_processes", type=int, help="processes that it will be launched with")
    doctor.add_argument("--accelerate_config", type=Path, help="the file that it will be launched with")
    doctor.add_argument("--gpu_memory", type=float, help="GiB of one GPU there, if it is not this machine's")
    doctor.add_argument(
        "--sample",
        action="store_true",
        help="sample a few prompts here: how long answers are, how many are right, and what they keep",
    )
    sweep = commands.add_parser("sweep", help="run a W&B sweep file without a server; further flags go to every run")
    sweep.add_argument("file", type=Path, help="a sweep file, or the name of one that ships")
    sweep.add_argument("--output_dir", type=Path, help="where runs, table and figure go; runs/sweeps/NAME by default")
    sweep.add_argument("--count", type=int, help="how many runs, for a random search; run_cap by default")
    constraints = commands.add_parser("constraints", help="list, search and show the constraint types, check a text")
    add_commands(constraints)
    commands.add_parser("metrics", help="every metric on a run's dashboard: what it means, and what to do about it")
    attention = commands.add_parser("attention", help="see which words of a prompt a model's answer attends to")
    add_attention(attention)
    return parser


def main(argv: list[str] | None = None) -> None:
    parser = parser_of()
    args, flags = parser.parse_known_args(argv)
    if args.command == "evaluate":  # it has a parser of its own
        from ..evaluate.command import main as evaluate

        evaluate(flags)
        return
    if args.command == "doctor":
        sys.exit(run_doctor(parser, args, flags))
    if args.command == "sweep":
        sys.exit(run_sweep(parser, args, flags))
    if args.command == "constraints" and args.action == "check":
        sys.exit(run(args, flags))
    if flags:
        parser.error(f"unrecognized arguments: {' '.join(flags)}")
    if args.command == "constraints":
        sys.exit(run(args))
    if args.command == "attention":
        show_attention(args)
    elif args.command == "report":
        show_report(parser, args.folder)
    elif args.command == "metrics":
        show_metrics()
    else:
        run_demo(parser, args)


def add_attention(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, help="a hub name, a folder, tiny or smollm2-135m")
    parser.add_argument("--prompt", required=True, help="what the model is asked, instructions included")
    parser.add_argument(
        "--constraint", action="append", default=[], help="a part of the prompt to follow; by default every sentence"
    )
    parser.add_argument("--compare", metavar="MODEL", help="another model, drawn beside it")
    parser.add_argument("--output", type=Path, default=Path("keepif-attention.png"), help="where the picture goes")


def positive(text: str) -> int:
    """A number of steps from the command line."""
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, found {text!r}")
    return int(text)


def run_sweep(parser: argparse.ArgumentParser, args: argparse.Namespace, flags: list[str]) -> int:
    """Run a sweep; 1 where a run of it failed."""
    from rich.console import Console

    from ..sweep import sweep
    from ..sweep.sweep_file import SweepError, read

    console = Console()
    try:
        asked = read(args.file, args.count)
        output_dir = args.output_dir or Path("runs/sweeps") / asked.name
        runs = sweep.plan(asked, output_dir, flags)
        sweep.run_all(runs, console)
    except SweepError as error:
        parser.exit(2, f"keepif sweep: {error}\n")
    except KeyboardInterrupt:
        parser.exit(130, "\ninterrupted; the same command goes on where it stopped\n")
    rows, wrong = sweep.collect(runs)
    if rows:
        sweep.write(output_dir, rows, console)
    for line in wrong:
        console.print(line, style="red", markup=False, soft_wrap=True)
    return 1 if wrong else 0


def show_report(parser: argparse.ArgumentParser, folder: Path) -> None:
    from rich.console import Console

    from keepif.trainer.report import report, tables

    folder = folder.parent if folder.is_file() else folder
    try:
        found = report.load(folder)
    except ValueError as error:
        parser.exit(2, f"keepif report: {error}\n")
    console = Console()
    console.print(f"{tables.heading(found)}\n", highlight=False)
    for table in tables.screen(found):
        console.print(table, "")
    console.print("\n".join(tables.footnotes(found)), markup=False, highlight=False)
    try:
        report.picture(folder, found)
    except OSError as error:
        console.print(f"no figure: {error}", markup=False)
    if (folder / report.FIGURE).exists():
        console.print(f"figure: {folder / report.FIGURE}", soft_wrap=True, markup=False)


def show_metrics() -> None:
    from rich.console import Console

    from .metrics import show

    show(Console())


def run_doctor(parser: argparse.ArgumentParser, args: argparse.Namespace, flags: list[str]) -> int:
    """Print what the doctor finds; 1 where something would break the run or waste it."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import datasets
    from rich.console import Console
    from transformers.utils import logging

    from ..doctor.doctor import examine
    from ..doctor.findings import table
    from ..doctor.rehearsal import engine_of
    from ..shipped import here_or_shipped
    from ..train import CONFIGS

    datasets.disable_progress_bars()
    logging.disable_progress_bar()
    launched = args.accelerate_config
    try:
        config = here_or_shipped(args.config, CONFIGS)
        launched = launched and here_or_shipped(launched, CONFIGS.parent / "accelerate_configs")
        engine = engine_of(launched, args.num_processes)
    except ValueError as error:
        parser.exit(2, f"keepif doctor: {error}\n")
    findings = examine(config, flags, engine, args.gpu_memory, args.sample)
    where = f"{engine.processes} process{'es' * (engine.processes > 1)}, {engine.kind}"
    Console().print(table(findings, f"{config.name}: {where}"))
    return int(any(finding.level == "fail" for finding in findings))


def show_attention(args: argparse.Namespace) -> None:
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging

    from ..plainly import plainly
    from .attention import run as attention

    logging.disable_progress_bar()
    with plainly("keepif attention"):
        attention(args)


def run_demo(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    from transformers.utils import logging  # heavy: after the arguments are known to be good

    from ..experiments.demo import run as demo
    from ..plainly import plainly

    logging.disable_progress_bar()

    try:
        with plainly("keepif demo"):
            demo(args.output_dir, seeds=args.seeds, steps=args.steps)
    except KeyboardInterrupt:
        parser.exit(130, "\ninterrupted; what was measured so far is in " + str(args.output_dir) + "\n")


if __name__ == "__main__":
    main()
