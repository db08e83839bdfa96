"""Teach the embedded policy, or a sister of another world, from scratch: tokenizer first, then its teacher's answers.

    python -m keepif.recipes.tiny_policy.teach --policy tiny --output_dir recipes/tiny_policy/weights

About 20 minutes on two CPU cores.
"""

import argparse
import random
import tempfile
from pathlib import Path
from typing import Any

from datasets import Dataset
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, set_seed
from trl import SFTConfig, SFTTrainer

from .worlds import TEACHERS

LESSONS = 128_000
BATCH = 64
VOCABULARY = 768
THINKING_TAGS = ("<think>", "</think>")
TEMPLATE = Path(__file__).with_name("chat_template.jinja")


def make_tokenizer(texts: list[str]) -> Any:
    """Byte-level BPE with single digits, merging across spaces: the published sentences become a few tokens each.

    The thinking tags are ordinary tokens, because TRL drops special ones on decoding.
    """
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<pad>", "<eos>", "<|user|>", "<|assistant|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=special, initial_alphabet=alphabet)
    )
    tokenizer.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in THINKING_TAGS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",
        eos_token="<eos>",
        padding_side="left",
        chat_template=TEMPLATE.read_text(),
    )


def make_model(tokenizer: Any) -> LlamaForCausalLM:
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer),
            hidden_size=128,
            intermediate_size=384,
            num_hidden_layers=4,
            num_attention_heads=4,
            num_key_value_heads=4,
            max_position_embeddings=512,
            tie_word_embeddings=True,
            pad_token_id=tokenizer.pad_token_id,
            eos_token_id=tokenizer.eos_token_id,
            bos_token_id=None,
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--output_dir", required=True)
    parser.add_argument("--policy", choices=TEACHERS, default="tiny")
    parser.add_argument("--lessons", type=int, default=LESSONS)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    set_seed(args.seed)
    rng = random.Random(args.seed)
    lessons = [TEACHERS[args.policy].lesson(rng) for _ in range(args.lessons)]
    tokenizer = make_tokenizer([part for prompt, completion in lessons[:20_000] for part in (prompt, completion)])
    rendered = [
        {
            "prompt": tokenizer.apply_chat_template(
                [{"role": "user", "content": prompt}], tokenize=False, add_generation_prompt=True
            ),
            "completion": completion + tokenizer.eos_token,
        }
        for prompt, completion in lessons
    ]
    model = make_model(tokenizer)
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(
            output_dir=tempfile.gettempdir(),  # nothing is saved there
            per_device_train_batch_size=BATCH,
            learning_rate=3e-3,
            adam_beta2=0.98,
            weight_decay=0.01,
            lr_scheduler_type="cosine",
            warmup_steps=100,
            num_train_epochs=1,
            completion_only_loss=True,
            gradient_checkpointing=False,
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            report_to="none",
            logging_steps=100,
            seed=args.seed,
        ),
        train_dataset=Dataset.from_list(rendered),
        processing_class=tokenizer,
    )
    trainer.train()
    model.half().save_pretrained(args.output_dir)
    tokenizer.save_pretrained(args.output_dir)


if __name__ == "__main__":
    main()
