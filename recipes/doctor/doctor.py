"""`keepif doctor`: what would break a recipe, or waste its run, said before the run instead of after it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from math import gcd, lcm
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import torch
from transformers import GenerationConfig
from trl import GRPOConfig, ModelConfig

from keepif.trainer import ConfigError, preflight
from keepif.trainer.data.constrain import RowError

from ..arguments import KeepIFArguments
from ..data import READERS, load_prompts
from ..models import load_tokenizer, located
from ..plainly import first_line
from ..train import build, score_one_batch
from .findings import Finding
from .machine import launch, memory, packages, reporting
from .memory import Engine
from .rehearsal import ON_CPU, Recipe, made, read, requested

ROWS = 500
"""Rows of the data set that are looked at; a run looks at all of them before it begins."""
SAMPLED = 16
"""Prompts that are sampled, twice each, in one batch."""
TYPICAL = 0.02
"""Size of a weight: what transformers draws them with, and about what trained ones have."""


def examine(config: Path, flags: list[str], engine: Engine, gpu_memory: float | None, sample: bool) -> list[Finding]:
    """All findings on the recipe in `config`, with `flags` behind it, launched on `engine`.

    Nothing is trained, and without `sample` no model is loaded. `gpu_memory` is the GiB of one GPU where it is not
    this machine's.
    """
    try:
        asked = requested(config, flags)
    except ValueError as error:
        return [Finding("fail", "arguments", str(error))]
    found = [*packages(asked, gpu_memory), *launch(asked, engine, gpu_memory)]
    found += [*batch(asked, engine.processes), *reporting(asked)]
    try:
        recipe = read(asked, engine.processes)
    except ValueError as error:
        broken = any(finding.level == "fail" and finding.check == "batch" for finding in found)
        return found if broken else [*found, Finding("fail", "arguments", str(error))]
    found += [*weights(recipe, engine), *rewards(recipe, engine.processes), *memory(recipe, engine, gpu_memory)]
    found += sampled(recipe) if sample else [Finding("unknown", "lengths", "not sampled; --sample does, here")]
    return found


def batch(asked: dict[str, Any], ranks: int) -> Iterator[Finding]:
    """The batch arithmetic: whole groups in a generation batch, and on each rank."""
    each, size, at_once = (
        asked[name] for name in ("per_device_train_batch_size", "num_generations", "generation_batch_size")
    )
    if at_once:
        whole = ranks * lcm(each, size)
        change = f"generation_batch_size: {-(-at_once // whole) * whole}"
        if at_once % (each * ranks):
            text = f"generation_batch_size ({at_once}) is no multiple of {ranks} x {each} completions at a time"
            yield Finding("fail", "batch", text, change)
            return
        steps = at_once // (each * ranks)
    else:
        steps = asked["steps_per_generation"] or asked["gradient_accumulation_steps"]
        whole = size // gcd(size, steps)
        change = f"per_device_train_batch_size: {-(-each // whole) * whole}"
    at_once = ranks * steps * each
    generated = f"{ranks} rank{'s' * (ranks > 1)} x {steps} micro-batches of {each} = {at_once} completions at a time"
    if at_once % size:
        yield Finding("fail", "batch", f"{generated}, which is no multiple of num_generations ({size})", change)
    elif steps * each % size:
        text = f"{generated}: some of the groups of {size} are split between two ranks"
        yield Finding("warn", "batch", f"{text}; what compares the completions of a prompt sees parts of it", change)
    else:
        groups = f"{at_once // size} groups of {size}, {steps * each // size} whole groups a rank"
        step = ranks * each * asked["gradient_accumulation_steps"]
        yield Finding("ok", "batch", f"{generated} = {groups}; {step} completions a step")


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
    """What `KeepIF.attach` would refuse or warn of (trainer/preflight.py), without a trainer."""
    try:
        keepif = recipe.keepif.keepif()
    except ValueError as error:
        yield Finding("fail", "keepif", str(error))
        return
    tokenizer, ends = None, None
    try:
        tokenizer = load_tokenizer(recipe.model, recipe.grpo.trust_remote_code, recipe.keepif.eos_token)
        ends = end_tokens(recipe.model, tokenizer, recipe.grpo.trust_remote_code)
    except (OSError, ValueError) as error:
        yield Finding("unknown", "tokenizer", first_line(error))
    prompts, left_out = None, []
    try:
        rows = min(recipe.keepif.rows or ROWS, ROWS)
        conversational = tokenizer is None or tokenizer.chat_template is not None
        prompts = load_prompts(replace(recipe.keepif, rows=rows), recipe.grpo.seed, conversational, left_out.append)
    except RowError as error:
        yield Finding("fail", "data", str(error))
    except (OSError, ValueError) as error:
        here = recipe.keepif.dataset == "tiny" or ":" in recipe.keepif.dataset
        here = here or Path(recipe.keepif.dataset).suffix in READERS
        yield Finding("fail" if here else "unknown", "data", first_line(error))
    yield from (Finding("warn", "data", text) for text in left_out)
    plan = SimpleNamespace(
        args=recipe.grpo,
        reward_funcs=preflight.rewards_of(keepif),
        processing_class=tokenizer,
        eos_token_ids=ends,
        train_dataset=prompts,
        num_generations=recipe.grpo.num_generations,
        accelerator=SimpleNamespace(num_processes=ranks),
    )
    length_term = getattr(keepif.reward, "length_term", None)
    checks: list[Callable[[], None]] = [
        partial(preflight.refuse_normaliser, recipe.grpo, keepif),
        partial(preflight.refuse_split_groups, plan, length_term),
    ]
    if tokenizer is not None:
        checks.append(partial(preflight.refuse_special_tags, tokenizer, keepif.scoring.delimiters))
    if prompts is not None:
        checks.append(partial(preflight.refuse_rows, prompts, keepif.floor, keepif.scoring))
    found = [finding for check in checks for finding in _refusal(check)]
    found += [Finding("warn", "reward", text, change) for text, change in preflight.warnings(plan, keepif)]
    yield from found
    if not found:
        parts = [
            "normaliser",
            *(["end tokens", "tags"] if tokenizer else []),
            *([f"{len(prompts)} row{'s' * (len(prompts) != 1)}"] if prompts else []),
        ]
        yield Finding("ok", "reward", f"{', '.join(parts)}: nothing to change")


def end_tokens(model: ModelConfig, tokenizer: Any, trust_remote_code: bool) -> set[int]:
    """The ids that TRL ends a completion with: the tokenizer's and the model's generation config's."""
    place, options = located(model, trust_remote_code)
    try:
        configured = GenerationConfig.from_pretrained(place, **options).eos_token_id
    except (OSError, ValueError, TypeError):  # there is none, or, in a GGUF file, not as one
        configured = None
    ids = configured if isinstance(configured, list) else [configured]
    return {*ids, tokenizer.eos_token_id} - {None}


def _refusal(check: Callable[[], None]) -> Iterator[Finding]:
    try:
        check()
    except ConfigError as error:
        yield Finding("fail", "reward", str(error), error.change)


def sampled(recipe: Recipe) -> Iterator[Finding]:
    """How long the completions of a few prompts are, sampled here, by one process, which leaves nothing behind."""
    few: dict[str, Any] = {"num_generations": 2, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 1}
    few |= dict.fromkeys(("num_generations_eval", "steps_per_generation", "generation_batch_size"))
    few |= {"per_device_eval_batch_size": 2 * SAMPLED, "report_to": "none", "use_vllm": False, "push_to_hub": False}
    asked = recipe.asked | ({} if torch.cuda.is_available() else ON_CPU) | few
    # Without anything that needs a reference: the run's own, if it has begun, is of other rows and another precision.
    plain = replace(recipe.keepif, rows=ROWS, floor="none", budget=None, no_thinking=None)
    try:
        with TemporaryDirectory() as folder:
            metrics = _sample(plain, made(GRPOConfig, asked | {"output_dir": folder}), made(ModelConfig, asked))
    except Exception as error:  # noqa: BLE001  # whatever stops it here is what was asked for
        lacking = isinstance(error, OSError | torch.OutOfMemoryError)
        text = f"nothing could be sampled here: {first_line(error)}"
        yield Finding("unknown" if lacking else "fail", "lengths", text)
        return
    cut, limit = metrics["eval_completions/clipped_ratio"], recipe.grpo.max_completion_length or 0
    mean, longest = (metrics[f"eval_completions/{name}_length"] for name in ("mean", "max"))
    for text, change in preflight.warnings_of_length(cut, limit):
        yield Finding("fail" if cut == 1 else "warn", "lengths", text, change)
    if cut <= preflight.CUT:
        text = (
            f"{100 * cut:.0f} % of the sampled completions were cut at {limit} tokens; the longest had {longest:.0f}"
        )
        yield Finding("ok", "lengths", text)
    yield from _against_budget(recipe.keepif.budget, mean)


def _sample(keepif_args: KeepIFArguments, grpo_args: GRPOConfig, model_args: ModelConfig) -> dict[str, float]:
    grpo_args._n_gpu = min(grpo_args.n_gpu, 1)  # noqa: SLF001  # TRL refuses one process that has several
    return score_one_batch(build(keepif_args, grpo_args, model_args), SAMPLED)


def _against_budget(budget: str | None, mean: float) -> Iterator[Finding]:
    """Whether the budget is one that completions of `mean` tokens are pulled towards."""
    if not str(budget).isdecimal():
        return
    tokens = int(budget or 0)
    text = f"the sampled completions have {mean:.0f} tokens on average, and the budget is {tokens}"
    if mean > 2 * tokens:
        text += (
            ": above twice the budget all pay the same, so that nothing makes them shorter; begin with what they have"
        )
        yield Finding("warn", "budget", text, f"budget: {round(mean)}")
    else:
        yield Finding("ok", "budget", text)
