"""Held-out types: checked and logged, and worth nothing."""

from typing import Any

import pytest

from keepif.rewards import KeepIFReward, Scoring

COMMA, QUOTES = "punctuation:no_comma", "startend:quotation"
TEXTS = [r"So it is \boxed{4}", r'"So it is \boxed{4}"', r"So, it is \boxed{4}", r'"So, it is \boxed{4}"']


def columns(*ids: str, rows: int = 4, **row: Any) -> dict[str, list[Any]]:
    row = {"instruction_id_list": list(ids), "kwargs": [{}] * len(ids), "answer": "4", **row}
    return {name: [value] * rows for name, value in row.items()}


def test_they_change_no_reward() -> None:
    held, plain = KeepIFReward(scoring=Scoring(held_out=[QUOTES])), KeepIFReward()
    assert held(TEXTS, **columns(COMMA, QUOTES, constraint_weights=[1.0, 9.0])) == plain(TEXTS, **columns(COMMA))
    assert held(TEXTS, **columns(QUOTES)) == plain(TEXTS, **columns())


def test_they_are_on_the_dashboard() -> None:
    logged: list[tuple[str, float]] = []
    reward = KeepIFReward(scoring=Scoring(held_out=[QUOTES]))
    reward(TEXTS, log_metric=lambda *item: logged.append(item), **columns(COMMA, QUOTES))
    assert [value for name, value in logged if name == "keepif/held_out"] == [0, 1, 0, 1]
    assert [value for name, value in logged if name == f"keepif/held_out/{QUOTES}"] == [0, 1, 0, 1]
    assert [value for name, value in logged if name == f"keepif/type/{COMMA}"] == [1, 1, 0, 0]
    assert not any(name == f"keepif/type/{QUOTES}" for name, _ in logged)


def test_a_voided_completion_keeps_none() -> None:
    [score] = Scoring(held_out=[QUOTES]).batch(["<think>"], None, columns(QUOTES, rows=1))
    assert (score.f, score.verdicts, score.held_out) == (None, {}, {QUOTES: False})


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["punctuation:no_commas"], "held_out: unknown .* did you mean punctuation:no_comma"),
        (["startend:quote"], "held_out: unknown .* did you mean startend:quotation"),
        (["nothing:like_it"], "`keepif constraints list` shows those that there are"),
        ("punctuation:no_comma", r"held_out takes several instruction ids: write \['punctuation:no_comma'\]"),
    ],
)
def test_unknown_ids(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Scoring(held_out=wrong)
