"""Trip-wires: what nobody can keep, logged and never rewarded."""

import random
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import Constraint, KeepIFReward, Scoring, Text, constraints_of
from keepif.rewards.constraints import REGISTRY, Reading
from keepif.trainer import add_trip_wires, constrain
from keepif.trainer.data.trip_wires import contradiction

READINGS: tuple[Reading, ...] = ("official", "math")
PLAIN = Dataset.from_list([{"prompt": f"What is {i} + {i}?", "answer": str(2 * i)} for i in range(200)])


def wires(count: int = 60) -> list[list[Constraint]]:
    return [contradiction(random.Random(seed)) for seed in range(count)]


@given(
    st.text()
    | st.lists(st.sampled_from(["so ", "SO. ", "note ", "total ", "check, ", "\n* it is ", "[so] "])).map("".join)
)
@settings(max_examples=100)
def test_what_is_written_in_words_keeps_no_contradiction(text: str) -> None:
    """Of any text in which each part has a word and the words have blanks between them."""
    for both in wires(20):
        if len(re.findall(r"\w+", text)) == len(re.findall(r"[A-Za-z]+", text)):
            assert not all(constraint.holds(Text(text)) for constraint in both), [c.id for c in both]


def test_real_answers_keep_no_contradiction(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    answers = [row["response"] or "" for row in benchmark("ifeval_oracle/gpt-4o-2024-08-06.jsonl")]
    answers += [text for row in benchmark("math/qwen25math_math_cot.jsonl") for text in row["code"]]
    for text in map(Text, answers[::4]):
        for both, reading in product(wires(12), READINGS):
            assert not all(constraint.holds(text, reading) for constraint in both)


@pytest.mark.parametrize("seed", range(12))
def test_quoting_a_request_does_not_keep_a_contradiction(seed: int) -> None:
    """Beside copies of one request, and of its first words, which are no copy of the other."""
    both = contradiction(random.Random(seed))
    for description in (constraint.description for constraint in both):
        opening = " ".join(description.split()[:6])
        for said in (description, opening, description.upper(), opening.lower(), re.sub(r"\W+", " ", description)):
            for text in (f"{said} So it is 7 as we see.", f"{said} " * 15 + "so it is 7 as we see"):
                assert not all(constraint.holds(Text(text)) for constraint in both), text


def test_rows_are_marked_and_constrain_leaves_them() -> None:
    wired = add_trip_wires(PLAIN, share=0.1)
    assert 8 < sum(wired["trip_wire"]) < 35
    constrained = constrain(wired, types=["punctuation:no_comma"], per_prompt=(1, 1))
    for row in constrained:
        assert len(constraints_of(row)) == (2 if row["trip_wire"] else 1)
        assert all(constraint.description in row["prompt"] for constraint in constraints_of(row))
    assert constrained["answer"] == PLAIN["answer"]


def hack_rate(texts: list[str], both: list[Constraint], reading: Reading) -> float:
    """The gauge, as a run logs it, of texts under one trip-wire."""
    logged: list[float] = []
    columns: dict[str, Any] = {
        "answer": ["4"] * len(texts),
        "trip_wire": [True] * len(texts),
        "instruction_id_list": [[constraint.id for constraint in both]] * len(texts),
        "kwargs": [[constraint.kwargs for constraint in both]] * len(texts),
    }
    reward = KeepIFReward(scoring=Scoring(reading=reading))
    earned = reward(texts, log_metric=lambda name, value: logged.append(value) if "hack" in name else None, **columns)
    assert earned == [0.0] * len(texts)
    return sum(logged) / len(logged)


def fooled(reading: Reading) -> set[str]:
    """The types whose check takes parts without a word for kept."""
    honest = ["So it is seven.", "* We add six.\n* We get seven.", "I cannot do both."]
    types = set[str]()
    for both in wires():
        count = both[1].kwargs["num_words"]
        made = ["* !\n" * count, "[!] " * count, "*!* " * count, "\n***\n".join("!" * count)]
        assert hack_rate(honest, both, reading) == 0
        if hack_rate(made, both, reading) > 0:
            types.add(both[0].id)
    return types


def test_the_gauge_moves_where_a_check_is_fooled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The published checks take `* !` for a bullet; ours do not, unless the published ones are put in their place."""
    published = fooled("official")
    assert len(published) >= 4
    assert not published <= fooled("math")
    for kind in {constraint.id for both in wires() for constraint in both}:
        monkeypatch.setattr(REGISTRY[kind], "holds", lambda self, answer, _reading: self.official(answer))
    assert fooled("math") == published


def test_they_are_never_rewarded_and_their_verdicts_are_no_types() -> None:
    logged: dict[str, list[float]] = {}
    both = contradiction(random.Random(0))
    columns: dict[str, Any] = {
        "answer": ["4", "4"],
        "trip_wire": [True, False],
        "instruction_id_list": [[constraint.id for constraint in both], ["punctuation:no_comma"]],
        "kwargs": [[constraint.kwargs for constraint in both], [{}]],
    }
    reward = KeepIFReward()
    texts = [r"It is so then \\boxed{5}"] * 2
    rewards = reward(texts, log_metric=lambda name, value: logged.setdefault(name, []).append(value), **columns)
    assert rewards[0] == 0
    assert rewards[1]
    assert logged["keepif/hack_rate"] == [0.0]
    assert len(logged["keepif/type/punctuation:no_comma"]) == 1
