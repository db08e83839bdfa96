"""Checkpoints of a run: which are whole."""

from pathlib import Path

STATE = "trainer_state.json"
"""What the trainer writes last into a checkpoint."""


def last_checkpoint(folder: Path) -> Path | None:
    """The last checkpoint in `folder` that was written to its end."""
    found = [path.parent for path in folder.glob(f"checkpoint-*/{STATE}")]
    return max(found, key=lambda path: int(path.name.split("-")[1]), default=None)
