"""The facts of a run that nothing is wrong with, and what may be wrong."""

from types import SimpleNamespace
from typing import Any

from trl import GRPOTrainer

from keepif.trainer import KeepIF
from keepif.trainer.facts import Facts
from tests.helpers import tiny


def facts(**changed: Any) -> Facts:
    """Of a run that nothing is wrong with, but for what is changed."""
    keepif, args = KeepIF(), {"num_generations": 4, "per_device_train_batch_size": 4, "steps_per_generation": 1}
    settings: dict[str, Any] = {
        "args": SimpleNamespace(**args, max_completion_length=8),
        "rewards": keepif.run.rewards,
        "floor": keepif.run.floor,
        "kind": GRPOTrainer,
        "reward_funcs": [keepif.reward],
        "ranks": 1,
        "tokenizer": tiny.tokenizer(),
        "end_ids": frozenset({1}),
        "dataset": tiny.prompts(),
    }
    return Facts(**(settings | changed))
