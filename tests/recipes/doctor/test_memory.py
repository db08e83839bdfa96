"""The memory arithmetic of the doctor is a real model's."""

import pytest
import torch
from transformers import AutoModelForCausalLM, Qwen3Config
from trl import ModelConfig

from keepif.recipes.doctor.memory import GIB, PROMPT, Engine, Size, estimate
from keepif.recipes.doctor.rehearsal import read, requested
from keepif.recipes.train import CONFIGS

TINY = CONFIGS / "tiny_cpu.yaml"


def test_vllm_on_the_same_gpu_takes_its_share() -> None:
    """0.3 of it by default, with its own weights in there; a server takes none."""
    flags = ["--use_cpu", "False", "--use_vllm", "True"]
    plain = parts(Engine(), *flags, "--vllm_mode", "server", gpu_memory=80)
    shared = parts(Engine(), *flags, gpu_memory=80)
    assert plain["generation"] == 0
    assert shared["generation"] == pytest.approx(24)
    assert shared["total"] - plain["total"] == pytest.approx(24)


SMALL = Qwen3Config(
    vocab_size=100, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
    num_key_value_heads=2, head_dim=24, tie_word_embeddings=True, eos_token_id=None, pad_token_id=0,
)  # fmt: skip


def parts(engine: Engine, *flags: str, gpu_memory: float | None = None) -> dict[str, float]:
    recipe = read(requested(TINY, list(flags)), engine.processes)
    return estimate(Size.of(SMALL, recipe.model), recipe.grpo, recipe.model, engine, gpu_memory)


def test_memory_is_what_a_real_step_holds() -> None:
    model = AutoModelForCausalLM.from_config(SMALL)
    optimizer = torch.optim.AdamW(model.parameters())
    model(input_ids=torch.ones(2, 5, dtype=torch.long), labels=torch.ones(2, 5, dtype=torch.long)).loss.backward()
    optimizer.step()
    weights = sum(p.nbytes for p in model.parameters())
    gradients = sum(p.grad.nbytes for p in model.parameters() if p.grad is not None)
    moments = sum(v.nbytes for state in optimizer.state.values() for v in state.values() if v.numel() > 1)
    estimated = parts(Engine())
    assert estimated["weights"] * GIB == weights
    assert estimated["training"] * GIB == pytest.approx(gradients + moments, rel=1e-3)
    prompt = torch.ones(4, PROMPT, dtype=torch.long)
    made = model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=17, return_dict_in_generate=True, use_cache=True
    )
    held = sum(layer.keys.nbytes + layer.values.nbytes for layer in made.past_key_values.layers)
    flags = {"max_completion_length": 16, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2}
    assert parts(Engine(), *(f"--{name}={value}" for name, value in flags.items()))["generation"] * GIB == 2 * held


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_keys_and_values_are_as_wide_as_the_weights(dtype: str) -> None:
    """Under autocast to bfloat16 too: what keeps weights in float32 caches in float32."""
    model = AutoModelForCausalLM.from_config(SMALL, dtype=getattr(torch, dtype))
    prompt = torch.ones(4, PROMPT, dtype=torch.long)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        made = model(prompt, use_cache=True)
    held = sum(layer.keys.nbytes + layer.values.nbytes for layer in made.past_key_values.layers)
    flags = ["--max_completion_length=0", "--per_device_train_batch_size=4", "--num_generations=4"]
    flags += ["--gradient_accumulation_steps=1", "--use_cpu=False", "--bf16=True", f"--dtype={dtype}"]
    assert parts(Engine(), *flags)["generation"] * GIB == held
    assert parts(Engine("fsdp2", 2), *flags)["generation"] * GIB == held * (0.5 if dtype == "float32" else 1)


def test_engines_divide_what_they_say() -> None:
    """In bytes a parameter; of FSDP2 and ZeRO-3 what is brought together comes on top."""
    size = Size.of(SMALL, ModelConfig()).parameters / GIB
    alone, ddp, fsdp2, zero2, zero3 = (parts(Engine(kind, 8)) for kind in ("single", "ddp", "fsdp2", "zero2", "zero3"))
    assert [part["training"] / size for part in (alone, ddp, fsdp2, zero2, zero3)] == [12, 16, 1.5, 1.5, 1.5]
    weights = [part["weights"] / size for part in (alone, ddp, fsdp2, zero2, zero3)]
    assert weights == pytest.approx([4, 4, 0.5 + 2 / 3, 2.5, 2.5])
    assert parts(Engine("fsdp1", 8)) == parts(Engine("fsdp2", 8))
    adapters = ["--use_peft=True", "--lora_r=4", "--lora_target_modules=all-linear", "--dtype=bfloat16"]
    recipe = read(requested(TINY, adapters), 1)
    small = Size.of(SMALL, recipe.model)
    assert 0 < small.trained < small.parameters
    assert parts(Engine(), *adapters)["training"] * GIB == 12 * small.trained
    for flag, held in (("", 2), ("--load_in_8bit=True", 1), ("--load_in_4bit=True", 0.5)):
        weights = parts(Engine(), *adapters, *flag.split())["weights"]
        assert weights * GIB == held * small.parameters + 4 * small.trained
