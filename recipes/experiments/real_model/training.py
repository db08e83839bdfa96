"""The training of one arm of the comparison on a real model: from its last checkpoint to its end, or to a moment."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import torch
from transformers import TrainerCallback

from keepif.trainer.files import read_json, write_json

from ...doctor.memory import GIB, Engine, Size, estimate
from ...train import build
from .plan import Plan, Run

COSTS = "costs.json"


@dataclass(frozen=True)
class Cost:
    """What a process trained, and what that took.

    Attributes:
        steps (`int`), tokens (`int`): trained on; tokens of prompts and completions.
        seconds (`float`): of training, the reference included.
        peak (`float` or `None`): GiB that torch held on the GPU at most; `None` without one.
        estimated (`float`): GiB by the doctor's arithmetic.
        device (`str`): its name.
    """

    steps: int
    tokens: int
    seconds: float
    peak: float | None
    estimated: float
    device: str


class OutOfTimeError(Exception):
    """The clock has ended a part of the work, which goes on from there when the same command is given again."""


class StopAt(TrainerCallback):
    """Ends the training, with a checkpoint, after the first step that ends past `moment` (seconds since 1970)."""

    def __init__(self, moment: float) -> None:
        self.moment = moment

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if time.time() > self.moment:
            control.should_save = control.should_training_stop = True


def train(plan: Plan, run: Run, until: float) -> None:
    """Train `run` until it has the plan's steps or the moment `until` has passed; nothing, if it has ended."""
    if run.reached(plan.steps) == plan.steps:
        return
    checkpoint = run.checkpoint(plan.steps)
    keepif_args, grpo_args, model_args = plan.recipe(run)
    trainer = build(keepif_args, grpo_args, model_args)
    trainer.add_callback(StopAt(until))
    begun, at = time.time(), run.reached(plan.steps)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    cuda = trainer.accelerator.device.type == "cuda"
    cost = Cost(
        steps=trainer.state.global_step - at,
        tokens=trainer.state.num_input_tokens_seen - _tokens_of(checkpoint),
        seconds=time.time() - begun,
        peak=torch.cuda.max_memory_reserved() / GIB if cuda else None,
        estimated=estimate(Size.of(trainer.model.config, model_args), grpo_args, model_args, Engine())["total"],
        device=torch.cuda.get_device_name() if cuda else "CPU",
    )
    write_json(run.folder / COSTS, [*costs(run), asdict(cost)])


def costs(run: Run) -> list[dict[str, Any]]:
    """A [`Cost`] for every process that has trained `run`."""
    return read_json(run.folder / COSTS) or []


def _tokens_of(checkpoint: Any) -> int:
    """Tokens that had been seen at `checkpoint`."""
    return read_json(checkpoint / "trainer_state.json")["num_input_tokens_seen"] if checkpoint else 0
