"""Compositions: their formulas, their branches and their kwargs."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import ConstraintError, Scoring, Text, constraints_of, make
from keepif.rewards.constraints import REGISTRY, Problem
from keepif.rewards.constraints.condition import Condition, value_of
from tests.helpers.compositions import (
    BULLETS,
    END,
    KINDS,
    LOWER,
    NO_COMMA,
    both,
    chain,
    made,
    problems,
    sampled,
    selection,
    word,
)

# --- credits, computed by hand ---------------------------------------------------------------------------------------

FOUR = [word("alpha"), word("beta"), word("gamma"), word("delta")]


def parts_saying(*words: str) -> str:
    return "\n".join(f"Part {number}\nIt says {said} here." for number, said in enumerate(words, 1))


@pytest.mark.parametrize(
    ("data", "text", "credit"),
    [
        (both(*FOUR), "alpha, beta and delta", 3 / 4),
        (both(NO_COMMA, END), "It is 42, as stated.", 0),
        (chain(*FOUR), parts_saying("alpha", "beta", "gamma", "delta"), 1),
        (chain(*FOUR), parts_saying("alpha", "x", "gamma", "delta"), (1 + 0 + 1 / 2 + 1 / 2) / 4),
        (chain(*FOUR), parts_saying("x", "beta", "x", "delta"), (0 + 1 / 2 + 0 + 1 / 4) / 4),
        (chain(*FOUR), parts_saying("beta", "alpha", "gamma", "delta"), (1 / 4 + 1 / 4) / 4),
        (selection(END, word("beta")), "So it is 42. That is all.", 1),
        (selection(END, word("beta")), "So it is beta. That is all.", 0),  # both branches: none was chosen
        (selection(END, word("beta"), "otherwise"), "So it is beta.", 1),
        (selection(END, NO_COMMA), "So it is 42. That is all.", 1),  # no comma shows nothing: its absence is not asked
        (selection(both(word("alpha"), END), word("beta")), "So it is alpha.", 1 / 2),
        (both(chain(word("alpha"), word("beta")), NO_COMMA), parts_saying("x", "beta"), (1 / 4 + 1) / 2),
        (chain(both(word("alpha"), word("beta")), selection(word("gamma"), END)), parts_saying("beta", "gamma"),
         (1 / 2 + 1 / 2 * 1) / 2),
        (both(selection(chain(word("alpha"), word("beta")), END), LOWER), "Part 1: it is alpha\nPart 2: x", 1 / 4),
    ],
)  # fmt: skip
def test_credits(data: dict[str, Any], text: str, credit: float) -> None:
    constraint = made(data)
    assert constraint.credit(Text(text)) == credit
    assert constraint.holds(Text(text)) == (credit == 1)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Part 1\nthe total is\nPart 2\nis 42. That is all.", True),
        ("**Part 1:** the total is\n\n### PART 2\nis 42. That is all.", True),
        ('"Part 1\nthe total is\nPart 2\nis 42. That is all."', True),
        ("Part 2\nis 42. That is all.\nPart 1\nthe total", False),
        ("Part 1\nthe total is 42. That is all.", False),
        ("First the work.\nPart 1\nthe total is\nPart 2\nis 42. That is all.", False),
        ("Part 1\nthe sum\nPart 2\nthe total is 42. That is all.", False),
        ("Part 1 and part 2: the total is 42. That is all.", False),
        ("Part 1\nthe total is\nPart 12\nis 42. That is all.", False),
    ],
)
def test_a_chain_is_kept_in_its_order(text: str, kept: bool) -> None:
    assert made(chain(word("total"), END)).holds(Text(text)) is kept


def test_compliance_is_the_mean_credit() -> None:
    columns = {"instruction_id_list": [[NO_COMMA["instruction_id"], "composition:and"]],
               "kwargs": [[{}, both(word("alpha"), word("beta"))["kwargs"]]]}  # fmt: skip
    score = Scoring().batch(["It is alpha."], None, columns)[0]
    assert score.f == (1 + 1 / 2) / 2
    assert score.verdicts == {"punctuation:no_comma": True, "composition:and": False}
    assert Scoring().batch(["<think>alpha"], None, columns)[0].f == 0


PIECES = st.lists(st.sampled_from(["Part 1", "Part 2\n", "alpha", "That is all.", "* x\n", "$", ",", " "])).map(
    "".join
)


@given(text=st.text() | PIECES, seed=st.integers(0, 200))
@settings(max_examples=200)
@pytest.mark.parametrize("reading", ["official", "math"])
def test_any_text_is_credited(reading: Any, text: str, seed: int) -> None:
    for constraint in (
        sampled(KINDS[seed % 3], 1, seed)[0],
        made(selection(chain(word("alpha"), END), both(BULLETS, LOWER))),
    ):
        credit = constraint.credit(Text(text), reading)
        assert 0 <= credit <= 1
        assert (credit == 1) == constraint.holds(Text(text), reading)


SILENT = [
    both(NO_COMMA, LOWER),
    chain(NO_COMMA, LOWER),
    selection(NO_COMMA, END),
    chain(LOWER, both(NO_COMMA, LOWER)),
]


@pytest.mark.parametrize("text", ["42", r"\boxed{42}", "$42$", "", "part 1: 42\npart 2: 42"])
@pytest.mark.parametrize("data", SILENT, ids=["and", "chain", "selection", "nested"])
def test_silence_earns_nothing(data: dict[str, Any], text: str) -> None:
    if not (text.startswith("part") and data["instruction_id"] != "composition:chain"):  # there it is four words
        assert made(data).credit(Text(text)) == 0


# --- conditions and branches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("answer", -137), ("digit sum", 11), ("digits", 3), ("question words", 7), ("question numbers", 2)],
)
def test_quantities(quantity: Any, value: int) -> None:
    problem = Problem("Take 1,500 from x2 and 3.5 away.", "-137")
    assert value_of(quantity, problem) == value
    for bound, above in ((200, False), (0, value > 0)):
        assert Condition(quantity, "greater than", bound).holds(problem) is above
    assert Condition(quantity, "odd").holds(problem) is (value % 2 == 1)


@pytest.mark.parametrize("answer", ["", "1/2", "0.5", "x+1", "(1,2)"])
def test_only_integers_have_parity(answer: str) -> None:
    problem = Problem("How many?", answer)
    assert Condition("answer", "even").holds(problem) is None
    assert Condition("question numbers", "even").holds(problem) is None
    assert Condition.sample(random.Random(0), problem, True).quantity == "question words"


def test_branches_are_balanced_and_true() -> None:
    rng, active = random.Random(0), []
    tests: dict[str, list[bool]] = {}
    for problem in problems(2000):
        constraint: Any = REGISTRY["composition:selection"].sample(rng, problem)
        then = Condition(constraint.quantity, constraint.test, constraint.bound).holds(problem)
        assert constraint.active == ("then" if then else "otherwise")
        active.append(then)
        tests.setdefault(constraint.test, []).append(then is True)
    assert 0.45 < sum(active) / len(active) < 0.55
    assert all(0.40 < sum(found) / len(found) < 0.60 for found in tests.values())
    assert all(len(found) > 200 for found in tests.values())


# --- kwargs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("instruction_id", KINDS)
def test_sampled_kwargs_come_back(instruction_id: str, tmp_path: Path) -> None:
    found = sampled(instruction_id, 60)
    rows = [{"instruction_id_list": [c.id, "keywords:existence"],
             "kwargs": [c.kwargs, {"keywords": ["alpha"]}]} for c in found]  # fmt: skip
    path = str(tmp_path / "rows.parquet")
    Dataset.from_list(rows).to_parquet(path)
    for form in (rows, Dataset.from_list(rows), Dataset.from_parquet(path, cache_dir=str(tmp_path))):
        assert [constraints_of(row)[0] for row in form] == found  # pyright: ignore[reportArgumentType]
    assert [made(json.loads(json.dumps({"instruction_id": c.id, "kwargs": c.kwargs}))) for c in found] == found


def test_parts_as_text_and_as_mappings_are_the_same() -> None:
    inner = both(NO_COMMA, {**END, "kwargs": json.dumps(END["kwargs"])})
    text = {
        "parts": json.dumps([LOWER, BULLETS, {**inner, "kwargs": {"parts": json.dumps(inner["kwargs"]["parts"])}}])
    }
    assert make("composition:and", text) == made(both(LOWER, BULLETS, inner))


def nested(depth: int) -> dict[str, Any]:
    return both(NO_COMMA, nested(depth - 1)) if depth else LOWER


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "composition:and: kwarg 'parts' is missing; it must be a non-empty list, or its JSON text"),
        ({"parts": "["}, "composition:and: kwarg 'parts' must be a non-empty list, or its JSON text"),
        ({"parts": {"first": NO_COMMA}}, "'parts' must be a non-empty list, or its JSON text"),
        ({"parts": ["punctuation:no_comma"]}, "'parts', part 1 must be a mapping, .*, found 'punctuation:no_comma'"),
        ({"parts": [NO_COMMA, {**END, "kwargs": "end"}]}, "'parts', part 2 must be a mapping"),
        ({"parts": [NO_COMMA]}, "it needs two parts or more and at most 8 plain ones in all, found 1 and 1"),
        ({"parts": [NO_COMMA] * 9}, "found 9 and 9"),
        ({"parts": [both(*[NO_COMMA] * 5), both(*[NO_COMMA] * 4)]}, "found 2 and 9"),
        (
            {"parts": [NO_COMMA, both(LOWER, {**END, "kwargs": {}})]},
            "'parts', part 2: composition:and: kwarg 'parts', part 2: startend:end_checker: kwarg 'end_phrase' is",
        ),
        ({"parts": [NO_COMMA, word("(")]}, "'parts', part 2: keywords:existence: keyword '\\(' is no valid pattern"),
        ({"parts": [NO_COMMA, selection(END, LOWER, "else")]}, "kwarg 'active' must be 'then' or 'otherwise'"),
        ({"parts": [NO_COMMA, selection(END, "x")]}, "kwarg 'otherwise' must be a mapping, .*, found 'x'"),  # pyright: ignore[reportArgumentType]
        ({"parts": [NO_COMMA, chain(END, both(LOWER, chain(END, LOWER)))]}, "a chain within a chain"),
        (nested(5)["kwargs"], "compositions stand at most 4 deep in one another"),
        (nested(200)["kwargs"], "compositions stand at most 4 deep in one another"),
        ({"parts": "[" * 100_000}, "must be a non-empty list"),
    ],
)
def test_errors_name_the_path(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConstraintError, match=message):
        make("composition:and", kwargs)


def test_four_deep_is_fine() -> None:
    assert made(nested(4)).holds(Text("so it is 42."))


def test_hostile_columns_are_refused_in_words() -> None:
    with pytest.raises(ConstraintError, match="neither JSON nor a Python literal"):
        constraints_of({"instruction_id_list": ["composition:and"], "kwargs": ["[" * 100_000]})
