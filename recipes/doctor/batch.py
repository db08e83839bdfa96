"""The doctor's check of the batch: whole groups in a generation batch, and on each rank."""

from collections.abc import Iterator
from math import gcd, lcm
from typing import Any

from .findings import Finding


def batch(asked: dict[str, Any], ranks: int) -> Iterator[Finding]:
    """The batch arithmetic: whole groups in a generation batch, and on each rank."""
    each, size, at_once = (
        asked[name] for name in ("per_device_train_batch_size", "num_generations", "generation_batch_size")
    )
    if at_once:
        whole = ranks * lcm(each, size)
        change = f"generation_batch_size: {-(-at_once // whole) * whole}"
        if at_once % (each * ranks):
            text = f"generation_batch_size ({at_once}) is no multiple of {ranks} x {each} completions at a time"
            yield Finding("fail", "batch", text, change)
            return
        steps = at_once // (each * ranks)
    else:
        steps = asked["steps_per_generation"] or asked["gradient_accumulation_steps"]
        whole = size // gcd(size, steps)
        change = f"per_device_train_batch_size: {-(-each // whole) * whole}"
    at_once = ranks * steps * each
    generated = f"{ranks} rank{'s' * (ranks > 1)} x {steps} micro-batches of {each} = {at_once} completions at a time"
    if at_once % size:
        yield Finding("fail", "batch", f"{generated}, which is no multiple of num_generations ({size})", change)
    elif steps * each % size:
        text = f"{generated}: some of the groups of {size} are split between two ranks"
        yield Finding("warn", "batch", f"{text}; what compares the completions of a prompt sees parts of it", change)
    else:
        groups = f"{at_once // size} groups of {size}, {steps * each // size} whole groups a rank"
        step = ranks * each * asked["gradient_accumulation_steps"]
        yield Finding("ok", "batch", f"{generated} = {groups}; {step} completions a step")
