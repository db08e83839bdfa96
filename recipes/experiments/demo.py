"""The deficit and the cure, in minutes: the embedded policy, trained on correctness alone and with KeepIF.

keepif demo
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from keepif.rewards.extras import install
from keepif.trainer.tally import NUMBERS

from .process import failed, start

SMOOTHED = 10
"""Steps that the running numbers are averaged over."""
LOOK_EVERY = 0.5
"""Seconds between two looks at the runs' files."""

NEXT = """
next, what the run with KeepIF reports of itself:
  {keepif} report {folder}
and a recipe from its config, looked at before it trains:
  {accelerate} launch --cpu -m keepif.recipes.train \\
    --config tiny_cpu.yaml --dry_run"""

LEGEND = "HAcc: all instructions kept; SAcc: mean share kept; joint: right, all kept"

Report = dict[str, Any]

COLUMNS = {
    **NUMBERS,
    "thinking_tokens": "thinking\ntokens",
    "answer_tokens": "answer\ntokens",
}


@dataclass
class Arm:
    """One run of the demo, in a process of its own."""

    name: str
    folder: Path
    process: subprocess.Popen[bytes]
    curve: list[dict[str, float]] = field(default_factory=list)

    def read(self) -> None:
        """Take in what the run has written since the last look."""
        path = self.folder / "curve.jsonl"
        if path.exists():
            lines = path.read_text().split("\n")[:-1]
            self.curve += [json.loads(line) for line in lines[len(self.curve) :]]

    def recent(self, name: str) -> float:
        return fmean(step[name] for step in self.curve[-SMOOTHED:])


def run(output_dir: Path, seeds: Sequence[int] = (0,), steps: int | None = None) -> list[Report]:
    """Run the demo once a seed; leaves `demo.json` and, if matplotlib is installed, `demo.png` in `output_dir`."""
    console = Console()
    began = time.monotonic()
    with console.status("loading the embedded policy and measuring it before RL ..."):
        from ..tiny_policy.reinforce import STEPS, before

        steps, unchanged = steps or STEPS, before()
    reports = []
    for seed in seeds:
        if len(seeds) > 1:
            console.print(f"seed {seed}")
        reports.append(run_seed(output_dir, seed, steps, unchanged, console))
    (output_dir / "demo.json").write_text(json.dumps(reports))
    console.print(table_of(reports))
    console.print(LEGEND)
    console.print(verdict(reports))
    console.print(f"\nfigure: {draw(reports, output_dir / 'demo.png')}", soft_wrap=True, markup=False)
    console.print(f"numbers: {output_dir / 'demo.json'}    took {time.monotonic() - began:.0f} s", soft_wrap=True)
    commands = {
        "accelerate": _here("accelerate"),
        "keepif": _here("keepif"),
        "folder": reported(output_dir, seeds[-1]),
    }
    console.print(NEXT.format(**commands), soft_wrap=True, highlight=False, markup=False)
    return reports


def reported(output_dir: Path, seed: int) -> Path:
    """The folder of a seed's run with KeepIF, where its report is."""
    return output_dir / f"seed-{seed}" / "keepif"


def run_seed(output_dir: Path, seed: int, steps: int, before: dict[str, float], console: Console) -> Report:
    """Both runs of one seed, side by side."""
    folders = {
        "correctness only": output_dir / f"seed-{seed}" / "correctness_only",
        "KeepIF": reported(output_dir, seed),
    }
    arms: list[Arm] = []
    try:
        for name, folder in folders.items():
            for stale in ("curve.jsonl", "result.json", "keepif-reference.json"):
                (folder / stale).unlink(missing_ok=True)
            arms.append(Arm(name, folder, start(folder, name, seed, steps)))
        follow(arms, seed, steps, console)
    finally:
        for arm in arms:
            arm.process.terminate()  # nothing, if it has ended
    results = {arm.name: json.loads((arm.folder / "result.json").read_text()) for arm in arms}
    curves = {arm.name: arm.curve for arm in arms}
    return {"seed": seed, "steps": steps, "results": {"before RL": before} | results, "curves": curves}


def follow(arms: list[Arm], seed: int, steps: int, console: Console) -> None:
    """Show both runs' progress and running numbers until both have ended."""
    columns = (
        TextColumn("{task.description:<17}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:>3.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[numbers]}"),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bars = [progress.add_task(arm.name, total=steps, numbers="starting ...") for arm in arms]
        ended = False
        while not ended:
            ended = all(arm.process.poll() is not None for arm in arms)
            for arm, bar in zip(arms, bars, strict=True):
                arm.read()
                if arm.process.poll():
                    raise failed(arm.folder, arm.name, seed)
                if arm.curve:
                    numbers = f"accuracy {arm.recent('accuracy'):.2f}  SAcc {arm.recent('sacc'):.2f}"
                    progress.update(bar, completed=len(arm.curve), numbers=numbers)
            time.sleep(LOOK_EVERY)


def table_of(reports: Sequence[Report]) -> Table:
    """One row a policy: means over the seeds, with the lowest and highest where there are several."""
    seeds = f"; mean (lowest-highest) of {len(reports)} seeds" if len(reports) > 1 else ""
    table = Table(title=f"on 512 held-out prompts{seeds}", box=None, pad_edge=False)
    table.add_column("policy", no_wrap=True)
    for header in COLUMNS.values():
        table.add_column(header, justify="right")
    for name in reports[0]["results"]:
        table.add_row(name, *(_cell([report["results"][name][key] for report in reports], key) for key in COLUMNS))
    return table


def _cell(values: list[float], key: str) -> str:
    scale, unit = (1, "") if "tokens" in key else (100, " %")
    mean = f"{scale * fmean(values):.1f}{unit}"
    if min(values) == max(values):
        return mean
    return f"{mean}\n{scale * min(values):.1f}-{scale * max(values):.1f}"


def _here(command: str) -> str:
    """`command` as a shell finds it: by name, or beside this Python where no virtual environment is active."""
    beside = Path(sys.executable).with_name(command)
    found = shutil.which(command)
    if found and Path(found) == beside:
        return command
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)


def verdict(reports: Sequence[Report]) -> str:
    """What the table says, in a sentence."""

    def change(name: str, metric: str) -> str:
        changes = [report["results"][name][metric] - report["results"]["before RL"][metric] for report in reports]
        return f"{100 * fmean(changes):+.1f}"

    return " ".join(
        f"{name}: accuracy {change(name, 'accuracy')} points, SAcc {change(name, 'sacc')} points."
        for name in ("correctness only", "KeepIF")
    )


def draw(reports: Sequence[Report], path: Path) -> str:
    """Draw the demo's figure to `path`; says what to install where it cannot."""
    try:
        from .figures import demo_figure
    except ImportError:
        return f"needs matplotlib: {install('plot')}"
    demo_figure(reports).savefig(path, dpi=150)
    return str(path)
