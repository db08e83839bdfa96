"""What attach() refuses, warns of, and tells the reward."""

import json
import logging
from contextlib import nullcontext
from functools import partial
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import yaml
from datasets import Dataset, IterableDataset
from rich.console import Console
from tokenizers import AddedToken
from trl import GRPOTrainer
from trl.experimental.a2po import A2POTrainer
from trl.experimental.async_grpo import AsyncGRPOTrainer
from trl.experimental.gmpo import GMPOTrainer
from trl.experimental.online_dpo import OnlineDPOTrainer
from trl.experimental.sdpo import SDPOTrainer

from keepif.rewards import correctness_reward
from keepif.rewards.judge.endpoint import Endpoint
from keepif.rewards.judge.judge import Judge
from keepif.rewards.published.length_terms import kimi, laser
from keepif.trainer import ConfigError, KeepIF, Prepass, Reference, ReferenceMismatchError, preflight
from keepif.trainer.files import write_json
from keepif.trainer.reference.provenance import provenance
from keepif.trainer.reference.reference import prompt_key
from keepif.trainer.report.report import load, table
from tests.helpers import tiny
from tests.helpers.chat_server import serving
from tests.helpers.grpo import trainer_of

PREFILLING = "{% for m in messages %}{{ m.content }}{% endfor %} <think>"


def test_the_reward_learns_end_tokens_and_prefilled_thinking(tmp_path: Path) -> None:
    keepif = KeepIF()
    keepif.attach(trainer_of(tmp_path, keepif.reward, template=PREFILLING))
    assert keepif.run.scoring.end_ids == {1}
    assert keepif.run.scoring.delimiters.prefilled
    other = KeepIF()
    other.attach(trainer_of(tmp_path, other.reward))
    assert not other.run.scoring.delimiters.prefilled


def test_a_keepif_that_nobody_attached_does_not_train(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, KeepIF().reward)
    with pytest.raises(ConfigError, match=r"attached to no trainer: call keepif\.attach\(trainer\) before"):
        trainer.train()


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

    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward)
    for kind in (Mild, GMPOTrainer):
        trainer.__class__ = kind
        keepif.attach(trainer)
    trainer.__class__ = Own
    with pytest.raises(ConfigError, match="does not work in Own: it computes rewards in a way of its own"):
        keepif.attach(trainer)


@pytest.mark.parametrize(("each", "ranks", "term", "split"), [
    (6, 2, kimi, True), (6, 2, partial(kimi, weight=0.5), True), (6, 2, lambda c, _: list(c), True),
    (8, 2, kimi, False), (6, 1, kimi, False), (6, 2, laser, False), (6, 2, None, False),
])  # fmt: skip
def test_a_group_that_two_ranks_share_has_no_length_of_its_own(each: int, ranks: int, term: Any, split: bool) -> None:
    args = SimpleNamespace(per_device_train_batch_size=each, steps_per_generation=2)
    trainer = SimpleNamespace(args=args, num_generations=8, accelerator=SimpleNamespace(num_processes=ranks))
    message = r"groups of 8 .* a multiple of 4, or, .* to one of 48"
    with pytest.raises(ConfigError, match=message) if split else nullcontext():
        preflight.refuse_split_groups(trainer, term)


def test_the_bonus_for_not_thinking_waits_for_the_reference(tmp_path: Path) -> None:
    keepif = KeepIF(floor=None, no_thinking=0.1, prepass=Prepass(prompts=2, samples=4, share=1.0))
    trainer = trainer_of(tmp_path, keepif.reward, max_steps=1)
    keepif.attach(trainer)
    assert keepif.run.needs_reference
    trainer.train()
    assert not keepif.run.needs_reference
    stored = json.loads((tmp_path / "keepif-reference.json").read_text())
    prompt = trainer.train_dataset[0]["prompt"]
    correct, samples = stored["correct"][prompt_key(prompt)]
    assert samples == 16
    assert keepif.reward.reference.accuracy(prompt) == pytest.approx(correct / 16)  # there is one prompt only
    assert keepif.run.settings["no_thinking"] == 0.1


def test_a_type_without_a_floor_of_its_own_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF(floor={"startend:quotation": 0.9})
    with pytest.raises(ConfigError, match="row 0: floor has no share for 'punctuation:no_comma'"):
        keepif.attach(trainer_of(tmp_path, keepif.reward))


def test_a_reference_of_another_run_is_refused(tmp_path: Path) -> None:
    torch.manual_seed(0)
    first = KeepIF(prepass=Prepass(prompts=2, samples=4, share=1.0))
    trainer = trainer_of(tmp_path, first.reward, max_steps=1)
    first.attach(trainer)
    trainer.train()
    torch.manual_seed(0)
    other = KeepIF()
    with pytest.raises(ReferenceMismatchError, match="was measured with another sampling"):
        other.attach(trainer_of(tmp_path, other.reward, temperature=0.5))


def test_a_reference_of_other_data_is_refused_but_where_its_file_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keepif, path = KeepIF(), tmp_path / "keepif-reference.json"
    trainer = trainer_of(tmp_path, keepif.reward)
    others = trainer_of(tmp_path, keepif.reward, dataset=tiny.prompts(8))
    others.model = trainer.model
    measured = Reference(provenance(trainer, tiny.tokenizer(), keepif.run.scoring))
    for known in (measured.provenance, {k: v for k, v in measured.provenance.items() if k != "dataset"}):
        write_json(path, measured.to_dict() | {"provenance": known})
        with pytest.raises(ReferenceMismatchError, match="was measured with another dataset"):
            keepif.attach(others)
        caplog.clear()
        other = KeepIF(reference_file=path)
        others.reward_funcs = [other.reward]
        other.attach(others)
        assert "was measured on other prompts" in caplog.text
        assert not other.run.needs_reference
        others.reward_funcs = [keepif.reward]


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


def test_a_streamed_set_is_not_read_to_its_end(tmp_path: Path) -> None:
    def endless() -> Any:
        yield from iter(lambda: tiny.prompts(1)[0], None)

    keepif = KeepIF()
    stream = IterableDataset.from_generator(endless, features=tiny.prompts(1).features)
    assert stream.column_names
    keepif.attach(trainer_of(tmp_path, keepif.reward, dataset=stream))


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
    found = preflight.end_of_turn(tokenizer)
    assert found == (None if closing is None else tokenizer.convert_tokens_to_ids(closing))
    said = list(preflight.warnings_of_end(tokenizer, {tokenizer.eos_token_id}))
    if closing == "<unk>":
        assert "ends a turn with '<unk>', which is none of the end tokens ('<eos>')" in said[0].text
        assert yaml.safe_load(said[0].change) == {"eos_token": "<unk>"}
    assert len(said) == (closing == "<unk>")
    [without] = preflight.warnings_of_end(tokenizer, set())
    assert "no end token" in without.text
    assert without.change == (f'eos_token: "{closing}"' if closing else "")


def test_an_end_in_generation_kwargs_counts_as_truncated(tmp_path: Path) -> None:
    """Why it is the tokenizer's eos_token that has to be changed."""
    every = [number for number in range(len(tiny.WORDS)) if number != tiny.WORDS.index("<eos>")]
    keepif = KeepIF(floor=None)
    trainer = trainer_of(tmp_path, keepif.reward, generation_kwargs={"eos_token_id": every}, temperature=1.0)
    keepif.attach(trainer)
    metrics = trainer.evaluate(trainer.train_dataset.select(range(4)))
    assert metrics["eval_completions/max_length"] == 1
    assert metrics["eval_completions/clipped_ratio"] > 0.5


def test_a_good_configuration_is_silent(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keepif = KeepIF(budget=6)
    with caplog.at_level(logging.WARNING):
        keepif.attach(trainer_of(tmp_path, keepif.reward))
    assert "keepif:" not in caplog.text


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lam": 0.9, "budget": 100}, r"λ = 0\.9, μ = 0\.2"),
        ({"aggregation": "parts", "length_term": kimi}, "length_term .* aggregation='parts'"),
        ({"aggregation": "parts", "no_thinking": 0.1}, "no_thinking .* aggregation='parts'"),
        ({"no_thinking": 0.0}, "no_thinking must be a number above 0, or None"),
        ({"budget": "all"}, "budget must be a number of tokens, 'reference', or None"),
        ({"budget": 0}, "budget must be a positive number of tokens"),
        ({"floor": "median"}, "floor must be 'reference', a share"),
        ({"floor": {"punctuation:nocomma": 0.9}}, "floor: unknown .* did you mean punctuation:no_comma"),
        ({"held_out": "startend:quotation"}, r"held_out takes several .* \['startend:quotation'\]"),
        ({"bonus": -1.0}, "the bonus must be a number of at least 0"),
    ],
)
def test_options_are_checked(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        KeepIF(**options)


@pytest.mark.parametrize("options", [{"prompts": 0}, {"samples": 1}, {"share": 0.0}])
def test_a_prepass_is_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a pre-pass needs at least 1 prompt, 2 samples and a share"):
        Prepass(**options)


SOFT: dict[str, Any] = {"instruction_id_list": ["judge:question", "punctuation:no_comma", "startend:quotation"]}
SOFT |= {"kwargs": [{"question": "Is it polite?"}, {}, {}]}


def soft_prompts() -> Dataset:
    return Dataset.from_list([row | SOFT for row in tiny.prompts(8)])


def test_soft_constraints_without_a_judge_are_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    with pytest.raises(ConfigError, match=r"row 0: 'judge:question' needs a judge: KeepIF\(judge="):
        keepif.attach(trainer_of(tmp_path, keepif.reward, dataset=soft_prompts()))


def test_a_run_with_a_judge_and_a_type_held_out(tmp_path: Path) -> None:
    with serving(lambda *_: "no") as server:
        keepif = KeepIF(
            judge=Judge(Endpoint(server.url, "m")),
            held_out=["startend:quotation"],
            prepass=Prepass(prompts=2, share=1.0),
        )
        trainer = trainer_of(tmp_path, keepif.reward, dataset=soft_prompts(), max_completion_length=4)
        trainer.eos_token_ids = list(range(len(tiny.WORDS)))  # or nothing that such a model says is ever whole
        keepif.attach(trainer)
        trainer.train()
    [shown] = [log for log in trainer.state.log_history if log.get("step") == 1 and "keepif/judge_failed" in log]
    assert shown["keepif/judge_failed"] == 0
    assert shown["keepif/held_out"] == shown["keepif/held_out/startend:quotation"] == 0
    assert shown["keepif/type/judge:question"] == 0
    assert "keepif/type/startend:quotation" not in shown
    found = load(tmp_path)
    assert found["settings"]["judge"].startswith("Judge(m at http://127.0.0.1")
    assert (
        found["by_type"]["startend:quotation"]["before"]["of"]
        == found["by_type"]["judge:question"]["before"]["of"]
        > 0
    )
    buffer = StringIO()
    Console(file=buffer, width=160).print(table(found))
    assert "quotation (held out)" in buffer.getvalue()
    assert "Judge(m at" in trainer.callback_handler.callbacks[-1].run.reference.provenance["checkers"]
