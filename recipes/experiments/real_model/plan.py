"""The plan of the comparison on a real model: which policies, on which seeds, where each works and how far it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from keepif.trainer.files import read_json, write_json

from ...checkpoint import last_checkpoint, step_of
from ...train import parse, with_shipped_config

ARMS: dict[str, list[str]] = {
    "correctness only": ["--floor=none", "--aggregation=fixed", "--weight=0"],
    "gated 0.5": ["--floor=none", "--aggregation=gated", "--weight=0.5"],
    "fixed 0.3": ["--floor=none", "--aggregation=fixed", "--weight=0.3"],
    "GDPO": ["--floor=none", "--aggregation=parts", "--multi_objective_aggregation=normalize_then_sum",
             "--lam=0.95", "--bonus=0"],
    "KeepIF, mean": ["--floor_by=mean"],
    "KeepIF": [],
}  # fmt: skip
"""Flags by arm; correctness only earns c and nothing else. GDPO (arXiv 2601.05242) weighs its two parts 1 and 0.95."""
OURS = "KeepIF"
ON_A_GPU = 5
"""Policies side by side on one card."""
BEFORE = "before RL"


@dataclass(frozen=True)
class Run:
    """An arm on a seed, or the policy before RL, and the folder that it works in."""

    policy: str
    seed: int
    folder: Path

    @property
    def trains(self) -> bool:
        return self.policy != BEFORE

    def checkpoint(self, steps: int) -> Path | None:
        """The last whole checkpoint of at most `steps` steps; `None` for the policy before RL."""
        return last_checkpoint(self.folder, steps)

    def reached(self, steps: int) -> int:
        """The step of that checkpoint, 0 where there is none."""
        checkpoint = self.checkpoint(steps)
        return step_of(checkpoint) if checkpoint else 0


@dataclass(frozen=True)
class Plan:
    """What is compared, and how: the recipe, flags that all its runs get, and which of [`ARMS`] take how many steps.

    `at_once` policies are trained or evaluated side by side; each is granted that share of the GPU's memory.
    """

    config: str
    flags: tuple[str, ...]
    arms: tuple[str, ...]
    seeds: tuple[int, ...]
    steps: int
    work_dir: Path
    at_once: int = 1

    def runs(self) -> list[Run]:
        """The policy before RL, then seed by seed the arms."""
        pairs = [(BEFORE, self.seeds[0]), *((arm, seed) for seed in self.seeds for arm in self.arms)]
        return [Run(policy, seed, folder_of(self.work_dir, policy, seed)) for policy, seed in pairs]

    def recipe(self, run: Run | None = None) -> Any:
        """(KeepIFArguments, GRPOConfig, ModelConfig) of `run`, or of the recipe itself."""
        argv = ["--config", self.config, *self.flags]
        if run:
            argv += ARMS.get(run.policy, [])
            argv += [f"--seed={run.seed}", f"--max_steps={self.steps}", f"--output_dir={run.folder}"]
            argv += [f"--reference_file={self.work_dir / f'reference-{run.seed}.json'}"]
        return parse(argv)


def folder_of(work_dir: Path, policy: str, seed: int) -> Path:
    return work_dir / policy.lower().replace(", ", "_").replace(" ", "_") / f"seed-{seed}"


def refuse_other_config(config: str, flags: Sequence[str], work_dir: Path) -> None:
    """Raise `ValueError` where the runs in `work_dir` were made with another config or other flags."""
    text = Path(with_shipped_config(["--config", config])[1]).read_text()
    refuse_other(work_dir, "runs", {"config": yaml.safe_load(text), "flags": list(flags)})


def refuse_other(work_dir: Path, what: str, settings: Mapping[str, Any]) -> None:
    """Raise `ValueError` if what is in `work_dir` was made with other settings; note them there, if nothing is."""
    path, made_by = work_dir / "made-by.json", json.loads(json.dumps(settings, default=str))
    if (stored := read_json(path)) not in (None, made_by):
        differing = " and ".join(name for name in made_by if (stored or {}).get(name) != made_by[name])
        raise ValueError(
            f"the {what} in {work_dir} were made with other {differing} ({path}): take another --work_dir"
        )
    write_json(path, made_by)
