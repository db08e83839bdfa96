"""Rows: tasks in LogicIFEval's published columns, and as prompts to train on."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from datasets import Dataset

from .english import Narrator
from .phrases import Split
from .tasks import LEVELS, Case, Level, Task, tasks
from .tree import LIST, NUMBER

COMMON = 0.02
"""Share of the rows before it beyond which no output is repeated."""

INSTRUCTION = """Carry out the procedure below by hand on the inputs given. Do not write or run any code: go through \
it step by step, and keep a record of every variable and every counter. Follow the wording exactly.

{description}

Here, {number} = {x} and {list} = {numbers}.

Show your steps briefly, writing down only what changes. Then end with the result as one JSON object in a code block:
```json
{{"output": <whole number>, "stats": {{{stats}}}}}
```"""


def logic_rows(count: int, *, level: Level = "medium", seed: int = 0, split: Split = "train") -> list[dict[str, Any]]:
    """Procedures to be executed by hand, with exact answers: several test cases a procedure, one a row.

    A row has LogicIFEval's columns: `task_id`, `test_case_id`, `input`, `code_output` (`output` and `stats`),
    `function` (Python), `description`, `instruction`, `stats_keys`, `output_format`, `complexity_metrics`. The same
    arguments give the same rows, and a larger `count` the same ones first.

    Args:
        count (`int`): rows, 0 or more.
        level (`str`, *optional*, defaults to `"medium"`): by LogicIFEval's score of the program: `"easy"` is 8 up to
            15, `"medium"` 15 up to 30, `"hard"` 30 up to 60.
        seed (`int`, *optional*, defaults to `0`): what is drawn.
        split (`str`, *optional*, defaults to `"train"`): whose sentences are used; `"train"` and `"test"` share none,
            and have other programs.

    Raises:
        `ValueError`: for an option out of range.
    """
    if level not in LEVELS:
        raise ValueError(f"level must be one of {', '.join(LEVELS)}, found {level!r}")
    if split not in ("train", "test"):
        raise ValueError(f"split must be 'train' or 'test', found {split!r}")
    if count < 0:
        raise ValueError(f"count must be 0 or more, found {count}")
    rows: list[dict[str, Any]] = []
    outputs: Counter[int] = Counter()
    rng = random.Random(f"{split} {level} {seed}")
    for number, task in enumerate(_unlike(tasks(rng, LEVELS[level]), outputs)):
        if len(rows) >= count:
            break
        rows += _rows(
            task, f"logic_{split}_{level}_{seed}_{number:05}", Narrator(rng, split).description(task.program)
        )
    return rows[:count]


def training_row(row: dict[str, Any]) -> dict[str, str]:
    """A published row as a prompt and its gold answer, which `keepif.rewards.correctness` grades by its JSON rule."""
    return {"prompt": row["instruction"], "answer": json.dumps(row["code_output"], separators=(",", ":"))}


def logic_dataset(count: int, *, level: Level = "medium", seed: int = 0, split: Split = "train") -> Dataset:
    """[`logic_rows`] to train on, with the columns `prompt` and `answer`."""
    return Dataset.from_list([training_row(row) for row in logic_rows(count, level=level, seed=seed, split=split)])


def _unlike(drawn: Iterator[Task], outputs: Counter[int]) -> Iterator[Task]:
    """The tasks none of whose outputs has been frequent so far, so that no guess pays."""
    for task in drawn:
        said = [case.outcome.output for case in task.cases]
        if all(outputs[output] <= COMMON * outputs.total() for output in said):
            outputs.update(said)
            yield task


def _rows(task: Task, task_id: str, description: str) -> list[dict[str, Any]]:
    return [
        {
            "task_id": task_id,
            "test_case_id": number,
            "input": [case.x, case.numbers],
            "code_output": {"output": case.outcome.output, "stats": case.outcome.stats},
            "function": task.source,
            "description": description,
            "instruction": _instruction(description, case),
            "stats_keys": list(case.outcome.stats),
            "output_format": "int",
            "complexity_metrics": task.metrics,
        }
        for number, case in enumerate(task.cases)
    ]


def _instruction(description: str, case: Case) -> str:
    stats = ", ".join(f'"{tracker}": <whole number>' for tracker in case.outcome.stats)
    return INSTRUCTION.format(
        description=description, number=NUMBER, x=case.x, list=LIST, numbers=case.numbers, stats=stats
    )
