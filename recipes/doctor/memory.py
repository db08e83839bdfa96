"""What a run needs of a GPU's memory, by arithmetic: nothing is measured, and no weight is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM
from trl import GRPOConfig, ModelConfig, get_peft_config

GIB = 2**30
PROMPT = 512
"""Tokens that a prompt is taken to have."""
OVERHEAD = 1.0
"""GiB for CUDA itself, and a tenth on top of everything for what the allocator cannot use."""


@dataclass(frozen=True)
class Engine:
    """How a model is spread over processes, and those over machines: `kind` is `single`, `ddp`, `fsdp1`, `fsdp2`,
    `zero2` or `zero3`; of what else accelerate knows, nothing is taken to be divided.
    """

    kind: str = "single"
    processes: int = 1
    machines: int = 1

    @property
    def on_each(self) -> int:
        """Processes on one machine."""
        return -(-self.processes // self.machines)

    @property
    def shards(self) -> int:
        """Parts that gradients and optimizer are divided into."""
        return self.processes if self.kind in {"fsdp1", "fsdp2", "zero2", "zero3"} else 1

    @property
    def spreads_weights(self) -> bool:
        return self.kind in {"fsdp1", "fsdp2", "zero3"}


@dataclass(frozen=True)
class Size:
    """What of a model the arithmetic needs: parameters, those trained among them, and its config."""

    parameters: int
    trained: int
    config: Any

    @classmethod
    def of(cls, config: Any, model_args: ModelConfig, trust_remote_code: bool = False) -> "Size":
        """Counted on the model that `config` describes, with its adapters, built without any memory."""
        with torch.device("meta"):
            model: Any = AutoModelForCausalLM.from_config(config, trust_remote_code=trust_remote_code)
            parameters = sum(parameter.numel() for parameter in model.parameters())
            adapters = get_peft_config(model_args)
            if adapters is not None:
                model = get_peft_model(model, adapters)
        trained = sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
        return cls(parameters, trained, config)


def estimate(
    size: Size, args: GRPOConfig, model_args: ModelConfig, engine: Engine, gpu_memory: float | None = None
) -> dict[str, float]:
    """GiB on each GPU, by what needs it; `total` is with what CUDA and its allocator take besides.

    - `weights`, `training` (gradients and AdamW's two moments): 16 bytes a trained parameter in float32 (4 + 4 + 8),
      8 where one process or DDP holds it in bfloat16; adapters, FSDP2 and ZeRO train in float32. FSDP2 and ZeRO-3
      divide all of it among the processes, and bring together in bfloat16 a layer, or, to generate, the model;
      ZeRO-2 divides all but a bfloat16 copy; DDP keeps the gradients twice.
    - `generation`: keys and values of all completions that a process generates at once, at their full length, in the
      precision of the weights; of vLLM
      on the same GPU the share of `gpu_memory` that it takes, and of a server for it nothing.
    - `activations`: of one micro-batch at full length, what each layer takes in, and the inside of one layer (of all,
      without activation checkpointing).

    A prompt is taken to have 512 tokens. Logits are left out: TRL computes log-probabilities without holding them.
    """
    held = 4 if model_args.dtype in {None, "float32"} else 2
    # Autocast multiplies in bfloat16, but keys are rotated in the weights' precision; what is sharded is cast whole.
    cached = 2 if engine.shards > 1 and (args.bf16 or args.fp16) else held
    held = 0.5 if model_args.load_in_4bit else 1 if model_args.load_in_8bit else held
    adapters = size.trained < size.parameters
    precision = 4 if adapters or engine.shards > 1 else held
    parts = engine.processes if engine.spreads_weights else 1
    weights = size.trained * precision / (engine.shards if engine.kind == "zero2" else parts)
    weights += size.parameters * held / parts if adapters else 0
    if engine.kind == "zero2":  # beside its share in float32, each holds all of them in bfloat16
        weights += 2 * size.trained
    if engine.spreads_weights:  # brought together where they are used: a layer, or, to generate, the model
        weights += 2 * size.parameters / (1 if engine.kind == "zero3" else size.config.num_hidden_layers)
    copies = 2 if engine.kind == "ddp" else 1
    training = size.trained * precision * (copies + 2) / engine.shards
    found = {
        "weights": weights,
        "training": training,
        "generation": _keys_and_values(size.config, args, cached),
        "activations": _activations(size.config, args),
    }
    gib = {name: amount / GIB for name, amount in found.items()}
    total = 1.1 * sum(gib.values()) + OVERHEAD
    if not colocates(vars(args)):
        return gib | {"total": total}
    vllm = args.vllm_gpu_memory_utilization * (gpu_memory or 0)  # nothing on top: the share is all that it takes
    return gib | {"generation": vllm, "total": total + vllm}


def colocates(settings: Mapping[str, Any]) -> bool:
    """Whether vLLM generates on the GPUs that train."""
    return settings["use_vllm"] and settings["vllm_mode"] == "colocate"


def _head(config: Any) -> int:
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def tokens(args: GRPOConfig) -> int:
    """Tokens of a prompt with a completion of full length."""
    return PROMPT + (args.max_completion_length or 0)


def _keys_and_values(config: Any, args: GRPOConfig, each: int) -> float:
    if args.use_vllm:
        return 0.0
    completions = args.per_device_train_batch_size * (args.steps_per_generation or 1)
    return completions * tokens(args) * bytes_a_token(config, each)


def bytes_a_token(config: Any, each: int) -> int:
    """Of the keys and values of one token, `each` number in so many bytes."""
    return 2 * config.num_hidden_layers * config.num_key_value_heads * _head(config) * each


def _activations(config: Any, args: GRPOConfig) -> float:
    """Of a decoder layer with gated MLP: two norms in float32, queries, keys, values, attention's output, and the
    MLP's four products.
    """
    each = 2 if args.bf16 or args.fp16 else 4
    heads = (2 * config.num_attention_heads + 2 * config.num_key_value_heads) * _head(config)
    inside = 2 * 4 * config.hidden_size + each * (4 * config.hidden_size + heads + 4 * config.intermediate_size)
    layers = config.num_hidden_layers
    recomputed = getattr(args, "activation_checkpointing", None) or getattr(args, "gradient_checkpointing", None)
    inner, outer = (1, layers) if recomputed else (layers, 0)
    return args.per_device_train_batch_size * tokens(args) * (inner * inside + outer * each * config.hidden_size)
