"""keepif doctor: what it finds, that its lines mend it, and that its memory arithmetic is a real model's."""

from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, Qwen3Config
from trl import ModelConfig

from keepif.recipes import doctor
from keepif.recipes.cli import main
from keepif.recipes.doctor import Finding, batch, examine
from keepif.recipes.memory import GIB, PROMPT, Engine, Size, estimate
from keepif.recipes.rehearsal import engine_of, read, requested
from keepif.recipes.train import CONFIGS

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
    for name in ("WANDB_API_KEY", "WANDB_MODE", "WANDB_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))


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
        ("--use_vllm True", "fail", "packages", "vLLM is not installed here", "use_vllm: false"),
        ("--report_to wandb", "fail", "reporting", "not logged in", "report_to: none"),
        ("--report_to no_such_board", "fail", "reporting", "not installed here", "report_to: none"),
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


def test_it_reads_for_a_machine_that_is_another() -> None:
    """Eight processes, bfloat16 and vLLM, none of which are here."""
    config = CONFIGS / "qwen3_4b_vllm.yaml"
    engine = engine_of(ENGINES / "fsdp2.yaml", 6)
    assert engine == Engine("fsdp2", 6)
    recipe = read(requested(config, ["--slack", "0.1"]), engine.processes)
    assert (recipe.grpo.bf16, recipe.grpo.use_vllm, recipe.grpo.use_cpu) == (True, True, False)
    assert (recipe.grpo.generation_batch_size, recipe.model.dtype, recipe.keepif.slack) == (192, "bfloat16", 0.1)
    assert [finding.check for finding in examine(config, [], engine, 80, sample=False) if finding.level == "fail"] == [
        "packages", "reporting"
    ]  # fmt: skip


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


def test_a_broken_accelerate_config_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("distributed_type: MULTI_GPU\nnum_proceses: 8\n")
    with pytest.raises(SystemExit, match="2"):
        main(["doctor", "tiny_cpu.yaml", "--accelerate_config", str(path)])
    assert "num_proceses" in capsys.readouterr().err


def test_engines_that_would_not_start_on_a_cpu() -> None:
    [fsdp] = bad(found(engine=Engine("fsdp2", 2)))
    assert "ignores FSDP" in fsdp.text
    assert "use_cpu: false" in [finding.change for finding in bad(found(engine=Engine("zero3", 2)))]


def test_split_groups_are_said_and_for_length_terms_refused() -> None:
    flags = ["--per_device_train_batch_size", "6"]
    two = Engine("ddp", 2)
    [split] = bad(found(*flags, "--gradient_accumulation_steps", "2", engine=two))
    assert (split.level, split.check, split.change) == ("warn", "batch", "per_device_train_batch_size: 8")
    findings = bad(found(*flags, "--gradient_accumulation_steps", "2", "--length_term", "kimi", engine=two))
    assert ("fail", "reward", "per_device_train_batch_size: 8") in [(f.level, f.check, f.change) for f in findings]


@given(each=st.integers(1, 40), steps=st.integers(1, 20), size=st.integers(2, 20), ranks=st.integers(1, 16))
def test_the_line_of_the_batch_mends_it(each: int, steps: int, size: int, ranks: int) -> None:
    asked: dict[str, Any] = {
        "per_device_train_batch_size": each,
        "num_generations": size,
        "generation_batch_size": None,
    }
    asked |= {"steps_per_generation": None, "gradient_accumulation_steps": steps}
    [first] = batch(asked, ranks)
    assert (first.level == "fail") == bool(each * steps * ranks % size)
    assert (first.level == "ok") == (each * steps % size == 0)
    if first.change:
        [again] = batch(asked | yaml.safe_load(first.change), ranks)
        assert again.level == "ok"


def test_too_little_memory_is_said() -> None:
    [finding] = bad(found("--max_completion_length", "20000", "--use_cpu", "False", gpu_memory=8))
    assert (finding.level, finding.check) == ("fail", "memory")
    assert yaml.safe_load(finding.change) == {"per_device_train_batch_size": 16}
    assert "--gpu_memory" in next(f.text for f in found("--use_cpu", "False") if f.check == "memory")


@pytest.mark.parametrize(("limit", "level"), [(4, "fail"), (112, "ok")])
def test_lengths_are_sampled(tmp_path: Path, limit: int, level: str) -> None:
    flags = ["--max_completion_length", str(limit), "--output_dir", str(tmp_path)]
    [finding] = [finding for finding in found(*flags, sample=True) if finding.check == "lengths"]
    assert finding.level == level, finding
    assert finding.change == ("max_completion_length: 8" if level == "fail" else "")
    if level == "fail":
        assert "100 % of the sampled completions were cut at 4 tokens; those earn nothing" in finding.text


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["doctor", "tiny_cpu.yaml"])
    with pytest.raises(SystemExit, match="1"):
        main(["doctor", "tiny_cpu.yaml", "--num_processes", "3", "--num_generations", "5"])
    printed = capsys.readouterr().out
    assert "3 ranks x 2 micro-batches of 32" in printed
    assert "To change in the recipe:\n  per_device_train_batch_size: 35" in printed
    with pytest.raises(SystemExit, match="2"):
        main(["report", "--nonsense", "."])


SMALL = Qwen3Config(
    vocab_size=100, hidden_size=64, intermediate_size=96, num_hidden_layers=3, num_attention_heads=4,
    num_key_value_heads=2, head_dim=24, tie_word_embeddings=True, eos_token_id=None, pad_token_id=0,
)  # fmt: skip


def parts(engine: Engine, *flags: str) -> dict[str, float]:
    recipe = read(requested(TINY, list(flags)), engine.processes)
    return estimate(Size.of(SMALL, recipe.model), recipe.grpo, recipe.model, engine)


def test_memory_is_what_a_real_step_holds() -> None:
    model = AutoModelForCausalLM.from_config(SMALL)
    optimizer = torch.optim.AdamW(model.parameters())
    model(input_ids=torch.ones(2, 5, dtype=torch.long), labels=torch.ones(2, 5, dtype=torch.long)).loss.backward()
    optimizer.step()
    weights = sum(p.nbytes for p in model.parameters())
    gradients = sum(p.grad.nbytes for p in model.parameters() if p.grad is not None)
    moments = sum(v.nbytes for state in optimizer.state.values() for v in state.values() if v.numel() > 1)
    estimated = parts(Engine())
    assert estimated["weights"] * GIB == weights
    assert estimated["training"] * GIB == pytest.approx(gradients + moments, rel=1e-3)
    prompt = torch.ones(4, PROMPT, dtype=torch.long)
    made = model.generate(
        prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=17, return_dict_in_generate=True, use_cache=True
    )
    held = sum(layer.keys.nbytes + layer.values.nbytes for layer in made.past_key_values.layers)
    flags = {"max_completion_length": 16, "per_device_train_batch_size": 4, "gradient_accumulation_steps": 2}
    assert parts(Engine(), *(f"--{name}={value}" for name, value in flags.items()))["generation"] * GIB == 2 * held


def test_engines_divide_what_they_say() -> None:
    """In bytes a parameter; of FSDP2 and ZeRO-3 what is brought together comes on top."""
    size = Size.of(SMALL, ModelConfig()).parameters / GIB
    alone, ddp, fsdp2, zero2, zero3 = (parts(Engine(kind, 8)) for kind in ("single", "ddp", "fsdp2", "zero2", "zero3"))
    assert [part["training"] / size for part in (alone, ddp, fsdp2, zero2, zero3)] == [12, 16, 1.5, 1.5, 1.5]
    weights = [part["weights"] / size for part in (alone, ddp, fsdp2, zero2, zero3)]
    assert weights == pytest.approx([4, 4, 0.5 + 2 / 3, 2.5, 2.5])
    adapters = ["--use_peft=True", "--lora_r=4", "--lora_target_modules=all-linear", "--dtype=bfloat16"]
    recipe = read(requested(TINY, adapters), 1)
    small = Size.of(SMALL, recipe.model)
    assert 0 < small.trained < small.parameters
    assert parts(Engine(), *adapters)["training"] * GIB == 12 * small.trained
    assert parts(Engine(), *adapters)["weights"] * GIB == 2 * small.parameters + 4 * small.trained


def test_what_cannot_be_seen_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: Any, **__: Any) -> Any:
        raise OSError("no network\nand more")

    monkeypatch.setattr(doctor, "load_tokenizer", offline)
    monkeypatch.setattr(doctor.AutoConfig, "from_pretrained", offline)
    findings = found()
    assert not bad(findings)
    assert [finding.text for finding in findings if finding.check in {"tokenizer", "memory"}] == ["no network"] * 2
