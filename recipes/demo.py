"""The deficit and the cure, in minutes: the embedded policy, trained on correctness alone and with KeepIF.

    keepif demo
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

SMOOTHED = 10
"""Steps that the running numbers are averaged over."""
LOOK_EVERY = 0.5
"""Seconds between two looks at the runs' files."""

COLUMNS = {
    "accuracy": "accuracy",
    "hacc": "HAcc",
    "sacc": "SAcc",
    "joint": "joint",
    "thinking_tokens": "thinking tokens",
    "answer_tokens": "answer tokens",
}


@dataclass
class Arm:
    """One run of the demo, in a process of its own."""

    name: str
    lam: float
    folder: Path
    curve: list[dict[str, float]] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def start(self, seed: int, steps: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        for stale in ("curve.jsonl", "result.json"):
            (self.folder / stale).unlink(missing_ok=True)
        command = [sys.executable, "-m", "keepif.recipes.tiny_policy.reinforce"]
        command += [f"--output_dir={self.folder}", f"--lam={self.lam}", f"--seed={seed}", f"--steps={steps}"]
        # One thread each: two processes that both use both cores are ten times slower.
        environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
        with (self.folder / "log.txt").open("wb") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)

    def read(self) -> None:
        """Take in what the run has written since the last look."""
        path = self.folder / "curve.jsonl"
        if path.exists():
            lines = path.read_text().split("\n")[:-1]
            self.curve += [json.loads(line) for line in lines[len(self.curve) :]]

    def recent(self, name: str) -> float:
        return fmean(step[name] for step in self.curve[-SMOOTHED:])

    @property
    def result(self) -> dict[str, float]:
        return json.loads((self.folder / "result.json").read_text())

    def failed(self) -> bool:
        return self.process is not None and self.process.poll() not in {None, 0}


def run(output_dir: Path, seed: int = 0, steps: int | None = None, lam: float = 0.3) -> dict[str, dict[str, float]]:
    """Run the demo and leave `demo.json` and, where matplotlib is installed, `demo.png` in `output_dir`.

    Returns:
        `dict[str, dict[str, float]]`: the metrics before RL and after each run.
    """
    console = Console()
    began = time.monotonic()
    with console.status("loading the embedded policy and measuring it before RL ..."):
        from .tiny_policy.reinforce import STEPS, before

        steps = steps or STEPS
        results = {"before RL": before()}
    arms = [Arm("correctness only", 0.0, output_dir / "correctness_only"), Arm("KeepIF", lam, output_dir / "keepif")]
    try:
        for arm in arms:
            arm.start(seed, steps)
        follow(arms, steps, console)
    finally:
        for arm in arms:
            if arm.process and arm.process.poll() is None:
                arm.process.terminate()
    results |= {arm.name: arm.result for arm in arms}
    curves = {arm.name: arm.curve for arm in arms}
    report = {"seed": seed, "steps": steps, "lambda": lam, "results": results, "curves": curves}
    (output_dir / "demo.json").write_text(json.dumps(report, indent=1))
    console.print(table_of(results))
    console.print(verdict(results))
    console.print(f"\nfigure: {draw(report, output_dir / 'demo.png')}")
    console.print(f"numbers: {output_dir / 'demo.json'}    took {time.monotonic() - began:.0f} s")
    console.print(
        "\nnext, on your own model: accelerate launch -m keepif.recipes.train --config YOUR.yaml   "
        "(a first one: recipes/configs/smollm2_cpu.yaml)",
        highlight=False,
    )
    return results


def follow(arms: list[Arm], steps: int, console: Console) -> None:
    """Show both runs' progress and running numbers until both have ended."""
    columns = (
        TextColumn("{task.description:<17}"),
        BarColumn(bar_width=24),
        TextColumn("{task.completed:>3.0f}/{task.total:.0f}"),
        TextColumn("{task.fields[numbers]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        bars: list[TaskID] = [progress.add_task(arm.name, total=steps, numbers="starting ...") for arm in arms]
        while True:
            ended = all(arm.process is not None and arm.process.poll() is not None for arm in arms)
            for arm, bar in zip(arms, bars, strict=True):
                arm.read()
                if arm.failed():
                    raise RuntimeError(f"the run '{arm.name}' failed; its output is in {arm.folder / 'log.txt'}")
                if arm.curve:
                    numbers = f"accuracy {arm.recent('accuracy'):.2f}  compliance {arm.recent('sacc'):.2f}"
                    progress.update(bar, completed=len(arm.curve), numbers=numbers)
            if ended:
                return
            time.sleep(LOOK_EVERY)


def table_of(results: dict[str, dict[str, float]]) -> Table:
    """The results as a table: one row a policy."""
    table = Table(title="on 512 held-out prompts")
    table.add_column("policy", no_wrap=True)
    for header in COLUMNS.values():
        table.add_column(header, justify="right")
    for name, metrics in results.items():
        cells = [f"{metrics[key]:.1f}" if "tokens" in key else f"{100 * metrics[key]:.1f} %" for key in COLUMNS]
        table.add_row(name, *cells)
    return table


def verdict(results: dict[str, dict[str, float]]) -> str:
    """What the table says, in a sentence."""
    before, alone, kept = results.values()

    def change(after: dict[str, float], name: str) -> str:
        return f"{100 * (after[name] - before[name]):+.1f}"

    return (
        f"Correctness alone: accuracy {change(alone, 'accuracy')} points, compliance {change(alone, 'sacc')} points. "
        f"KeepIF: accuracy {change(kept, 'accuracy')}, compliance {change(kept, 'sacc')}."
    )


def draw(report: dict, path: Path) -> str:
    """Draw the demo's figure to `path`; says what to install where it cannot."""
    try:
        from .figures import demo_figure
    except ImportError:
        return "needs matplotlib: pip install 'keepif[plot]'"
    demo_figure(report).savefig(path, dpi=150)
    return str(path)
