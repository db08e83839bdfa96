"""What RL does to constraint attention, whether compliance follows it, and what a loss that holds it does.

    python -m keepif.recipes.experiments.attention --seeds 0 1 2 --output_dir recipes/results/attention

Runs that have ended are not run again.
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

from keepif.trainer.attention.callback import NAME
from keepif.trainer.attention.summary import Summary, mean_of, within_auc
from keepif.trainer.files import read_json, write_json

from ...tiny_policy.reinforce import Place, before, measure_reference
from ..process import run_all, run_module, slug
from ..tables import leave, markdown, spread
from .figure import attention_figure
from .run import ADDED, ARMS, BASES, groups_before

STEPS = 60
MATCHED = ADDED[-1]

Run = dict[str, Any]


def folder_of(work_dir: Path, arm: str, seed: int) -> Path:
    return work_dir / slug(arm) / f"seed-{seed}"


def result_of(work_dir: Path, arm: str, seed: int) -> Run | None:
    return read_json(folder_of(work_dir, arm, seed) / "result.json")


def run(work_dir: Path, arm: str, seed: int, steps: int) -> None:
    """One run in a process of its own; the KL to match is that of the same seed's run with the loss."""
    folder = folder_of(work_dir, arm, seed)
    flags = [f"--arm={arm}", f"--seed={seed}", f"--steps={steps}", f"--reference={work_dir / 'reference.json'}"]
    if arm.endswith(MATCHED) and (like := result_of(work_dir, arm.replace(MATCHED, ADDED[0]), seed)):
        flags.append(f"--target={like['kl']}")
    run_module("keepif.recipes.experiments.attention.run", folder, *flags)


def run_missing(work_dir: Path, arms: Iterable[str], seeds: Sequence[int], steps: int) -> None:
    """All runs that have not ended; those that match others after them."""
    due = [(arm, seed) for seed in seeds for arm in arms if result_of(work_dir, arm, seed) is None]
    for last in (False, True):
        run_all(run, [(work_dir, arm, seed, steps) for arm, seed in due if arm.endswith(MATCHED) == last])


def collect(work_dir: Path, arms: Iterable[str], seeds: Sequence[int]) -> dict[str, list[Run]]:
    """The runs that have ended, by arm: results, AUC, and the measurements on the way."""
    runs: dict[str, list[Run]] = {}
    for arm in arms:
        for seed in seeds:
            if result := result_of(work_dir, arm, seed):
                groups, record = result.pop("groups"), read_json(folder_of(work_dir, arm, seed) / NAME)
                runs.setdefault(arm, []).append(result | {"seed": seed, "auc": aucs(groups), "record": record})
    return runs


def aucs(groups: Sequence[Sequence[Summary]]) -> dict[str, Any]:
    """[`within_auc`] of each reading and of the response's length, on the responses that have an answer."""
    answered = [[one for one in group if one["share_answer"] is not None] for group in groups]
    return {name: within_auc(answered, name) for name in ("share_answer", "alpha", "length")}


def course(run: Run, name: str) -> list[tuple[int, float]]:
    """(step, mean) of a reading over the training."""
    means = [(measured["step"], mean_of(one[name] for one in measured["samples"])) for measured in run["record"]]
    return [(step, mean) for step, mean in means if mean is not None]


def table(start: dict[str, float], runs: dict[str, list[Run]]) -> str:
    """A Markdown table: means over the seeds, lowest and highest; shares and shares kept in percent, α times 1,000."""
    heads = ["arm", "seeds", "accuracy", "SAcc", "joint", "share", "change", "α", "change", "KL"]
    rows = [["before RL", "", *(f"{100 * start[name]:.1f}" for name in ("accuracy", "sacc", "joint")), *[""] * 5]]
    for arm, found in runs.items():
        ends = {name: [course(one, name) for one in found] for name in ("share_answer", "alpha")}
        cells = [spread([100 * one[name] for one in found]) for name in ("accuracy", "sacc", "joint")]
        for name, scale in (("share_answer", 100), ("alpha", 1000)):
            cells.append(spread([scale * way[-1][1] for way in ends[name]]))
            cells.append(spread([scale * (way[-1][1] - way[0][1]) for way in ends[name]], "+"))
        kl = [one["kl"] for one in found if one["kl"] is not None]
        rows.append([arm, str(len(found)), *cells, f"{fmean(kl):.4f}" if kl else "–"])
    return markdown(heads, rows)


def auc_table(policies: dict[str, list[dict[str, Any]]]) -> str:
    """A Markdown table: how often, of two responses to one prompt, the one that keeps everything has more of each."""
    rows = []
    for policy, found in policies.items():
        for auc in found:
            by = (
                f"{one['auc']:.2f} ({one['low']:.2f} to {one['high']:.2f})" if one["pairs"] else "–"
                for one in auc.values()
            )
            rows.append([policy, *by, str(auc["alpha"]["pairs"]), str(auc["alpha"]["prompts"])])
    return markdown(["policy", "by share", "by α", "by length", "pairs", "prompts"], rows)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--work_dir", type=Path, default=Path("runs/attention"), help="where the runs go")
    parser.add_argument("--output_dir", type=Path, default=Path("runs/attention"), help="where tables and figure go")
    args = parser.parse_args(argv)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if not (args.work_dir / "reference.json").exists():
        measure_reference(Place(), args.work_dir / "reference.json")
    if not (args.work_dir / "before.json").exists():
        write_json(args.work_dir / "before.json", before() | {"groups": groups_before(args.work_dir / "before")})
    run_missing(args.work_dir, args.arms, args.seeds, args.steps)
    start = read_json(args.work_dir / "before.json")
    write(args.output_dir, start, collect(args.work_dir, args.arms, args.seeds))


def write(output_dir: Path, start: Run, runs: dict[str, list[Run]]) -> None:
    """Leave numbers, tables and figure in `output_dir`, and show the tables."""
    told = {"before RL": [aucs(start["groups"])]}
    told |= {f"{arm}, seed {one['seed']}": [one["auc"]] for arm in BASES for one in runs.get(arm, [])}
    brief = {
        arm: [
            {name: value for name, value in one.items() if name != "record"}
            | {name: course(one, name) for name in ("share_answer", "share_thinking", "alpha")}
            for one in found
        ]
        for arm, found in runs.items()
    }
    numbers = {"before RL": told["before RL"][0], "runs": brief}
    text = f"{table(start, runs)}\n\n{auc_table(told)}"
    leave(output_dir, "attention", numbers, text, {"attention": attention_figure(start, runs)})
