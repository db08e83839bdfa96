"""Every YAML in recipes/configs, end to end: it is parsed, its trainer is built, and a batch is sampled and scored.

Where weights cannot be had, a random model of the same architecture and of no size stands for them, with the embedded
policy's tokenizer; for a set of the hub stand rows in its published schema.
"""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from accelerate.commands.launch import launch_command_parser
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, Qwen3Config
from trl import ModelConfig
from trl.scripts.vllm_serve import ScriptArguments, build_command

from keepif.recipes.doctor.batch import batch
from keepif.recipes.doctor.memory import GIB, PROMPT, Engine, Size, estimate
from keepif.recipes.doctor.rehearsal import ON_CPU, Recipe, engine_of, read, requested
from keepif.recipes.experiments.real_model.plan import ON_A_GPU
from keepif.recipes.experiments.thinking_model.answers import WRITERS
from keepif.recipes.models import TINY
from keepif.recipes.train import CONFIGS, main
from tests.helpers import published_rows as published
from tests.recipes import test_engines
from tests.recipes.sweep import test_sweep_file

ENGINES = CONFIGS.parent / "accelerate_configs"
SHIPPED = sorted(path.name for path in CONFIGS.glob("*.yaml"))
ARCHITECTURES = {"qwen3": Qwen3Config, "smollm2": LlamaConfig}


def qwen3(hidden: int, inner: int, layers: int, heads: int = 16) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=151936, hidden_size=hidden, intermediate_size=inner, num_hidden_layers=layers,
        num_attention_heads=heads, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True,
    )  # fmt: skip


PUBLISHED: dict[str, tuple[Any, float]] = {
    "Qwen/Qwen3-0.6B": (qwen3(1024, 3072, 28), 0.6e9),
    "Qwen/Qwen3-1.7B": (qwen3(2048, 6144, 28), 1.7e9),
    "Qwen/Qwen3-4B": (qwen3(2560, 9728, 36, heads=32), 4.0e9),
    "smollm2-135m": (
        LlamaConfig(vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30,
                    num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True), 135e6,
    ),
}  # fmt: skip
"""(config, parameters), as published."""
HUB = {"openai/gsm8k": published.GSM8K, "agentica-org/DeepScaleR-Preview-Dataset": published.DEEPSCALER}
FEW = ["--max_completion_length", "16", "--num_generations", "2", "--steps_per_generation", "1"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Where random models of no size stand, by architecture."""
    tokenizer = AutoTokenizer.from_pretrained(TINY)
    found = {}
    for name, architecture in ARCHITECTURES.items():
        config = architecture(
            vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, head_dim=8, max_position_embeddings=1024,
            pad_token_id=tokenizer.pad_token_id, eos_token_id=tokenizer.eos_token_id, bos_token_id=None,
        )  # fmt: skip
        found[name] = tmp_path_factory.mktemp(name)
        torch.manual_seed(0)
        AutoModelForCausalLM.from_config(config).save_pretrained(found[name])
        tokenizer.save_pretrained(found[name])
    return found


@pytest.mark.parametrize("name", SHIPPED)
def test_it_runs_dry(tmp_path: Path, capsys: pytest.CaptureFixture[str], models: dict[str, Path], name: str) -> None:
    settings = yaml.safe_load((CONFIGS / name).read_text())
    flags = [f"--{option}={value}" for option, value in ON_CPU.items() if value is not None]
    family = re.match("[a-z0-9]+", name)
    assert family
    if settings["model_name_or_path"] != "tiny":
        flags += FEW
        flags += ["--model_name_or_path", str(models[family[0]])]
    if settings["dataset"] in HUB:
        path = tmp_path / "rows.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in HUB[settings["dataset"]]))
        flags += ["--dataset", str(path)]
    main(["--config", name, "--dry_run", "--output_dir", str(tmp_path), *flags])
    printed = capsys.readouterr().out
    assert "one batch was sampled and scored" in printed
    assert "keepif/compliance" in printed


def header_of(name: str) -> str:
    return (CONFIGS / name).read_text().split("\n\n")[0]


def launched(name: str) -> tuple[Engine, Recipe]:
    """What the launch line of a config's header starts, and the config as that reads it."""
    launch = re.search(r"accelerate launch (.*) -m keepif", header_of(name))
    assert launch
    options = launch_command_parser().parse_args([*shlex.split(launch[1]), "program"])
    file = ENGINES / Path(options.config_file).name if options.config_file else None
    engine = engine_of(file, options.num_processes or (1 if options.cpu else None))
    return engine, read(requested(CONFIGS / name, []), engine.processes)


@pytest.mark.parametrize("name", SHIPPED)
def test_its_header_says_how_it_is_launched_what_it_takes_and_when_it_was_run(name: str) -> None:
    header = header_of(name)
    assert f"--config recipes/configs/{name}" in header
    for needed in ("Memory", "Batch", r"(NOT YET RUN|Run: .*\b20\d\d-\d\d-\d\d\b)"):
        assert re.search(rf"^# {needed}", header, re.MULTILINE), needed
    if name.startswith("qwen3"):  # whose thinking may be longer than any completion
        assert re.search(rf"keepif doctor {name} .*--sample\n(.*\n)*.*accelerate launch", header)


@pytest.mark.parametrize("name", SHIPPED)
def test_its_header_gives_the_batch_that_is_computed(name: str) -> None:
    engine, recipe = launched(name)
    args, header = recipe.grpo, header_of(name)
    assert [finding.level for finding in batch(recipe.asked, engine.processes)] == ["ok"]
    assert args.scale_rewards == "batch"
    groups = re.search(r"= (\d+) completions a step = (\d+) groups of (\d+)", header)
    whole = re.search(r"(\d+) whole groups", header)
    assert groups
    assert whole
    a_step = args.per_device_train_batch_size * args.gradient_accumulation_steps * engine.processes
    a_rank = args.per_device_train_batch_size * args.steps_per_generation
    assert [int(number) for number in groups.groups()] == [
        a_step,
        a_step // args.num_generations,
        args.num_generations,
    ]
    assert (a_rank % args.num_generations, a_rank // args.num_generations) == (0, int(whole[1]))


@pytest.mark.parametrize("name", [name for name in SHIPPED if "_cpu" not in name])
def test_its_header_gives_the_memory_that_is_computed(name: str) -> None:
    engine, recipe = launched(name)
    header = header_of(name)
    config, _ = PUBLISHED[recipe.model.model_name_or_path or ""]
    parts = estimate(Size.of(config, recipe.model), recipe.grpo, recipe.model, engine)
    words = {"weights": "weights", "training": "training|adapters", "generation": "keys and values"}
    total = f"{parts.pop('total'):.0f} GiB"
    assert re.search(rf"Memory.*: {total}", header)
    for part, gib in parts.items():
        stated = re.search(rf"(?:{words.get(part, part)}) (\d+\.\d)", header)
        assert float(stated[1] if stated else 0.0) == pytest.approx(gib, abs=0.06), part
    (row,) = re.findall(rf"^\| \[{name}\].*$", (CONFIGS.parent / "README.md").read_text(), re.MULTILINE)
    assert total in row


@pytest.mark.parametrize("name", ["smollm2_gpu.yaml", "smollm2_thinking_gpu.yaml"])
def test_policies_of_the_comparison_fit_on_one_card(name: str) -> None:
    """On 80 GB."""
    engine, recipe = launched(name)
    config, _ = PUBLISHED["smollm2-135m"]
    each = estimate(Size.of(config, recipe.model), recipe.grpo, recipe.model, engine)["total"]
    stated = re.search(r"side by side: (\d+) of a card's (\d+)", header_of(name).replace("\n# ", " "))
    assert stated
    assert int(stated[1]) == round(ON_A_GPU * each) <= int(stated[2]) == round(80e9 / GIB)


@pytest.mark.parametrize("engine", test_engines.SHIPPED)
def test_the_example_of_an_engine_makes_the_batch_that_its_config_states(engine: str) -> None:
    (line,) = re.findall(r"^#   .*--config recipes/configs/(.*)$", (ENGINES / engine).read_text(), re.MULTILINE)
    name, *flags = line.split()
    ranks = engine_of(ENGINES / engine, None).processes
    recipe = read(requested(CONFIGS / name, flags), ranks)
    assert [finding.level for finding in batch(recipe.asked, ranks)] == ["ok"]
    a_step = recipe.grpo.per_device_train_batch_size * recipe.grpo.gradient_accumulation_steps * ranks
    assert f"= {a_step} completions a step" in header_of(name)


def test_the_vllm_server_is_started_as_trl_starts_it() -> None:
    settings = yaml.safe_load((CONFIGS / "qwen3_4b_vllm.yaml").read_text())
    (line,) = re.findall(r"^#   (.* vllm serve .*)$", header_of("qwen3_4b_vllm.yaml"), re.MULTILINE)
    words = shlex.split(line)
    at = words.index("serve")
    assert "VLLM_SERVER_DEV_MODE=1" in words[:at]
    ours = dict(zip(words[at + 2 :: 2], words[at + 3 :: 2], strict=True))
    length = int(ours["--max-model-len"])
    asked = ScriptArguments(
        words[at + 1], tensor_parallel_size=int(ours["--tensor-parallel-size"]), max_model_len=length
    )
    theirs = [word for word in build_command(asked) if word != "--enable-scale-out"]  # images alone need it
    model, *theirs = theirs[theirs.index("serve") + 1 :]
    pairs = list(zip(theirs[::2], theirs[1::2], strict=True))
    assert model == settings["model_name_or_path"]
    assert length > settings["max_completion_length"] + PROMPT
    assert set(pairs[-3:]) <= ours.items() <= set(pairs)  # the last three are what TRL imposes


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("qwen3")])
def test_long_runs_show_completions_and_keep_few_checkpoints(name: str) -> None:
    settings = yaml.safe_load((CONFIGS / name).read_text())
    assert (settings["report_to"], settings["log_completions"]) == ("wandb", True)
    assert settings.get("use_peft") or settings["save_total_limit"] == 2


@pytest.mark.parametrize("task", ["smollm2", "smollm2_thinking"])
def test_smollm2_has_one_task_on_both_machines(task: str) -> None:
    cpu, gpu = (yaml.safe_load((CONFIGS / f"{task}_{where}.yaml").read_text()) for where in ("cpu", "gpu"))
    for setting in (
        "dataset",
        "dataset_options",
        "answer_format",
        "max_constraints",
        "constraint_types",
        "temperature",
    ):
        assert cpu.get(setting) == gpu.get(setting), setting


def test_the_thinking_configs_have_all_types_that_the_cold_start_teaches() -> None:
    config = yaml.safe_load((CONFIGS / "smollm2_thinking_cpu.yaml").read_text())
    assert config["constraint_types"] == sorted(WRITERS)


def test_no_yaml_is_left_untested() -> None:
    folders = {"configs": SHIPPED, "accelerate_configs": test_engines.SHIPPED, "sweeps": test_sweep_file.SHIPPED,
               "harness": ["mathif.yaml"]}  # fmt: skip
    tested = {CONFIGS.parent / folder / name for folder, names in folders.items() for name in names}
    assert set(CONFIGS.parent.rglob("*.y*ml")) == tested


def test_the_count_of_parameters_is_the_published_one() -> None:
    for config, parameters in PUBLISHED.values():
        assert Size.of(config, ModelConfig()).parameters == pytest.approx(parameters, rel=0.02)
