"""constrain(): verifiable constraints on any data set of prompts, in the words of the benchmarks."""

import random
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from datasets import Dataset

from keepif.rewards.constraints import (
    REGISTRY,
    Composition,
    Constraint,
    ConstraintError,
    Problem,
    known,
)
from keepif.rewards.correctness.claims import gold_answer
from keepif.rewards.rows import (
    NESTED,
    PROMPT_COLUMNS,
    READ,
    TRIP_WIRE,
    WEIGHTS,
    constraints_of,
    flat,
    gold_of,
    prompt_column,
)
from keepif.rewards.text.response import prompt_text


class RowError(ValueError):
    """A data set row that cannot be used; the message names the row, the field, what was found and what to do."""


def constrain(
    dataset: Dataset,
    *,
    share: float = 1.0,
    per_prompt: tuple[int, int] = (1, 3),
    types: Sequence[str] | None = None,
    seed: int = 0,
) -> Dataset:
    """Attach sampled, mutually compatible, verifiable constraints to prompts that have none.

    Rows that bring constraints, in any published column form, keep them. The result has the columns `prompt`,
    `instruction_id_list` and `kwargs` (IFEval's), `answer` where the data set has one under a published name, and
    whatever else was there. MathIF's `constraint_desc` is appended to its question, as MathIF does.

    Args:
        dataset (`datasets.Dataset`): rows with a `prompt` (text or messages; `question`, `problem` or `messages` are
            taken too) and, for correctness, an `answer`, `solution` or `ground_truth`.
        share (`float`, *optional*, defaults to `1.0`): share of the unconstrained prompts that get constraints.
        per_prompt (`tuple[int, int]`, *optional*, defaults to `(1, 3)`): fewest and most constraints a prompt.
        types (`Sequence[str]`, *optional*): instruction ids to draw from; by default all but the compositions
            (`composition:and`, `composition:chain`, `composition:selection`), which are drawn where they are named.
        seed (`int`, *optional*, defaults to `0`): the same seed gives the same constraints.

    Raises:
        [`RowError`]: with the number of the row and the field.
        `ValueError`, `TypeError`: for an option out of range, and for what is no `datasets.Dataset`.
    """
    fewest, most = _checked(dataset, share, per_prompt)
    pool = _pool(types)
    rng = random.Random(seed)
    prompts, ids, kwargs, golds = [], [], [], []
    for number, row in enumerate(dataset.to_list()):
        prompt, constraints, gold = *_read(number, row), gold_of(row)
        if not constraints and rng.random() < share:
            problem = Problem(prompt_text(prompt), gold_answer(gold) or "")
            constraints = sample(rng, problem, rng.randint(fewest, most), pool)
            prompt = with_sentences(prompt, [constraint.description for constraint in constraints])
        prompts.append(prompt)
        ids.append([constraint.id for constraint in constraints])
        kwargs.append([constraint.kwargs for constraint in constraints])
        golds.append(gold)
    return _rebuilt(dataset, {"prompt": prompts, "answer": golds, "instruction_id_list": ids, "kwargs": kwargs})


def sample(rng: random.Random, problem: Problem, count: int, pool: Sequence[str]) -> list[Constraint]:
    """Up to `count` constraints out of `pool` that fit `problem` and can be kept together."""
    chosen: list[Constraint] = []
    for instruction_id in rng.sample(pool, len(pool)):
        candidate = REGISTRY[instruction_id].sample(rng, problem)
        if candidate and not any(candidate.clashes(other) for other in chosen):
            chosen.append(candidate)
        if len(chosen) == count:
            break
    return chosen


def _checked(dataset: Dataset, share: float, per_prompt: tuple[int, int]) -> tuple[int, int]:
    if not isinstance(dataset, Dataset):
        raise TypeError(
            f"constrain() takes a datasets.Dataset, found {type(dataset).__name__}; "
            "choose a split of a DatasetDict, or build one with Dataset.from_list"
        )
    fewest, most = per_prompt
    if not (0 <= share <= 1 and 1 <= fewest <= most):
        raise ValueError(f"share must be in [0, 1] and per_prompt 1 <= fewest <= most; found {share}, {per_prompt}")
    return fewest, most


def _pool(types: Sequence[str] | None) -> list[str]:
    drawn = (name for name, kind in REGISTRY.items() if not issubclass(kind, Composition))
    return known("types", types, soft=False) if types else sorted(drawn)


def _read(number: int, row: Mapping[str, Any]) -> tuple[Any, list[Constraint]]:
    prompt = prompt_of(number, row)
    try:
        return prompt, constraints_of(row)
    except ConstraintError as error:
        raise RowError(f"row {number}: {error}") from None


def prompt_of(number: int, row: Mapping[str, Any]) -> Any:
    """A row's prompt, under whichever published name; MathIF's `constraint_desc` goes after its question."""
    row = flat(row)
    field = prompt_column(row)
    if field is None:
        raise RowError(
            f"row {number}: no prompt; fill the column 'prompt' (or one of {', '.join(PROMPT_COLUMNS[1:])})"
        )
    prompt = row[field]
    if not isinstance(prompt, str):
        prompt = _messages(number, field, prompt)
    if field == "question" and row.get("constraint_desc"):
        prompt = with_sentences(prompt, row["constraint_desc"])
    return prompt


def _messages(number: int, field: str, prompt: Any) -> list[dict[str, Any]]:
    """The messages up to the last user message; what follows it is an answer, not a prompt."""
    broken = not isinstance(prompt, Sequence) or not all(
        isinstance(m, Mapping) and isinstance(m.get("role"), str) and isinstance(m.get("content"), str) for m in prompt
    )
    users = [] if broken else [i for i, message in enumerate(prompt) if message["role"] == "user"]
    if not users:
        raise RowError(
            f"row {number}: field {field!r} must be a text or a list of messages with role and content, "
            f"one of them the user's; found {str(prompt)[:120]!r}"
        )
    return [dict(message) for message in prompt[: users[-1] + 1]]


def with_sentences(prompt: Any, sentences: Sequence[str]) -> Any:
    """`prompt` with the constraints' sentences after its text."""
    if not sentences:
        return prompt
    if isinstance(prompt, str):
        return " ".join([prompt, *sentences])
    *before, last = prompt
    return [*before, {**last, "content": " ".join([last["content"], *sentences])}]


def _rebuilt(dataset: Dataset, columns: dict[str, list[Any]]) -> Dataset:
    """`dataset` with `columns` in place of every published form of them."""
    if all(gold is None for gold in columns["answer"]):
        del columns["answer"]
    golds = columns.get("answer")
    if golds is not None and len({type(gold) for gold in golds}) > 1:
        columns["answer"] = [None if gold is None else str(gold) for gold in golds]
    others = {*READ} - {*NESTED, WEIGHTS, TRIP_WIRE} | {*PROMPT_COLUMNS, "answer", "constraint_desc"}
    return replaced(dataset, columns, others)


def replaced(dataset: Dataset, columns: dict[str, list[Any]], others: Collection[str] = ()) -> Dataset:
    """`dataset` with `columns` in place of its own of these names, and without `others`."""
    rest = dataset.remove_columns([name for name in dataset.column_names if name in {*columns, *others}])
    rebuilt = Dataset.from_dict(columns)
    for name in rest.column_names:
        rebuilt = rebuilt.add_column(name, rest[name])
    return rebuilt
