"""A recipe and its launch, read as another machine would read them."""

import json
from pathlib import Path

import pytest
import yaml

from keepif.recipes.doctor.memory import Engine
from keepif.recipes.doctor.rehearsal import engine_of, read, requested
from keepif.recipes.train import CONFIGS

ENGINES = CONFIGS.parent / "accelerate_configs"


def test_what_was_not_asked_for_is_as_trl_has_it(tmp_path: Path) -> None:
    config = tmp_path / "least.yaml"
    config.write_text("output_dir: here\n")
    grpo = read(requested(config, []), 1).grpo
    assert (grpo.bf16, grpo.use_cpu, grpo.scale_rewards) == (True, False, "group")


@pytest.mark.parametrize(
    ("file", "processes", "engine"),
    [
        ("single_gpu", None, Engine("single", 1)), ("ddp", None, Engine("ddp", 8)), ("ddp", 4, Engine("ddp", 4)),
        ("cpu_two_process", None, Engine("ddp", 2)), ("fsdp2", None, Engine("fsdp2", 8)),
        ("zero2", None, Engine("zero2", 8)), ("zero3", None, Engine("zero3", 8)),
    ],
)  # fmt: skip
def test_engines_are_read_from_accelerate_configs(file: str, processes: int | None, engine: Engine) -> None:
    assert engine_of(ENGINES / f"{file}.yaml", processes) == engine


def test_engines_are_called_what_they_are(tmp_path: Path) -> None:
    """DeepSpeed's stage may be in a file of its own, and FSDP is the first where no version is given."""
    settings = yaml.safe_load((ENGINES / "zero2.yaml").read_text())
    own, launched = tmp_path / "ds.json", tmp_path / "launched.yaml"
    for written, kind in (({"stage": 3}, "zero3"), ({}, "zero0")):
        own.write_text(json.dumps({"zero_optimization": written}))
        launched.write_text(yaml.safe_dump(settings | {"deepspeed_config": {"deepspeed_config_file": str(own)}}))
        assert engine_of(launched, None) == Engine(kind, 8)
    own.unlink()
    with pytest.raises(ValueError, match=r"deepspeed_config_file: .*ds.json cannot be read"):
        engine_of(launched, None)
    settings = yaml.safe_load((ENGINES / "fsdp2.yaml").read_text())
    del settings["fsdp_config"]["fsdp_version"]
    launched.write_text(yaml.safe_dump(settings | {"num_machines": 2}))
    assert engine_of(launched, None) == Engine("fsdp1", 8, 2)
