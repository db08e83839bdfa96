"""The doctor's checks of the model, the data and the reward: what `KeepIF.attach` will refuse or warn of."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import GenerationConfig
from trl import GRPOTrainer

from keepif.trainer.data.constrain import RowError
from keepif.trainer.facts import Facts
from keepif.trainer.preflight import problems

from ..arguments import KeepIFArguments
from ..data import OURS, READERS, load_prompts
from ..dry_run import first_rows, row_text
from ..models import load_tokenizer, located
from ..plainly import first_line
from .findings import Finding
from .memory import Engine
from .rehearsal import Recipe

ROWS = 500
"""Rows of the data set that are looked at; a run looks at all of them before it begins."""
TYPICAL = 0.02
"""Size of a weight: what transformers draws them with, and about what trained ones have."""


def weights(recipe: Recipe, engine: Engine) -> Iterator[Finding]:
    """Whether the model can be had as it is asked for, and whether its weights are fine enough to be moved.

    bfloat16 keeps 8 bits of a number, so that a step less than 1/512 of it is rounded away, and AdamW's steps are
    about as large as the learning rate. FSDP and ZeRO keep the weights in float32, and so does LoRA its own.
    """
    try:
        located(recipe.model)
    except ValueError as error:
        yield Finding("fail", "model", str(error))
    rate, lost = recipe.grpo.learning_rate, 512 * recipe.grpo.learning_rate
    alone = engine.kind in {"single", "ddp"} and not recipe.model.use_peft
    if alone and recipe.model.dtype == "bfloat16" and lost < TYPICAL:
        text = (
            f"all weights are trained in bfloat16: of those above {lost:.1g}, which are nearly all, steps of {rate:g} "
            "are rounded away; keep them in float32, or take LoRA (use_peft: true)"
        )
        yield Finding("warn", "weights", text, "dtype: float32")


def rewards(recipe: Recipe, ranks: int) -> Iterator[Finding]:
    """What `KeepIF.attach` would refuse or warn of, as far as tokenizer and data can be had here."""
    try:
        run = recipe.keepif.keepif().run
    except ValueError as error:
        yield Finding("fail", "keepif", str(error))
        return
    tokenizer, ends = None, frozenset[int]()
    try:
        tokenizer = load_tokenizer(recipe.model, recipe.grpo.trust_remote_code, recipe.keepif.eos_token)
        ends = end_tokens(recipe, tokenizer)
    except (OSError, ValueError) as error:
        yield Finding("unknown", "tokenizer", first_line(error))
    prompts = None
    try:
        left_out: list[str] = []
        prompts = few_prompts(recipe, tokenizer, left_out.append)
        yield from (Finding("warn", "data", text) for text in left_out)
    except RowError as error:
        yield Finding("fail", "data", str(error))
    except (OSError, ValueError) as error:
        here = recipe.keepif.dataset in OURS or ":" in recipe.keepif.dataset
        here = here or Path(recipe.keepif.dataset).suffix in READERS
        yield Finding("fail" if here else "unknown", "data", first_line(error))
    for name, row in first_rows(prompts) if prompts else ():
        yield Finding("look", name, row_text(row))
    facts = Facts(
        args=recipe.grpo,
        rewards=run.rewards,
        floor=run.floor,
        kind=GRPOTrainer,
        reward_funcs=run.rewards.reward_funcs,
        ranks=ranks,
        tokenizer=tokenizer,
        end_ids=ends,
        dataset=prompts,
    )
    findings = [Finding.of("reward", problem) for problem in problems(facts)]
    yield from findings
    if not findings:
        checked = ["normaliser", *(["end tokens", "tags"] if tokenizer else [])]
        checked += [f"{len(prompts)} row{'s' * (len(prompts) != 1)}"] if prompts else []
        yield Finding("ok", "reward", f"{', '.join(checked)}: nothing to change")


def with_few_rows(arguments: KeepIFArguments) -> KeepIFArguments:
    """The same with a few rows."""
    return replace(arguments, rows=min(arguments.rows or ROWS, ROWS))


def few_prompts(recipe: Recipe, tokenizer: Any, warn: Callable[[str], None]) -> Dataset:
    conversational = tokenizer is None or tokenizer.chat_template is not None
    return load_prompts(with_few_rows(recipe.keepif), recipe.grpo.seed, conversational, warn)


def end_tokens(recipe: Recipe, tokenizer: Any) -> frozenset[int]:
    """The ids that TRL ends a completion with: the tokenizer's and the model's generation config's."""
    place, options = located(recipe.model, recipe.grpo.trust_remote_code)
    try:
        configured = GenerationConfig.from_pretrained(place, **options).eos_token_id
    except (OSError, ValueError, TypeError):  # there is none, or, in a GGUF file, not as one
        configured = None
    ids = configured if isinstance(configured, list) else [configured]
    return frozenset({*ids, tokenizer.eos_token_id} - {None})
