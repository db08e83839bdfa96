"""The facts of a run that nothing is wrong with, and what may be wrong."""

from types import SimpleNamespace
from typing import Any

from trl import GRPOTrainer

from keepif.trainer import KeepIF
from keepif.trainer.facts import Facts
from tests.helpers import tiny


def facts(**changed: Any) -> Facts:
    """Of a run that nothing is wrong with, but for what is changed."""
    run, args = KeepIF().run, {"num_generations": 4, "per_device_train_batch_size": 4, "steps_per_generation": 1}
    return Facts(**({
        "args": SimpleNamespace(**args, max_completion_length=8), "rewards": run.rewards, "floor": run.floor,
        "kind": GRPOTrainer, "reward_funcs": run.rewards.reward_funcs, "ranks": 1, "tokenizer": tiny.tokenizer(),
        "end_ids": frozenset({1}), "dataset": tiny.prompts(),
    } | changed))  # fmt: skip
