"""The comparison summed up: which seeds count, what is a difference, and what the tables say."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from keepif.recipes.experiments.figures import real_model_figure
from keepif.recipes.experiments.real_model.evaluation import stored_at
from keepif.recipes.experiments.real_model.plan import ARMS, BEFORE, Plan
from keepif.recipes.experiments.real_model.prompts import SETS
from keepif.recipes.experiments.real_model.sets import HeldOut
from keepif.recipes.experiments.real_model.table import evaluations_of, example, interval, summary, tables, values_of
from keepif.trainer.evaluation.engines.generation import Sampling
from keepif.trainer.files import write_json

ROWS: list[dict[str, Any]] = [{"prompt": [{"content": text}]} for text in ("a", "b", "c")]
ASKED = HeldOut(ROWS, 1, Sampling())


def run(accuracy: list[float], sacc: list[float], steps: int = 40) -> dict[str, Any]:
    """An evaluation on three prompts, as it is stored."""
    joint = [float(c == f == 1) for c, f in zip(accuracy, sacc, strict=True)]
    kinds = ("punctuation:no_comma", "punctuation:no_comma", "detectable_format:title")
    return {
        "prompts": ASKED.texts, "samples": 1, "accuracy": accuracy, "sacc": sacc, "joint": joint,
        "sacc_math": [1, 1, 1], "joint_math": accuracy, "thinking": [9, 10, 11], "steps": steps,
        "types": [{kind: [f, 1]} for kind, f in zip(kinds, sacc, strict=True)],
        "completions": [f"{c} {f}" for c, f in zip(accuracy, sacc, strict=True)],
    }  # fmt: skip


EVALUATIONS = {
    BEFORE: {0: run([0, 0, 1], [1, 1, 1], 0)},
    "correctness only": {0: run([1, 1, 1], [1, 0, 0]), 1: run([1, 1, 1], [0, 0, 0])},
    "gated 0.5": {0: run([1, 1, 1], [1, 1, 1], 30)},
    "KeepIF": {0: run([1, 1, 1], [1, 1, 0]), 1: run([1, 0, 1], [1, 1, 1])},
}


@pytest.fixture
def report() -> dict[str, Any]:
    history = {"step": [1, 2], "correctness": [0.2, 0.4], "compliance": [0.7, 0.6], "floor": [0.6, 0.6]}
    cost = {"steps": 20, "seconds": 50.0, "tokens": 1000, "peak": 2.0, "estimated": 3.0, "device": "one"}
    counts = {"prompt_strict": [[1, 1], [0, 1]], "instruction_strict": [[3, 3], [1, 2]], "answer": [5, 6]}
    ifeval = {"prompts": ["d", "e"], "samples": 1, "steps": 40, "prompt_loose": [[1, 1], [1, 1]], **counts}
    return {
        "steps": 40,
        "sets": {name: summary(EVALUATIONS) for name in SETS} | {"IFEval": summary({"KeepIF": {0: ifeval}})},
        "example": example(EVALUATIONS),
        "histories": {arm: [history] for arm in ARMS},
        "costs": {"KeepIF, seed 0": [cost, cost | {"peak": 2.5}], "gated 0.5, seed 0": [cost | {"peak": None}]},
    }


def test_arms_are_compared_prompt_by_prompt(report: dict[str, Any]) -> None:
    found = report["sets"]["trained types"]
    difference = found["policies"]["KeepIF less correctness only"]
    assert difference["sacc"]["mean"] == pytest.approx((0.5 + 1 + 0.5) / 3)
    assert difference["accuracy"]["mean"] == pytest.approx(-0.5 / 3)
    assert difference["accuracy"]["seeds"] == pytest.approx([0, -1 / 3])
    assert found["by_type"]["detectable_format:title"]["KeepIF"] == [0.5, 1, 2]
    assert found["policies"]["KeepIF less gated 0.5"]["sacc"]["seeds"] == pytest.approx([-1 / 3])


def test_the_tables_say_what_was_measured(report: dict[str, Any]) -> None:
    shown = tables(report)
    assert "| KeepIF less correctness only | -16.7 (" in shown
    assert "; -33.3 to 0.0) |" in shown
    assert "| gated 0.5, stopped at step 30 | 100.0 (" in shown
    assert "| `detectable_format:title` | 1 | 100 (100) | 0 (100) | 100 (100) | 50 (100) |" in shown
    assert "2 prompts, IFEval:" in shown
    assert "| KeepIF | 50.0 (0.0 to 100.0) | 100.0 (100.0 to 100.0) | 80.0 (50.0 to 100.0) | 5.5 (" in shown
    assert "prompt:\n\n```text\nb\n```\n\nbefore RL:\n\n```text\n0 1\n```" in shown
    assert "| KeepIF, seed 0 | 40 of 40 | 100 | 20 | 2.5 | 3.0 | one |" in shown
    assert "| gated 0.5, seed 0 | 20 of 40 | 50 | 20 | – | 3.0 | one |" in shown


@pytest.mark.parametrize(
    ("steps", "counted"),
    [
        ({("KeepIF", 0): 8, ("gated 0.5", 0): 8, ("KeepIF", 1): 8, ("gated 0.5", 1): 6}, {0}),
        ({("KeepIF", 0): 8, ("gated 0.5", 0): 7, ("KeepIF", 1): 3}, {0, 1}),
    ],
    ids=["one seed is whole", "none is"],
)
def test_a_stopped_arm_counts_where_no_seed_is_whole(
    tmp_path: Path, steps: dict[tuple[str, int], int], counted: set[int]
) -> None:
    plan = Plan("smollm2_cpu.yaml", (), ("gated 0.5", "KeepIF"), (0, 1), 8, tmp_path)
    for one in plan.runs():
        if reached := steps.get((one.policy, one.seed)):
            (one.folder / f"checkpoint-{reached}").mkdir(parents=True)
            (one.folder / f"checkpoint-{reached}" / "trainer_state.json").write_text("{}")
        if reached or not one.trains:
            write_json(stored_at(plan, one, "any"), {"prompts": ASKED.texts, "samples": 1})
    evaluations = evaluations_of(plan, plan.runs(), "any", ASKED)
    assert {*evaluations["KeepIF"]} == counted
    assert {*evaluations[BEFORE]} == {0}
    assert evaluations["gated 0.5"][0]["steps"] == steps["gated 0.5", 0]


def test_a_prompt_is_what_is_drawn_whatever_its_samples() -> None:
    one = {
        "prompts": ["a", "b"],
        "samples": 2,
        "joint": [0, 1, 0, 0],
        "instruction_strict": [[1, 2], [2, 2], [0, 1], [1, 1]],
    }
    assert [part.tolist() for part in values_of(one, "joint")] == [[0.5, 0], [1, 1]]
    assert [part.tolist() for part in values_of(one, "best")] == [[1, 0], [1, 1]]
    assert [part.tolist() for part in values_of(one, "instruction_strict")] == [[1.5, 0.5], [2, 1]]


def test_intervals_cover_the_mean_they_are_of() -> None:
    """Of 200 samples of 100 throws at 0.3, about 95 % of the intervals hold 0.3."""
    rng = np.random.default_rng(1)
    found = [interval((rng.random(100) < 0.3).astype(float), np.ones(100)) for _ in range(200)]
    assert 0.9 <= np.mean([one["low"] <= 0.3 <= one["high"] for one in found]) <= 0.99


def test_the_figure_shows_the_arms(report: dict[str, Any]) -> None:
    figure = real_model_figure(report)
    assert len(figure.axes) == 4
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == [*EVALUATIONS]
