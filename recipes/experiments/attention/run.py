"""One run: the embedded policy trained by an arm, with its constraint attention watched.

python -m keepif.recipes.experiments.attention.run --arm "KeepIF, loss" --seed 0 --output_dir runs/attention/run
"""

import argparse
import os
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

import torch
from transformers.utils import logging as transformers_logging
from trl import GRPOTrainer

from keepif.trainer.attention.callback import AttentionCallback, respond
from keepif.trainer.attention.loss import AttentionLoss, ConstraintAttentionMixin, MatchedKL
from keepif.trainer.beside import undisturbed
from keepif.trainer.files import write_json

from ...tiny_policy.evaluate import evaluate
from ...tiny_policy.methods import attach, rewards_of
from ...tiny_policy.reinforce import COMPLETIONS, TRAINING_SEED, Place, build
from ...tiny_policy.worlds import TINY

BASES = ("correctness only", "KeepIF")
ADDED = ("loss", "random tokens", "matched KL")
ARMS = (*BASES, *(f"{base}, {added}" for base in BASES for added in ADDED))
WEIGHT = 10.0
"""Of the loss: 1 point of share below the reference's costs 0.1, about what one completion in ten earns."""
LEAST_BETA, FIRST_BETA = 1e-6, 0.01
"""A β that changes nothing but has TRL keep a reference and log the KL; and what the matched one begins at."""
EVERY, WATCHED, WATCHED_SEED = 10, 64, 7_000
SAMPLES, LAST = 8, 10
"""Responses to each watched prompt after training; steps that the KL at the end is averaged over."""


class AttentionTrainer(ConstraintAttentionMixin, GRPOTrainer):
    """GRPO with a loss on constraint attention."""


def train(output_dir: Path, arm: str, seed: int, steps: int, reference: Path, target: float | None) -> None:
    """Train, and leave `result.json`; `target` is the KL of a run that is to be matched."""
    base, _, added = arm.partition(", ")
    rewards, keepif = rewards_of(base, reference)
    kind, beta = kind_of(added)
    prompts = TINY.rows(COMPLETIONS // 8 * steps, TRAINING_SEED + seed)
    trainer = build(output_dir, Place(), rewards, base, seed, steps, prompts, kind, beta)
    attach(trainer, keepif)
    watched = TINY.rows(WATCHED, WATCHED_SEED)
    trainer.add_callback(AttentionCallback(trainer, watched, every=EVERY))
    if target is not None:
        trainer.add_callback(MatchedKL(trainer, target))
    trainer.train()
    kl = [entry["kl"] for entry in trainer.state.log_history if "kl" in entry]
    write_json(
        output_dir / "result.json",
        evaluate(trainer.model, trainer.processing_class, TINY.held_out())
        | {"kl": fmean(kl[-LAST:]) if kl else None, "groups": groups_of(trainer)},
    )


def kind_of(added: str) -> tuple[Any, float]:
    """The trainer's class and its β."""
    if added in {"loss", "random tokens"}:
        tokens = "constraints" if added == "loss" else "random"
        return partial(AttentionTrainer, attention=AttentionLoss(WEIGHT, tokens=tokens)), LEAST_BETA
    return GRPOTrainer, FIRST_BETA if added == "matched KL" else 0.0


def groups_of(trainer: Any) -> list[list[dict[str, Any]]]:
    """`SAMPLES` responses to each watched prompt: whether they keep everything, and the share that they pay."""
    watched = [row for row in TINY.rows(WATCHED, WATCHED_SEED) for _ in range(SAMPLES)]
    with undisturbed(trainer):
        summaries = respond(trainer.model, trainer, watched)
    brief = [
        {name: one[name] for name in ("kept", "length", "share_answer", "share_thinking", "alpha")}
        for one in summaries
    ]
    return [brief[start : start + SAMPLES] for start in range(0, len(brief), SAMPLES)]


def groups_before(output_dir: Path) -> list[list[dict[str, Any]]]:
    """The same of the policy before RL."""
    rewards, _ = rewards_of("correctness only", output_dir)
    return groups_of(
        build(output_dir, Place(), rewards, "correctness only", 0, 1, TINY.rows(COMPLETIONS // 8, TRAINING_SEED))
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--output_dir", type=Path, required=True)
    parser.add_argument("--arm", choices=ARMS, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--steps", type=int, required=True)
    parser.add_argument("--reference", type=Path, required=True, help="file of the measured reference")
    parser.add_argument("--target", type=float, help="KL to match")
    args = parser.parse_args()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    train(args.output_dir, args.arm, args.seed, args.steps, args.reference, args.target)


if __name__ == "__main__":
    main()
