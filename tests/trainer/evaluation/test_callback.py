"""Benchmarks measured while TRL's real trainer trains: what is logged, what is chosen, and what stays the same."""

import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer, ModelConfig

from keepif.recipes.models import load_model
from keepif.recipes.tiny_policy.worlds import TINY
from keepif.rewards import Scoring
from keepif.trainer import KeepIF
from keepif.trainer.evaluation.benchmarks.benchmark import Benchmark, Item, Sample
from keepif.trainer.evaluation.callback import EvaluationCallback

ROOT = Path(__file__).parents[3]


class Sums(Benchmark):
    """The embedded policy's held-out prompts, as a benchmark; it draws random numbers, which must not be missed."""

    name = "sums"
    headline = "joint"

    def __init__(self, count: int = 6) -> None:
        super().__init__(Item(str(n), tuple(row["prompt"]), row=row) for n, row in enumerate(TINY.rows(count, 9_000)))
        self.scored: list[list[Sample]] = []

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        self.scored.append(list(samples))
        random.random(), np.random.rand(), torch.rand(1)  # noqa: NPY002
        columns = {name: [s.item.row[name] for s in samples] for name in ("answer", "instruction_id_list", "kwargs")}
        scores = Scoring().batch([sample.text for sample in samples], None, columns)
        return [
            replace(sample, counts={"joint": (float(score.c == score.f == 1), 1), "sacc": (score.f or 0.0, 1)})
            for sample, score in zip(samples, scores, strict=True)
        ]


class Broken(Sums):
    name = "broken"

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        raise RuntimeError("no judge")


class Rising(Sums):
    """Scores what it is told to, evaluation by evaluation."""

    def __init__(self, values: Sequence[float]) -> None:
        super().__init__(2)
        self.values = list(values)

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        return [replace(samples[0], counts={"joint": (self.values.pop(0), 1)})]


def build(output_dir: Path, **options: Any) -> GRPOTrainer:
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    keepif = KeepIF(floor=0.7)
    settings = {
        "max_steps": 3, "logging_steps": 1, "per_device_train_batch_size": 8, "num_generations": 4,
        "max_completion_length": 24, "learning_rate": 1e-3, "scale_rewards": "batch", "use_cpu": True, "bf16": False,
        "report_to": "none", "save_strategy": "no", "disable_tqdm": True, "ddp_find_unused_parameters": False,
        "per_device_eval_batch_size": 4,
    }  # fmt: skip
    data = Dataset.from_list(TINY.rows(16, 1))
    trainer = GRPOTrainer(
        model=model,
        reward_funcs=keepif.reward,  # pyright: ignore[reportArgumentType]
        args=GRPOConfig(str(output_dir), **(settings | options)),
        train_dataset=data,
        eval_dataset=data.select(range(1)),
        processing_class=tokenizer,
    )
    keepif.attach(trainer)
    return trainer


def weights(trainer: GRPOTrainer) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def training_log(trainer: GRPOTrainer) -> list[dict[str, Any]]:
    timed = ("step_time", "runtime", "_per_second")
    return [
        {name: value for name, value in entry.items() if not name.endswith(timed)}
        for entry in trainer.state.log_history
        if not any(name.startswith("eval_") for name in entry)
    ]


def test_training_is_the_same_with_it_and_without(tmp_path: Path) -> None:
    plain = build(tmp_path / "plain")
    plain.train()
    measured, sums = build(tmp_path / "measured"), Sums()
    measured.add_callback(EvaluationCallback(measured, [sums], every=1))
    measured.train()
    assert len(sums.scored) == 3
    assert training_log(measured) == training_log(plain)
    for name, value in weights(plain).items():
        assert torch.equal(value, measured.model.state_dict()[name]), name
    assert sums.scored[0] != sums.scored[2]  # the model that is measured is the one that trains


def test_every_n_steps_it_logs_what_the_benchmark_says(tmp_path: Path) -> None:
    trainer, sums = build(tmp_path, max_steps=4), Sums()
    trainer.add_callback(EvaluationCallback(trainer, [sums], every=2, items=3))
    trainer.train()
    logged = {entry["step"]: entry for entry in trainer.state.log_history if "eval_sums/joint" in entry}
    assert set(logged) == {2, 4}
    assert logged[4]["eval_sums/tokens"] == sum(sample.tokens for sample in sums.scored[1]) / 3
    assert 0 <= logged[4]["eval_sums/sacc"] <= 1
    assert [sample.item.key for sample in sums.scored[0]] == ["0", "2", "4"]
    assert all(sample.text.startswith("<think>") for sample in sums.scored[0])


def test_the_best_checkpoint_is_chosen_by_it(tmp_path: Path) -> None:
    trainer = build(
        tmp_path, eval_strategy="steps", eval_steps=1, save_strategy="steps", save_steps=1,
        metric_for_best_model="sums/joint", load_best_model_at_end=True, greater_is_better=True,
    )  # fmt: skip
    trainer.add_callback(EvaluationCallback(trainer, [Rising([0.1, 0.9, 0.5])]))
    trainer.train()
    assert trainer.state.best_metric == 0.9
    assert trainer.state.best_model_checkpoint == str(tmp_path / "checkpoint-2")
    saved = load_model(ModelConfig(model_name_or_path=str(tmp_path / "checkpoint-2")))[0].state_dict()
    assert all(torch.equal(value, saved[name]) for name, value in weights(trainer).items())


def test_a_benchmark_that_fails_costs_its_numbers_only(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    trainer = build(
        tmp_path, max_steps=2, eval_strategy="steps", eval_steps=1, metric_for_best_model="eval_broken/joint",
    )  # fmt: skip
    trainer.add_callback(EvaluationCallback(trainer, [Broken(), Sums(2)]))
    trainer.train()
    assert "broken could not be scored" in caplog.text
    logged = [entry for entry in trainer.state.log_history if "eval_sums/joint" in entry]
    assert len(logged) == 2
    assert all(math.isnan(entry["eval_broken/joint"]) for entry in logged)


def test_random_numbers_go_on_as_if_nothing_had_been_drawn(tmp_path: Path) -> None:
    trainer = build(tmp_path)
    callback = EvaluationCallback(trainer, [Sums(2)], every=1)
    before = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
    assert callback.measure() == callback.measure()
    assert before == (random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())  # noqa: NPY002


@pytest.mark.parametrize(("strategy", "every"), [("no", None), ("steps", 5)])
def test_it_is_told_when_to_measure(tmp_path: Path, strategy: str, every: int | None) -> None:
    trainer = build(tmp_path, eval_strategy=strategy, eval_steps=1)
    with pytest.raises(ValueError, match=f"eval_strategy='{strategy}' and every={every}"):
        EvaluationCallback(trainer, [Sums()], every=every)


def test_two_processes_share_the_items(tmp_path: Path) -> None:
    """Three items on two processes, and a model that both still agree on afterwards."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file"]
    command += [str(ROOT / "recipes/accelerate_configs/cpu_two_process.yaml"), "--main_process_port", "0"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join([*sys.path, str(ROOT)])}
    subprocess.run([*command, __file__, str(tmp_path)], check=True, timeout=300, env=environment)
    found = [json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1)]
    assert found[0]["keys"] == [["0", "2", "4"]] * 2
    assert found[1]["keys"] == []
    assert found[0]["measured"] == found[1]["measured"]
    assert found[0]["weights"] == found[1]["weights"]


def on_a_process(output_dir: Path) -> None:
    trainer, sums = build(output_dir, max_steps=2), Sums()
    callback = EvaluationCallback(trainer, [sums], every=1, items=3)
    trainer.add_callback(callback)
    trainer.train()
    found = {
        "keys": [[sample.item.key for sample in samples] for samples in sums.scored],
        "measured": callback.measured,
        "weights": sum(float(value.double().sum()) for value in weights(trainer).values()),
    }
    (output_dir / f"{trainer.accelerator.process_index}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    on_a_process(Path(sys.argv[1]))
