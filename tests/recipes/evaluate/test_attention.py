"""`keepif evaluate --constraint_attention`: by type, kept against not kept, from samples that are already there."""

from pathlib import Path

import pytest
from trl import ModelConfig

from keepif.recipes.models import load_model
from keepif.recipes.tiny_policy.benchmark import TinyBenchmark
from keepif.trainer.attention.evaluation import attended
from keepif.trainer.evaluation.answering import Arm
from keepif.trainer.evaluation.benchmarks.benchmark import Sample
from keepif.trainer.evaluation.results import measurements
from tests.helpers.evaluations import TINY, counted, refused, run


def test_by_type_in_the_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain = run(tmp_path, "--limit", "48")
    assert plain["arms"][0]["constraint_attention"] == {}
    made = counted(tmp_path)
    capsys.readouterr()
    [arm] = run(tmp_path, "--limit", "48", "--constraint_attention", "True")["arms"]
    assert counted(tmp_path) == made  # no sample was made again
    assert arm["constraint_attention"].keys() == arm["by_type"].keys()
    for found in arm["constraint_attention"].values():
        for side in ("kept", "not_kept"):
            share = found[side]
            assert share["share"] is None or 0 < share["low"] <= share["share"] <= share["high"] < 1
        if found["difference"]:
            low, difference, high = (found["difference"][name] for name in ("low", "difference", "high"))
            assert low <= difference <= high
    assert any(found["difference"] for found in arm["constraint_attention"].values())
    assert "attention on constraints, in % of the prompt's" in " ".join(capsys.readouterr().out.split())
    [stored] = measurements.read(tmp_path)
    assert any(sample.attention for sample in stored.samples)


def test_what_has_no_attention_to_read_stays_as_it_is() -> None:
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    [item, *_] = TinyBenchmark().items()
    answered, unclosed = Sample(item, text="1+1=2.</think>It is 2."), Sample(item, text="<think>1+1=2.")
    [found] = attended(model, tokenizer, Arm("tiny"), [answered], 4)
    assert found.attention.keys() == set(item.constraint_types)
    assert attended(model, tokenizer, Arm("tiny"), [unclosed], 4)[0].attention == {}
    assert attended(model, tokenizer, Arm("tiny", mitigation="few_shot"), [answered], 4) == [answered]


def test_it_needs_a_model_in_hand(capsys: pytest.CaptureFixture[str]) -> None:
    said = refused(capsys, [*TINY, "--engine", "openai", "--constraint_attention", "True"])
    assert "constraint_attention needs the engine transformers, found openai" in said
