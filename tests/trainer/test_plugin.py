"""What attach() refuses, warns of, and tells the reward."""

import logging
from pathlib import Path
from typing import Any

import pytest
import tiny
from tokenizers import AddedToken
from trl import GRPOTrainer

from keepif.rewards import correctness_reward
from keepif.trainer import ConfigError, KeepIF

PREFILLING = "{% for m in messages %}{{ m.content }}{% endfor %} <think>"


def trainer_of(output_dir: Path, rewards: Any, **options: Any) -> GRPOTrainer:
    template = {"template": options.pop("template")} if "template" in options else {}
    dataset = options.pop("dataset", tiny.prompts())
    return GRPOTrainer(
        model=tiny.model(),
        reward_funcs=rewards,
        args=tiny.config(output_dir, **options),
        train_dataset=dataset,
        processing_class=tiny.tokenizer(**template),
    )


def test_the_reward_learns_end_tokens_and_prefilled_thinking(tmp_path: Path) -> None:
    keepif = KeepIF()
    keepif.attach(trainer_of(tmp_path, keepif.reward, template=PREFILLING))
    assert keepif.reward.scoring.end_ids == {1}
    assert keepif.reward.scoring.delimiters.prefilled
    other = KeepIF()
    other.attach(trainer_of(tmp_path, other.reward))
    assert not other.reward.scoring.delimiters.prefilled


def test_a_trainer_without_the_reward_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pass reward_funcs=keepif\.reward"):
        KeepIF().attach(trainer_of(tmp_path, correctness_reward))


def test_a_normaliser_that_divides_multipliers_out_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward, multi_objective_aggregation="normalize_then_sum")
    with pytest.raises(ConfigError, match="set multi_objective_aggregation='sum_then_normalize'"):
        keepif.attach(trainer)


def test_special_thinking_tags_are_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward)
    trainer.processing_class.add_tokens([AddedToken("</think>", special=True)], special_tokens=True)
    with pytest.raises(ConfigError, match="'</think>' is a special token"):
        keepif.attach(trainer)


def test_a_bad_row_is_refused_by_number(tmp_path: Path) -> None:
    keepif = KeepIF()
    rows = tiny.prompts(8).to_list()
    rows[5] = rows[5] | {"instruction_id_list": ["no:such"]}
    trainer = trainer_of(tmp_path, keepif.reward, dataset=tiny.Dataset.from_list(rows))
    with pytest.raises(ConfigError, match="row 5: unknown instruction id 'no:such'"):
        keepif.attach(trainer)


def test_data_without_a_target_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    dataset = tiny.prompts().select_columns(["prompt"])
    with pytest.raises(ConfigError, match="neither a gold answer nor constraints"):
        keepif.attach(trainer_of(tmp_path, keepif.reward, dataset=dataset))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"scale_rewards": "group"}, "set scale_rewards='batch'"),
        ({"mask_truncated_completions": True}, "set it to False"),
        ({"max_completion_length": 4}, "lower the budget or raise max_completion_length"),
        (
            {"dataset": tiny.prompts().rename_column("answer", "answers")},
            "rename the column that holds them to 'answer'",
        ),
        ({"dataset": tiny.prompts().select_columns(["prompt", "answer"])}, "pass the data set through constrain"),
    ],
)
def test_what_weakens_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, options: dict[str, Any], message: str
) -> None:
    keepif = KeepIF(budget=6)
    with caplog.at_level(logging.WARNING):
        keepif.attach(trainer_of(tmp_path, keepif.reward, **options))
    assert message in caplog.text


def test_a_good_configuration_is_silent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keepif = KeepIF(budget=6)
    with caplog.at_level(logging.WARNING):
        keepif.attach(trainer_of(tmp_path, keepif.reward))
    assert "keepif:" not in caplog.text


def test_multipliers_are_checked() -> None:
    with pytest.raises(ValueError, match=r"λ = 0\.9, μ = 0\.2"):
        KeepIF(lam=0.9, budget=100)
