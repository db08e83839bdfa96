"""Checkpoints of a run: which are whole, and how a run that was stopped goes on from one."""

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


def stopped(folder: Path, step: int) -> str:
    """What to tell whoever has stopped the run in `folder` after `step` steps."""
    found = last_checkpoint(folder, step)
    if found is None:
        return (
            f"stopped after step {step}, without a checkpoint: the same command begins anew. To be able to resume, "
            "add --save_strategy steps --save_steps 20"
        )
    return (
        f"stopped after step {step}: to go on after step {step_of(found)}, give the same command with "
        f"--resume_from_checkpoint {found}"
    )
