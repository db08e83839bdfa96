"""The doctor's checks of the machine."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from transformers.integrations import integration_utils

from keepif.recipes.doctor.findings import Finding
from keepif.recipes.doctor.memory import Engine
from keepif.recipes.doctor.rehearsal import engine_of
from keepif.recipes.train import CONFIGS
from tests.helpers.findings import bad, findings_of


def test_logins_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("WANDB_MODE", "offline"), ("WANDB_API_KEY", "0" * 40)):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert not bad(findings_of("--report_to", "wandb"))
    (tmp_path / "netrc").write_text("machine api.wandb.ai login user password 0000\n")
    assert not bad(findings_of("--report_to", "wandb"))


def test_what_wandb_offline_leaves_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert bad(findings_of("--report_to", "wandb"))
    subprocess.run([sys.executable, "-m", "wandb", "offline"], cwd=tmp_path, check=True, capture_output=True)
    assert not bad(findings_of("--report_to", "wandb"))
    monkeypatch.setenv("WANDB_MODE", "online")
    assert bad(findings_of("--report_to", "wandb"))


def test_all_dashboards_are_those_that_transformers_finds() -> None:
    reported = [finding for finding in findings_of("--report_to", "all") if finding.check == "reporting"]
    there = set(integration_utils.get_available_reporting_integrations())
    assert there >= {"tensorboard", "wandb", "trackio"}
    assert {finding.text for finding in reported if finding.level == "ok"} == there - {"wandb"}
    [login] = [finding for finding in reported if finding.level == "fail"]
    assert login.text.startswith("not logged in to W&B: wandb login")
    assert not login.change  # to log in helps; to give up the dashboard does not


def test_dashboards_go_by_other_names_than_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def reported(name: str) -> Finding:
        [finding] = [finding for finding in findings_of("--report_to", name) if finding.check == "reporting"]
        return finding

    assert "pip install azureml-sdk" in reported("azure_ml").text
    monkeypatch.setattr(integration_utils, "is_azureml_available", lambda: True)
    assert reported("azure_ml").level == "ok"
    for name in integration_utils.INTEGRATION_TO_CALLBACK:
        assert reported(name).level in {"ok", "fail"}


def test_engines_that_would_not_start_on_a_cpu() -> None:
    for kind in ("fsdp1", "fsdp2"):
        [fsdp] = bad(findings_of(engine=Engine(kind, 2)))
        assert "ignores FSDP" in fsdp.text
        flag, config = fsdp.change.split()
        assert flag == "--config_file"
        assert not bad(findings_of(engine=engine_of(CONFIGS.parents[1] / config, 2)))
    [fsdp] = bad(findings_of(engine=Engine("fsdp2", 2), gpu_memory=80))
    assert fsdp.change == "use_cpu: false"
    assert "use_cpu: false" in [finding.change for finding in bad(findings_of(engine=Engine("zero3", 2)))]


def test_more_processes_than_gpus_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    def launched(*flags: str, **options: Any) -> list[Finding]:
        return [f for f in bad(findings_of("--use_cpu", "False", *flags, **options)) if f.check == "launch"]

    [finding] = launched(engine=Engine("ddp", 8, 2))
    assert finding.text == "4 processes want a GPU each, and there are 2"
    assert finding.change == "--num_processes 4"
    assert not launched(engine=Engine("ddp", 4, 2))
    assert not launched(engine=Engine("ddp", 8), gpu_memory=80)
    assert not bad(findings_of(engine=Engine("ddp", 8)))  # on CPUs


def test_too_little_memory_is_said() -> None:
    [finding] = bad(findings_of("--max_completion_length", "20000", "--use_cpu", "False", gpu_memory=8))
    assert (finding.level, finding.check) == ("fail", "memory")
    assert yaml.safe_load(finding.change) == {"per_device_train_batch_size": 16}
    assert "--gpu_memory" in next(f.text for f in findings_of("--use_cpu", "False") if f.check == "memory")


def test_what_vllm_takes_of_the_same_gpu_is_said() -> None:
    flags = ["--use_cpu", "False", "--use_vllm", "True", "--vllm_gpu_memory_utilization", "0.98"]
    [finding] = [finding for finding in findings_of(*flags, gpu_memory=80) if finding.check == "memory"]
    assert (finding.level, finding.change) == ("fail", "vllm_gpu_memory_utilization: 0.49")
    [finding] = [finding for finding in findings_of(*flags) if finding.check == "memory"]
    assert "and vLLM's 98% of the GPU; no GPU here" in finding.text
