"""The environment for verifiers 0.4.0 (2026-11-28): its own loader, task and trace if it is there, else stand-ins."""

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from keepif.rewards import ConstraintError
from tests.helpers.frameworks import VERIFIERS, adapter

HERE = find_spec("verifiers") is not None
PROMPT = [{"role": "user", "content": "What is 2 + 2? Use no commas."}]
ROW = {"prompt": PROMPT, "answer": "4", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}], "level": 3}
RIGHT, COMMA, WRONG = r"It is surely \boxed{4}", r"So, it is surely \boxed{4}", r"It is surely \boxed{5}"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Any:
    return adapter(monkeypatch, "keepif.rewards.frameworks.verifiers", VERIFIERS)


def tasks(ours: Any, folder: Path, *rows: dict[str, Any], **options: float) -> list[Any]:
    path = folder / "constrained.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = ours.KeepIFConfig(path=path, task=ours.KeepIFTaskConfig(**options))
    taskset = ours.KeepIFTaskset(config)
    return list(taskset) if HERE else list(taskset.load())


def trace_of(ours: Any, task: Any, said: str, *, cut: bool = False) -> Any:
    vf = ours.vf
    if not HERE:
        return vf.Trace(said, is_truncated=cut)
    return vf.Trace(
        task=vf.TraceTask(type="KeepIFTask", data=task.data),
        agent=vf.AgentInfo(config=vf.AgentConfig()),
        nodes=[vf.MessageNode(message=vf.AssistantMessage(content=said), sampled=True)],
        calls=[vf.ModelCall(node=0, finish_reason="length" if cut else "stop")],
    )


def scored(ours: Any, task: Any, said: str, **options: bool) -> tuple[float, dict[str, float]]:
    trace = trace_of(ours, task, said, **options)
    asyncio.run(task.score(trace))
    return trace.rewards["keepif"].value, trace.metrics


def test_a_batch_is_scored(ours: Any, tmp_path: Path) -> None:
    (task,) = tasks(ours, tmp_path, ROW, lam=0.5)
    assert scored(ours, task, RIGHT) == (1.0, {"correctness": 1.0, "compliance": 1.0})
    assert scored(ours, task, COMMA) == (0.5, {"correctness": 1.0, "compliance": 0.0})
    assert scored(ours, task, WRONG) == (0.25, {"correctness": 0.0, "compliance": 1.0})


def test_a_reply_that_was_cut_earns_nothing(ours: Any, tmp_path: Path) -> None:
    (task,) = tasks(ours, tmp_path, ROW)
    assert scored(ours, task, RIGHT, cut=True)[0] == 0.0


def test_a_row_without_an_answer_is_rewarded_for_compliance(ours: Any, tmp_path: Path) -> None:
    (task,) = tasks(ours, tmp_path, ROW | {"answer": None})
    assert scored(ours, task, WRONG) == (1.0, {"compliance": 1.0})


def test_a_row_that_cannot_be_read_stops_the_run(ours: Any, tmp_path: Path) -> None:
    with pytest.raises(ConstraintError, match="no:such"):
        tasks(ours, tmp_path, ROW, ROW | {"instruction_id_list": ["no:such"]})


def test_the_reward_is_a_function_for_other_environments(ours: Any) -> None:
    """As verifiers calls what `rewards:` of a task's config plugs in: with what the signature names."""
    data = ours.vf.WireTaskData(**ROW)
    task = ours.vf.Task(data, None)
    assert asyncio.run(ours.keepif(task=data, trace=trace_of(ours, task, RIGHT))) == 1.0


@pytest.mark.skipif(not HERE, reason="needs verifiers")
def test_verifiers_finds_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from verifiers.v1.utils.loaders import load_taskset, taskset_class  # pyright: ignore[reportMissingImports]

    module = "from keepif.rewards.frameworks.verifiers import KeepIFTaskset\n__all__ = ['KeepIFTaskset']\n"
    (tmp_path / "keepif_env.py").write_text(module)
    (tmp_path / "constrained.jsonl").write_text(json.dumps(ROW) + "\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    kind = taskset_class("keepif-env")
    config = kind.__orig_bases__[0].__args__[1](id="keepif-env")
    (task,) = load_taskset(config)
    assert (task.data.answer, task.data.instruction_id_list) == ("4", ["punctuation:no_comma"])
