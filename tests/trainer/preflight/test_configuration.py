"""What attach() refuses and warns of in a trainer and its arguments."""

import logging
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from tokenizers import AddedToken
from trl import GRPOTrainer
from trl.experimental.a2po import A2POTrainer
from trl.experimental.async_grpo import AsyncGRPOTrainer
from trl.experimental.gmpo import GMPOTrainer
from trl.experimental.online_dpo import OnlineDPOTrainer
from trl.experimental.sdpo import SDPOTrainer

from keepif.rewards import KeepIFReward, correctness_reward
from keepif.rewards.published.length_terms import kimi, laser
from keepif.trainer import ConfigError, KeepIF, preflight
from keepif.trainer.facts import end_of_turn
from tests.helpers import tiny
from tests.helpers.facts import facts
from tests.helpers.grpo import trainer_of


def test_a_trainer_without_the_reward_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"pass reward_funcs=keepif\.reward"):
        KeepIF().attach(trainer_of(tmp_path, correctness_reward))


def test_a_normaliser_that_divides_multipliers_out_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward, multi_objective_aggregation="normalize_then_sum")
    with pytest.raises(ConfigError, match="set multi_objective_aggregation='sum_then_normalize'"):
        keepif.attach(trainer)


def test_parts_fit_that_normaliser(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keepif = KeepIF(aggregation="parts")
    with caplog.at_level(logging.WARNING):
        keepif.attach(trainer_of(tmp_path, keepif.reward, multi_objective_aggregation="normalize_then_sum"))
    assert "keepif:" not in caplog.text


@pytest.mark.parametrize("kind", [SDPOTrainer, A2POTrainer, OnlineDPOTrainer, AsyncGRPOTrainer])
def test_trainers_that_reward_in_another_way_are_refused(tmp_path: Path, kind: type) -> None:
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward)
    trainer.__class__ = kind
    with pytest.raises(ConfigError, match=f"does not work in {kind.__name__}: .* Use GRPOTrainer, RLOOTrainer"):
        keepif.attach(trainer)


def test_subclasses_are_taken_if_they_leave_the_rewards_alone(tmp_path: Path) -> None:
    class Own(GRPOTrainer):
        def _calculate_rewards(self, *_: Any) -> Any:
            return None

    class Mild(GRPOTrainer):
        pass

    for kind in (Mild, GMPOTrainer):
        keepif = KeepIF()
        trainer = trainer_of(tmp_path, keepif.reward)
        trainer.__class__ = kind
        keepif.attach(trainer)
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward)
    trainer.__class__ = Own
    with pytest.raises(ConfigError, match="does not work in Own: it computes rewards in a way of its own"):
        keepif.attach(trainer)


@pytest.mark.parametrize(("each", "ranks", "term", "split"), [
    (6, 2, kimi, True), (6, 2, partial(kimi, weight=0.5), True), (6, 2, lambda c, _: list(c), True),
    (8, 2, kimi, False), (6, 1, kimi, False), (6, 2, laser, False), (6, 2, None, False),
])  # fmt: skip
def test_a_group_that_two_ranks_share_has_no_length_of_its_own(each: int, ranks: int, term: Any, split: bool) -> None:
    args = SimpleNamespace(per_device_train_batch_size=each, steps_per_generation=2, num_generations=8)
    found = list(
        preflight.configuration.split_groups(facts(args=args, ranks=ranks, rewards=KeepIFReward(length_term=term)))
    )
    assert [problem.fatal for problem in found] == [True] * split
    assert all(re.search(r"groups of 8 .* a multiple of 4, or, .* to one of 48", problem.text) for problem in found)


def test_special_thinking_tags_are_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward)
    trainer.processing_class.add_tokens([AddedToken("</think>", special=True)], special_tokens=True)
    with pytest.raises(ConfigError, match="'</think>' is a special token"):
        keepif.attach(trainer)


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


@pytest.mark.parametrize(
    ("template", "closing"),
    [
        ("{% for m in messages %}{{ m.content }}{% endfor %}", None),
        ("{% for m in messages %}{{ m.content }} <eos> {% endfor %}", "<eos>"),
        ("{% for m in messages %}{{ m.content }} <unk> {% endfor %}", "<unk>"),
        ("{{ raise_exception('no assistant, please') }}", None),
    ],
)
def test_a_turn_that_ends_in_no_end_token_is_said(template: str, closing: str | None) -> None:
    tokenizer = tiny.tokenizer(template=template)
    found = end_of_turn(tokenizer)
    assert found == (None if closing is None else tokenizer.convert_tokens_to_ids(closing))
    said = list(preflight.configuration.end(facts(tokenizer=tokenizer, end_ids={tokenizer.eos_token_id})))
    if closing == "<unk>":
        assert "ends a turn with '<unk>', which is none of the end tokens ('<eos>')" in said[0].text
        assert yaml.safe_load(said[0].change) == {"eos_token": "<unk>"}
    assert len(said) == (closing == "<unk>")
    [without] = preflight.configuration.end(facts(tokenizer=tokenizer, end_ids=frozenset()))
    assert "no end token" in without.text
    assert without.change == (f'eos_token: "{closing}"' if closing else "")


def test_a_good_configuration_is_silent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keepif = KeepIF(budget=6)
    with caplog.at_level(logging.WARNING):
        keepif.attach(trainer_of(tmp_path, keepif.reward))
    assert "keepif:" not in caplog.text


@pytest.mark.parametrize(("weights", "fatal"), [([0.0], True), ([-1.0], True), ([2.0], None), (None, None)])
def test_a_reward_that_does_not_count_is_refused(weights: list[float] | None, fatal: bool | None) -> None:
    args = SimpleNamespace(reward_weights=weights)
    assert [problem.fatal for problem in preflight.configuration.weight(facts(args=args))] == (
        [] if fatal is None else [fatal]
    )


def test_weights_of_parts_are_replaced() -> None:
    parts = KeepIF(aggregation="parts").run.rewards
    args = SimpleNamespace(reward_weights=[1.0, 1.0, 2.0, 1.0])
    [problem] = preflight.configuration.weight(facts(args=args, rewards=parts, reward_funcs=parts.reward_funcs))
    assert "which the multipliers replace" in problem.text
    assert not problem.fatal


def test_unused_columns_that_trl_would_take_away_are_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    with pytest.raises(ConfigError, match=r"remove_unused_columns=True takes .* set it to False"):
        keepif.attach(trainer_of(tmp_path, keepif.reward, remove_unused_columns=True))
