"""The engines of recipes/accelerate_configs, each on two real processes: they train, save and resume alike."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from accelerate.commands.config.config_args import ClusterConfig, load_config_from_file
from accelerate.commands.launch import launch_command_parser
from safetensors.torch import load_file
from trl import ModelConfig

from keepif.recipes.models import load_model
from keepif.recipes.train import CONFIGS
from keepif.trainer.reference.provenance import fingerprint

ENGINES = CONFIGS.parent / "accelerate_configs"
SHIPPED = sorted(path.name for path in ENGINES.glob("*.yaml"))
TWO_ON_CPU = ["--num_processes", "2", "--mixed_precision", "no", "--main_process_port", "0"]
ON_GLOO = ["--use_cpu", "False", "--ddp_backend", "gloo"]  # accelerate leaves DeepSpeed out where use_cpu is set
needs_deepspeed = pytest.mark.skipif(find_spec("deepspeed") is None, reason="needs DeepSpeed: pip install deepspeed")


@pytest.mark.parametrize("name", SHIPPED)
def test_accelerate_reads_every_file(name: str) -> None:
    text = (ENGINES / name).read_text()
    assert text.startswith("# ")
    assert f"accelerate launch --config_file recipes/accelerate_configs/{name} -m keepif.recipes.train" in text
    launched = text.split("--config recipes/configs/")[1].split()[0]
    assert (CONFIGS / launched).exists()
    config = load_config_from_file(str(ENGINES / name))
    assert isinstance(config, ClusterConfig)
    assert set(yaml.safe_load(text)) <= set(vars(config))
    launchers = {action.dest for action in launch_command_parser()._actions}  # noqa: SLF001
    assert {*config.fsdp_config, *config.deepspeed_config} <= launchers


def launch(engine: str, out: Path) -> list[dict[str, Any]]:
    """Both ranks' findings after a run of two steps and its resumption from the first."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(ENGINES / f"{engine}.yaml")]
    command += [
        *TWO_ON_CPU,
        str(Path(__file__).parents[1] / "helpers" / "engine_run.py"),
        "--config",
        str(CONFIGS / "tiny_cpu.yaml"),
    ]
    command += ["--output_dir", str(out), "--max_steps", "2", "--save_strategy", "steps", "--save_steps", "1"]
    command += ["--per_device_train_batch_size", "16", "--rows", "32", "--reference_prompts", "4"]
    command += ON_GLOO if engine.startswith("zero") else []
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    return [json.loads((out / f"rank{rank}.json").read_text()) for rank in range(2)]


@pytest.mark.parametrize(
    ("file", "engine"),
    [
        ("cpu_two_process", "DistributedDataParallel"),
        ("fsdp2", "fsdp2"),
        pytest.param("zero2", "zero2", marks=[needs_deepspeed, pytest.mark.thorough]),
        pytest.param("zero3", "zero3", marks=[needs_deepspeed, pytest.mark.thorough]),
    ],
)
def test_two_ranks_train_save_and_resume(tmp_path: Path, file: str, engine: str) -> None:
    """All ranks end with the same multipliers, and a resumed run with those of the run that was left alone."""
    first, second = launch(file, tmp_path)
    assert first == second
    trained, resumed = first["trained"], first["resumed"]
    assert (trained["engine"], trained["ranks"]) == (engine, 2)
    assert trained["history"]["step"] == [1, 2]
    assert trained["multipliers"]["by_type"]
    assert (trained.pop("measured"), resumed.pop("measured")) == (False, True)  # by the time that it was attached
    assert trained == resumed

    model, _ = load_model(ModelConfig(model_name_or_path="tiny"))
    reference = json.loads((tmp_path / "keepif-reference.json").read_text())
    assert reference["provenance"]["model"] == fingerprint(model)
    before = dict(model.named_parameters())
    saved = [load_file(tmp_path / run / "model.safetensors") for run in ("trained", "resumed")]
    assert all(before.keys() <= weights.keys() for weights in saved)
    assert all((saved[0][name] - saved[1][name]).abs().max() < 1e-6 for name in before)
    assert any((saved[0][name] != before[name]).any() for name in before)
