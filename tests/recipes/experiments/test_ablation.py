"""The ablation: its bookkeeping on made-up runs, one real run of each kind of method, and its pictures."""

import json
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.experiments import ablation
from keepif.recipes.experiments.figures import ablation_figure
from keepif.recipes.tiny_policy import reinforce
from keepif.recipes.tiny_policy.methods import GDPO, METHODS, rewards_of
from keepif.recipes.tiny_policy.worlds import TINY, World

RESULT = {"accuracy": 0.8, "hacc": 0.6, "sacc": 0.7, "joint": 0.5, "thinking_tokens": 30.0, "answer_tokens": 7.0}
BEFORE = {"accuracy": 0.7, "hacc": 0.6, "sacc": 0.72, "joint": 0.4, "tokens": 29.0}


def leave(work_dir: Path, method: str, seed: int, compliance: list[float], **result: float) -> None:
    folder = ablation.folder_of(work_dir, method, seed)
    folder.mkdir(parents=True)
    steps = [{"step": i + 1, "sacc": value, "lambda": 0.2, "mu": 0.0} for i, value in enumerate(compliance)]
    (folder / "curve.jsonl").write_text("".join(json.dumps(step) + "\n" for step in steps))
    (folder / "result.json").write_text(json.dumps(RESULT | result))
    made_by = reinforce.made_by(method, steps=ablation.STEPS, samples=ablation.SAMPLES)
    (folder / "made_by.json").write_text(json.dumps(made_by))


@pytest.fixture
def found(tmp_path: Path) -> dict[str, list[dict[str, Any]]]:
    leave(tmp_path, "KeepIF", 0, [0.75] * 20)
    leave(tmp_path, "KeepIF", 1, [0.75] * 10 + [0.65] * 10, sacc=0.68)
    leave(tmp_path, "correctness only", 0, [0.5] * 20, sacc=0.5, accuracy=0.9)
    return ablation.collect(tmp_path, list(METHODS), range(5), training=0.72, held_out=0.72)


def test_what_a_run_comes_to(found: dict[str, list[dict[str, Any]]]) -> None:
    held, dipped = found["KeepIF"]
    assert (held["below"], held["dip"], held["held"], held["tokens"]) == (0.0, 0.0, True, 37.0)
    assert dipped["below"] == pytest.approx(5 / 11)
    assert dipped["dip"] == pytest.approx(0.05)
    assert not dipped["held"]
    assert held["lambda"] == pytest.approx(0.2)
    assert "lambda" not in found["correctness only"][0]


def test_the_table(found: dict[str, list[dict[str, Any]]]) -> None:
    lines = ablation.table(BEFORE, found).splitlines()
    assert len({line.count("|") for line in lines}) == 1
    assert "| KeepIF | 2 | 80.0 | 69.0 (68.0–70.0) |" in lines[-1]
    assert lines[-1].endswith("| 1 of 2 |")
    assert "| correctness only | 1 | 90.0 |" in lines[-2]


def test_what_is_left_and_drawn(tmp_path: Path, found: dict[str, list[dict[str, Any]]]) -> None:
    report = {"steps": 20, "reference": 0.72, "before": BEFORE, "runs": found}
    ablation.write(tmp_path, report | {"courses": ablation.courses(tmp_path, found)})
    for name in ("ablation.json", "ablation.md", "ablation.png", "law.png"):
        assert (tmp_path / name).stat().st_size > 100
    assert json.loads((tmp_path / "ablation.json").read_text())["runs"]["KeepIF"][0]["seed"] == 0
    assert len(ablation_figure(report).axes) == 2


def test_a_run_that_ended_is_not_run_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave(tmp_path, "KeepIF", 0, [0.7])
    monkeypatch.setattr(ablation, "start", lambda *_: pytest.fail("ran again"))
    ablation.run_missing(tmp_path, ["KeepIF"], [0], steps=ablation.STEPS)
    folder = ablation.folder_of(tmp_path, "KeepIF", 0)
    made_by = reinforce.made_by("KeepIF", steps=5, samples=ablation.SAMPLES)
    (folder / "made_by.json").write_text(json.dumps(made_by))
    ablation.run_missing(tmp_path, ["KeepIF"], [0], steps=5)


@pytest.mark.parametrize(
    "change", [{"steps": 80}, {"samples": 1}, {"settings": {"bonus": 9.0}}, {"law": {"integral": 9.0}}]
)
def test_a_result_of_other_settings_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    leave(tmp_path, "KeepIF", 0, [0.7])
    made_by = reinforce.made_by("KeepIF", steps=5, samples=ablation.SAMPLES)
    path = ablation.folder_of(tmp_path, "KeepIF", 0) / "made_by.json"
    path.write_text(json.dumps(made_by | change))
    with pytest.raises(ValueError, match=r"seed-0 was made .* another --work_dir"):
        ablation.run_missing(tmp_path, ["KeepIF"], [0], steps=5)


def test_a_measured_reference_serves_runs_on_other_prompts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows, place = World.rows, reinforce.Place()
    monkeypatch.setattr(World, "rows", lambda world, count, seed: rows(world, min(count, 8), seed))
    reinforce.measure_reference(place, tmp_path / "reference.json")
    keepif_rewards, keepif = rewards_of("KeepIF", tmp_path / "reference.json")
    assert keepif
    keepif.attach(reinforce.build(tmp_path / "run", place, keepif_rewards, "KeepIF", 0, 1, TINY.rows(8, 1_000)))
    assert not keepif.run.needs_reference


def test_a_failed_run_names_its_log(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"'no such method', seed 0, failed; its output is in .*log\.txt"):
        ablation.run(tmp_path, "no such method", 0, steps=1)


@pytest.mark.parametrize("method", ["KeepIF, budget", "switching", GDPO])
def test_methods_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str) -> None:
    monkeypatch.setattr(World, "held_out", lambda world: world.rows(8, 1))
    result = reinforce.reinforce(tmp_path, method, seed=0, steps=2)
    assert set(result) == {*RESULT, "types"}
    assert json.loads((tmp_path / "made_by.json").read_text()) == reinforce.made_by(method, steps=2, samples=1)
    assert len(ablation.curve_of(tmp_path)) == 2
