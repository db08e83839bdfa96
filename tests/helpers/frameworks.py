"""Frameworks that need not be installed: as much of each as its adapter touches, in its own signatures."""

import importlib
import sys
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Any, Generic, TypeVar

import pytest
from pydantic import BaseModel, ConfigDict
from transformers import TrainerCallback


def adapter(monkeypatch: pytest.MonkeyPatch, name: str, modules: Mapping[str, Mapping[str, Any]]) -> Any:
    """The adapter `name`, imported anew: with its framework if it is installed, else with `modules` in its place."""
    if find_spec(next(iter(modules)).partition(".")[0]) is None:
        for path, content in modules.items():
            module = ModuleType(path)
            vars(module).update(content)
            monkeypatch.setitem(sys.modules, path, module)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return importlib.import_module(name)


class BasePlugin:
    """axolotl.integrations.base.BasePlugin of 0.19.0 (2026-11-28), the method that we fill in."""

    def post_trainer_create(self, cfg: Any, trainer: Any) -> None: ...


AXOLOTL = {"axolotl": {}, "axolotl.integrations": {}, "axolotl.integrations.base": {"BasePlugin": BasePlugin}}


class ORM:
    """swift.rewards.ORM of ms-swift 4.6.0 (2026-11-28)."""

    def __init__(self, args: Any = None, **kwargs: Any) -> None:
        self.args = args

    def __call__(self, **kwargs: Any) -> list[float]:
        raise NotImplementedError


class SwiftCallback(TrainerCallback):
    """swift.callbacks.TrainerCallback, which the trainer builds in its constructor."""

    def __init__(self, args: Any, trainer: Any) -> None:
        self.args, self.trainer = args, trainer


SWIFT = {
    "swift": {},
    "swift.callbacks": {"TrainerCallback": SwiftCallback, "callbacks_map": {}},
    "swift.rewards": {"ORM": ORM, "orms": {}},
}


D, S, C = TypeVar("D"), TypeVar("S"), TypeVar("C")


class TaskData(BaseModel):
    """verifiers.v1.TaskData of 0.4.0 (2026-11-28), and WireTaskData, which lets further fields in."""

    model_config = ConfigDict(frozen=True, extra="allow")
    prompt: Any = None

    @property
    def prompt_text(self) -> str:
        if isinstance(self.prompt, str):
            return self.prompt
        return "\n\n".join(message["content"] for message in self.prompt or [])


class Task(Generic[D, S, C]):
    """verifiers.v1.Task: data and config; its `@reward` methods are called with the trace."""

    def __init__(self, data: D, config: C) -> None:
        self.data, self.config = data, config

    async def score(self, trace: Any) -> None:
        for name in [name for name, method in vars(type(self)).items() if hasattr(method, "reward")]:
            trace.rewards[name] = SimpleNamespace(value=await getattr(self, name)(trace=trace))


class Taskset(Generic[D, C]):
    def __init__(self, config: C) -> None:
        self.config = config


def reward(method: Callable[..., Any]) -> Callable[..., Any]:
    method.reward = True
    return method


class Trace:
    """verifiers.v1.Trace, what a reward reads and records."""

    def __init__(self, last_reply: str, *, is_truncated: bool = False) -> None:
        self.last_reply, self.is_truncated = last_reply, is_truncated
        self.rewards, self.metrics = dict[str, Any](), dict[str, float]()

    def record_metrics(self, values: Mapping[str, float]) -> None:
        self.metrics.update(values)


V1 = {
    "Task": Task, "Taskset": Taskset, "TaskData": TaskData, "WireTaskData": TaskData, "State": object, "Trace": Trace,
    "TaskConfig": BaseModel, "TasksetConfig": BaseModel, "reward": reward,
}  # fmt: skip
VERIFIERS = {"verifiers": {}, "verifiers.v1": V1}
