"""What attach() refuses, warns of, and tells the reward."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from keepif.rewards.judge import Endpoint, Judge
from keepif.rewards.published.length_terms import kimi
from keepif.trainer import ConfigError, KeepIF, Prepass, Reference, ReferenceMismatchError
from keepif.trainer.files import write_json
from keepif.trainer.reference.provenance import provenance
from keepif.trainer.reference.reference import prompt_key
from keepif.trainer.report.report import load
from keepif.trainer.report.tables import footnotes
from tests.helpers import tiny
from tests.helpers.chat_server import serving
from tests.helpers.grpo import trainer_of
from tests.helpers.tiny import soft_prompts

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


def test_a_keepif_is_no_reward_function(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"a KeepIF is no reward function: pass reward_funcs=keepif\.reward"):
        trainer_of(tmp_path, KeepIF())


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
    measured = Reference(provenance(trainer, tiny.tokenizer(), keepif.run.scoring))
    for known in (measured.provenance, {k: v for k, v in measured.provenance.items() if k != "dataset"}):
        write_json(path, measured.to_dict() | {"provenance": known})
        others = trainer_of(tmp_path, keepif.reward, model=trainer.model, dataset=tiny.prompts(8))
        with pytest.raises(ReferenceMismatchError, match="was measured with another dataset"):
            keepif.attach(others)
        caplog.clear()
        other = KeepIF(reference_file=path)
        others.reward_funcs = [other.reward]
        other.attach(others)
        assert "was measured on other prompts" in caplog.text
        assert not other.run.needs_reference


def test_an_end_in_generation_kwargs_counts_as_truncated(tmp_path: Path) -> None:
    """Why it is the tokenizer's eos_token that has to be changed."""
    every = [number for number in range(len(tiny.WORDS)) if number != tiny.WORDS.index("<eos>")]
    keepif = KeepIF(floor=None)
    trainer = trainer_of(tmp_path, keepif.reward, generation_kwargs={"eos_token_id": every}, temperature=1.0)
    keepif.attach(trainer)
    trainer.evaluate(trainer.train_dataset.select(range(4)))
    metrics = trainer.state.log_history[-1]
    assert metrics["eval_completions/max_length"] == 1
    assert metrics["eval_completions/clipped_ratio"] > 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lam": 0.9, "budget": 100}, r"λ = 0\.9, μ = 0\.2"),
        ({"aggregation": "gated"}, r"a function, such as combine .* gated, .* or 'parts'; found 'gated'"),
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
    assert "held out, checked but never rewarded: startend:quotation" in footnotes(found)
    assert "Judge(m at" in trainer.callback_handler.callbacks[-1].run.reference.provenance["checkers"]
