"""A recipe read as the machine that it is written for would read it, on a machine that is another."""

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import torch
import yaml
from accelerate.commands.config.config_args import load_config_from_file
from trl import GRPOConfig, ModelConfig

from ..arguments import KeepIFArguments
from ..plainly import Parser
from .memory import Engine

ON_CPU: dict[str, Any] = {
    "use_cpu": True,
    "bf16": False,
    "fp16": False,
    "tf32": None,
    "use_vllm": False,
    "dtype": "float32",
    "attn_implementation": None,
    "report_to": "none",
}
"""What of a recipe asks for a GPU, for packages that go with one, or for an account, and what a CPU takes instead."""

KINDS = {"NO": "single", "MULTI_GPU": "ddp", "MULTI_CPU": "ddp"}
"""accelerate's `distributed_type` -> ours; FSDP's and DeepSpeed's is in their own settings."""


@dataclass(frozen=True)
class Recipe:
    """A recipe's arguments as they were asked for, read by `processes` processes."""

    keepif: KeepIFArguments
    grpo: GRPOConfig
    model: ModelConfig
    asked: dict[str, Any]


def read(asked: dict[str, Any], processes: int) -> Recipe:
    """The recipe that was asked for, as `processes` processes would read it.

    TRL's arguments check themselves against the machine; here they are checked with [`ON_CPU`] in the place of what a
    CPU has not, and then given back what was asked for.
    """
    planned = type("GRPOConfig", (GRPOConfig,), {"world_size": property(lambda _: processes)})
    grpo = made(planned, asked | ON_CPU)
    for name in ON_CPU.keys() & vars(grpo).keys():
        setattr(grpo, name, asked[name])
    grpo.bf16 = not grpo.fp16 if grpo.bf16 is None else grpo.bf16  # as TRL does
    return Recipe(made(KeepIFArguments, asked), grpo, made(ModelConfig, asked), asked)


def made(kind: Any, asked: dict[str, Any]) -> Any:
    """The arguments of one class, out of those of all."""
    return kind(**{field.name: asked[field.name] for field in fields(kind) if field.init})


def requested(config: Path, flags: list[str]) -> dict[str, Any]:
    """Every field of the three argument classes, as the file and the flags set it, before anything is checked."""
    parser = Parser([KeepIFArguments, GRPOConfig, ModelConfig])  # pyright: ignore[reportArgumentType]
    try:
        settings = yaml.safe_load(config.read_text())
    except (OSError, yaml.YAMLError) as error:
        raise ValueError(f"{config} cannot be read: {error}") from None
    if not isinstance(settings, dict):
        raise ValueError(f"{config} must hold a mapping of settings, found {str(settings)[:80]!r}")  # noqa: TRY004
    settings.pop("env", None)
    parser.set_defaults_with_config(**settings)
    found, unknown = parser.parse_known_args(flags)
    unknown += [name for name in settings if name not in vars(found)]
    if unknown:
        raise ValueError(f"{config}: no argument is called {unknown[0].lstrip('-')!r}")
    return vars(found)


def engine_of(accelerate_config: Path | None, processes: int | None) -> Engine:
    """The engine of an accelerate config; without one, a process for each GPU, or as many as are given."""
    if accelerate_config is None:
        processes = processes or max(1, torch.cuda.device_count())
        return Engine("ddp" if processes > 1 else "single", processes)
    try:
        found: Any = load_config_from_file(str(accelerate_config))
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise ValueError(f"{accelerate_config} is no config that accelerate reads: {error}") from None
    kind = str(getattr(found.distributed_type, "value", found.distributed_type))
    kind = KINDS.get(kind, kind.lower())
    if kind == "fsdp":
        kind = f"fsdp{(found.fsdp_config or {}).get('fsdp_version', 1)}"
    elif kind == "deepspeed":
        kind = f"zero{_zero_stage(found.deepspeed_config or {})}"
    return Engine(kind, processes or found.num_processes, found.num_machines or 1)


def _zero_stage(settings: dict[str, Any]) -> int:
    """The stage that accelerate is told, by itself or in a file of DeepSpeed's own."""
    path = settings.get("deepspeed_config_file")
    if path is None:
        return settings.get("zero_stage", 2)
    try:
        return json.loads(Path(path).read_text()).get("zero_optimization", {}).get("stage", 0)
    except (OSError, ValueError, AttributeError) as error:
        raise ValueError(f"deepspeed_config_file: {path} cannot be read: {error}") from None
