"""TRL's private doors: every name of TRL's trainers that is not public, and that KeepIF goes through, is here."""

from collections.abc import Sequence
from typing import Any

import trl

from keepif.rewards.rows import OWN_TOKENS


def rewards_as_trl_does(kind: type) -> bool:
    """Whether a trainer's class leaves `_calculate_rewards` as GRPOTrainer or RLOOTrainer has it.

    It is a call with completion ids, the data set's columns and the trainer's state, in the trainer's own process.
    """
    base = next((fit for fit in (trl.GRPOTrainer, trl.RLOOTrainer) if issubclass(kind, fit)), None)
    return base is not None and kind._calculate_rewards is base._calculate_rewards  # noqa: SLF001


def sample(trainer: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Sample a completion for each row, in the trainer's present mode, and have them rewarded."""
    trainer._prepare_inputs(rows)  # noqa: SLF001


def forget_evaluation(trainer: Any) -> None:
    """Leave nothing of what was sampled in evaluation mode to be averaged into the next evaluation."""
    trainer._metrics["eval"].clear()  # noqa: SLF001


def hand_over_own_tokens(trainer: Any) -> None:
    """Hand rewards the mask of the tokens that the model wrote itself, where a tool or a rollout writes others.

    TRL trains and counts by this mask, but keeps it from rewards. What `_generate` returns as further fields becomes
    columns.
    """
    if not (getattr(trainer, "tools", None) or getattr(trainer, "rollout_func", None)):
        return
    generate = trainer._generate  # noqa: SLF001

    def generate_and_tell(prompts: list[Any]) -> Any:
        made = generate(prompts)
        mask, fields = made[2], next(part for part in made if isinstance(part, dict))
        if mask is not None:
            fields[OWN_TOKENS] = mask
        return made

    trainer._generate = generate_and_tell  # noqa: SLF001
