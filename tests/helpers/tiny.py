"""A real model and tokenizer of no size, for runs of a few steps."""

from pathlib import Path
from typing import Any

from datasets import Dataset
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM
from trl import GRPOConfig

WORDS = [
    "<pad>",
    "<eos>",
    "<unk>",
    "<think>",
    "</think>",
    "what",
    "is",
    "+",
    "?",
    "the",
    "answer",
    ",",
    "so",
    "\\boxed{4}",
]
WORDS += [str(i) for i in range(10)]


def tokenizer(template: str = "{% for m in messages %}{{ m.content }}{% endfor %}") -> PreTrainedTokenizerFast:
    raw = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="<unk>"))
    raw.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=raw,
        pad_token="<pad>",
        eos_token="<eos>",
        unk_token="<unk>",
        padding_side="left",
        model_input_names=["input_ids", "attention_mask"],
        chat_template=template,
    )


def model() -> Qwen3ForCausalLM:
    config = Qwen3Config(
        vocab_size=len(WORDS), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, head_dim=16, max_position_embeddings=128, pad_token_id=0, eos_token_id=1,
    )  # fmt: skip
    return Qwen3ForCausalLM(config)


def prompts(count: int = 16) -> Dataset:
    row: dict[str, Any] = {"prompt": [{"role": "user", "content": "what is 2 + 2 ? no commas"}], "answer": "4"}
    row |= {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    return Dataset.from_list([row] * count)


def settings(output_dir: Path, **options: Any) -> dict[str, Any]:
    """What any of TRL's trainers is told here, in names that transformers has had since 5.0."""
    return {
        "output_dir": str(output_dir), "use_cpu": True, "bf16": False, "report_to": "none", "save_strategy": "no",
        "max_steps": 2, "logging_steps": 1, "per_device_train_batch_size": 4, "num_generations": 4,
        "max_completion_length": 8, "disable_tqdm": True, "gradient_checkpointing": False,
        "ddp_find_unused_parameters": False,
    } | options  # fmt: skip


def config(output_dir: Path, **options: Any) -> GRPOConfig:
    return GRPOConfig(**settings(output_dir, **({"scale_rewards": "batch"} | options)))


SOFT: dict[str, Any] = {"instruction_id_list": ["judge:question", "punctuation:no_comma", "startend:quotation"]}
SOFT |= {"kwargs": [{"question": "Is it polite?"}, {}, {}]}


def soft_prompts() -> Dataset:
    return Dataset.from_list([row | SOFT for row in prompts(8)])
