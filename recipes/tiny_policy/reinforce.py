"""One run of GRPO on the embedded policy, with its learning curve and its evaluation written as it goes.

python -m keepif.recipes.tiny_policy.reinforce --lam 0.3 --seed 0 --output_dir runs/keepif-0
"""

import argparse
import json
import os
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback
from transformers.utils import logging as transformers_logging
from trl import GRPOConfig, GRPOTrainer, ModelConfig

from keepif.trainer import KeepIF

from ..models import load_model
from .evaluate import MAX_TOKENS, evaluate
from .task import rows

STEPS = 120
COMPLETIONS = 64
LEARNING_RATE = 4e-5
TRAINING_SEED, HELD_OUT_SEED = 1_000, 9_000
HELD_OUT = 512
CURVE = {
    "accuracy": "keepif/correctness",
    "sacc": "keepif/compliance",
    "hacc": "keepif/compliance_all",
    "joint": "keepif/joint",
    "tokens": "completions/mean_length",
}
"""Name in the learning curve → TRL's metric."""


class CurveWriter(TrainerCallback):
    """Writes one line a step: means over the step's completions."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", buffering=1)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if logs and CURVE["accuracy"] in logs:
            step = {"step": state.global_step} | {name: float(logs[metric]) for name, metric in CURVE.items()}
            self.file.write(json.dumps(step) + "\n")


def held_out() -> list[dict[str, Any]]:
    """The prompts that every run is evaluated on, before and after."""
    return rows(HELD_OUT, HELD_OUT_SEED)


def before() -> dict[str, float]:
    """The policy before RL, on the held-out prompts."""
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    return evaluate(model, tokenizer, held_out())


def reinforce(output_dir: Path, lam: float, seed: int, steps: int) -> dict[str, float]:
    """Train with the combined reward at a fixed λ (0 is correctness alone), evaluate, and write down both."""
    output_dir.mkdir(parents=True, exist_ok=True)
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    keepif = KeepIF(lam=lam)
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=keepif.reward,  # pyright: ignore[reportArgumentType]
        args=GRPOConfig(
            output_dir=str(output_dir),
            per_device_train_batch_size=COMPLETIONS,
            num_generations=8,
            max_completion_length=MAX_TOKENS,
            max_steps=steps,
            learning_rate=LEARNING_RATE,
            lr_scheduler_type="constant",
            scale_rewards="batch",
            gradient_checkpointing=False,
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            report_to="none",
            logging_steps=1,
            disable_tqdm=True,
            seed=seed,
        ),
        train_dataset=Dataset.from_list(rows(COMPLETIONS // 8 * steps, TRAINING_SEED + seed)),
        processing_class=tokenizer,
        callbacks=[CurveWriter(output_dir / "curve.jsonl")],
    )
    keepif.attach(trainer)
    trainer.train()
    result = evaluate(trainer.model, tokenizer, held_out())
    (output_dir / "result.json").write_text(json.dumps(result))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--output_dir", type=Path, required=True)
    parser.add_argument("--lam", type=float, default=0.3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    args = parser.parse_args()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    reinforce(args.output_dir, args.lam, args.seed, args.steps)


if __name__ == "__main__":
    main()
