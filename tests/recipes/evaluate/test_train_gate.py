"""The gate, from two runs of an evaluation to its use in a third."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sklearn")

from keepif.recipes.evaluate.arguments import EvaluateArguments
from keepif.recipes.evaluate.command import main as evaluate
from keepif.recipes.evaluate.engines import engine_of
from keepif.recipes.evaluate.plan import plan_of
from keepif.recipes.evaluate.settings import items_hash, settings_of, weights_of
from keepif.recipes.evaluate.train_gate import GateArguments, main, pairs_of
from keepif.recipes.tiny_policy.benchmark import TinyBenchmark
from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.answering import Arm
from keepif.trainer.evaluation.benchmarks.complexbench import read_items
from keepif.trainer.evaluation.benchmarks.ifeval import IFEval
from keepif.trainer.evaluation.benchmarks.mathif import MathIF
from keepif.trainer.evaluation.remedies.gate import Gate, GateError, Pair
from keepif.trainer.evaluation.results import measurements
from keepif.trainer.evaluation.results.measurements import Measurement
from keepif.trainer.files import read_json
from tests.helpers.samples import scored

COMMA = "punctuation:no_comma"


def run(folder: Path, mode: str, mitigation: str = "none") -> Path:
    """A run on the embedded policy's items: thinking is right, but keeps no constraint on commas."""
    folder.mkdir(exist_ok=True)
    samples = []
    for item in TinyBenchmark().items()[:80]:
        joint = float((mode == "on") != (COMMA in item.constraint_types))
        samples.append(scored(item.key, 0, {"joint": (joint, 1), "sacc": (1.0, 1)}, tokens=10, thinking_tokens=5))
    before = measurements.read(folder) if (folder / measurements.NAME).exists() else []
    measurements.write(folder, [*before, Measurement(Arm("tiny", mode, mitigation), "joint", tuple(samples))])
    args = EvaluateArguments(benchmarks=["tiny"], output_dir=str(folder))
    journal.keep(folder, settings_of(plan_of(args), engine_of(args), can_choose=True))
    return folder


def changed(folder: Path, **settings: object) -> Path:
    """The run, made with other settings."""
    journal.keep(folder, read_json(folder / journal.SETTINGS) | settings)
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
    assert (gate.made_from["model"], gate.made_from["weights"]) == ("tiny", weights_of("tiny"))


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


@pytest.mark.parametrize("setting", ["model", "weights", "revision", "items of tiny", "sampling of tiny"])
def test_runs_that_were_not_made_alike_are_refused(tmp_path: Path, setting: str) -> None:
    on, off = run(tmp_path / "on", "on"), changed(run(tmp_path / "off", "off"), **{setting: "other"})
    with pytest.raises(GateError, match=rf"on and .*off were not made alike: {setting} is .*, 'other' in the other"):
        pairs_of(GateArguments(str(on), str(off)))
    if setting != "items of tiny":  # sampled alike, but by other versions
        assert pairs_of(GateArguments(str(on), str(changed(run(tmp_path / "b", "off"), **{"version of torch": "0"}))))


def test_other_items_are_refused(tmp_path: Path) -> None:
    both = changed(run(run(tmp_path / "on", "on"), "off"), **{"items of tiny": "other"})
    with pytest.raises(GateError, match="other items of tiny: give the --sources"):
        pairs_of(GateArguments(str(both), str(both)))
    (both / journal.SETTINGS).unlink()
    with pytest.raises(GateError, match=r"there is no settings\.json in .*on"):
        pairs_of(GateArguments(str(both), str(both)))


def test_complexbench_is_paired_without_a_judge(shared: Callable[[str], Path], tmp_path: Path) -> None:
    source = shared("complexbench/example_instance.json")
    items = read_items(source)
    for mode in ("on", "off"):
        samples = [scored(item.key, 0, {"drfr": (3, 9)}, tokens=10, thinking_tokens=5) for item in items]
        before = measurements.read(tmp_path) if mode == "off" else []
        measurements.write(tmp_path, [*before, Measurement(Arm("complexbench", mode), "drfr", tuple(samples))])
    journal.keep(tmp_path, {"model": "m", "items of complexbench": items_hash(items)})
    args = GateArguments(str(tmp_path), str(tmp_path), sources=[f"complexbench={source}", "mathif=nowhere"])
    assert pairs_of(args) == [Pair(items[0], 1 / 3, 1 / 3)]


def test_the_papers_label_is_the_share_of_constraints(shared: Callable[[str], Path], tmp_path: Path) -> None:
    source = shared("ifeval/input_data.jsonl")
    ifeval = IFEval(source)
    item = ifeval.items()[0]
    counts = {"prompt_strict": (1, 1), "instruction_strict": (1, 1), "instruction_loose": (1, 2)}
    arms = [
        Measurement(Arm("ifeval", mode), "prompt_strict", (scored(item.key, 0, counts, tokens=10, thinking_tokens=5),))
        for mode in ("on", "off")
    ]
    measurements.write(tmp_path, arms)
    journal.keep(tmp_path, {"model": "m", "items of ifeval": items_hash(ifeval.items())})
    [pair] = pairs_of(GateArguments(str(tmp_path), str(tmp_path), sources=[f"ifeval={source}"]))
    assert pair.thinking == 0.5


def test_problems_without_their_constraints_are_no_other_items(shared: Callable[[str], Path], tmp_path: Path) -> None:
    source = shared("mathif/aime_single.jsonl")
    both = MathIF(source, without_constraints=True)
    samples = tuple(scored(item.key, 0, {"joint": (1, 1)}, tokens=10, thinking_tokens=5) for item in both.items()[:3])
    measurements.write(tmp_path, [Measurement(Arm("mathif", mode), "joint", samples) for mode in ("on", "off")])
    journal.keep(tmp_path, {"model": "m", "items of mathif": items_hash(both.items())})
    assert len(pairs_of(GateArguments(str(tmp_path), str(tmp_path), sources=[f"mathif={source}"]))) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda gate: gate | {"schema": 1}, "another version"),
        (
            lambda gate: gate | {"made_from": gate["made_from"] | {"weights": "0f"}},
            "the gate is for 'tiny' \\(0f\\), not",
        ),
        (lambda _: {}, "holds no gate"),
    ],
)
def test_a_gate_that_is_none_or_for_another_model_is_refused_at_once(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    change: Callable[[dict[str, Any]], dict[str, Any]],
    message: str,
) -> None:
    both, output = run(run(tmp_path / "both", "on"), "off"), tmp_path / "gate.json"
    main(["--thinking", str(both), "--direct", str(both), "--output", str(output)])
    output.write_text(json.dumps(change(json.loads(output.read_text()))))
    options = ["--gate", str(output), "--output_dir", str(tmp_path / "gated"), "--mitigation", "classifier_selective"]
    for flags, said in (([], message), (["--gate", str(tmp_path / "none.json")], r"none\.json holds no gate")):
        with pytest.raises(SystemExit, match="2"):
            evaluate(["--benchmarks", "tiny", *options, *flags])
        assert re.search(said, capsys.readouterr().err)
    assert not (tmp_path / "gated").exists()


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
