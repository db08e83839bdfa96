"""The processes of the comparison: what is trained, what waits, and what is stopped by the clock."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.experiments.real_model.plan import ARMS, BEFORE, Plan, Run, refuse_other_config
from keepif.recipes.experiments.real_model.run import Clock, run_all
from keepif.recipes.experiments.real_model.sets import HeldOut
from keepif.recipes.experiments.real_model.training import costs, train
from keepif.recipes.train import build
from keepif.trainer.controller import ALL
from keepif.trainer.evaluation.engines.generation import Sampling
from tests.helpers.real_model import plan

CONFIG = "smollm2_cpu.yaml"
NOTHING = {"any": HeldOut([], 1, Sampling())}


class Ended:
    """A process that has ended, well or not."""

    def __init__(self, exitcode: int) -> None:
        self.exitcode = exitcode

    def is_alive(self) -> bool:
        return False


class Endless:
    """A process that has to be terminated."""

    def __init__(self) -> None:
        self.terminated = False

    def is_alive(self) -> bool:
        return True

    def terminate(self) -> None:
        self.terminated = True

    def join(self) -> None:
        pass


def four_arms(work_dir: Path) -> Plan:
    return Plan(CONFIG, (), ("correctness only", "KeepIF"), (0, 1), 8, work_dir, at_once=2)


def test_runs_are_started_seed_by_seed_and_the_failed_are_named_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[tuple[str, int]] = []
    ends: list[int] = []

    def start(_plan: Plan, run: Run, *_: Any) -> Ended:
        started.append((run.policy, run.seed))
        return Ended(int(run.policy == "KeepIF" and run.seed == 0))

    monkeypatch.setattr("keepif.recipes.experiments.real_model.run._start", start)
    with pytest.raises(RuntimeError, match=r"failed: 'KeepIF', seed 0 \(see .*log\.txt\)"):
        run_all(four_arms(tmp_path), NOTHING, Clock.of(None), lambda: ends.append(len(started)))
    arms = [("correctness only", 0), ("KeepIF", 0), ("correctness only", 1), ("KeepIF", 1)]
    assert started == [(BEFORE, 0), *arms]
    assert len(ends) == 5


def test_past_the_clock_no_training_begins_and_what_runs_is_terminated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[Endless] = []

    def start(_plan: Plan, run: Run, *_: Any) -> Endless:
        assert not run.trains
        processes.append(Endless())
        return processes[-1]

    monkeypatch.setattr("keepif.recipes.experiments.real_model.run._start", start)
    run_all(four_arms(tmp_path), NOTHING, Clock(time.time(), time.time() + 0.5), lambda: None)
    assert [process.terminated for process in processes] == [True]


def test_a_quarter_of_the_minutes_is_the_evaluations() -> None:
    clock = Clock.of(8)
    assert clock.everything - clock.training == pytest.approx(120)


@pytest.mark.parametrize(("whole", "reached"), [([4], 4), ([], 0), ([4, 8], 8), ([4, 8, 12], 8)])
def test_a_checkpoint_counts_if_it_was_written_to_its_end_and_is_not_past_the_plan(
    tmp_path: Path, whole: list[int], reached: int
) -> None:
    run = Run("KeepIF", 0, tmp_path)
    for step in (4, 8, 12):
        (run.folder / f"checkpoint-{step}").mkdir(parents=True)
        if step in whole:
            (run.folder / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    assert run.reached(8) == reached


@pytest.mark.slow
@pytest.mark.parametrize("adapters", [True, False], ids=["LoRA", "full weights"])
def test_a_training_that_the_clock_stops_goes_on_to_the_same_end(tmp_path: Path, adapters: bool) -> None:
    """One step, a checkpoint, and the second step in another process's stead."""
    ends = []
    for name, moments in (("unbroken", [float("inf")]), ("stopped", [0.0, float("inf")])):
        made = plan(tmp_path / name, use_peft=adapters, save_steps=100)
        [_, run] = made.runs()
        for number, moment in enumerate(moments):
            train(made, run, moment)
            assert run.reached(2) == 2 if moment else 1 + number
        train(made, run, float("inf"))  # it has ended
        assert [cost["steps"] for cost in costs(run)] == [2 // len(moments)] * len(moments)
        state = json.loads((run.folder / "checkpoint-2" / "trainer_state.json").read_text())
        ends.append((state["stateful_callbacks"]["keepif"], state["num_input_tokens_seen"]))
        assert sum(cost["tokens"] for cost in costs(run)) == state["num_input_tokens_seen"] > 0
    assert ends[0] == ends[1]


def test_runs_of_another_config_or_other_flags_are_refused(tmp_path: Path) -> None:
    refuse_other_config(CONFIG, [], tmp_path)
    refuse_other_config(CONFIG, [], tmp_path)
    with pytest.raises(ValueError, match=r"were made with other config .* take another --work_dir"):
        refuse_other_config("tiny_cpu.yaml", [], tmp_path)
    with pytest.raises(ValueError, match=r"were made with other flags"):
        refuse_other_config(CONFIG, ["--slack=0.1"], tmp_path)


@pytest.mark.parametrize("arm", ARMS)
def test_every_arm_trains_a_step(tmp_path: Path, arm: str) -> None:
    made = plan(tmp_path, save_steps=100)
    trainer = build(*made.recipe(Run(arm, 0, tmp_path / "run")))
    trainer.args.max_steps = 1
    trainer.train()
    weights = dict(zip((one.__name__ for one in trainer.reward_funcs), trainer.reward_weights.tolist(), strict=True))
    parts = {"correctness_reward": 1, "joint_reward": 0, "compliance_reward": 0.95, "length_reward": 0}
    assert weights == pytest.approx(parts if arm == "GDPO" else {"keepif": 1})
    normalised = trainer.args.multi_objective_aggregation == "normalize_then_sum"
    assert normalised == (arm == "GDPO")
    held = {"KeepIF": {"punctuation:no_comma", "detectable_format:title"}, "KeepIF, mean": {ALL}}
    loops = {*trainer.state.stateful_callbacks["keepif"]["controller"]["loops"]}
    assert bool(loops) == (arm in held)
    assert loops <= held.get(arm, set())
