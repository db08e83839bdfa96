"""Every YAML in recipes/configs, end to end: it is parsed, its trainer is built, and a batch is sampled and scored.

Where weights cannot be had, a random model of the same architecture and of no size stands for them, with the embedded
policy's tokenizer; for a set of the hub stand rows in its published schema.
"""

import json
import re
from pathlib import Path
from typing import Any

import published_rows as published
import pytest
import torch
import yaml
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, Qwen3Config
from trl import ModelConfig
from trl.scripts.vllm_serve import make_parser

from keepif.recipes.doctor import batch
from keepif.recipes.memory import Size, estimate
from keepif.recipes.models import TINY
from keepif.recipes.rehearsal import ON_CPU, engine_of, read, requested
from keepif.recipes.train import CONFIGS, main

SHIPPED = sorted(path.name for path in CONFIGS.glob("*.yaml"))
ARCHITECTURES = {"qwen3": Qwen3Config, "smollm2": LlamaConfig}
QWEN3 = {
    "Qwen/Qwen3-0.6B": {"hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28},
    "Qwen/Qwen3-1.7B": {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 28},
    "Qwen/Qwen3-4B": {
        "hidden_size": 2560, "intermediate_size": 9728, "num_hidden_layers": 36, "num_attention_heads": 32
    },
}  # fmt: skip
"""Of their published config.json; what is not here is the same in all three."""
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


@pytest.mark.parametrize("name", SHIPPED)
def test_its_header_says_how_it_is_launched_and_what_it_takes(name: str) -> None:
    text = (CONFIGS / name).read_text()
    header = text[: text.index("\n\n")]
    assert f"--config recipes/configs/{name}" in header
    if not name.startswith("smollm2"):
        assert re.search(r"^# (NOT YET RUN|Run)\b", header, re.MULTILINE)
    for line in re.findall(r"trl vllm-serve (.*)", header):
        parsed, rest = make_parser(prog="trl vllm-serve").parse_args_and_config(
            args=line.split(), return_remaining_strings=True
        )
        assert (parsed.model, rest) == (yaml.safe_load(text)["model_name_or_path"], [])


@pytest.mark.parametrize("name", [name for name in SHIPPED if name.startswith("qwen3")])
def test_its_header_gives_the_memory_and_batch_that_are_computed(name: str) -> None:
    header = (CONFIGS / name).read_text().split("\n\n")[0]
    launched = re.search(r"accelerate_configs/(\S+\.yaml)(?: --num_processes (\d+))?", header)
    assert launched
    processes = int(launched[2]) if launched[2] else None
    engine = engine_of(CONFIGS.parent / "accelerate_configs" / launched[1], processes)
    recipe = read(requested(CONFIGS / name, []), engine.processes)
    shape = {"num_attention_heads": 16} | QWEN3[recipe.model.model_name_or_path or ""]
    config = Qwen3Config(vocab_size=151936, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True, **shape)
    parts = estimate(Size.of(config, recipe.model), recipe.grpo, recipe.model, engine)
    words = {"weights": "weights", "training": "training|adapters", "generation": "keys and values"}
    assert re.search(rf"Memory.*: {parts.pop('total'):.0f} GiB", header)
    for part, gib in parts.items():
        stated = re.search(rf"(?:{words.get(part, part)}) (\d+\.\d)", header)
        assert float(stated[1] if stated else 0.0) == pytest.approx(gib, abs=0.06), part

    assert [finding.level for finding in batch(recipe.asked, engine.processes)] == ["ok"]
    args = recipe.grpo
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


def test_the_count_of_parameters_is_the_published_one() -> None:
    for name, published_size in (("Qwen/Qwen3-0.6B", 0.6e9), ("Qwen/Qwen3-1.7B", 1.7e9), ("Qwen/Qwen3-4B", 4.0e9)):
        shape: dict[str, Any] = {"num_attention_heads": 16} | QWEN3[name]
        config = Qwen3Config(vocab_size=151936, num_key_value_heads=8, head_dim=128, tie_word_embeddings=True, **shape)
        assert Size.of(config, ModelConfig()).parameters == pytest.approx(published_size, rel=0.02)
