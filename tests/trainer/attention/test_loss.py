"""The loss: the gradients are eager attention's, whatever checkpoints; and in TRL's trainer it holds the share."""

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import set_seed
from trl import GRPOTrainer, ModelConfig

from keepif.recipes.models import load_model
from keepif.recipes.tiny_policy.worlds import TINY
from keepif.trainer.attention.loss import (
    AttentionLoss,
    ConstraintAttentionMixin,
    MatchedKL,
    answer_token,
    share_of,
)
from keepif.trainer.attention.probe import AttentionProbe
from tests.helpers import tiny
from tests.helpers.attention import KERNELS, batch_of, full_mass, groups_of, model_of


class Trainer(ConstraintAttentionMixin, GRPOTrainer): ...


def hinge(mass: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
    return (0.9 - share_of(mass, answer)).clamp(min=0).sum()


def gradients(model: Any, loss: torch.Tensor) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.backward()
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters() if parameter.grad is not None}


def own_loss(model: Any, batch: dict[str, torch.Tensor]) -> torch.Tensor:
    seen = batch["attention_mask"].bool()
    return 1e-3 * model(**batch, use_cache=False).logits.log_softmax(-1)[seen].square().mean()


@pytest.mark.parametrize("checkpointing", [None, False, True], ids=["plain", "non-reentrant", "reentrant"])
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize(("name", "kernel"), [pair for pair in KERNELS if pair[0] in {"llama", "gemma3", "gpt_oss"}])
def test_gradients_are_those_of_eager_attention(
    name: str, kernel: str, lora: bool, checkpointing: bool | None
) -> None:
    batch, groups = batch_of(), groups_of()
    answer = batch["attention_mask"].bool() & (torch.arange(24) > 15)
    models = [model_of(name, "eager"), model_of(name, kernel)]
    if lora:
        models = [
            get_peft_model(model, LoraConfig(target_modules=["q_proj", "k_proj"], init_lora_weights=False))
            for model in models
        ]
        models[1].load_state_dict(models[0].state_dict())
    eager, model = models
    masses = full_mass(eager, batch, groups)
    expected = gradients(eager, own_loss(eager, batch) + sum(hinge(mass, answer) for mass in masses))
    plain = gradients(eager, own_loss(eager, batch))
    model.train()
    if checkpointing is not None:
        model.gradient_checkpointing_enable({"use_reentrant": checkpointing})
        if lora:
            model.enable_input_require_grads()
    with AttentionProbe(model, groups, loss=lambda _, mass: hinge(mass, answer)):
        found = gradients(model, own_loss(model, batch))
    assert found.keys() == expected.keys()
    norm = torch.cat([gradient.flatten() for gradient in expected.values()]).norm()
    error = torch.cat([(found[name] - expected[name]).flatten() for name in expected]).norm()
    added = torch.cat([(expected[name] - plain[name]).flatten() for name in expected]).norm()
    assert error < 1e-4 * norm
    assert added > 0.3 * norm


def trainer_of(folder: Path, attention: AttentionLoss, **options: Any) -> Any:
    set_seed(0)
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    peft = options.pop("peft_config", None)
    settings = {"per_device_train_batch_size": 8, "max_completion_length": 48, "learning_rate": 1e-3, "max_steps": 3}
    return Trainer(
        model=model,
        reward_funcs=lambda completions, **_: [float(len(completion[0]["content"])) for completion in completions],
        args=tiny.config(folder, **(settings | options)),
        train_dataset=Dataset.from_list(TINY.rows(8, 0)),
        processing_class=tokenizer,
        attention=attention,
        peft_config=peft,
    )


def logged(trainer: Any, name: str) -> list[float]:
    return [entry[name] for entry in trainer.state.log_history if name in entry]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"beta": 0.001, "gradient_accumulation_steps": 2, "per_device_train_batch_size": 4},
        {"gradient_checkpointing": True, "gradient_checkpointing_kwargs": {"use_reentrant": True}},
        {"peft_config": LoraConfig(target_modules="all-linear", r=16), "learning_rate": 1e-2},
    ],
    ids=["copy", "reference", "checkpointing", "lora"],
)
def test_it_keeps_the_share_in_grpo(tmp_path: Path, options: dict[str, Any]) -> None:
    held, free = (trainer_of(tmp_path, AttentionLoss(weight), **copy.deepcopy(options)) for weight in (100.0, 1e-9))
    held.train()
    free.train()
    assert logged(held, "attention/share")[0] == pytest.approx(logged(held, "attention/reference")[0], abs=1e-5)
    assert logged(held, "attention/loss")[0] == pytest.approx(0, abs=1e-3)
    gaps = [logged(one, "attention/reference")[-1] - logged(one, "attention/share")[-1] for one in (held, free)]
    assert gaps[0] < gaps[1]


def test_the_control_holds_as_many_other_tokens(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, AttentionLoss(1.0, tokens="random"), beta=0.001)
    trainer.add_callback(MatchedKL(trainer, target=1e-9))
    trainer.model.train()
    found: dict[str, dict[str, Any]] = {}
    for tokens in ("constraints", "random"):
        trainer.attention = AttentionLoss(1.0, tokens=tokens)
        set_seed(0)
        found[tokens] = trainer._generate_and_score_completions(TINY.rows(2, 0) * 4)  # noqa: SLF001
    held, drawn = (found[tokens]["attention_groups"][:, 0] for tokens in found)
    prompt = found["random"]["attention_groups"][:, 1]
    assert held.any(1).all()
    assert not (held & drawn).any()
    assert (drawn.sum(1) == torch.minimum(held.sum(1), (prompt & ~held).sum(1))).all()
    assert (drawn <= prompt).all()
    assert torch.equal(drawn[0], drawn[2])
    assert found["random"]["attention_reference"].shape == (8, 4)
    trainer.train()
    assert logged(trainer, "kl")[-1] > 0
    assert trainer.beta > 0.001  # it strayed further than the target


def test_matched_kl_moves_beta_both_ways() -> None:
    trainer = SimpleNamespace(beta=0.1)
    matched = MatchedKL(trainer, target=0.02)
    matched.on_log(None, None, None, {"loss": 0.0})
    assert trainer.beta == 0.1
    matched.on_log(None, None, None, {"kl": 1.0})
    assert trainer.beta == pytest.approx(0.11)
    matched.on_log(None, None, None, {"kl": 0.018})
    assert trainer.beta == pytest.approx(0.11 * 0.95)
    with pytest.raises(ValueError, match="begin above 0"):
        MatchedKL(SimpleNamespace(beta=0.0), 0.1)


def test_where_the_answer_begins() -> None:
    _, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    ids = tokenizer("3+4=7.</think>Thus, it is 7.").input_ids
    begin = answer_token(tokenizer, ids, prefilled=True)
    assert tokenizer.decode(ids[begin:]) == "Thus, it is 7."
    assert answer_token(tokenizer, ids[:begin], prefilled=True) == begin
    assert answer_token(tokenizer, ids[:2], prefilled=False) == 0  # without thinking all of it is the answer


@pytest.mark.parametrize("options", [{"weight": 0.0}, {"weight": float("inf")}, {"weight": 1.0, "tokens": "all"}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        AttentionLoss(**options)


def test_fp16_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = trainer_of(tmp_path, AttentionLoss(1.0))
    monkeypatch.setattr(trainer.args, "fp16", True)
    with pytest.raises(ValueError, match="train in bf16"):
        trainer._reference_of()  # noqa: SLF001
