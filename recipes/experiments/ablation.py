"""Every way of putting correctness and compliance together, from the same start, for the same steps, on several seeds.

    python -m keepif.recipes.experiments.ablation --seeds 0 1 2 3 4

Runs that have ended are not run again: an interrupted ablation goes on where it stopped. Results of other settings
are refused.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.progress import Progress

from keepif.trainer.floor import SLACK
from keepif.trainer.record import SMOOTHED

from ..tiny_policy.methods import GDPO, METHODS
from ..tiny_policy.reinforce import before, made_by, measure_reference

STEPS, SAMPLES, SAMPLES_BEFORE = 80, 4, 12
TOLERANCE = 0.01
"""A run that ends no further below its floor holds it; about one standard error of the held-out compliance."""

Run = dict[str, Any]
COLUMNS = {
    "accuracy": "accuracy",
    "sacc": "SAcc",
    "hacc": "HAcc",
    "joint": "joint",
    "tokens": "tokens",
    "lambda": "λ",
    "mu": "μ",
    "below": "steps below",
    "dip": "worst dip",
}
SHARES = {"accuracy", "sacc", "hacc", "joint", "below", "dip"}


def folder_of(work_dir: Path, method: str, seed: int) -> Path:
    slug = "".join(letter if letter.isalnum() else "_" for letter in method.lower())
    return work_dir / "runs" / slug / f"seed-{seed}"


def is_done(folder: Path, method: str, steps: int) -> bool:
    """Whether the run's result is there.

    Raises:
        `ValueError`: where other settings made it. A result that does not say what did is one of the default steps.
    """
    if not (folder / "result.json").exists():
        return False
    asked, beside = made_by(method, steps, SAMPLES), folder / "made_by.json"
    found = json.loads(beside.read_text()) if beside.exists() else asked | {"steps": STEPS}
    if differing := [name for name in asked if found.get(name) != asked[name]]:
        raise ValueError(
            f"the result in {folder} was made with other {' and '.join(differing)} than are asked for now: take "
            "another --work_dir, or delete that folder to run it again"
        )
    return True


def run(work_dir: Path, method: str, seed: int, steps: int) -> None:
    """One run in a process of its own, on one core."""
    folder = folder_of(work_dir, method, seed)
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "keepif.recipes.tiny_policy.reinforce", f"--method={method}", f"--seed={seed}"]
    command += [f"--steps={steps}", f"--samples={SAMPLES}", f"--output_dir={folder}"]
    command += [f"--reference={work_dir / 'reference.json'}"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    with (folder / "log.txt").open("wb") as log:
        done = subprocess.run(command, env=environment, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"the run of {method!r}, seed {seed}, failed; its output is in {folder / 'log.txt'}")


def run_all(work_dir: Path, methods: Sequence[str], seeds: Sequence[int], steps: int) -> None:
    """All runs that have not ended, as many at once as there are cores."""
    planned = [
        (method, seed)
        for seed in seeds
        for method in methods
        if not is_done(folder_of(work_dir, method, seed), method, steps)
    ]
    with ThreadPoolExecutor(os.cpu_count()) as pool, Progress() as progress:
        bar = progress.add_task("runs", total=len(planned))
        futures = [pool.submit(run, work_dir, method, seed, steps) for method, seed in planned]
        for future in as_completed(futures):
            future.result()
            progress.advance(bar)


def slack_of(method: str) -> float:
    """How far below the policy before RL the floor lies that `method` is held against."""
    return METHODS[method].get("slack", SLACK)


def has_floor(method: str) -> bool:
    """Whether a law moves λ in `method`."""
    return method != GDPO and METHODS[method].get("floor", "reference") is not None


def summary(folder: Path, training_floor: float, held_out_floor: float) -> Run:
    """What one run ended at on held-out prompts, and how it held its floor there and while training."""
    found = json.loads((folder / "result.json").read_text())
    curve = curve_of(folder)
    means = [fmean(step["sacc"] for step in curve[end - SMOOTHED : end]) for end in range(SMOOTHED, len(curve) + 1)]
    end = curve[-SMOOTHED:]
    return found | {
        "tokens": found["thinking_tokens"] + found["answer_tokens"],
        "lambda": fmean(step.get("lambda", 0.0) for step in end),
        "mu": fmean(step.get("mu", 0.0) for step in end),
        "below": fmean(mean < training_floor for mean in means),
        "dip": max(0.0, *(training_floor - mean for mean in means)),
        "floor": training_floor,
        "held": found["sacc"] >= held_out_floor - TOLERANCE,
    }


def collect(
    work_dir: Path, methods: Sequence[str], seeds: Sequence[int], reference: float, before: float
) -> dict[str, list[Run]]:
    """Summaries of the runs that have ended, by method.

    `reference` is the compliance before RL on training prompts, `before` on the held-out ones.
    """
    found: dict[str, list[Run]] = {}
    for method in methods:
        for seed in seeds:
            folder, slack = folder_of(work_dir, method, seed), slack_of(method)
            if (folder / "result.json").exists():
                run = {"seed": seed, **summary(folder, reference - slack, before - slack)}
                if not has_floor(method):
                    del run["lambda"], run["mu"]
                found.setdefault(method, []).append(run)
    return found


def courses(work_dir: Path, found: dict[str, list[Run]]) -> dict[str, dict[str, list[float]]]:
    """Compliance and λ over the steps of each method, averaged over its seeds."""
    shown: dict[str, dict[str, list[float]]] = {}
    for method, runs in found.items():
        curves = [curve_of(folder_of(work_dir, method, run["seed"])) for run in runs]
        shown[method] = {
            name: [round(fmean(step.get(name, 0.0) for step in steps), 4) for steps in zip(*curves, strict=True)]
            for name in ("sacc", "lambda")
        }
    return shown


def curve_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]


def table(start: dict[str, float], found: dict[str, list[Run]]) -> str:
    """A Markdown table: means over the seeds, lowest and highest."""
    lines = [f"| method | seeds | {' | '.join(COLUMNS.values())} | floor held |", "|---" * (len(COLUMNS) + 3) + "|"]
    blank = [_number(start[key], key) if key in start else "" for key in COLUMNS]
    lines.append(f"| before RL | | {' | '.join(blank)} | |")
    for method, runs in found.items():
        cells = [_cell([run[key] for run in runs], key) if key in runs[0] else "–" for key in COLUMNS]
        held = f"{sum(run['held'] for run in runs)} of {len(runs)}"
        lines.append(f"| {method} | {len(runs)} | {' | '.join(cells)} | {held} |")
    return "\n".join(lines)


def _cell(values: list[float], key: str) -> str:
    mean = _number(fmean(values), key)
    return mean if min(values) == max(values) else f"{mean} ({_number(min(values), key)}–{_number(max(values), key)})"


def _number(value: float, key: str) -> str:
    return f"{100 * value:.1f}" if key in SHARES else f"{value:.2f}" if key in {"lambda", "mu"} else f"{value:.1f}"


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--work_dir", type=Path, default=Path("runs/ablation"), help="where the runs go")
    parser.add_argument("--output_dir", type=Path, default=Path("runs/ablation"), help="where table and figure go")
    args = parser.parse_args(argv)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    console = Console()
    stored = args.work_dir / "reference.json"
    if not stored.exists():
        measure_reference(stored)
    if not (args.work_dir / "before.json").exists():
        with console.status("evaluating the policy before RL ..."):
            (args.work_dir / "before.json").write_text(json.dumps(before(SAMPLES_BEFORE)))
    run_all(args.work_dir, args.methods, args.seeds, args.steps)
    tally = json.loads(stored.read_text())["tally"]
    reference = tally["compliance"] / tally["constrained"]
    start = json.loads((args.work_dir / "before.json").read_text())
    start["tokens"] = start["thinking_tokens"] + start["answer_tokens"]
    found = collect(args.work_dir, args.methods, args.seeds, reference, start["sacc"])
    report = {"steps": args.steps, "reference": reference, "before": start, "runs": found}
    write(args.output_dir, report | {"courses": courses(args.work_dir, found)}, console)


def write(output_dir: Path, report: dict[str, Any], console: Console) -> None:
    """Leave numbers, table and figure in `output_dir`, and show the table."""
    output_dir.mkdir(parents=True, exist_ok=True)
    (output_dir / "ablation.json").write_text(json.dumps(report))
    shown = table(report["before"], report["runs"])
    (output_dir / "ablation.md").write_text(shown + "\n")
    console.print(shown, markup=False, soft_wrap=True)
    try:
        from .figures import ablation_figure, law_figure
    except ImportError:
        console.print("the figure needs matplotlib: pip install 'keepif[plot]'", markup=False)
        return
    for name, draw in (("ablation.png", ablation_figure), ("law.png", law_figure)):
        draw(report).savefig(output_dir / name, dpi=150)
        console.print(f"figure: {output_dir / name}", soft_wrap=True)


if __name__ == "__main__":
    main()
