"""The whole command, from the cold start to the table: killed and said again, and stopped by its clock."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from trl import ModelConfig

from keepif.recipes.experiments.real_model import run
from keepif.recipes.experiments.real_model.plan import BEFORE
from keepif.recipes.experiments.thinking_model import cold_start
from keepif.recipes.experiments.thinking_model.cold_start import rendered, with_switch
from keepif.recipes.experiments.thinking_model.command import main
from keepif.recipes.experiments.thinking_model.lessons import Lesson
from keepif.recipes.models import load_tokenizer
from keepif.trainer.evaluation.engines.prompts import can_choose
from tests.helpers.processes import kill_when

ARMS = ["correctness only", "KeepIF"]


def command(folder: Path, *more: str) -> list[str]:
    argv = ["--scale", "smoke", "--arms", *ARMS, "--prompts", "2", "--samples", "2", "--at_once", "2"]
    return [*argv, "--work_dir", str(folder / "work"), "--output_dir", str(folder / "out"), *more]


def started(argv: list[str]) -> subprocess.Popen[bytes]:
    module = [sys.executable, "-m", "keepif.recipes.experiments.thinking_model"]
    return subprocess.Popen([*module, *argv], start_new_session=True, stdout=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_killed_command_goes_on_through_all_stages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    work, out = tmp_path / "work", tmp_path / "out"
    kill_when(work / "cold_start" / "own-1.json", started(command(tmp_path)))
    taught = work / "cold_start" / "taught" / "model" / "model.safetensors"
    at, reached = taught.stat().st_mtime_ns, work / "keepif" / "seed-0" / "checkpoint-1" / "trainer_state.json"
    kill_when(reached, started(command(tmp_path)))
    assert not (out / "thinking.png").exists()
    main(command(tmp_path))
    assert taught.stat().st_mtime_ns == at
    shown = capsys.readouterr().out
    assert "right with thinking" in shown
    report = json.loads((out / "thinking.json").read_text())
    assert report["reached"] == {f"{arm}, seed 0": 2 for arm in ARMS}
    for one in report["sets"].values():
        assert {BEFORE, *ARMS} <= set(one["policies"])
        assert {"hacc", "sacc", "joint", "best", "joint_math", "thinking", "answer"} <= set(one["policies"][BEFORE])
    assert set(report["example"]) == {"prompt", BEFORE, *ARMS}
    assert (out / "choice.md").read_text() in shown
    assert (out / "thinking.png").stat().st_size > 0

    def start(*_: Any) -> Any:
        raise AssertionError("this was done before")

    monkeypatch.setattr(run, "_start", start)
    monkeypatch.setattr(cold_start, "SFTTrainer", start)
    main(command(tmp_path))


def test_a_clock_that_is_over_leaves_the_cold_start_to_be_gone_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(command(tmp_path, "--minutes", "0"))
    assert "cold start: 1 of 2 steps, " in capsys.readouterr().out
    assert (tmp_path / "work" / "cold_start" / "taught" / "checkpoint-1" / "trainer_state.json").exists()
    main(command(tmp_path, "--minutes", "0"))
    assert "own answers: 0 of 4 prompts, " in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*command(tmp_path, "--minutes", "0"), "--scale", "cpu"])
    assert "the models in" in (said := capsys.readouterr().err)
    assert "were made with other flags and start and lessons" in said


@pytest.mark.parametrize("name", ["tiny", "smollm2-135m"])
def test_a_lesson_begins_where_the_model_will_begin(name: str) -> None:
    """The prompt's tokens are the first of the whole: nothing merges where the assistant begins."""
    tokenizer = load_tokenizer(ModelConfig(model_name_or_path=name))
    with_switch(tokenizer)
    assert can_choose(tokenizer)
    for one in (Lesson("1+1?", True, "1+1=2.\n</think>\nIt is 2."), Lesson("1+1?", False, "It is 2.")):
        row = rendered(tokenizer, one)
        prompt, whole = (tokenizer(text).input_ids for text in (row["prompt"], row["prompt"] + row["completion"]))
        assert whole[: len(prompt)] == prompt
        assert whole[-1] == tokenizer.eos_token_id
        assert row["prompt"].rstrip().endswith("<think>" if one.thinks else "</think>")
