"""Checkpoints of a run: which are whole."""

from math import inf
from pathlib import Path

STATE = "trainer_state.json"
"""What the trainer writes last into a checkpoint."""


def last_checkpoint(folder: Path, most: float = inf) -> Path | None:
    """The last checkpoint in `folder` that was written to its end, of at most `most` steps."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{STATE}")]
    return max((path for path in whole if step_of(path) <= most), key=step_of, default=None)


def step_of(checkpoint: Path) -> int:
    return int(checkpoint.name.split("-")[1])
