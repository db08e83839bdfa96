"""`keepif doctor`: what would break a recipe, or waste its run, said before the run instead of after it."""

from pathlib import Path

from .batch import batch
from .findings import Finding
from .lengths import sampled
from .machine import launch, memory, packages, reporting
from .memory import Engine
from .rehearsal import read, requested
from .reward import rewards, weights


def examine(config: Path, flags: list[str], engine: Engine, gpu_memory: float | None, sample: bool) -> list[Finding]:
    """All findings on the recipe in `config`, with `flags` behind it, launched on `engine`.

    Nothing is trained, and without `sample` no model is loaded. `gpu_memory` is the GiB of one GPU where it is not
    this machine's.
    """
    try:
        asked = requested(config, flags)
    except ValueError as error:
        return [Finding("fail", "arguments", str(error))]
    found = [*packages(asked, gpu_memory), *launch(asked, engine, gpu_memory)]
    found += [*batch(asked, engine.processes), *reporting(asked)]
    try:
        recipe = read(asked, engine.processes)
    except ValueError as error:
        broken = any(finding.level == "fail" and finding.check == "batch" for finding in found)
        return found if broken else [*found, Finding("fail", "arguments", str(error))]
    found += [*weights(recipe, engine), *rewards(recipe, engine.processes), *memory(recipe, engine, gpu_memory)]
    found += sampled(recipe) if sample else [Finding("unknown", "lengths", "not sampled; --sample does, here")]
    return found
