"""The plugin for Axolotl 0.19.0 (2026-11-28): in its trainer, by its plugin manager, if it is there; else in TRL's."""

import inspect
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from trl import GRPOTrainer

from keepif.trainer import ConfigError, KeepIF
from tests.helpers import tiny
from tests.helpers.frameworks import AXOLOTL, adapter
from tests.helpers.grpo import history

HERE = find_spec("axolotl") is not None
MODULE = "keepif.trainer.frameworks.axolotl"


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Any:
    return adapter(monkeypatch, MODULE, AXOLOTL)


def trainer_of(reward: Any, output_dir: Path) -> Any:
    """As Axolotl builds it: an AxolotlGRPOTrainer, which is a GRPOTrainer with its own optimisers and samplers."""
    kind, config = GRPOTrainer, tiny.config(output_dir)
    if HERE:
        from axolotl.core.trainers.grpo import GRPOStrategy  # pyright: ignore[reportMissingImports]

        kind, reward = GRPOStrategy.get_trainer_class(), GRPOStrategy.get_reward_func(f"{MODULE}.reward")
        config = GRPOStrategy.get_training_args_class()(**tiny.settings(output_dir, scale_rewards="batch"))
    return kind(tiny.model(), [reward], config, tiny.prompts(), processing_class=tiny.tokenizer())


def post_trainer_create(ours: Any, plugin: str, trainer: Any) -> None:
    """What axolotl.train.setup_model_and_trainer calls once the trainer is built."""
    if not HERE:
        getattr(ours, plugin)().post_trainer_create({}, trainer)
        return
    from axolotl.integrations.base import PluginManager  # pyright: ignore[reportMissingImports]

    manager = PluginManager.get_instance()
    manager.plugins.clear()
    manager.register(f"{MODULE}.{plugin}")
    manager.post_trainer_create({}, trainer)


def test_two_steps_with_the_floor_held(ours: Any, tmp_path: Path) -> None:
    trainer = trainer_of(ours.reward, tmp_path)
    post_trainer_create(ours, "KeepIFPlugin", trainer)
    trainer.train()
    assert history(trainer)["step"] == [1, 2]
    assert (tmp_path / "keepif-reference.json").exists()


def test_a_reward_that_is_not_the_plugins_is_refused(ours: Any, tmp_path: Path) -> None:
    ours.Other = type("Other", (ours.KeepIFPlugin,), {"keepif": KeepIF(slack=0.05)})
    with pytest.raises(ConfigError, match="not among the trainer's reward_funcs"):
        post_trainer_create(ours, "Other", trainer_of(ours.reward, tmp_path))


def test_the_reward_is_one_that_axolotl_takes(ours: Any) -> None:
    """GRPOStrategy.get_reward_func asks for two parameters."""
    assert len(inspect.signature(ours.reward).parameters) >= 2
