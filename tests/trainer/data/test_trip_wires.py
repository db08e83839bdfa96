"""Trip-wires: what nobody can keep, logged and never rewarded."""

import random
import re

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import KeepIFReward, Text, constraints_of
from keepif.trainer import add_trip_wires, constrain
from keepif.trainer.data.trip_wires import contradiction

PLAIN = Dataset.from_list([{"prompt": f"What is {i} + {i}?", "answer": str(2 * i)} for i in range(200)])


@given(
    text=st.text() | st.lists(st.sampled_from(["so ", "SO ", "note ", "total ", "check, "])).map("".join),
    seed=st.integers(0, 99),
)
@settings(max_examples=200, deadline=None)
def test_nothing_keeps_a_contradiction(text: str, seed: int) -> None:
    both = contradiction(random.Random(seed))
    for reading in ("official", "math"):
        assert not all(constraint.holds(Text(text), reading) for constraint in both)  # pyright: ignore[reportArgumentType]


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


def test_they_are_logged_and_never_rewarded() -> None:
    logged: dict[str, list[float]] = {}
    columns = {
        "answer": ["4", "4"],
        "trip_wire": [True, False],
        "instruction_id_list": [["punctuation:no_comma"], ["punctuation:no_comma"]],
        "kwargs": [[{}], [{}]],
    }
    said = [r"It is so, \\boxed{5}", r"It is so, \\boxed{5}"]
    fooling = [r"It is so then \\boxed{5}", r"It is so then \\boxed{5}"]
    reward = KeepIFReward()
    for texts in (said, fooling):
        rewards = reward(texts, log_metric=lambda name, value: logged.setdefault(name, []).append(value), **columns)
        assert rewards[0] == 0
    assert rewards[1] > 0
    assert logged["keepif/hack_rate"] == [0.0, 1.0]
    assert len(logged["keepif/type/punctuation:no_comma"]) == 2
