"""The gate, from two runs of an evaluation to its use in a third."""

import json
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from keepif.recipes.evaluate import EvaluateArguments
from keepif.recipes.evaluate import main as evaluate
from keepif.recipes.tiny_policy.benchmark import TinyBenchmark
from keepif.recipes.train_gate import GateArguments, main, pairs_of
from keepif.trainer.evaluation import measured
from keepif.trainer.evaluation.answering import Arm
from keepif.trainer.evaluation.benchmark import Outcome
from keepif.trainer.evaluation.classifier import Gate, GateError
from keepif.trainer.evaluation.measured import Measured, Scored

COMMA = "punctuation:no_comma"


def run(folder: Path, mode: str, mitigation: str = "none") -> Path:
    """A run on the embedded policy's items: thinking is right, but keeps no constraint on commas."""
    folder.mkdir(exist_ok=True)
    scored = []
    for item in TinyBenchmark().items()[:80]:
        joint = float((mode == "on") != (COMMA in item.constraint_types))
        scored.append(Scored(Outcome(item.key, 0, {"joint": (joint, 1), "sacc": (1.0, 1)}), 10, 5, False))
    before = measured.read(folder) if (folder / measured.NAME).exists() else []
    measured.write(folder, [*before, Measured(Arm("tiny", mode, mitigation), "joint", tuple(scored))])
    return folder


def test_a_gate_from_two_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    thinking, direct = run(run(tmp_path / "a", "on"), "on", "few_shot"), run(tmp_path / "b", "off")
    output = tmp_path / "gate.json"
    main(["--thinking", str(thinking), "--direct", str(direct), "--output", str(output)])
    printed = capsys.readouterr().out
    assert "80 items, of which 0 score the same either way" in printed
    assert "precision" in printed
    gate = Gate.load(output)
    items = TinyBenchmark().items()[80:160]
    right = [thinks != (COMMA in item.constraint_types) for item, thinks in zip(items, gate(items), strict=True)]
    assert sum(right) > 0.9 * len(items)
    assert gate.made_from["thinking"] == str(thinking)


def test_runs_that_cannot_be_paired_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    on = run(tmp_path / "on", "on")
    with pytest.raises(GateError, match="has it off for none: evaluate the same benchmark with --thinking both"):
        pairs_of(GateArguments(str(on), str(on)))
    both = run(on, "off")
    assert len(pairs_of(GateArguments(str(both), str(both)))) == 80
    with pytest.raises(GateError, match="'hacc' in both runs: it is in 0"):
        pairs_of(GateArguments(str(both), str(both), metric="hacc"))
    with pytest.raises(SystemExit, match="2"):
        main(["--thinking", str(both), "--direct", str(both), "--metric", "sacc"])
    said = capsys.readouterr().err
    assert said.startswith("train_gate: of 80 items, thinking is better for 0 and worse for 0")
    assert said.count("\n") == 1


def test_an_evaluation_without_its_gate_is_refused() -> None:
    with pytest.raises(ValueError, match="needs --gate FILE"):
        EvaluateArguments(mitigation=["classifier_selective"])


def test_an_evaluation_thinks_where_the_gate_says(tmp_path: Path) -> None:
    both, output = run(run(tmp_path / "both", "on"), "off"), tmp_path / "gate.json"
    main(["--thinking", str(both), "--direct", str(both), "--output", str(output)])
    options = ["--gate", str(output), "--output_dir", str(tmp_path / "gated"), "--max_tokens", "24"]
    evaluate(["--benchmarks", "tiny", "--limit", "8", "--mitigation", "classifier_selective", *options])
    rows = [json.loads(line) for line in (tmp_path / "gated" / "samples-0.jsonl").read_text().splitlines()]
    items = {item.key: item for item in TinyBenchmark().items()}
    gate = Gate.load(output)
    assert len(rows) == 8
    assert all(row["text"].startswith("<think>") == gate([items[row["key"]]])[0] for row in rows)
