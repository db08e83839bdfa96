"""constrain(): sampled constraints on plain and conversational prompts, and the refusal of bad rows."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from datasets import Dataset

from keepif.rewards import constraints_of
from keepif.rewards.constraints import REGISTRY, Composition, Problem
from keepif.rewards.rows import GOLD_COLUMNS
from keepif.rewards.text.response import prompt_text
from keepif.trainer import RowError, constrain

PLAIN = Dataset.from_list([{"prompt": f"What is {i} + {i}?", "answer": str(2 * i)} for i in range(60)])
CHAT = Dataset.from_list(
    [{"prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": f"What is {i} + {i}?"}],
      "answer": str(2 * i), "level": i} for i in range(60)]
)  # fmt: skip


@pytest.mark.parametrize("dataset", [PLAIN, CHAT], ids=["plain", "conversational"])
def test_the_prompt_says_what_the_columns_say(dataset: Dataset) -> None:
    constrained = constrain(dataset, per_prompt=(1, 3), seed=1)
    for before, after in zip(dataset, constrained, strict=True):
        constraints = constraints_of(after)
        assert 1 <= len(constraints) <= 3
        said = " ".join([prompt_text(before["prompt"]), *(constraint.description for constraint in constraints)])
        assert prompt_text(after["prompt"]) == said
        assert after["answer"] == before["answer"]


def test_other_columns_and_messages_stay() -> None:
    constrained = constrain(CHAT)
    assert constrained["level"] == list(range(60))
    assert constrained[0]["prompt"][0] == {"role": "system", "content": "Be brief."}


def test_seeded() -> None:
    assert constrain(PLAIN, seed=3).to_list() == constrain(PLAIN, seed=3).to_list()
    assert constrain(PLAIN, seed=3).to_list() != constrain(PLAIN, seed=4).to_list()


def test_share_and_types() -> None:
    constrained = constrain(PLAIN, share=0.5, per_prompt=(1, 1), types=["punctuation:no_comma"])
    found = [row["instruction_id_list"] for row in constrained]
    assert 15 < sum(ids == ["punctuation:no_comma"] for ids in found) < 45
    assert all(ids in ([], ["punctuation:no_comma"]) for ids in found)


def test_no_sampled_pair_clashes() -> None:
    for row in constrain(PLAIN, per_prompt=(4, 6)):
        constraints = constraints_of(row)
        assert len({constraint.id for constraint in constraints}) == len(constraints)
        assert not any(one.clashes(other) for one in constraints for other in constraints if one is not other)


def test_every_type_is_drawn() -> None:
    drawn = {i for row in constrain(PLAIN, per_prompt=(3, 3)) for i in row["instruction_id_list"]}
    problem = Problem("What is 6 times 7?", "42")
    plain = {i: kind for i, kind in REGISTRY.items() if not issubclass(kind, Composition)}
    assert drawn == {i for i, kind in plain.items() if kind.sample(random.Random(0), problem)}


def test_compositions_are_drawn_where_they_are_named() -> None:
    asked = [i for i, definition in REGISTRY.items() if issubclass(definition, Composition)]
    constrained = constrain(PLAIN, per_prompt=(1, 2), types=[*asked, "punctuation:no_comma"])
    assert set(asked) <= {i for row in constrained for i in row["instruction_id_list"]}
    for row in constrained:
        constraints = constraints_of(row)
        assert [constraint.kwargs for constraint in constraints_of(row)] == [
            {name: value for name, value in kwargs.items() if value is not None} for kwargs in row["kwargs"]
        ]
        assert not any(one.clashes(other) for one in constraints for other in constraints if one is not other)


@pytest.mark.parametrize(
    ("answer", "never"), [("(1, 2)", "punctuation:no_comma"), ("Alice", "change_case:english_capital")]
)
def test_constraints_fit_the_gold_answer(answer: str, never: str) -> None:
    dataset = Dataset.from_list([{"prompt": "Which?", "answer": answer}] * 40)
    assert all(never not in row["instruction_id_list"] for row in constrain(dataset, per_prompt=(3, 3)))


def test_own_constraints_are_kept() -> None:
    row = {
        "prompt": "Say it. No commas.",
        "answer": "4",
        "constraint_name": ["punctuation:no_comma"],
        "constraint_args": [None],
    }
    after = constrain(Dataset.from_list([row]))[0]
    assert after["prompt"] == row["prompt"]
    assert after["instruction_id_list"] == ["punctuation:no_comma"]


def test_gold_answers_under_published_names() -> None:
    for name in GOLD_COLUMNS:
        assert constrain(Dataset.from_list([{"problem": "What?", name: "42"}]))[0]["answer"] == "42"
    verl = {"prompt": "What?", "reward_model": {"ground_truth": "42"}}
    assert constrain(Dataset.from_list([verl]))[0]["answer"] == "42"


def test_a_solution_stays_for_other_rewards() -> None:
    [row] = constrain(Dataset.from_list([{"problem": "What?", "solution": r"$\boxed{42}$"}]))
    assert row["solution"] == row["answer"] == r"$\boxed{42}$"


def test_nvidia_rows() -> None:
    metadata = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    metadata |= {"prompt": "Why?", "grading_mode": "binary"}
    [row] = constrain(Dataset.from_list([{"verifier_metadata": metadata}]))
    assert (row["prompt"], row["instruction_id_list"]) == ("Why?", ["punctuation:no_comma"])


def test_problems_beside_instructions() -> None:
    """As allenai mixes them: one column of golds and constraints, and golds in a solution."""
    rows = [{"prompt": "1 + 1?", "ground_truth": "2"},
            {"prompt": "Why?", "ground_truth": '{"func_name": "validate_no_commas"}'}]  # fmt: skip
    constrained = constrain(Dataset.from_list(rows), share=0)
    assert constrained["answer"] == ["2", None]
    assert constrained["instruction_id_list"] == [[], ["punctuation:no_comma"]]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "", "answer": "1"}, "row 1: no prompt; fill the column 'prompt'"),
        ({"prompt": "a", "instruction_id_list": ["x:y"], "kwargs": ["{}"]}, "row 1: unknown instruction id 'x:y'"),
    ],
)
def test_a_bad_row_is_named(row: dict[str, Any], message: str) -> None:
    good = {name: {"prompt": "fine", "answer": "1", "instruction_id_list": [], "kwargs": []}[name] for name in row}
    with pytest.raises(RowError, match=message):
        constrain(Dataset.from_list([good, row]))


def test_broken_messages_are_named() -> None:
    with pytest.raises(RowError, match="row 0: field 'prompt' must be a text or a list of messages"):
        constrain(Dataset.from_list([{"prompt": [{"role": "assistant", "content": "hi"}]}]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"share": 2}, "share must be in"),
        ({"per_prompt": (3, 1)}, "fewest <= most"),
        ({"types": ["x"]}, "'x'"),
        ({"types": "punctuation:no_comma"}, "types takes several"),
        ({"types": ["judge:question"]}, "judge:question"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        constrain(PLAIN, **options)


def test_mathif_rows(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    rows = benchmark("mathif/gsm8k_triple.jsonl")
    for before, after in zip(rows, constrain(Dataset.from_list(rows)), strict=True):
        assert after["prompt"] == " ".join([before["question"], *before["constraint_desc"]])
        assert len(constraints_of(after)) == len(before["constraint_name"])
        assert after["answer"] == before["answer"]
