"""The doctor's checks of the machine: packages, launch, memory, and whether the dashboard knows whose it is."""

import configparser
import netrc
import os
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import torch
from transformers import AutoConfig
from transformers.integrations import integration_utils

from ..models import located
from ..plainly import first_line
from .findings import Finding
from .memory import GIB, Engine, Size, colocates, estimate
from .rehearsal import Recipe

PACKAGES = ("trl", "transformers", "accelerate", "torch", "vllm", "deepspeed", "bitsandbytes")
NEEDED = {
    "use_vllm": ("vllm", "'trl[vllm]'"),
    "load_in_4bit": ("bitsandbytes",) * 2,
    "load_in_8bit": ("bitsandbytes",) * 2,
}
"""Setting → the package that it needs, and what pip calls it."""
DASHBOARDS = {
    "azure_ml": ("azureml", "azureml-sdk"),
    "comet_ml": ("comet", "comet-ml"),
    "flyte": ("flytekit", "flytekit"),
}
"""transformers' name of a dashboard → what it looks for, and what pip calls it, where those are not its name."""


def packages(asked: dict[str, Any], gpu_memory: float | None) -> Iterator[Finding]:
    """The versions of this machine's packages, and those that are asked for and are not there.

    That says nothing of another machine, of which `gpu_memory` is known.
    """
    installed = {name: _version(name) for name in PACKAGES}
    yield Finding("ok", "packages", ", ".join(f"{name} {found}" for name, found in installed.items() if found))
    for setting, (name, called) in NEEDED.items():
        if asked[setting] and not installed[name]:
            text = f"{name} is not installed here: pip install {called}"
            level, change = ("fail", f"{setting}: false") if gpu_memory is None else ("unknown", "")
            yield Finding(level, "packages", text, change)


def launch(asked: dict[str, Any], engine: Engine, gpu_memory: float | None) -> Iterator[Finding]:
    """Whether accelerate will start the engine at all; what is said of GPUs elsewhere, nothing here can tell."""
    here, elsewhere = torch.cuda.device_count(), gpu_memory is not None
    if not asked["use_cpu"] and not elsewhere and 0 < here < engine.on_each:
        text = f"{engine.on_each} processes want a GPU each, and there {'is' if here == 1 else 'are'} {here}"
        yield Finding("fail", "launch", text, f"--num_processes {here * engine.machines}")
    if engine.kind.startswith("fsdp") and asked["use_cpu"]:
        text = "on a CPU accelerate ignores FSDP and runs DDP, without a word: take GPUs, or ask for DDP"
        ddp = "--config_file recipes/accelerate_configs/cpu_two_process.yaml"
        yield Finding("fail", "launch", text, "use_cpu: false" if here or elsewhere else ddp)
    if engine.kind.startswith("zero"):
        if not find_spec("deepspeed"):
            yield Finding("fail", "launch", "DeepSpeed is not installed here: pip install deepspeed")
        if asked["use_cpu"]:
            text = (
                "where use_cpu is set accelerate leaves DeepSpeed out; it runs with ddp_backend: gloo beside this line"
            )
            yield Finding("fail", "launch", text, "use_cpu: false")
    if colocates(asked) and engine.processes % asked["vllm_tensor_parallel_size"]:
        text = f"vllm_tensor_parallel_size must divide the {engine.processes} processes"
        yield Finding("fail", "launch", text, "vllm_tensor_parallel_size: 1")


def reporting(asked: dict[str, Any]) -> Iterator[Finding]:
    """Whether the dashboards' packages are there, and whether W&B knows whose it is."""
    named = asked["report_to"]
    named = [named] if isinstance(named, str) else named or []
    backends = integration_utils.get_available_reporting_integrations() if named == ["all"] else named
    if backends in ([], ["none"]):
        yield Finding("ok", "reporting", "no dashboard; the run leaves its report in output_dir")
        return
    known = integration_utils.INTEGRATION_TO_CALLBACK
    for backend in backends:
        found, called = DASHBOARDS.get(backend, (backend, backend))
        if backend not in known:
            text = f"transformers has no dashboard called {backend}; it has {', '.join(known)}"
            yield Finding("fail", "reporting", text, "report_to: none")
        elif not getattr(integration_utils, f"is_{found}_available")():
            text = f"{backend} is not installed here: pip install {called}"
            yield Finding("fail", "reporting", text)
        elif backend == "wandb" and not _wandb_knows_us():
            text = "not logged in to W&B: wandb login, or WANDB_API_KEY; or WANDB_MODE=offline, and wandb sync later"
            yield Finding("fail", "reporting", text)
        else:
            yield Finding("ok", "reporting", backend)


def _wandb_knows_us() -> bool:
    if _wandb_mode() in {"offline", "disabled"} or os.environ.get("WANDB_API_KEY"):
        return True
    host = urlsplit(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).hostname or ""
    try:
        return netrc.netrc(os.environ.get("NETRC")).authenticators(host) is not None
    except (OSError, netrc.NetrcParseError):
        return False


def _wandb_mode() -> str | None:
    """What the environment says, or the settings that `wandb offline` leaves in the folder, or else the user's own."""
    own = Path(os.environ.get("WANDB_CONFIG_DIR", "~/.config/wandb")).expanduser()
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read([own / "settings", Path(os.environ.get("WANDB_DIR", ".")) / "wandb" / "settings"])
    except configparser.Error:
        return os.environ.get("WANDB_MODE")
    return os.environ.get("WANDB_MODE") or settings.get("default", "mode", fallback=None)


def memory(recipe: Recipe, engine: Engine, gpu_memory: float | None) -> Iterator[Finding]:
    """The estimate of recipes/doctor/memory.py against what there is."""
    there = gpu_memory or _memory_here(recipe.grpo.use_cpu, engine.on_each)
    trusted = recipe.grpo.trust_remote_code
    try:
        place, options = located(recipe.model, trusted)
        size = Size.of(AutoConfig.from_pretrained(place, **options), recipe.model, trusted)
        parts = estimate(size, recipe.grpo, recipe.model, engine, there)
    except (OSError, ValueError, AttributeError) as error:
        yield Finding("unknown", "memory", first_line(error))
        return
    total = parts.pop("total")
    text = f"about {total:.0f} GiB a process ({', '.join(f'{name} {gib:.1f}' for name, gib in parts.items())})"
    if there is None:
        share = f", and vLLM's {recipe.grpo.vllm_gpu_memory_utilization:.0%} of the GPU" * colocates(vars(recipe.grpo))
        yield Finding("unknown", "memory", f"{text}{share}; no GPU here: --gpu_memory GIB says what there will be")
    elif total <= there:
        yield Finding("ok", "memory", f"{text} of {there:.0f}")
    else:
        yield Finding("fail", "memory", f"{text}, but there are {there:.0f}", _smaller(recipe, parts))


def _memory_here(on_cpu: bool, processes: int) -> float | None:
    if on_cpu:
        return psutil.virtual_memory().total / GIB / processes
    return torch.cuda.get_device_properties(0).total_memory / GIB if torch.cuda.is_available() else None


def _smaller(recipe: Recipe, parts: dict[str, float]) -> str:
    """The line that halves what takes most, where it can be halved and leaves whole groups a rank."""
    args, at_once = recipe.grpo, recipe.asked["generation_batch_size"]
    steps, each = args.steps_per_generation or 1, args.per_device_train_batch_size
    largest = max(parts, key=lambda name: parts[name])
    if largest == "generation" and colocates(vars(args)):
        return f"vllm_gpu_memory_utilization: {args.vllm_gpu_memory_utilization / 2:g}"
    if largest == "generation" and steps % 2 == 0 and steps // 2 * each % (args.num_generations or 1) == 0:
        return f"generation_batch_size: {at_once // 2}" if at_once else f"steps_per_generation: {steps // 2}"
    return (
        "use_peft: true" if largest in {"weights", "training"} else f"per_device_train_batch_size: {max(1, each // 2)}"
    )


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
