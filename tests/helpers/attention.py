"""Small models of several architectures with random weights, and what their eager attention says."""

import copy
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, Gemma2Config, Gemma3TextConfig, GptOssConfig, LlamaConfig, Qwen3Config

SIZES = {
    "vocab_size": 64, "hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 128, "pad_token_id": 0,
    "initializer_range": 0.4,
}  # fmt: skip
SLIDING = {"sliding_window": 8, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
CONFIGS = {
    "llama": LlamaConfig(**SIZES),
    "qwen3": Qwen3Config(**SIZES),
    "gemma2": Gemma2Config(**SIZES, **SLIDING, attn_logit_softcapping=2.0),
    "gemma3": Gemma3TextConfig(**SIZES, **SLIDING),
    "gpt_oss": GptOssConfig(**SIZES, **SLIDING, num_local_experts=2, num_experts_per_tok=1),
}
KERNELS = [
    ("llama", "eager"), ("llama", "sdpa"), ("qwen3", "eager"), ("qwen3", "sdpa"), ("gemma2", "eager"),
    ("gemma3", "eager"), ("gemma3", "sdpa"), ("gpt_oss", "eager"),
]  # fmt: skip
"""Architectures, and the kernels that transformers lets them have on a CPU."""


def model_of(name: str, kernel: str = "sdpa", dtype: torch.dtype = torch.float32) -> Any:
    """The architecture with its own random weights, the same for every kernel."""
    torch.manual_seed(0)
    config = copy.deepcopy(CONFIGS[name])  # from_config writes the kernel into it
    model = AutoModelForCausalLM.from_config(config, attn_implementation=kernel, dtype=dtype)
    if name == "gpt_oss":
        for layer in model.model.layers:
            torch.nn.init.normal_(layer.self_attn.sinks)
    return model.eval()


def batch_of(padding: str = "left") -> dict[str, Tensor]:
    """Three sequences of 24, 17 and 9 tokens."""
    torch.manual_seed(1)
    ids, mask = torch.randint(1, 64, (3, 24)), torch.ones(3, 24, dtype=torch.long)
    for row, gap in enumerate((0, 7, 15)):
        empty = slice(0, gap) if padding == "left" else slice(24 - gap, 24)
        ids[row, empty], mask[row, empty] = 0, 0
    return {"input_ids": ids, "attention_mask": mask}


def groups_of(count: int = 2, batch: int = 3, length: int = 24) -> Tensor:
    """Random groups, (batch, count, length)."""
    return torch.rand(batch, count, length, generator=torch.Generator().manual_seed(2)) < 0.3


def full_mass(model: Any, batch: dict[str, Tensor], groups: Tensor) -> Tensor:
    """(L, B, R, T) from the attention maps themselves, which only eager attention returns."""
    maps = torch.stack(model(**batch, output_attentions=True, use_cache=False).attentions)  # L, B, H, T, T
    return torch.einsum("lbhts,brs->lbrt", maps[..., : groups.shape[-1]].float(), groups.float()) / maps.shape[2]
