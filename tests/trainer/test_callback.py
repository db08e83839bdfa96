"""The controller in TRL's real trainers: when it ticks, on how many ranks, and what survives a kill."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from transformers import TrainerCallback

from keepif.rewards.published.aggregations import fixed, switching
from keepif.trainer import KeepIF, Prepass, callback, controller, run
from keepif.trainer.record import COLUMNS
from keepif.trainer.report import report
from tests.helpers.grpo import build, history, script

ROOT = Path(__file__).parents[2]
CONFIGS = ROOT / "recipes" / "accelerate_configs"


def test_one_tick_a_generation_batch_and_none_in_evaluation(tmp_path: Path) -> None:
    keepif = script(KeepIF(floor=0.9), obeys=0.5)
    trainer = build(
        tmp_path, keepif, max_steps=6, per_device_train_batch_size=16, steps_per_generation=2,
        gradient_accumulation_steps=1, eval_strategy="steps", eval_steps=1, per_device_eval_batch_size=4,
    )  # fmt: skip
    trainer.train()
    assert history(trainer)["step"] == [1, 3, 5]
    assert keepif.run.in_force["lam"] > 0.3


def test_an_evaluation_that_leaves_train_mode_does_not_tick(tmp_path: Path) -> None:
    """As with TRL's continuous batching."""
    keepif = script(KeepIF(floor=0.9), obeys=0.5)
    trainer = build(tmp_path, keepif, max_steps=3, per_device_train_batch_size=16)
    generate = trainer._generate_single_turn  # noqa: SLF001

    def leaves(*call: Any) -> Any:
        sampled = generate(*call)
        trainer.model.train()
        return sampled

    trainer._generate_single_turn = leaves  # noqa: SLF001
    trainer.add_callback(Evaluates(trainer))
    trainer.train()
    assert keepif.run.record.total.completions == 3 * 16


class Evaluates(TrainerCallback):
    """Evaluates four prompts after each step."""

    def __init__(self, trainer: Any) -> None:
        self.trainer = trainer

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.trainer.evaluate(self.trainer.train_dataset.select(range(4)))


def test_the_dashboard_shows_what_the_law_does(tmp_path: Path) -> None:
    keepif = script(KeepIF(floor=0.9), obeys=0.5)
    trainer = build(tmp_path, keepif, max_steps=3, per_device_train_batch_size=16)
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "keepif/lambda" in entry]
    ticks = history(trainer)
    assert [entry["keepif/lambda"] for entry in logged] == pytest.approx(ticks["lambda"], abs=1e-5)
    assert logged[1]["keepif/floor"] == pytest.approx(0.9)
    assert logged[1]["keepif/error"] == pytest.approx(16 / 320 * (0.9 - ticks["compliance"][0]))
    for name in ("lambda", "loudness", "error"):
        assert f"keepif/{name}/punctuation:no_comma" in logged[1]
    assert logged[1]["keepif/worst_type"] == pytest.approx(ticks["compliance"][0])
    assert logged[1]["keepif/floor_infeasible"] == 0
    assert set(COLUMNS) == set(ticks)


def test_a_type_that_cannot_be_held_is_named_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(controller, "PATIENCE", 1)
    monkeypatch.setattr(controller, "LOUDEST", 2.0)
    trainer = build(tmp_path, script(KeepIF(floor=1.0), obeys=0.0), max_steps=6, per_device_train_batch_size=16)
    trainer.train()
    said = [record.message for record in caplog.records if "stays below its floor" in record.message]
    assert len(said) == 1
    assert "punctuation:no_comma stays below its floor with λ at its cap" in said[0]
    assert report.load(tmp_path)["by_type"]["punctuation:no_comma"]["state"] == "out of reach"


def test_fixed_multipliers_stay(tmp_path: Path) -> None:
    keepif = script(KeepIF(floor=None, lam=0.25, bonus=0.0), obeys=0.0)
    trainer = build(tmp_path, keepif, per_device_train_batch_size=16)
    trainer.train()
    assert history(trainer)["lambda"] == [0.25, 0.25]
    assert not keepif.run.controller.loops
    logged = set().union(*trainer.state.log_history)
    assert {"keepif/lambda", "keepif/bonus"} <= logged
    assert not {"keepif/error", "keepif/floor", "keepif/floor_infeasible"} & logged


def test_an_aggregation_without_multipliers_shows_none(tmp_path: Path) -> None:
    keepif = script(KeepIF(floor=None, aggregation=partial(fixed, weight=0.5)), obeys=0.5)
    trainer = build(tmp_path, keepif, per_device_train_batch_size=16)
    trainer.train()
    assert not {"keepif/lambda", "keepif/mu", "keepif/bonus"} & set().union(*trainer.state.log_history)
    found = report.load(tmp_path)
    assert found["multipliers"] == {}
    assert found["history"]["lambda"] == [None, None]
    assert (tmp_path / report.FIGURE).exists()
    assert KeepIF(aggregation=switching).run.in_force == {"lam": 0.0}


def test_training_again_begins_the_report_anew_and_goes_on_with_the_multipliers(tmp_path: Path) -> None:
    keepif = script(KeepIF(floor=0.9), obeys=0.5)
    trainer = build(tmp_path, keepif, per_device_train_batch_size=16)
    trainer.train()
    reached = keepif.run.in_force["lam"]
    trainer.train()
    assert history(trainer)["step"] == [1, 2]
    assert history(trainer)["lambda"][0] == pytest.approx(reached, abs=1e-5)
    assert report.load(tmp_path)["completions"] == 32


def test_the_first_batches_can_serve_as_reference(tmp_path: Path) -> None:
    keepif = script(KeepIF(prepass=None, budget="reference"), obeys=0.5)
    trainer = build(tmp_path, keepif, max_steps=7, per_device_train_batch_size=16)
    trainer.train()
    ticks = history(trainer)
    assert ticks["lambda"][:5] == [0.95] * 5
    assert ticks["floor"][:5] == [None] * 5
    assert ticks["floor"][5] == pytest.approx(sum(ticks["compliance"][:5]) / 5 - 0.02, abs=1e-4)
    assert all(loop.verdicts for loop in keepif.run.controller.loops.values())
    assert keepif.run.controller.budget == keepif.run.scoring.budget == 6
    assert (tmp_path / "keepif-reference.json").exists()


def test_parts_get_their_weights(tmp_path: Path) -> None:
    keepif = script(KeepIF(floor=0.9, aggregation="parts", bonus=0.5, budget=5), obeys=0.3)
    trainer = build(tmp_path, keepif, per_device_train_batch_size=16, multi_objective_aggregation="normalize_then_sum")
    trainer.train()
    mu = keepif.run.multipliers.mu
    assert keepif.run.in_force["lam"] > 0.3
    assert mu > 0
    assert trainer.reward_weights.tolist() == pytest.approx([1.0, 0.5, 0.95 - mu, mu])
    assert history(trainer)["step"] == [1, 2]


def test_a_report_that_cannot_be_written_costs_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(report, "write_json", full)
    monkeypatch.setattr(callback, "REPORT_EVERY", 0.0)
    trainer = build(tmp_path, script(KeepIF(floor=0.9), obeys=0.5), per_device_train_batch_size=16)
    trainer.train()
    assert trainer.state.global_step == 2
    [said] = [record for record in caplog.records if "the report in" in record.message]
    assert f"{tmp_path} could not be written ([Errno 28] No space left" in said.message
    assert said.exc_info is None


@pytest.mark.parametrize("prepass", [None, Prepass(prompts=2, samples=4, share=1.0)])
def test_a_reference_that_cannot_be_written_costs_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, prepass: Prepass | None
) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(run, "FIRST_BATCHES", 1)
    keepif = script(KeepIF(prepass=prepass), obeys=0.5)
    trainer = build(tmp_path, keepif, per_device_train_batch_size=16)
    trainer.train()
    assert trainer.state.global_step == 2
    assert keepif.run.floor
    assert keepif.run.floor.ready
    assert "keepif-reference.json could not be written" in caplog.text


RUN = """
import json, os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
import torch
from tests.helpers.grpo import build, history, script
from transformers import TrainerCallback
from keepif.trainer import KeepIF

class Kill(TrainerCallback):
    def on_step_begin(self, args, state, control, **kwargs):
        if state.global_step == {kill_at}:
            os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    torch.manual_seed(0)
    keepif = KeepIF(floor={floor}, budget=5)
    if {scripted}:
        script(keepif, 0.6)
    out = Path({out!r})
    trainer = build(out, keepif, max_steps=6, save_strategy="steps", save_steps=1, per_device_train_batch_size={each})
    if {kill_at}:
        trainer.add_callback(Kill())
    trainer.train(resume_from_checkpoint={resume})
    rank = trainer.accelerator.process_index
    (out / f"rank{{rank}}.json").write_text(json.dumps(history(trainer) | {{"state": keepif.run.controller.state()}}))
"""


def launch(tmp_path: Path, processes: int = 1, **options: Any) -> int:
    settings = {"root": str(ROOT), "out": str(tmp_path), "kill_at": 0, "scripted": True, "each": 16, "resume": False}
    tmp_path.mkdir(exist_ok=True)
    (tmp_path / "run.py").write_text(RUN.format(**({"floor": 0.62} | settings | options)))
    launcher = ["-m", "accelerate.commands.launch", "--main_process_port", "0"]
    launcher += ["--config_file", str(CONFIGS / "cpu_two_process.yaml")] if processes == 2 else []
    command = [sys.executable, *(launcher if processes == 2 else []), str(tmp_path / "run.py")]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode not in {0, -signal.SIGKILL}:
        raise AssertionError(done.stderr[-3000:])
    return done.returncode


def result(folder: Path, rank: int = 0) -> dict[str, Any]:
    return json.loads((folder / f"rank{rank}.json").read_text())


def test_two_ranks_and_one_rank_move_the_multipliers_alike(tmp_path: Path) -> None:
    """Over the same completions, in groups of four that two ranks share between them at the seams."""
    launch(tmp_path / "one", each=12)
    launch(tmp_path / "two", processes=2, each=6)
    one = result(tmp_path / "one")
    assert one == result(tmp_path / "two", 0) == result(tmp_path / "two", 1)
    assert len(set(one["error"])) == 6
    assert len(set(one["mu"])) > 3


def test_a_killed_and_resumed_run_ends_as_the_run_that_was_left_alone(tmp_path: Path) -> None:
    """With the completions that a real policy samples: TRL's own random state has to come back as well."""
    launch(tmp_path / "alone", scripted=False)
    assert launch(tmp_path / "killed", scripted=False, kill_at=4) == -signal.SIGKILL
    report = json.loads((tmp_path / "killed" / "keepif-report.json").read_text())
    assert not report["finished"]
    launch(tmp_path / "killed", scripted=False, resume=True)
    alone, resumed = result(tmp_path / "alone"), result(tmp_path / "killed")
    assert alone["step"] == resumed["step"] == [1, 2, 3, 4, 5, 6]
    assert alone == resumed
    assert json.loads((tmp_path / "killed" / "keepif-report.json").read_text())["finished"]
