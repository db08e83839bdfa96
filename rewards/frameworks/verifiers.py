"""KeepIF in verifiers: an environment of constrained prompts, and its reward as a function for any other."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import verifiers.v1 as vf  # pyright: ignore[reportMissingImports]

from ..combine import BONUS, LAM, Multipliers
from ..rows import constraints_of
from .scored import COLUMNS, scored


async def keepif(task: vf.TaskData, trace: vf.Trace, multipliers: Multipliers | None = None) -> float:
    """The reward of a trace's last reply; `task` has the gold answer and the constraints among its fields.

    The parts are recorded as metrics. A reply that was cut earns nothing.
    """
    parts = await asyncio.to_thread(
        scored, trace.last_reply, task.prompt_text, task.model_dump(), multipliers or Multipliers()
    )
    trace.record_metrics({name: value for name, value in parts.items() if name != "reward"})
    return 0.0 if trace.is_truncated else parts["reward"]


class KeepIFTaskConfig(vf.TaskConfig):
    lam: float = LAM
    bonus: float = BONUS


class KeepIFTask(vf.Task[vf.WireTaskData, vf.State, KeepIFTaskConfig]):
    @vf.reward
    async def keepif(self, trace: vf.Trace) -> float:
        return await keepif(self.data, trace, Multipliers(self.config.lam, bonus=self.config.bonus))


class KeepIFConfig(vf.TasksetConfig):
    path: Path = Path("constrained.jsonl")
    """What `constrain(dataset).to_json(path)` wrote."""
    task: KeepIFTaskConfig = KeepIFTaskConfig()


class KeepIFTaskset(vf.Taskset[KeepIFTask, KeepIFConfig]):
    def load(self) -> Iterator[KeepIFTask]:
        for line in self.config.path.read_text("utf-8").splitlines():
            row = json.loads(line)
            constraints_of(row)  # one that cannot be read stops the run now, not a reward call
            known = {name: row[name] for name in ("prompt", *COLUMNS) if row.get(name) is not None}
            yield KeepIFTask(vf.WireTaskData(**known), self.config.task)
