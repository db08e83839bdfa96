"""The comparison on a real model: what is held out, what is summed up, what is refused."""

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from keepif.recipes.data import load_prompts
from keepif.recipes.experiments import real_model
from keepif.recipes.experiments.figures import real_model_figure
from keepif.recipes.train import parse

CONFIG = "smollm2_cpu.yaml"
TYPES = ["punctuation:no_comma", "punctuation:no_comma", "detectable_format:title"]


def run(accuracy: list[float], sacc: list[float]) -> dict[str, Any]:
    """An evaluation on three prompts, as it is stored."""
    joint = [float(c == f == 1) for c, f in zip(accuracy, sacc, strict=True)]
    counted = {"accuracy": accuracy, "sacc": sacc, "joint": joint, "tokens": [9, 10, 11], "types": TYPES}
    return counted | {"official": [1, 1, 1], "joint_official": accuracy}


@pytest.fixture
def report() -> dict[str, Any]:
    policies = {
        "before RL": [run([0, 0, 1], [1, 1, 1])],
        "correctness only": [run([1, 1, 1], [1, 0, 0]), run([1, 1, 1], [0, 0, 0])],
        "KeepIF": [run([1, 1, 1], [1, 1, 0]), run([1, 0, 1], [1, 1, 1])],
    }
    history = {"step": [1, 2], "correctness": [0.2, 0.4], "compliance": [0.7, 0.6], "floor": [0.6, 0.6]}
    histories = {arm: [history] for arm in real_model.ARMS}
    return {"held_out": {name: real_model.summary(policies) for name in real_model.SETS}, "histories": histories}


SMALLEST = {
    "model_name_or_path": "tiny", "use_peft": True, "lora_r": 4, "lora_target_modules": ["q_proj", "v_proj"],
    "dataset": "reasoning_gym:basic_arithmetic", "rows": 20, "answer_format": "Say the number.",
    "dataset_options": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
    "max_constraints": 1, "constraint_types": ["punctuation:no_comma", "detectable_format:title"],
    "reference_prompts": 2, "reference_samples": 2, "per_device_train_batch_size": 4, "num_generations": 4,
    "max_completion_length": 8, "max_steps": 4, "scale_rewards": "batch", "gradient_checkpointing": False,
    "use_cpu": True, "bf16": False, "logging_steps": 1, "save_steps": 4, "report_to": "none",
}  # fmt: skip


@pytest.mark.slow
def test_it_runs_from_the_config_to_the_table_and_the_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two steps an arm of the embedded policy with adapters; said again, nothing is trained or sampled again."""
    config = tmp_path / "smallest.yaml"
    config.write_text(yaml.safe_dump(SMALLEST))
    command = ["--config", str(config), "--steps", "2", "--prompts", "4"]
    command += ["--work_dir", str(tmp_path / "runs"), "--output_dir", str(tmp_path / "out")]
    real_model.main(command)
    assert "4 prompts, held-out types:" in capsys.readouterr().out
    assert (tmp_path / "out" / "smollm2.png").stat().st_size > 0
    report = json.loads((tmp_path / "out" / "smollm2.json").read_text())
    assert report["steps"] == 2
    for arm in real_model.ARMS:
        assert [history["step"] for history in report["histories"][arm]] == [[1, 2]]
    for found in report["held_out"].values():
        assert found["prompts"] == 4
        assert set(found["policies"]) == {real_model.BEFORE, *real_model.ARMS, "KeepIF less correctness only"}
        assert 0 < found["policies"]["KeepIF"]["tokens"]["mean"] <= 8

    def again(*_: Any, **__: Any) -> Any:
        raise AssertionError("this was done before")

    monkeypatch.setattr(subprocess, "run", again)
    monkeypatch.setattr(real_model, "evaluate", again)
    real_model.main(command)
    assert json.loads((tmp_path / "out" / "smollm2.json").read_text()) == report


def test_no_held_out_question_was_trained_on() -> None:
    args, *_ = parse(["--config", CONFIG])
    seen = {
        row["prompt"][-1]["content"].split(" End")[0] for row in load_prompts(args, 0, conversational=True).to_list()
    }
    prompts = real_model.held_out(CONFIG, [0])
    for rows in prompts.values():
        asked = [row["prompt"][-1]["content"] for row in rows]
        assert len(asked) == len(set(asked)) >= real_model.PROMPTS
        assert not seen & {text.split(" End")[0] for text in asked}
    types = {kind for row in prompts["held-out types"] for kind in row["instruction_id_list"]}
    assert types == set(real_model.HELD_OUT_TYPES)
    assert not types & set(args.constraint_types or [])


def test_arms_are_compared_prompt_by_prompt(report: dict[str, Any]) -> None:
    found = report["held_out"]["trained types"]
    difference = found["policies"]["KeepIF less correctness only"]
    assert difference["sacc"]["mean"] == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert difference["accuracy"]["mean"] == pytest.approx(-0.5 / 3)
    assert difference["accuracy"]["seeds"] == pytest.approx([0, -1 / 3])
    assert "; -33.3 to 0.0) |" in real_model.table(report)
    assert found["by_type"]["detectable_format:title"]["KeepIF"] == [0.5, 1, 1]
    assert "| KeepIF less correctness only | -16.7 (" in real_model.table(report)


def test_the_published_checks_take_silence_for_obedience() -> None:
    rows = [{"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}] * 2
    found = real_model.by_published_checks(rows, {"completions": ["7", "It is, so, 7"], "accuracy": [1.0, 1.0]})
    assert found == {"official": [1.0, 0.0], "joint_official": [1.0, 0.0]}


def test_intervals_cover_the_mean_they_are_of() -> None:
    """Of 200 samples of 100 throws at 0.3, about 95 % of the intervals hold 0.3."""
    rng = np.random.default_rng(1)
    found = [real_model.interval((rng.random(100) < 0.3).astype(float)) for _ in range(200)]
    assert 0.9 <= np.mean([one["low"] <= 0.3 <= one["high"] for one in found]) <= 0.99


def test_the_figure_shows_both_arms(report: dict[str, Any]) -> None:
    assert len(real_model_figure(report).axes) == 4


@pytest.mark.parametrize(("whole", "goes_on_from"), [([4], 4), ([], None), ([4, 8], "has ended")])
def test_a_checkpoint_that_was_not_written_to_its_end_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, whole: list[int], goes_on_from: int | str | None
) -> None:
    folder, told = real_model.folder_of(tmp_path, "KeepIF", 0), []
    for step in (4, 8):
        (folder / f"checkpoint-{step}").mkdir(parents=True)
        if step in whole:
            (folder / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")

    def run(command: list[str], **_: Any) -> Any:
        told.append(command[-1])
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    real_model.train(CONFIG, tmp_path, "KeepIF", 0, 8)
    if goes_on_from == "has ended":
        assert not told
    elif goes_on_from is None:
        assert "resume" not in told[0]
    else:
        assert told == [f"--resume_from_checkpoint={folder / f'checkpoint-{goes_on_from}'}"]


def test_runs_of_another_config_are_refused(tmp_path: Path) -> None:
    real_model.refuse_other_config(CONFIG, tmp_path)
    real_model.refuse_other_config(CONFIG, tmp_path)
    with pytest.raises(ValueError, match=r"were made with the config .* take another --work_dir"):
        real_model.refuse_other_config("tiny_cpu.yaml", tmp_path)
