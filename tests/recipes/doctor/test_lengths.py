"""The doctor's sample of completions."""

import re
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import TrainingArguments
from trl import GRPOConfig

from keepif.recipes.doctor.findings import Finding
from keepif.trainer.files import write_json
from keepif.trainer.reference.reference import Reference
from tests.helpers.findings import findings_of


def sampled(*flags: str) -> Finding:
    [finding] = [finding for finding in findings_of(*flags, sample=True) if finding.check == "lengths"]
    return finding


@pytest.mark.parametrize(("limit", "level"), [(4, "fail"), (112, "ok")])
def test_lengths_are_sampled(tmp_path: Path, limit: int, level: str) -> None:
    finding = sampled("--max_completion_length", str(limit), "--output_dir", str(tmp_path))
    assert finding.level == level, finding
    assert finding.change == ("max_completion_length: 8" if level == "fail" else "")
    if level == "fail":
        assert "100 % of the sampled completions were cut at 4 tokens; those earn nothing" in finding.text


def test_what_was_sampled_is_right_and_obeys() -> None:
    [finding] = [finding for finding in findings_of(sample=True) if finding.check == "sample"]
    assert finding.level == "ok"
    assert re.fullmatch(r"of 32 completions sampled here: accuracy \d+ %, SAcc \d+ %", finding.text)


def test_a_run_that_has_begun_is_sampled_and_left_alone(tmp_path: Path) -> None:
    """Its reference is of all its rows, and of a policy that this one may no longer be."""
    stored = tmp_path / "keepif-reference.json"
    write_json(stored, Reference({"model": "as it was"}).to_dict())
    flags = ["--max_completion_length", "4", "--budget", "reference", "--no_thinking", "0.1"]
    for begun in (["--output_dir", str(tmp_path)], ["--reference_file", str(stored)]):
        assert "were cut at 4 tokens" in sampled(*flags, *begun).text
    assert list(tmp_path.iterdir()) == [stored]


def test_one_process_samples_on_one_of_several_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """TRL refuses a process that has more than one."""

    def two_gpus(args: Any) -> torch.device:
        device = here.func(args)
        args._n_gpu = 2  # noqa: SLF001
        return device

    here = vars(TrainingArguments)["_setup_devices"]
    devices = cached_property(two_gpus)
    devices.__set_name__(GRPOConfig, "_setup_devices")
    monkeypatch.setattr(GRPOConfig, "_setup_devices", devices, raising=False)
    assert "were cut at 4 tokens" in sampled("--max_completion_length", "4").text


@pytest.mark.parametrize(
    ("error", "level"), [(RuntimeError("a kernel\nand more"), "fail"), (OSError("a kernel"), "unknown")]
)
def test_what_stops_the_sampling_is_a_finding(monkeypatch: pytest.MonkeyPatch, error: Exception, level: str) -> None:
    def stop(*_: Any) -> Any:
        raise error

    monkeypatch.setattr("keepif.recipes.doctor.lengths.score_one_batch", stop)
    assert sampled() == Finding(level, "lengths", "nothing could be sampled here: a kernel")


def test_a_budget_is_held_against_what_was_sampled() -> None:
    flags = ["--max_completion_length", "16"]  # most have 16
    [low] = [finding for finding in findings_of(*flags, "--budget", "5", sample=True) if finding.check == "budget"]
    mean = int(low.text.split(" tokens on average")[0].split()[-1])
    assert (low.level, low.change) == ("warn", f"budget: {mean}")
    assert f"{mean} tokens on average, and the budget is 5: above twice the budget all pay the same" in low.text
    [mended] = [finding for finding in findings_of(*flags, *f"--{low.change}".split(": "), sample=True)
                if finding.check == "budget"]  # fmt: skip
    assert mended.level == "ok"
    assert not [finding for finding in findings_of(*flags, sample=True) if finding.check == "budget"]
