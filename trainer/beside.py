"""Measuring a model while it trains: each process does its part, and the training goes on as if nothing had been."""

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from typing import Any, TypeVar

import numpy as np
import torch
from transformers import Trainer

T = TypeVar("T")


def own_part(rows: Sequence[T], trainer: Any) -> tuple[list[T], int]:
    """This process's part of `rows`, and how many they are; others follow, so that all processes have as many.

    All have to call the model as often, because sharded ones wait for each other.
    """
    world, rank = trainer.accelerator.num_processes, trainer.accelerator.process_index
    each = -(-len(rows) // world)
    own = rows[rank * each :][:each]
    return [*own, *islice(cycle(rows), each - len(own))], len(own)


@contextmanager
def undisturbed(trainer: Any) -> Iterator[None]:
    """The model in evaluation mode, and afterwards its mode and all random numbers as they were."""
    device, training = trainer.accelerator.device, trainer.model.training
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002  # the trainer's own
    trainer.model.eval()
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            yield
    finally:
        trainer.model.train(training)
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002


def log(trainer: Any, metrics: Mapping[str, float], control: Any) -> None:
    """Log `metrics` at once. TRL's own `log` would log, and forget, what the training has to log."""
    to_log = control.should_log
    Trainer.log(trainer, dict(metrics))
    control.should_log = to_log  # or the step itself would not be logged
