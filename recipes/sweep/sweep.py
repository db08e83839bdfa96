"""A sweep without a server: the runs of a W&B sweep file one after another, then their Pareto table and figure.

    keepif sweep recipes/sweeps/slack.yaml

Each run is a process of its own with a folder of its own. A run that has ended well is not run again: a sweep that was
killed goes on where it stopped, from the last checkpoint of the run that was interrupted, where it has left one.
"""

import fcntl
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import IO, Any

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from keepif.rewards.extras import install
from keepif.trainer.files import read_json
from keepif.trainer.report.types import HELD, NOISE
from keepif.trainer.tally import NUMBERS

from ..checkpoint import last_checkpoint
from .sweep_file import Sweep, SweepError, Values

LOG, EXIT, MADE_BY, REPORT = "log.txt", "exit-code", "made-by.json", "keepif-report.json"
CONFIGS = Path(__file__).parents[1] / "configs"
LOOK_EVERY = 0.5
"""Seconds between two looks at a run."""
SHARES = ("accuracy", "sacc", "joint")
"""Those of the report's numbers that a sweep compares."""
MEASURED = {name: NUMBERS[name] for name in SHARES} | {"tokens": "tokens"}
"""Column → what the table calls it."""
FOOTNOTE = (
    "In percent; of several seeds the mean. Measured on training prompts, over the last ticks of each run. Floors "
    "held: in so many runs no type ends below its floor by more than noise (with floor_by mean: SAcc ends above its "
    "floor). *: no other row has both a higher accuracy and a higher SAcc."
)

Row = dict[str, Any]


@dataclass(frozen=True)
class Run:
    """One run of a sweep: what it is told, where it works, and the command that starts it."""

    values: Values
    folder: Path
    command: list[str]

    @property
    def name(self) -> str:
        return _words(self.values)

    def is_done(self) -> bool:
        """Whether it has ended well."""
        return read_json(self.folder / EXIT) == 0

    def made_by(self) -> dict[str, Any]:
        """What its result depends on: its command, and the files that the command names."""
        named = [part.split("=", 1)[-1] if part.startswith("--") else part for part in self.command]
        # A file here goes before one that ships under its name. isfile: some flags are too long for a path.
        files = [path for name in named for path in (str(CONFIGS / name), name) if os.path.isfile(path)]  # noqa: PTH113
        return {"command": self.command, "files": {Path(path).name: _digest(Path(path)) for path in files}}

    def report(self) -> dict[str, Any] | None:
        """What it says of itself so far; `None` before it has said anything."""
        return read_json(self.folder / REPORT)

    def share_done(self) -> float:
        report = self.report()
        return report["step"] / report["max_steps"] if report else 0.0


def plan(sweep: Sweep, output_dir: Path, flags: Sequence[str] = ()) -> list[Run]:
    """The runs of `sweep`, each told to work in a folder below `output_dir`; `flags` are added to every command."""
    turned = {name for values in sweep.runs for name in values}
    if taken := turned & {flag.split("=")[0].removeprefix("--") for flag in flags}:
        raise SweepError(f"--{min(taken)} is what the sweep turns: leave it out")
    runs: dict[Path, Run] = {}
    for values in sweep.runs:
        folder = output_dir / _folder_name(values)
        # Without a server: whoever wants a tracker names it behind the file.
        command = [*sweep.command_of(values), "--report_to=none", f"--output_dir={folder}", *flags]
        runs[folder] = Run(values, folder, command)
    for run in runs.values():
        path, keeps = run.folder / MADE_BY, run.is_done() or last_checkpoint(run.folder)
        if keeps and read_json(path) not in (None, run.made_by()):
            raise SweepError(
                f"{run.folder} keeps a run of another command or config (see {path}): take another --output_dir, or "
                "delete that folder to run it again"
            )
    return list(runs.values())


def run_all(runs: Sequence[Run], console: Console) -> None:
    """Every run that has not ended well, one after another, under a progress bar."""
    columns = (BarColumn(16), TextColumn("{task.completed:.1f} of {task.total:.0f} runs"),
               TimeElapsedColumn(Column(no_wrap=True, min_width=7)),
               TextColumn("{task.description}", table_column=Column(overflow="fold")))  # fmt: skip
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=len(runs))
        for number, run in enumerate(runs):

            def look(run: Run = run, number: int = number) -> None:
                progress.update(bar, completed=number + run.share_done(), description=run.name)
                time.sleep(LOOK_EVERY)

            if not run.is_done():
                complete(run, look)
            progress.update(bar, completed=number + 1)


def complete(run: Run, look: Callable[[], None]) -> None:
    """See `run` to its end, with a `look` every moment.

    Its log is locked for as long as any of its processes writes to it, so that a run which outlives a killed sweep is
    waited for and not started a second time.
    """
    run.folder.mkdir(parents=True, exist_ok=True)
    with (run.folder / LOG).open("ab") as log:
        while not _locked(log):
            look()
        if run.is_done():
            return
        process = _start(run, log)
    try:
        while process.poll() is None:
            look()
    finally:
        if process.poll() is None:  # interrupted: the run has a process group of its own
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _start(run: Run, log: IO[bytes]) -> subprocess.Popen[bytes]:
    for stale in (EXIT, REPORT):
        (run.folder / stale).unlink(missing_ok=True)
    (run.folder / MADE_BY).write_text(json.dumps(run.made_by(), indent=2))
    checkpoint = last_checkpoint(run.folder)
    command = [*run.command, *([f"--resume_from_checkpoint={checkpoint}"] if checkpoint else [])]
    # The shell writes the exit code down, which a killed sweep could not.
    noted = ["/bin/sh", "-c", '"$@"; echo $? > "$0"', str(run.folder / EXIT), *command]
    beside_python = str(Path(sys.executable).parent)
    environment = os.environ | {"PATH": beside_python + os.pathsep + os.environ.get("PATH", os.defpath)}
    return subprocess.Popen(noted, env=environment, stdout=log, stderr=log, start_new_session=True)


def _locked(log: IO[bytes]) -> bool:
    try:
        fcntl.flock(log, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def collect(runs: Sequence[Run]) -> tuple[list[Row], list[str]]:
    """(a row for each run that ended well and left a report, what went wrong with the others)."""
    rows, wrong = [], []
    for run in runs:
        report = run.report()
        if not run.is_done():
            wrong.append(f"{run.name} failed: its output is in {run.folder / LOG}")
        elif report is None:
            wrong.append(f"{run.name} left no {REPORT} in {run.folder}: was KeepIF attached to it?")
        else:
            rows.append(_row(run, report))
    return rows, wrong


def _row(run: Run, report: dict[str, Any]) -> Row:
    shares = {name: report["after"][name]["share"] for name in SHARES}
    before = {name: report["before"][name]["share"] for name in SHARES}
    return {"values": run.values, **shares, "tokens": report["after"]["tokens"], "held": floors_held(report),
            "before": before, "steps": report["step"], "folder": run.folder.name}  # fmt: skip


def floors_held(report: dict[str, Any]) -> bool | None:
    """Whether what has a floor ends at it, or below within noise: each type, or the mean. `None` without a floor."""
    if states := {one["state"] for one in report["by_type"].values() if one.get("state")}:
        return states <= {HELD, NOISE}
    floor = report["floor"]
    return None if floor is None else (report["after"]["sacc"]["share"] or 0.0) >= floor["mean"]


def by_setting(rows: Sequence[Row]) -> list[Row]:
    """The rows put together that differ in nothing but their seed, and which of them are on the Pareto front."""
    names = dict.fromkeys(name for row in rows for name in row["values"] if name != "seed")
    turned = [name for name in names if len({row["values"].get(name) for row in rows}) > 1]
    runs: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        runs.setdefault(tuple(row["values"].get(name) for name in turned), []).append(row)
    words = _told_apart([dict(zip(turned, values, strict=True)) for values in runs])
    settings: list[Row] = [
        {"setting": name or "all", "runs": same}
        | {share: fmean(row[share] or 0.0 for row in same) for share in SHARES}
        for name, same in zip(words, runs.values(), strict=True)
    ]
    for one in settings:
        one["front"] = not any(_dominates(other, one) for other in settings)
    return settings


def _told_apart(settings: Sequence[Values]) -> list[str]:
    """The settings in words: three digits, or as many more as tell them apart."""
    named = ([_words(values, digits) for values in settings] for digits in range(3, 18))  # 17 are all that a float has
    return next(names for names in named if len({*names}) == len(names))


def _dominates(other: Row, one: Row) -> bool:
    pairs = [(other[name], one[name]) for name in ("accuracy", "sacc")]
    return all(theirs >= ours for theirs, ours in pairs) and any(theirs > ours for theirs, ours in pairs)


def table(rows: Sequence[Row], *, spread: bool) -> Table:
    """The settings, best accuracy first: for a file as Markdown, with the `spread` over seeds, or for the screen."""
    shown = Table(box=box.MARKDOWN) if spread else Table(box=None, pad_edge=False)
    shown.add_column("setting", no_wrap=spread, overflow="fold")
    for header in ("runs", *MEASURED.values(), "floors held", "front"):
        shown.add_column(header, justify="right", no_wrap=True)
    for setting in sorted(by_setting(rows), key=lambda setting: -setting["accuracy"]):
        runs = setting["runs"]
        cells = [_cell([run[name] for run in runs], 1 if name == "tokens" else 100, spread) for name in MEASURED]
        floors = [run["held"] for run in runs if run["held"] is not None]
        held = f"{sum(floors)} of {len(floors)}" if floors else "-"
        shown.add_row(setting["setting"], str(len(runs)), *cells, held, "*" if setting["front"] else "")
    return shown


def _cell(values: Sequence[float | None], scale: float, spread: bool) -> str:
    scaled = [scale * value for value in values if value is not None]
    if not scaled:
        return "-"
    mean = f"{fmean(scaled):.1f}"
    return f"{mean} ({min(scaled):.1f} to {max(scaled):.1f})" if spread and min(scaled) < max(scaled) else mean


def write(output_dir: Path, rows: Sequence[Row], console: Console) -> None:
    """Leave the numbers, the table and, where matplotlib is there, the figure in `output_dir`; show the table."""
    output_dir.mkdir(parents=True, exist_ok=True)
    (output_dir / "sweep.json").write_text(json.dumps(rows, indent=1))
    wide = Console(width=400)
    with wide.capture() as captured:
        wide.print(table(rows, spread=True))
    (output_dir / "sweep.md").write_text(captured.get().strip() + "\n")
    console.print(table(rows, spread=False), "")
    console.print(FOOTNOTE, markup=False, highlight=False)
    console.print(f"lowest and highest of the seeds: {output_dir / 'sweep.md'}", soft_wrap=True, markup=False)
    try:
        from .figure import draw
    except ImportError:
        console.print(f"the figure needs matplotlib: {install('plot')}", markup=False)
        return
    draw(by_setting(rows)).savefig(output_dir / "sweep.png", dpi=150)
    console.print(f"figure: {output_dir / 'sweep.png'}", soft_wrap=True, markup=False)


def _words(values: Values, digits: int = 3) -> str:
    return ", ".join(f"{name} {value:.{digits}g}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in values.items())  # fmt: skip


def _folder_name(values: Values) -> str:
    """The values as a path can hold them; a digest tells apart what that makes alike."""
    words = "_".join(f"{name}={value}" for name, value in values.items())
    name = re.sub(r"[^\w.,=+-]+", "-", words)[:100]
    return name if name == words else f"{name}-{hashlib.sha256(words.encode()).hexdigest()[:8]}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
