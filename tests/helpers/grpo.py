"""TRL's real trainer on a model of no size, with KeepIF attached; and what it leaves in its state."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from trl import GRPOTrainer

from keepif.trainer import KeepIF

from . import tiny
from .scripted import Scripted


def trainer_of(output_dir: Path, rewards: Any, model: Any = None, dataset: Any = None, **options: Any) -> GRPOTrainer:
    """The trainer, attached to by nobody; `template` is its tokenizer's."""
    template = {"template": options.pop("template")} if "template" in options else {}
    return GRPOTrainer(
        model=model or tiny.model(),
        reward_funcs=rewards,
        args=tiny.config(output_dir, **options),
        train_dataset=dataset or tiny.prompts(),
        eval_dataset=tiny.prompts(4),
        processing_class=tiny.tokenizer(**template),
    )


def build(output_dir: Path, keepif: KeepIF, model: Any = None, dataset: Any = None, **options: Any) -> GRPOTrainer:
    """The trainer with `keepif` attached."""
    trainer = trainer_of(output_dir, keepif.reward, model, dataset, **options)
    keepif.attach(trainer)
    return trainer


def script(keepif: KeepIF, obeys: float) -> KeepIF:
    """`keepif` with scripted completions."""
    scoring = keepif.run.scoring
    known = {field.name: getattr(scoring, field.name) for field in fields(scoring)}
    keepif.run.rewards.scorer.fit(Scripted(**known, obeys=obeys))
    return keepif


def history(trainer: GRPOTrainer) -> dict[str, list[float]]:
    return trainer.state.stateful_callbacks["keepif"]["record"]["history"]
