"""What tells the samples of one run from another's."""

import json
from pathlib import Path

import pytest
from transformers.utils import hub

from keepif.recipes import models
from keepif.recipes.evaluate import settings as evaluate_settings
from keepif.recipes.evaluate.arguments import EvaluateArguments
from keepif.recipes.evaluate.engines import engine_of
from keepif.recipes.evaluate.plan import plan_of
from keepif.recipes.evaluate.settings import items_hash, settings_of, weights_of
from keepif.trainer.evaluation.benchmarks.benchmark import Item

ITEM = Item("1", ({"role": "user", "content": "1 + 1?"},), row={"answer": "2", "kwargs": [{"n": 3, "m": None}]})


def test_retrained_weights_are_others(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 3_000_000 + b"1")
    before = weights_of(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"\0" * 3_000_000 + b"2")
    assert before != weights_of(str(tmp_path))
    assert json.dumps(weights_of("tiny"))


def test_a_model_of_the_hub_is_its_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `main` stands for now; and the commit itself is the same weights."""
    monkeypatch.setattr(hub.constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(hub.constants, "HF_HUB_OFFLINE", True)
    place = tmp_path / "models--org--model"
    for commit in ("a" * 40, "b" * 40):
        (place / "snapshots" / commit).mkdir(parents=True)
        (place / "snapshots" / commit / "config.json").write_text("{}")
        (place / "refs").mkdir(exist_ok=True)
        (place / "refs" / "main").write_text(commit)
        assert weights_of("org/model") == commit
    assert weights_of("org/model", "a" * 40) == "a" * 40
    assert weights_of("org/other") is None
    flags = [EvaluateArguments(model=name, benchmarks=[]) for name in ("org/model", "org/other")]
    known, unknown = (settings_of(plan_of(args), engine_of(args), None) for args in flags)
    assert known["weights"] == "b" * 40
    assert "revision" not in known
    assert (unknown["revision"], "weights" in unknown) == ("main", False)


def test_a_gguf_file_is_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / models.SMOLLM2).write_bytes(b"1")
    monkeypatch.setattr(evaluate_settings, "located", lambda _: (tmp_path, {"gguf_file": models.SMOLLM2}))
    before = weights_of("smollm2-135m")
    assert before
    (tmp_path / models.SMOLLM2).write_bytes(b"2")
    assert weights_of("smollm2-135m") not in (before, None)


@pytest.mark.parametrize(
    "row", [{"answer": "3", "kwargs": [{"n": 3}]}, {"answer": "2", "kwargs": [{"n": 4}]}, {"answer": "2"}]
)
def test_what_scores_an_item_belongs_to_it(row: dict) -> None:
    assert items_hash([Item(ITEM.key, ITEM.messages, row=row)]) != items_hash([ITEM])


def test_the_same_items_in_another_file_are_the_same() -> None:
    """Parquet fills in what JSON leaves out; and controls stand for what the items have already."""
    row = {"kwargs": ({"n": 3, "other": None},), "answer": "2", "note": None}
    control = Item("1/alone", ({"role": "user", "content": "1?"},), control=True)
    assert items_hash([Item(ITEM.key, ITEM.messages, row=row), control]) == items_hash([ITEM])
