"""Every method in worlds that differ in what obedience costs: which holds every instruction, and what that costs.

    python -m keepif.recipes.experiments.worlds --seeds 0 1 2

Each method has one setting for all worlds. Policies, references and runs that are there are not made again: an
interrupted comparison goes on where it stopped.
"""

import argparse
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.progress import track

from keepif.trainer.files import read_json
from keepif.trainer.floor import SLACK

from ..tiny_policy.methods import METHODS
from ..tiny_policy.worlds import SHIPPED, WORLDS
from .ablation import is_done
from .figures import worlds_figure
from .process import failed, run_all, run_module, slug, start
from .tables import leave, markdown, spread

STEPS = {"free": 120, "even": 120, "hard": 120, "drift": 120, "dear 20": 240, "dear 40": 240, "brief": 240}
"""Steps of a run by world. Where obedience is dear, the controller needs longer to find what holds it."""
OURS = "KeepIF"
COMPARED = (
    "correctness only",
    "gated 0.5",
    "fixed 0.3",
    "fixed 1",
    "fixed 3",
    "dual ascent, mean",
    "dual ascent",
    "KeepIF, mean",
    OURS,
)
SAMPLES, SAMPLES_BEFORE = 4, 12
NOISE = 0.02
"""A type that ends no further below its floor is held; about one standard error of a type's held-out share."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Folders:
    """Where the comparison keeps its files."""

    folder: Path

    def weights(self, world: str) -> Path:
        policy = WORLDS[world].policy
        return SHIPPED if policy == "tiny" else self.folder / "policies" / policy

    def reference(self, world: str) -> Path:
        return self.folder / slug(world) / "keepif-reference.json"

    def before(self, world: str) -> Path:
        return self.folder / slug(world) / "before.json"

    def run(self, world: str, method: str, seed: int) -> Path:
        return self.folder / slug(world) / slug(method) / f"seed-{seed}"

    def place(self, world: str) -> list[str]:
        return [f"--world={world}", f"--weights={self.weights(world)}"]


def prepare(folders: Folders, world: str, lessons: int | None) -> None:
    """Teach the world's policy, and measure it before RL, unless that has been done."""
    policy, weights = WORLDS[world].policy, folders.weights(world)
    if not (weights / "tokenizer.json").exists():
        flags = [f"--policy={policy}", *([f"--lessons={lessons}"] if lessons else [])]
        run_module("keepif.recipes.tiny_policy.teach", weights, *flags)
    if not folders.before(world).exists():
        flags = [*folders.place(world), f"--samples={SAMPLES_BEFORE}", f"--reference={folders.reference(world)}"]
        run_module("keepif.recipes.tiny_policy.reinforce", folders.before(world).parent, "--measure", *flags)


def train(folders: Folders, world: str, method: str, seed: int) -> None:
    """One run, unless its result is there; one of other settings is refused."""
    folder = folders.run(world, method, seed)
    if is_done(folder, method, STEPS[world], SAMPLES):
        return
    flags = [*folders.place(world), f"--samples={SAMPLES}", f"--reference={folders.reference(world)}"]
    if start(folder, method, seed, STEPS[world], *flags).wait():
        raise failed(folder, method, seed)


def collect(folders: Folders, worlds: Iterable[str], methods: Sequence[str], seeds: Sequence[int]) -> list[Row]:
    """One row a run that has ended: accuracy, and how far each type ended above its floor (below, if negative)."""
    rows: list[Row] = []
    for world in worlds:
        before = read_json(folders.before(world))
        for method in methods:
            for seed in seeds:
                result = read_json(folders.run(world, method, seed) / "result.json")
                if before and result:
                    margins = {k: result["types"][k] - before["types"][k] + SLACK for k in before["types"]}
                    kind = min(margins, key=margins.__getitem__)
                    numbers = {name: result[name] for name in ("accuracy", "sacc", "joint")}
                    worst = {"worst": margins[kind], "worst_type": kind, "kept": result["types"][kind]}
                    rows.append({"world": world, "method": method, "seed": seed} | numbers | worst)
    return rows


def table(rows: list[Row]) -> str:
    """A Markdown table: means over the seeds, lowest and highest."""
    lines = []
    for world in dict.fromkeys(row["world"] for row in rows):
        for method in dict.fromkeys(row["method"] for row in rows if row["world"] == world):
            runs = [row for row in rows if (row["world"], row["method"]) == (world, method)]
            kinds = dict.fromkeys(run["worst_type"].rpartition(":")[2] for run in runs)
            held = sum(run["worst"] >= -NOISE for run in runs)
            cells = [spread([100 * run[name] for run in runs]) for name in ("accuracy", "joint", "worst")]
            lines.append([world, method, str(len(runs)), *cells, ", ".join(kinds), f"{held} of {len(runs)}"])
    return markdown(
        ["world", "method", "seeds", "accuracy", "joint", "worst type: above its floor", "which", "held"], lines
    )


def _cells(rows: list[Row]) -> dict[tuple[str, str], list[Row]]:
    """The runs of each world and method, one a seed."""
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row["world"], row["method"]), []).append(row)
    return cells


def _accuracy(runs: Sequence[Row]) -> float:
    """The mean over the seeds, in percent."""
    return 100 * fmean(run["accuracy"] for run in runs)


def weaknesses(rows: list[Row]) -> str:
    """What a method's one setting loses: the most of a type in any run, and the most accuracy in any world."""
    cells, lines = _cells(rows), []
    for method in dict.fromkeys(row["method"] for row in rows):
        worst = min((row for row in rows if row["method"] == method), key=lambda row: row["worst"])
        less = {
            world: _accuracy(cells[world, OURS]) - _accuracy(runs)
            for (world, which), runs in cells.items()
            if which == method != OURS and (world, OURS) in cells
        }
        where = max(less, key=less.__getitem__, default="")
        kind = f"{100 * worst['worst']:.1f} ({worst['worst_type'].rpartition(':')[2]}, {worst['world']})"
        lines.append([method, kind, f"{less[where]:.1f} ({where})" if where else "-"])
    return markdown(["method", "worst type in any run: above its floor", f"less accurate than {OURS}: most"], lines)


def oracle(rows: list[Row]) -> str:
    """The best fixed weight of each world by hindsight: of those that hold every type in every seed."""
    cells, lines = _cells(rows), []
    for world in dict.fromkeys(row["world"] for row in rows):
        tried = {m: runs for (where, m), runs in cells.items() if where == world and m.startswith("fixed")}
        holding = {
            method: _accuracy(runs) for method, runs in tried.items() if all(run["worst"] >= -NOISE for run in runs)
        }
        best = max(holding, key=holding.__getitem__, default="none holds" if tried else "none was run")
        ours = f"{_accuracy(cells[world, OURS]):.1f}" if (world, OURS) in cells else "-"
        lines.append([world, best, f"{holding[best]:.1f}" if best in holding else "-", ours])
    return markdown(["world", "best fixed weight that holds every type", "accuracy", f"accuracy of {OURS}"], lines)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--worlds", nargs="+", choices=WORLDS, default=list(WORLDS))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(COMPARED))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--lessons", type=int, help="lessons of a policy that is still to be taught")
    parser.add_argument("--work_dir", type=Path, default=Path("runs/worlds"), help="where policies and runs go")
    parser.add_argument("--output_dir", type=Path, default=Path("runs/worlds"), help="where table and figure go")
    args = parser.parse_args(argv)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    folders = Folders(args.work_dir)
    for world in track(args.worlds, "policies"):
        prepare(folders, world, args.lessons)
    runs = [(world, method, seed) for seed in args.seeds for world in args.worlds for method in args.methods]
    run_all(train, [(folders, *run) for run in runs])
    rows = collect(folders, args.worlds, args.methods, args.seeds)
    tables = "\n\n".join([table(rows), weaknesses(rows), oracle(rows)])
    leave(args.output_dir, "worlds", rows, tables, {"worlds": worlds_figure(rows, NOISE)})


if __name__ == "__main__":
    main()
