"""KeepIF in a TRL trainer: a small policy learns sums and keeps following instructions."""

import random

from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from keepif.recipes.models import TINY
from keepif.recipes.tiny_policy.task import TYPES, draw_sum
from keepif.trainer import KeepIF, constrain


def train(seed: int = 0, output_dir: str = "runs/minimal") -> GRPOTrainer:
    draws = random.Random(seed)
    sums = [draw_sum(draws) for _ in range(160)]  # "What is 3 + 4 - 2 + 5?"
    rows = [{"prompt": [{"role": "user", "content": one.question}], "answer": str(one.answer)} for one in sums]
    batch = {"per_device_train_batch_size": 64, "num_generations": 8, "max_completion_length": 112, "max_steps": 20}
    learning = {"learning_rate": 3e-4, "lr_scheduler_type": "constant", "scale_rewards": "batch", "seed": seed}
    machine = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "logging_steps": 5}

    keepif = KeepIF()  # compliance stays where this policy had it before RL, less 2 points
    trainer = GRPOTrainer(
        model=str(TINY),  # the embedded policy, 0.95 M parameters
        reward_funcs=keepif.reward,
        args=GRPOConfig(output_dir, **batch, **learning, **machine),
        train_dataset=constrain(Dataset.from_list(rows), types=TYPES, per_prompt=(1, 2), seed=seed),
    )
    keepif.attach(trainer)
    trainer.train()
    return trainer


if __name__ == "__main__":
    first, *_, last = [logged for logged in train().state.log_history if "reward" in logged]
    for name in ("keepif/correctness", "keepif/compliance", "keepif/joint"):
        print(f"{name}: {first[name]:.2f} in the first five steps, {last[name]:.2f} in the last five")
