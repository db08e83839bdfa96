"""Every way of putting correctness and compliance together, from the same start, for the same steps, on several seeds.

    python -m keepif.recipes.experiments.ablation --seeds 0 1 2 3 4

Runs that have ended are not run again: an interrupted ablation goes on where it stopped. Results of other settings
are refused.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console

from keepif.trainer.files import read_json
from keepif.trainer.floor import SLACK
from keepif.trainer.record import SMOOTHED
from keepif.trainer.tally import NUMBERS

from ..tiny_policy.methods import METHODS, rewards_of
from ..tiny_policy.reinforce import Place, before, made_by, measure_reference
from .figures import ablation_figure, law_figure
from .process import failed, run_all, slug, start
from .tables import leave, markdown

STEPS, SAMPLES, SAMPLES_BEFORE = 80, 4, 12
TOLERANCE = 0.01
"""A run that ends no further below its floor holds it; about one standard error of the held-out compliance."""

Run = dict[str, Any]
COLUMNS = {
    **NUMBERS,
    "tokens": "tokens",
    "lambda": "λ",
    "mu": "μ",
    "below": "steps below",
    "dip": "worst dip",
}
SHARES = {*NUMBERS, "below", "dip"}


def folder_of(work_dir: Path, method: str, seed: int) -> Path:
    return work_dir / "runs" / slug(method) / f"seed-{seed}"


def is_done(folder: Path, method: str, steps: int, samples: int = SAMPLES) -> bool:
    """Whether the run's result is there; one that other settings made is refused."""
    stored, wanted = read_json(folder / "made_by.json"), made_by(method, steps, samples)
    if stored is None or not (folder / "result.json").exists():
        return False
    if differing := [name for name in wanted if stored.get(name) != wanted[name]]:
        raise ValueError(
            f"the result in {folder} was made with other {' and '.join(differing)} than these: take another "
            "--work_dir, or delete that folder to run it again"
        )
    return True


def run(work_dir: Path, method: str, seed: int, steps: int) -> None:
    folder = folder_of(work_dir, method, seed)
    flags = [f"--samples={SAMPLES}", f"--reference={work_dir / 'reference.json'}"]
    if start(folder, method, seed, steps, *flags).wait():
        raise failed(folder, method, seed)


def run_missing(work_dir: Path, methods: Sequence[str], seeds: Sequence[int], steps: int) -> None:
    """All runs that have not ended."""
    cells = [(method, seed) for seed in seeds for method in methods]
    missing = [cell for cell in cells if not is_done(folder_of(work_dir, *cell), cell[0], steps)]
    run_all(run, [(work_dir, *cell, steps) for cell in missing])


def has_floor(method: str) -> bool:
    """Whether the controller moves λ in `method`."""
    keepif = rewards_of(method, Path())[1]
    return keepif is not None and keepif.run.floor is not None


def summary(folder: Path, method: str, training: float, held_out: float) -> Run:
    """What one run ended at on held-out prompts, and how it held its floor there and while training.

    `training` and `held_out` are the compliance before RL on training prompts and on held-out ones.
    """
    result, curve, slack = read_json(folder / "result.json"), curve_of(folder), METHODS[method].get("slack", SLACK)
    floor = training - slack
    means = [fmean(step["sacc"] for step in curve[end - SMOOTHED : end]) for end in range(SMOOTHED, len(curve) + 1)]
    end = curve[-SMOOTHED:]
    multipliers = ("lambda", "mu") if has_floor(method) else ()
    return (
        result
        | {"tokens": result["thinking_tokens"] + result["answer_tokens"]}
        | {name: fmean(step[name] for step in end) for name in multipliers}
        | {"below": fmean(mean < floor for mean in means), "dip": max(0.0, *(floor - mean for mean in means))}
        | {"floor": floor, "held": result["sacc"] >= held_out - slack - TOLERANCE}
    )


def collect(
    work_dir: Path, methods: Sequence[str], seeds: Sequence[int], training: float, held_out: float
) -> dict[str, list[Run]]:
    """Summaries of the runs that have ended, by method; for the last two see [`summary`]."""
    runs: dict[str, list[Run]] = {}
    for method in methods:
        for seed in seeds:
            folder = folder_of(work_dir, method, seed)
            if (folder / "result.json").exists():
                run = {"seed": seed} | summary(folder, method, training, held_out)
                runs.setdefault(method, []).append(run)
    return runs


def courses(work_dir: Path, runs: dict[str, list[Run]]) -> dict[str, dict[str, list[float]]]:
    """Compliance and λ over the steps of each method, averaged over its seeds."""
    means: dict[str, dict[str, list[float]]] = {}
    for method, seeds in runs.items():
        curves = [curve_of(folder_of(work_dir, method, run["seed"])) for run in seeds]
        means[method] = {
            name: [round(fmean(step.get(name, 0.0) for step in steps), 4) for steps in zip(*curves, strict=True)]
            for name in ("sacc", "lambda")
        }
    return means


def curve_of(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "curve.jsonl").read_text().splitlines()]


def table(start: dict[str, float], runs: dict[str, list[Run]]) -> str:
    """A Markdown table: means over the seeds, lowest and highest."""
    before = [_number(start[key], key) if key in start else "" for key in COLUMNS]
    rows = [["before RL", "", *before, ""]]
    for method, seeds in runs.items():
        cells = [_cell([run[key] for run in seeds], key) if key in seeds[0] else "–" for key in COLUMNS]
        rows.append([method, str(len(seeds)), *cells, f"{sum(run['held'] for run in seeds)} of {len(seeds)}"])
    return markdown(["method", "seeds", *COLUMNS.values(), "floor held"], rows)


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
    stored = args.work_dir / "reference.json"
    if not stored.exists():
        measure_reference(Place(), stored)
    if not (args.work_dir / "before.json").exists():
        with Console().status("evaluating the policy before RL ..."):
            (args.work_dir / "before.json").write_text(json.dumps(before(samples=SAMPLES_BEFORE)))
    run_missing(args.work_dir, args.methods, args.seeds, args.steps)
    tally = read_json(stored)["tally"]
    reference = tally["compliance"] / tally["constrained"]
    start = read_json(args.work_dir / "before.json")
    start["tokens"] = start["thinking_tokens"] + start["answer_tokens"]
    runs = collect(args.work_dir, args.methods, args.seeds, reference, start["sacc"])
    report = {"steps": args.steps, "reference": reference, "before": start, "runs": runs}
    write(args.output_dir, report | {"courses": courses(args.work_dir, runs)})


def write(output_dir: Path, report: dict[str, Any]) -> None:
    figures = {"ablation": ablation_figure(report), "law": law_figure(report)}
    leave(output_dir, "ablation", report, table(report["before"], report["runs"]), figures)


if __name__ == "__main__":
    main()
