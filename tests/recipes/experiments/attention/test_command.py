"""The attention experiment: a run of a step, and what is made of many."""

from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.experiments.attention import command, run
from keepif.recipes.experiments.attention.run import ARMS, WEIGHT, AttentionTrainer, kind_of, train
from keepif.recipes.tiny_policy.worlds import TINY, World
from keepif.trainer.attention.callback import NAME
from keepif.trainer.attention.loss import AttentionLoss
from keepif.trainer.files import read_json, write_json


def test_one_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "COMPLETIONS", 8)
    monkeypatch.setattr(run, "WATCHED", 3)
    monkeypatch.setattr(run, "SAMPLES", 2)
    monkeypatch.setattr(World, "held_out", lambda _: TINY.rows(8, 1))
    monkeypatch.setattr("keepif.recipes.tiny_policy.reinforce.COMPLETIONS", 8)
    train(tmp_path, "correctness only, matched KL", 0, 2, tmp_path / "reference.json", target=0.01)
    result = read_json(tmp_path / "result.json")
    assert {"accuracy", "sacc", "joint"} < result.keys()
    assert result["kl"] >= 0
    assert [len(group) for group in result["groups"]] == [2, 2, 2]
    assert [measured["step"] for measured in read_json(tmp_path / NAME)] == [0, 2]


def test_arms() -> None:
    loss, beta = kind_of("loss")
    assert loss.func is AttentionTrainer
    assert loss.keywords == {"attention": AttentionLoss(WEIGHT)}
    assert 0 < beta < 1e-5
    assert kind_of("random tokens")[0].keywords == {"attention": AttentionLoss(WEIGHT, tokens="random")}
    assert kind_of("matched KL")[1] > beta
    assert kind_of("")[1] == 0
    assert len(ARMS) == 8


def stored(folder: Path, sacc: float, kl: float | None) -> None:
    def one(kept: bool, share: float | None) -> dict[str, Any]:
        return {"kept": kept, "length": 9, "share_answer": share, "share_thinking": 0.1, "alpha": share} | {
            "curve": [0.2] * 20
        }

    groups = [[one(True, 0.3), one(False, 0.2)], [one(True, 0.1), one(False, None)]]
    write_json(folder / "result.json", {"accuracy": 0.9, "sacc": sacc, "joint": 0.5, "kl": kl, "groups": groups})
    record = [{"step": step, "samples": [one(True, 0.2 + step / 100), one(False, 0.4)]} for step in (0, 10)]
    write_json(folder / NAME, record)


def test_what_is_made_of_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[tuple[str, ...]] = []

    def start(_: str, folder: Path, *flags: str) -> None:
        started.append(flags)
        stored(folder, 0.5, 0.02 if "loss" in folder.parent.name else None)

    monkeypatch.setattr(command, "run_module", start)
    arms = ("correctness only", "correctness only, matched KL", "correctness only, loss")
    command.run_missing(tmp_path, arms, [0, 1], 5)
    assert [any(one.startswith("--target") for one in run) for run in started] == [False] * 4 + [True] * 2
    assert "--target=0.02" in started[-1]
    command.run_missing(tmp_path, arms, [0, 1], 5)
    assert len(started) == 6
    runs = command.collect(tmp_path, ARMS, [0, 1, 2])
    assert {arm: len(found) for arm, found in runs.items()} == dict.fromkeys(sorted(arms, key=ARMS.index), 2)
    groups = read_json(next(tmp_path.rglob("result.json")))["groups"]
    begin = {"accuracy": 0.7, "sacc": 0.7, "joint": 0.4, "groups": groups}
    command.write(tmp_path / "out", begin, runs)
    text = (tmp_path / "out" / "attention.md").read_text()
    assert "| correctness only, loss | 2 | 90.0 (90.0 to 90.0) | 50.0 (50.0 to 50.0) | 50.0" in text
    assert "| 35.0 (35.0 to 35.0) | +5.0 (+5.0 to +5.0) |" in text
    assert (
        "| correctness only, seed 1 | 1.00 (1.00 to 1.00) | 1.00 (1.00 to 1.00) | 0.50 (0.50 to 0.50) | 1 | 1 |"
        in text
    )
    assert (tmp_path / "out" / "attention.png").stat().st_size > 20_000
    assert "record" not in read_json(tmp_path / "out" / "attention.json")["runs"]["correctness only"][0]
