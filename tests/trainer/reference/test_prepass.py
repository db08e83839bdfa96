"""The reference pre-pass: what it samples, what it costs, and that nothing measured is lost."""

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, IterableDataset

from keepif.rewards import constraints_of
from keepif.trainer import KeepIF, Prepass, Reference
from keepif.trainer.files import write_json
from keepif.trainer.reference import prepass
from keepif.trainer.reference.prepass import affordable, choose, readable, run_completions
from keepif.trainer.reference.reference import prompt_key
from tests.helpers import tiny
from tests.helpers.grpo import build

COMMON, RARE = "punctuation:no_comma", "startend:quotation"


def rows() -> list[dict[str, Any]]:
    """90 prompts with one type, 6 with another, 4 with none."""
    kinds = [[COMMON]] * 90 + [[RARE]] * 6 + [[]] * 4
    return [
        {"prompt": f"{i} + {i} ?", "answer": str(2 * i), "instruction_id_list": ids, "kwargs": [{}] * len(ids)}
        for i, ids in enumerate(kinds)
    ]


def chosen(dataset: Any, prompts: int | None, seed: int = 0) -> list[dict[str, Any]]:
    texts = readable(dataset)
    return [texts[number] for number in choose(texts, prompts, seed)]


def asked(chosen: list[dict[str, Any]]) -> list[str]:
    return [constraint.id for row in chosen for constraint in constraints_of(row)]


def test_a_sample_is_the_datas_own_mix_and_covers_every_type() -> None:
    found = chosen(Dataset.from_list(rows()), 12)
    assert len({row["prompt"] for row in found}) == len(found) <= 12 + 4 + 4
    assert asked(found).count(RARE) == 4
    assert asked(found).count(COMMON) >= 8
    assert found == chosen(Dataset.from_list(rows()), 12) != chosen(Dataset.from_list(rows()), 12, seed=1)


def test_small_and_streamed_sets() -> None:
    assert len(chosen(Dataset.from_list(rows()), 500)) == 100
    assert len(chosen(Dataset.from_list(rows()), None)) == 100
    broken = [rows()[0] | {"instruction_id_list": ["no:such"]}, *rows()]
    streamed: Any = IterableDataset.from_generator(lambda: iter(broken))
    assert sum(row["instruction_id_list"] == [RARE] for row in chosen(streamed, 12)) == 4


class Run:
    """What a trainer says of its length: 100 steps, 32 completions every second one."""

    class args:  # noqa: N801
        steps_per_generation, num_iterations, gradient_accumulation_steps, generation_batch_size = 2, 2, 2, 32

    class state:  # noqa: N801
        max_steps = 100


def test_a_sample_stays_within_its_share_of_the_run() -> None:
    assert run_completions(Run) == 1600
    assert affordable(Prepass(prompts=256, samples=4), Run) == 20
    assert affordable(Prepass(prompts=8, samples=4), Run) == 8
    assert affordable(Prepass(prompts=None), Run) is None


def test_an_interrupted_prepass_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sampled: list[int] = []
    sample = prepass._sample  # noqa: SLF001

    def interrupted(trainer: Any, scorer: Any, rows: Any, samples: int) -> Any:
        if len(sampled) == 2:
            sampled.append(0)
            raise KeyboardInterrupt
        sampled.append(len(rows) * samples)
        return sample(trainer, scorer, rows, samples)

    monkeypatch.setattr(prepass, "_sample", interrupted)
    keepif = KeepIF(prepass=Prepass(prompts=None, samples=2))
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, keepif, model=(model := tiny.model())).train()
    assert (tmp_path / "keepif-reference.measuring.json").exists()
    again = KeepIF(prepass=Prepass(prompts=None, samples=2))
    build(tmp_path, again, model=model).train()
    assert sampled == [4, 4, 0] + [4] * 6
    assert json.loads((tmp_path / "keepif-reference.json").read_text())["tally"]["completions"] == 16 * 2
    assert not (tmp_path / "keepif-reference.measuring.json").exists()


def test_what_another_run_has_begun_to_measure_is_not_taken_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two runs that share a reference file share the file of an interrupted pre-pass too."""
    shared, model = tmp_path / "reference.json", tiny.model()
    sample = prepass._sample  # noqa: SLF001
    calls = iter([sample])

    def interrupted(*call: Any) -> Any:
        return next(calls, stop)(*call)

    def stop(*_: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(prepass, "_sample", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path, KeepIF(prepass=Prepass(None, 2), reference_file=shared), model=model).train()
    assert (tmp_path / "reference.measuring.json").exists()
    monkeypatch.setattr(prepass, "_sample", sample)
    others = Dataset.from_list([row | {"prompt": "what is 3 ?"} for row in tiny.prompts().to_list()])
    build(tmp_path, KeepIF(prepass=Prepass(None, 2), reference_file=shared), model=model, dataset=others).train()
    measured = json.loads(shared.read_text())
    assert measured["tally"]["completions"] == 16 * 2
    assert list(measured["prompts"]) == [prompt_key("what is 3 ?")]


@pytest.mark.parametrize("change", [{"plan": [1, "other"]}, {"reference": {}}, {"done": None}])
def test_progress_that_does_not_fit_is_not_taken_up(tmp_path: Path, change: dict[str, Any]) -> None:
    path, provenance = tmp_path / "reference.measuring.json", {"model": "m"}
    stored = {"plan": [1, "this"], "done": 3, "reference": Reference(provenance).to_dict()}
    write_json(path, stored)
    assert prepass._begun(provenance, path, [1, "this"])[1] == 3  # noqa: SLF001
    assert prepass._begun({"model": "n"}, path, [1, "this"])[1] == 0  # noqa: SLF001
    write_json(path, {name: value for name, value in (stored | change).items() if value is not None})
    assert prepass._begun(provenance, path, [1, "this"])[1] == 0  # noqa: SLF001
    path.write_text("[]")
    assert prepass._begun(provenance, path, [1, "this"])[1] == 0  # noqa: SLF001


def test_the_run_that_follows_is_not_disturbed(tmp_path: Path) -> None:
    """A run that measures and one that finds the reference measured draw the same completions."""
    losses = []
    model = tiny.model()
    state = {name: value.clone() for name, value in model.state_dict().items()}
    for name in ("measures", "reads"):
        model.load_state_dict(state)
        keepif = KeepIF(reference_file=tmp_path / "reference.json", prepass=Prepass(4, 4, share=1.0))
        trainer = build(tmp_path / name, keepif, model=model, per_device_train_batch_size=16)
        trainer.train()
        losses.append([entry["loss"] for entry in trainer.state.log_history if "loss" in entry])
        assert trainer.num_generations_eval == 4
        assert not any("eval" in key for entry in trainer.state.log_history for key in entry)
    assert losses[0] == losses[1]
    assert len(losses[0]) == 2


@pytest.mark.parametrize(("limit", "said"), [(1, True), (100, False)])
def test_a_reference_that_was_cut_short_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, limit: int, said: bool
) -> None:
    """Each token of a random model is an end at one in 24: of one token few completions end, of 100 nearly all."""
    keepif = KeepIF(prepass=Prepass(4, 4, share=1.0))
    with caplog.at_level(logging.WARNING):
        build(tmp_path, keepif, max_completion_length=limit, per_device_train_batch_size=16).train()
    stored = json.loads((tmp_path / "keepif-reference.json").read_text())["tally"]
    cut = stored["guarded"].get("truncated", 0) / stored["completions"]
    assert (cut > 0.25) == said
    warned = f"keepif: in the reference, {100 * cut:.0f} % of the sampled completions were cut at {limit} tokens"
    assert (warned in caplog.text) == said
    assert ("raise max_completion_length; there they keep nothing, and lower the floor" in caplog.text) == said


def test_completions_that_are_not_scored_are_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    golds = [["4"], ["4", "5"]] * 2
    dataset = Dataset.from_list([row | {"answer": gold} for row, gold in zip(tiny.prompts(4), golds, strict=True)])
    keepif = KeepIF(prepass=Prepass(None, 4))
    with caplog.at_level(logging.WARNING):
        build(tmp_path, keepif, dataset=dataset, per_device_train_batch_size=16).train()
    assert "2 of 4 rows have a gold answer that cannot be read" in caplog.text
    assert "in the reference, 8 of 16 completions are not scored, for their rows" in caplog.text


def test_data_without_constraints_has_nothing_to_hold(tmp_path: Path) -> None:
    keepif = KeepIF(prepass=Prepass(4, 4, share=1.0))
    dataset = tiny.prompts().select_columns(["prompt", "answer"])
    trainer = build(tmp_path, keepif, dataset=dataset, per_device_train_batch_size=16)
    trainer.train()
    assert not keepif.run.controller.loops
    report = json.loads((tmp_path / "keepif-report.json").read_text())
    assert report["floor"] is None
    assert report["after"]["sacc"]["share"] is None
