"""`keepif doctor`: what would break a recipe, or waste its run, said before the run instead of after it."""

import netrc
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from math import gcd
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

import psutil
import torch
from rich.console import Group
from rich.table import Table
from rich.text import Text
from transformers import AutoConfig, GenerationConfig
from trl import GRPOConfig, ModelConfig

from keepif.trainer import ConfigError, ReferenceMismatchError, preflight
from keepif.trainer.dataset import RowError

from .data import READERS, load_prompts
from .memory import GIB, Engine, Size, estimate
from .models import load_tokenizer, located
from .rehearsal import ON_CPU, Recipe, made, read, requested
from .train import build, score_one_batch

ROWS = 500
"""Rows of the data set that are looked at; a run looks at all of them before it begins."""
SAMPLED = 16
"""Prompts that are sampled, twice each, in one batch."""
CUT = 0.25
"""Share of the sampled completions that may be cut at max_completion_length without a word."""
PACKAGES = ("trl", "transformers", "accelerate", "torch", "vllm", "deepspeed")
COLOURS = {"fail": "red", "warn": "yellow", "ok": "green", "unknown": "dim"}


class Finding(NamedTuple):
    """What a check found; `change` is a line of the recipe's YAML that mends it, where one line does."""

    level: Literal["fail", "warn", "ok", "unknown"]
    check: str
    text: str
    change: str = ""


def examine(config: Path, flags: list[str], engine: Engine, gpu_memory: float | None, sample: bool) -> list[Finding]:
    """All findings on the recipe in `config`, with `flags` behind it, launched on `engine`.

    Nothing is trained, and without `sample` no model is loaded. `gpu_memory` is the GiB of one GPU where it is not
    this machine's.
    """
    try:
        asked = requested(config, flags)
    except ValueError as error:
        return [Finding("fail", "arguments", str(error))]
    found = [*packages(asked), *launch(asked, engine), *batch(asked, engine.processes), *reporting(asked)]
    try:
        recipe = read(asked, engine.processes)
    except ValueError as error:
        broken = any(finding.level == "fail" and finding.check == "batch" for finding in found)
        return found if broken else [*found, Finding("fail", "arguments", str(error))]
    found += [*rewards(recipe, engine.processes), *memory(recipe, engine, gpu_memory)]
    found += sampled(recipe) if sample else [Finding("unknown", "lengths", "not sampled; --sample does, here")]
    return found


def packages(asked: dict[str, Any]) -> Iterator[Finding]:
    """The versions of this machine's packages, and vLLM where it is asked for."""
    installed = {name: _version(name) for name in PACKAGES}
    yield Finding("ok", "packages", ", ".join(f"{name} {found}" for name, found in installed.items() if found))
    if asked["use_vllm"] and not installed["vllm"]:
        yield Finding("fail", "packages", "vLLM is not installed here: pip install 'trl[vllm]'", "use_vllm: false")


def launch(asked: dict[str, Any], engine: Engine) -> Iterator[Finding]:
    """Whether accelerate will start the engine at all."""
    if engine.kind == "fsdp2" and asked["use_cpu"]:
        yield Finding("fail", "launch", "on a CPU accelerate ignores FSDP and runs DDP, without a word")
    if engine.kind.startswith("zero"):
        if not find_spec("deepspeed"):
            yield Finding("fail", "launch", "DeepSpeed is not installed here: pip install deepspeed")
        if asked["use_cpu"]:
            text = (
                "where use_cpu is set accelerate leaves DeepSpeed out; it runs with ddp_backend: gloo beside this line"
            )
            yield Finding("fail", "launch", text, "use_cpu: false")
    if (
        asked["use_vllm"]
        and asked["vllm_mode"] == "colocate"
        and engine.processes % asked["vllm_tensor_parallel_size"]
    ):
        text = f"vllm_tensor_parallel_size must divide the {engine.processes} processes"
        yield Finding("fail", "launch", text, "vllm_tensor_parallel_size: 1")


def batch(asked: dict[str, Any], ranks: int) -> Iterator[Finding]:
    """The batch arithmetic: whole groups in a generation batch, and on each rank."""
    each, size = asked["per_device_train_batch_size"], asked["num_generations"]
    steps = asked["steps_per_generation"] or asked["gradient_accumulation_steps"]
    if asked["generation_batch_size"]:
        steps = max(1, asked["generation_batch_size"] // (each * ranks))
    multiple = size // gcd(size, steps)
    change = f"per_device_train_batch_size: {-(-each // multiple) * multiple}"
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


def reporting(asked: dict[str, Any]) -> Iterator[Finding]:
    """Whether the dashboard's package is there, and whether it knows whose it is."""
    backends = asked["report_to"]
    for backend in [backends] if isinstance(backends, str) else backends or ["none"]:
        if backend in {"none", "all"}:
            yield Finding("ok", "reporting", "no dashboard; the run leaves its report in output_dir")
        elif not find_spec(backend):
            yield Finding(
                "fail", "reporting", f"{backend} is not installed here: pip install {backend}", "report_to: none"
            )
        elif backend == "wandb" and not _wandb_knows_us():
            text = "not logged in to W&B: wandb login, or WANDB_API_KEY; or WANDB_MODE=offline, and wandb sync later"
            yield Finding("fail", "reporting", text, "report_to: none")
        else:
            yield Finding("ok", "reporting", backend)


def _wandb_knows_us() -> bool:
    if os.environ.get("WANDB_MODE") in {"offline", "disabled"} or os.environ.get("WANDB_API_KEY"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def rewards(recipe: Recipe, ranks: int) -> Iterator[Finding]:
    """What `KeepIF.attach` would refuse or warn of (trainer/preflight.py), without a trainer."""
    try:
        keepif = recipe.keepif.keepif()
    except ValueError as error:
        yield Finding("fail", "keepif", str(error))
        return
    tokenizer, ends = None, None
    try:
        tokenizer = load_tokenizer(recipe.model)
        ends = end_tokens(recipe.model, tokenizer)
    except (OSError, ValueError) as error:
        yield Finding("unknown", "tokenizer", _first_line(error))
    prompts = None
    try:
        rows = min(recipe.keepif.rows or ROWS, ROWS)
        conversational = tokenizer is None or tokenizer.chat_template is not None
        prompts = load_prompts(replace(recipe.keepif, rows=rows), recipe.grpo.seed, conversational)
    except RowError as error:
        yield Finding("fail", "data", str(error))
    except (OSError, ValueError) as error:
        here = recipe.keepif.dataset == "tiny" or ":" in recipe.keepif.dataset
        here = here or Path(recipe.keepif.dataset).suffix in READERS
        yield Finding("fail" if here else "unknown", "data", _first_line(error))
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
            *([f"{len(prompts)} rows"] if prompts else []),
        ]
        yield Finding("ok", "reward", f"{', '.join(parts)}: nothing to change")


def end_tokens(model: ModelConfig, tokenizer: Any) -> set[int]:
    """The ids that TRL ends a completion with: the tokenizer's and the model's generation config's."""
    place, options = located(model)
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


def memory(recipe: Recipe, engine: Engine, gpu_memory: float | None) -> Iterator[Finding]:
    """The estimate of recipes/memory.py against what there is."""
    place, options = located(recipe.model)
    try:
        size = Size.of(AutoConfig.from_pretrained(place, **options), recipe.model)
        parts = estimate(size, recipe.grpo, recipe.model, engine)
    except (OSError, ValueError, AttributeError) as error:
        yield Finding("unknown", "memory", _first_line(error))
        return
    total = parts.pop("total")
    text = f"about {total:.0f} GiB a process ({', '.join(f'{name} {gib:.1f}' for name, gib in parts.items())})"
    there = gpu_memory or _memory_here(recipe.grpo.use_cpu, engine.processes)
    if there is None:
        yield Finding("unknown", "memory", f"{text}; no GPU here: --gpu_memory GIB says what there will be")
    elif total <= there:
        yield Finding("ok", "memory", f"{text} of {there:.0f}")
    else:
        yield Finding("fail", "memory", f"{text}, but there are {there:.0f}", _smaller(recipe.grpo, parts))


def _memory_here(on_cpu: bool, processes: int) -> float | None:
    if on_cpu:
        return psutil.virtual_memory().total / GIB / processes
    return torch.cuda.get_device_properties(0).total_memory / GIB if torch.cuda.is_available() else None


def _smaller(args: GRPOConfig, parts: dict[str, float]) -> str:
    """The line that halves what takes most, where it can be halved and leaves whole groups a rank."""
    steps, each = args.steps_per_generation or 1, args.per_device_train_batch_size
    largest = max(parts, key=lambda name: parts[name])
    if largest == "generation" and steps % 2 == 0 and steps // 2 * each % (args.num_generations or 1) == 0:
        return f"steps_per_generation: {steps // 2}"
    return (
        "use_peft: true" if largest in {"weights", "training"} else f"per_device_train_batch_size: {max(1, each // 2)}"
    )


def sampled(recipe: Recipe) -> Iterator[Finding]:
    """How long the completions of a few prompts are, sampled here, by one process."""
    few = {"num_generations": 2, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 1}
    few |= dict.fromkeys(("num_generations_eval", "steps_per_generation", "generation_batch_size"))
    few |= {"per_device_eval_batch_size": 2 * SAMPLED, "report_to": "none", "use_vllm": False}
    asked = recipe.asked | ({} if torch.cuda.is_available() else ON_CPU) | few
    try:
        trainer = build(replace(recipe.keepif, rows=ROWS), made(GRPOConfig, asked), made(ModelConfig, asked))
    except (OSError, ConfigError, ReferenceMismatchError, RowError) as error:
        yield Finding("unknown" if isinstance(error, OSError) else "fail", "lengths", _first_line(error))
        return
    metrics = score_one_batch(trainer, SAMPLED)
    cut, longest = metrics["eval_completions/clipped_ratio"], metrics["eval_completions/max_length"]
    limit = recipe.grpo.max_completion_length or 0
    text = f"{100 * cut:.0f} % of the sampled completions were cut at {limit} tokens"
    if cut > CUT:
        text += "; those earn nothing" + (", and nothing would be learned" if cut == 1 else "")
        change = f"max_completion_length: {2 * limit}"
        yield Finding("fail" if cut == 1 else "warn", "lengths", text, change)
    else:
        yield Finding("ok", "lengths", f"{text}; the longest had {longest:.0f}")


def table(findings: list[Finding], title: str) -> Group:
    """The findings, and below them the lines to put into the recipe, to be copied."""
    shown = Table(title=title, title_justify="left")
    for column in ("", "check", "found"):
        shown.add_column(column, no_wrap=column != "found")
    for level, check, text, _ in findings:
        shown.add_row(Text(level, style=COLOURS[level]), check, Text(text))
    changes = list(dict.fromkeys(finding.change for finding in findings if finding.change))
    below = [Text("\n".join(["To change in the recipe:", *(f"  {line}" for line in changes)]))] if changes else []
    return Group(shown, *below)


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0] or type(error).__name__
