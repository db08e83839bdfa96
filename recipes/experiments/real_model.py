"""A real model, SmolLM2-135M-Instruct, trained on correctness alone and with KeepIF, measured on held-out prompts.

    python -m keepif.recipes.experiments.real_model

Both arms have the same start, prompts, steps and seed. What has ended is not done again: an arm that was interrupted,
or is asked for more steps, goes on from its last checkpoint, and an evaluation that is there is read.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import yaml
from peft import PeftModel
from rich.console import Console

from keepif.rewards import Scoring
from keepif.trainer.files import read_json, write_json

from ..checkpoint import STATE, last_checkpoint
from ..data import load_prompts
from ..models import load_model
from ..train import parse, with_shipped_config

ARMS = {"correctness only": ["--floor=none", "--aggregation=fixed", "--weight=0"], "KeepIF": []}
"""Flags by arm; correctness only earns c and nothing else."""
BEFORE = "before RL"
HELD_OUT_TYPES = ["change_case:capital_word_frequency", "length_constraints:number_words", "punctuation:no_comma"]
"""Constraint types that no arm is trained on, and that are kept now and then before RL."""
HELD_OUT_SEED = 9_000
DRAWN = 1_000
"""Rows that held-out prompts are taken from: those whose question no run was trained on, each prompt once."""
SETS = ("trained types", "held-out types")
PROMPTS = 120
BATCH = 30
RESAMPLES = 4_000
METRICS = {
    "accuracy": "accuracy", "sacc": "SAcc", "joint": "joint", "official": "SAcc, official",
    "joint_official": "joint, official", "tokens": "tokens",
}  # fmt: skip
"""Metric → what the table calls it; `official` is by the published checks, the others are by those trained on."""

Values = dict[str, np.ndarray]
"""Metric → one value a prompt."""


def refuse_other_config(config: str, work_dir: Path) -> None:
    """Raise `ValueError` where the runs in `work_dir` were made with another config."""
    text, kept = Path(with_shipped_config(["--config", config])[1]).read_text(), work_dir / "config.yaml"
    work_dir.mkdir(parents=True, exist_ok=True)
    if kept.exists() and yaml.safe_load(kept.read_text()) != yaml.safe_load(text):
        raise ValueError(f"the runs in {work_dir} were made with the config {kept}: take another --work_dir")
    kept.write_text(text)


def folder_of(work_dir: Path, arm: str, seed: int) -> Path:
    return work_dir / arm.lower().replace(" ", "_") / f"seed-{seed}"


def checkpoint_of(folder: Path, steps: int) -> Path:
    return folder / f"checkpoint-{steps}"


def train(config: str, work_dir: Path, arm: str, seed: int, steps: int) -> None:
    """Train an arm in a process of its own, from its last checkpoint if it has one; nothing, if it has ended."""
    folder = folder_of(work_dir, arm, seed)
    if (checkpoint_of(folder, steps) / STATE).exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "keepif.recipes.train", "--config", config, *ARMS[arm]]
    command += [f"--seed={seed}", f"--max_steps={steps}"]
    command += [f"--output_dir={folder}", f"--reference_file={work_dir / f'reference-{seed}.json'}"]
    if checkpoint := last_checkpoint(folder):
        command.append(f"--resume_from_checkpoint={checkpoint}")
    with (folder / "log.txt").open("ab") as log:
        done = subprocess.run(command, env=os.environ, stdout=log, stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        raise RuntimeError(f"the arm {arm!r}, seed {seed}, failed; its output is in {folder / 'log.txt'}")


def held_out(config: str, seeds: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Prompts whose questions none of the runs was trained on, with trained and with held-out constraint types."""
    args, *_ = parse(["--config", config])

    def question(row: dict[str, Any]) -> str:
        return row["prompt"][-1]["content"].split(args.answer_format)[0]

    trained = {question(row) for seed in seeds for row in load_prompts(args, seed, conversational=True).to_list()}
    prompts = {}
    for number, (name, types) in enumerate(zip(SETS, (args.constraint_types, HELD_OUT_TYPES), strict=True)):
        drawn = load_prompts(replace(args, rows=DRAWN, constraint_types=types), HELD_OUT_SEED + number, True)
        fresh = {row["prompt"][-1]["content"]: row for row in drawn.to_list() if question(row) not in trained}
        prompts[name] = list(fresh.values())
    return prompts


@torch.inference_mode()
def sample(model: Any, tokenizer: Any, prompts: list[Any], options: dict[str, Any]) -> list[list[int]]:
    """One completion a prompt, as token ids up to the end token."""
    completions = []
    for start in range(0, len(prompts), BATCH):
        texts = tokenizer.apply_chat_template(
            prompts[start : start + BATCH], tokenize=False, add_generation_prompt=True
        )
        inputs = tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        made = model.generate(**inputs, do_sample=True, top_k=0, **options)
        for ids in made[:, inputs.input_ids.shape[1] :].tolist():
            end = ids.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in ids else len(ids)
            completions.append(ids[:end])
    return completions


def evaluate(config: str, adapter: Path | None, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Sample and score `rows` with the base model, or with an arm's `adapter`, as the run itself sampled.

    Returns:
        `dict`: one value a prompt in each of [`METRICS`], the prompts' constraint types, and the completions.
    """
    keepif_args, grpo_args, model_args = parse(["--config", config])
    model, tokenizer = load_model(model_args, grpo_args.trust_remote_code, keepif_args.eos_token)
    model = PeftModel.from_pretrained(model, str(adapter)) if adapter else model
    torch.manual_seed(HELD_OUT_SEED)
    options = {"temperature": grpo_args.temperature, "max_new_tokens": grpo_args.max_completion_length}
    ids = sample(model.eval(), tokenizer, [row["prompt"] for row in rows], options)
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    columns = {name: [row[name] for row in rows] for name in ("answer", "instruction_id_list", "kwargs")}
    scores = Scoring(end_ids=frozenset({tokenizer.eos_token_id})).batch(texts, ids, columns)
    return {
        "accuracy": [score.c or 0.0 for score in scores],
        "sacc": [score.f or 0.0 for score in scores],
        "joint": [float(score.c == score.f == 1) for score in scores],
        "tokens": [score.tokens for score in scores],
        "types": [row["instruction_id_list"][0] for row in rows],
        "completions": texts,
    }


def evaluated(
    config: str, work_dir: Path, seeds: list[int], steps: int, prompts_each: int
) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Evaluations by set of prompts and policy, one a seed; those that are not stored yet are made and stored."""
    prompts = {name: rows[:prompts_each] for name, rows in held_out(config, seeds).items()}
    found: dict[str, dict[str, list[dict[str, Any]]]] = {name: {} for name in prompts}
    for policy in (BEFORE, *ARMS):
        for seed in seeds if policy in ARMS else seeds[:1]:
            adapter = checkpoint_of(folder_of(work_dir, policy, seed), steps) if policy in ARMS else None
            for name, rows in prompts.items():
                stored = (adapter or work_dir) / f"{name.replace(' ', '-')}-{len(rows)}.json"
                asked = [row["prompt"][-1]["content"] for row in rows]
                if (read_json(stored) or {}).get("prompts") != asked:
                    write_json(stored, {"prompts": asked, **evaluate(config, adapter, rows)})
                run = read_json(stored)
                found[name].setdefault(policy, []).append(run | by_published_checks(rows, run))
    return found


def by_published_checks(rows: list[dict[str, Any]], run: dict[str, Any]) -> dict[str, list[float]]:
    """SAcc and joint in the reading `official`, for which who says next to nothing may keep a constraint."""
    columns = {name: [row[name] for row in rows] for name in ("instruction_id_list", "kwargs")}
    scores = Scoring(reading="official").batch(run["completions"], None, columns)
    kept = [score.f or 0.0 for score in scores]
    joint = [float(c == f == 1) for c, f in zip(run["accuracy"], kept, strict=True)]
    return {"official": kept, "joint_official": joint}


def interval(values: np.ndarray) -> dict[str, float]:
    """The mean and its 95 % interval: percentile bootstrap over prompts (Efron, 1979)."""
    drawn = np.random.default_rng(0).integers(len(values), size=(RESAMPLES, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [2.5, 97.5])
    return {"mean": float(values.mean()), "low": float(low), "high": float(high)}


def summary(policies: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Means over prompts and seeds by policy, the difference of the arms prompt by prompt, and shares kept by type."""
    by_seed = {
        policy: {metric: np.array([run[metric] for run in runs], dtype=float) for metric in METRICS}
        for policy, runs in policies.items()
    }
    plain, ours = (by_seed[arm] for arm in ARMS)
    by_seed["KeepIF less correctness only"] = {metric: ours[metric] - plain[metric] for metric in METRICS}
    values = {policy: {name: found.mean(axis=0) for name, found in row.items()} for policy, row in by_seed.items()}
    by_type: dict[str, dict[str, list[float]]] = {}
    for policy, runs in policies.items():
        for kind in sorted(set(runs[0]["types"])):
            of_kind = np.array(runs[0]["types"]) == kind
            shares = [float(values[policy][name][of_kind].mean()) for name in ("sacc", "official")]
            by_type.setdefault(kind, {})[policy] = [*shares, int(of_kind.sum())]
    means = {
        policy: {name: interval(found) | {"seeds": by_seed[policy][name].mean(axis=1).tolist()}
                 for name, found in row.items()}
        for policy, row in values.items()
    }  # fmt: skip
    return {"prompts": len(next(iter(policies.values()))[0]["types"]), "policies": means, "by_type": by_type}


def table(report: dict[str, Any]) -> str:
    """The sets of prompts as Markdown tables: means with intervals and spread of seeds, then the constraint types."""
    lines = []
    for name, found in report["held_out"].items():
        lines += [f"{found['prompts']} prompts, {name}:", "", f"| policy | {' | '.join(METRICS.values())} |"]
        lines.append("|---" * (len(METRICS) + 1) + "|")
        lines += [
            f"| {policy} | {' | '.join(_cell(row[metric], metric) for metric in METRICS)} |"
            for policy, row in found["policies"].items()
        ]
        heads = " | ".join((BEFORE, *ARMS))
        lines += ["", f"| kept, in % (by the published check) | prompts | {heads} |", "|---|---|---|---|---|"]
        for kind, shares in found["by_type"].items():
            shown = " | ".join(
                f"{100 * shares[policy][0]:.0f} ({100 * shares[policy][1]:.0f})" for policy in (BEFORE, *ARMS)
            )
            lines.append(f"| `{kind}` | {shares[BEFORE][-1]} | {shown} |")
        lines.append("")
    return "\n".join(lines)


def _cell(found: dict[str, Any], metric: str) -> str:
    """The mean, its interval over prompts, and behind a semicolon the lowest and the highest seed."""
    scale = 1 if metric == "tokens" else 100
    mean, low, high = (scale * found[name] for name in ("mean", "low", "high"))
    seeds = [scale * seed for seed in found["seeds"]]
    spread = f"; {min(seeds):.1f} to {max(seeds):.1f}" if len(seeds) > 1 else ""
    return f"{mean:.1f} ({low:.1f} to {high:.1f}{spread})"


def _first(history: dict[str, list[Any]], steps: int) -> dict[str, list[Any]]:
    """An arm's history up to the step that is evaluated; it may have gone on."""
    return {name: values[:steps] for name, values in history.items()}


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--config", default="smollm2_cpu.yaml")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--work_dir", type=Path, default=Path("runs/smollm2"), help="where the runs go")
    parser.add_argument("--output_dir", type=Path, default=Path("runs/smollm2"), help="where table and figure go")
    parser.add_argument("--steps", type=int, help="steps of each arm; the config's by default")
    parser.add_argument("--prompts", type=int, default=PROMPTS, help="held-out prompts of each set")
    args = parser.parse_args(argv)
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    refuse_other_config(args.config, args.work_dir)
    steps = args.steps or parse(["--config", args.config])[1].max_steps
    for seed in args.seeds:
        for arm in ARMS:
            train(args.config, args.work_dir, arm, seed, steps)
    runs = {
        arm: [read_json(folder_of(args.work_dir, arm, seed) / "keepif-report.json") for seed in args.seeds]
        for arm in ARMS
    }
    made = evaluated(args.config, args.work_dir, args.seeds, steps, args.prompts)
    report = {
        "seeds": args.seeds,
        "steps": steps,
        "held_out": {name: summary(found) for name, found in made.items()},
        "histories": {arm: [_first(run["history"], steps) for run in found] for arm, found in runs.items()},
    }
    args.output_dir.mkdir(parents=True, exist_ok=True)
    (args.output_dir / "smollm2.json").write_text(json.dumps(report))
    Console().print(table(report), markup=False, soft_wrap=True)
    from .figures import real_model_figure

    real_model_figure(report).savefig(args.output_dir / "smollm2.png", dpi=150)


if __name__ == "__main__":
    main()
