"""KeepIF in TRL's GRPO on a GPU: the law is a CPU's, and what is measured and resumed is so there too.

The same tests run on a CPU, so that they are known to be sound where there is no GPU.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig
from trl import GRPOTrainer

from keepif.trainer import KeepIF, Prepass
from tests.gpu.devices import CUDA, DEVICES
from tests.helpers import tiny
from tests.helpers.grpo import history, script

LR = 1e-3
ADAPTERS = LoraConfig(r=4, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")


def build(folder: Path, keepif: KeepIF, device: str, adapters: bool = False, **options: Any) -> GRPOTrainer:
    torch.manual_seed(0)
    trainer = GRPOTrainer(
        model=tiny.model(),
        reward_funcs=keepif.reward,  # pyright: ignore[reportArgumentType]
        args=tiny.config(folder, use_cpu=device == "cpu", learning_rate=LR, per_device_train_batch_size=32, **options),
        train_dataset=tiny.prompts(),
        processing_class=tiny.tokenizer(),
        peft_config=ADAPTERS if adapters else None,
    )
    keepif.attach(trainer)
    return trainer


def trained(trainer: GRPOTrainer, resume: Path | None = None) -> dict[str, torch.Tensor]:
    """The trained parameters after `trainer.train()`, which have moved and are where they should be."""
    trainable = {name: p for name, p in trainer.model.named_parameters() if p.requires_grad}
    before = {name: p.detach().clone() for name, p in trainable.items()}
    trainer.train(resume_from_checkpoint=str(resume) if resume else None)
    after = {name: p.detach() for name, p in trainable.items()}
    assert {p.device.type for p in after.values()} == {trainer.args.device.type}
    assert any(not torch.equal(before[name].to(p.device), p) for name, p in after.items())
    assert all(p.isfinite().all() for p in after.values())
    return {name: p.float().cpu() for name, p in after.items()}


@pytest.mark.parametrize("adapters", [False, True], ids=["full weights", "LoRA"])
@pytest.mark.parametrize("bf16", [False, True], ids=["float32", "bf16"])
@pytest.mark.parametrize("device", DEVICES)
def test_the_same_scores_move_the_multipliers_as_on_a_cpu(
    tmp_path: Path, device: str, bf16: bool, adapters: bool
) -> None:
    ends = []
    for folder, where, half in ((tmp_path / "cpu", "cpu", False), (tmp_path / "there", device, bf16)):
        keepif = script(KeepIF(floor=0.9, budget=4), obeys=0.4)
        trainer = build(folder, keepif, where, adapters, bf16=half)
        trained(trainer)
        ends.append((keepif.run.multipliers, keepif.run.controller.state(), history(trainer)))
    assert ends[0] == ends[1]
    assert ends[0][0] != KeepIF(floor=0.9, budget=4).run.multipliers


@pytest.mark.parametrize("device", DEVICES)
def test_the_reference_is_measured_on_the_device_and_leaves_its_random_numbers_alone(
    tmp_path: Path, device: str
) -> None:
    """A run that measures its reference samples the same first batch as one that finds it measured."""
    firsts = []
    for name in ("measures", "finds"):
        keepif = KeepIF(prepass=Prepass(prompts=4, samples=2, share=1.0), reference_file=tmp_path / "reference.json")
        assert keepif.run.needs_reference
        trainer = build(tmp_path / name, keepif, device)
        assert keepif.run.needs_reference == (name == "measures")
        trainer.train()
        assert not keepif.run.needs_reference
        firsts.append({column: values[0] for column, values in history(trainer).items()})
    assert json.loads((tmp_path / "reference.json").read_text())["tally"]["completions"] == 8
    assert firsts[0] == firsts[1]


@pytest.mark.parametrize("adapters", [False, True], ids=["full weights", "LoRA"])
@pytest.mark.parametrize("device", DEVICES)
def test_a_resumed_run_ends_as_the_one_that_was_left_alone(tmp_path: Path, device: str, adapters: bool) -> None:
    """Law and record to the number; the weights too on a CPU, and on a GPU, which adds up in any order, nearly."""
    ends = []
    for checkpoint in (None, tmp_path / "checkpoint-1"):
        keepif = script(KeepIF(floor=0.9, budget=4), obeys=0.4)
        trainer = build(tmp_path, keepif, device, adapters, max_steps=3, save_strategy="steps", save_steps=1)
        weights = trained(trainer, checkpoint)
        ends.append((weights, keepif.run.controller.state(), history(trainer)))
    (left, *law), (resumed, *resumed_law) = ends
    assert law == resumed_law
    differences = torch.cat([(left[name] - resumed[name]).abs().flatten() for name in left])
    assert differences.mean() <= (0 if device == "cpu" else LR / 10)


@pytest.mark.parametrize("device", [CUDA])
def test_a_gpu_is_what_a_recipe_takes_without_a_word(tmp_path: Path, device: str) -> None:
    keepif = KeepIF(floor=0.6)
    trainer = build(tmp_path, keepif, device, bf16=None)
    assert (trainer.args.bf16, trainer.args.device.type) == (True, "cuda")
