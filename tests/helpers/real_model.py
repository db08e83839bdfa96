"""The comparison on a real model at no size: the embedded policy with adapters, on a CPU."""

from pathlib import Path
from typing import Any

import yaml

from keepif.recipes.experiments.real_model.command import arguments, plan_of
from keepif.recipes.experiments.real_model.plan import Plan

SMALLEST: dict[str, Any] = {
    "model_name_or_path": "tiny", "use_peft": True, "lora_r": 4, "lora_target_modules": ["q_proj", "v_proj"],
    "dataset": "reasoning_gym:basic_arithmetic", "rows": 20, "answer_format": "Say the number.",
    "dataset_options": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
    "max_constraints": 1, "constraint_types": ["punctuation:no_comma", "detectable_format:title"],
    "reference_prompts": 2, "reference_samples": 2, "per_device_train_batch_size": 4, "num_generations": 4,
    "max_completion_length": 8, "max_steps": 4, "learning_rate": 0.003, "scale_rewards": "batch",
    "gradient_checkpointing": False, "use_cpu": True, "bf16": False, "logging_steps": 1, "save_steps": 1,
    "report_to": "none",
}  # fmt: skip


def command(folder: Path, *more: str, **settings: Any) -> list[str]:
    """The command's arguments for two steps of KeepIF alone, in `folder`."""
    config = folder / "smallest.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    config.write_text(yaml.safe_dump(SMALLEST | settings))
    argv = ["--config", str(config), "--arms", "KeepIF", "--steps", "2", "--prompts", "4", "--at_once", "2"]
    return [*argv, "--work_dir", str(folder / "runs"), "--output_dir", str(folder / "out"), *more]


def plan(folder: Path, *more: str, **settings: Any) -> Plan:
    args, flags = arguments(command(folder, *more, **settings))
    return plan_of(args, args.config, flags)
