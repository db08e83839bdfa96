"""The callback in TRL's trainer on the embedded policy: what it logs and leaves, and that training does not notice."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import Dataset
from transformers import set_seed
from trl import GRPOTrainer, ModelConfig

from keepif.recipes.models import load_model
from keepif.recipes.tiny_policy.worlds import TINY
from keepif.trainer.attention.callback import FIGURE, NAME, AttentionCallback
from tests.helpers import tiny

LOGGED = {"share", "share_thinking", "share_answer", "share_kept", "share_not_kept", "alpha", "delta_beta"}


def trainer_of(folder: Path, **options: Any) -> GRPOTrainer:
    set_seed(0)
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    return GRPOTrainer(
        model=model,
        reward_funcs=lambda completions, **_: [float(len(completion[0]["content"])) for completion in completions],
        args=tiny.config(folder, max_completion_length=64, learning_rate=1e-4, **options),
        train_dataset=Dataset.from_list(TINY.rows(8, 0)),
        processing_class=tokenizer,
    )


def test_it_logs_and_draws_and_training_does_not_notice(tmp_path: Path) -> None:
    watched = trainer_of(tmp_path / "watched")
    watched.add_callback(AttentionCallback(watched, TINY.rows(12, 1), every=1))
    watched.train()
    plain = trainer_of(tmp_path / "plain")
    plain.train()
    for one, other in zip(watched.model.parameters(), plain.model.parameters(), strict=True):
        assert torch.equal(one, other)
    logs = [entry for entry in watched.state.log_history if "attention/share" in entry]
    assert [entry["step"] for entry in logs] == [0, 1, 2]
    assert {name.removeprefix("attention/") for entry in logs for name in entry if "attention/" in name} == LOGGED
    assert logs[0]["attention/delta_beta"] == 0 != logs[-1]["attention/delta_beta"]
    assert all(0 < entry["attention/share"] < 1 for entry in logs)
    losses = [entry["loss"] for entry in watched.state.log_history if "loss" in entry]
    assert losses == [entry["loss"] for entry in plain.state.log_history if "loss" in entry]
    record = json.loads((tmp_path / "watched" / NAME).read_text())
    assert [len(measured["samples"]) for measured in record] == [12, 12, 12]
    assert (tmp_path / "watched" / FIGURE).stat().st_size > 10_000


def test_a_run_that_goes_on_keeps_what_was_measured(tmp_path: Path) -> None:
    for steps in (1, 2):
        trainer = trainer_of(tmp_path, max_steps=steps, save_strategy="steps", save_steps=1)
        callback = AttentionCallback(trainer, TINY.rows(4, 1), every=5)
        trainer.add_callback(callback)
        trainer.train(resume_from_checkpoint=steps == 2)
    assert [measured["step"] for measured in callback.record] == [0, 1, 2]


def test_rows_have_to_say_their_constraints(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path)
    [row] = TINY.rows(1, 0)
    with pytest.raises(ValueError, match="row 1: the prompt 'Hello' has no constraints"):
        AttentionCallback(trainer, [row, row | {"prompt": [{"role": "user", "content": "Hello"}]}], every=1)
    with pytest.raises(ValueError, match="at least 1 step, found 0"):
        AttentionCallback(trainer, [row], every=0)
