"""LogicIFEval (Zhang et al., 2025, arXiv 2508.09125): procedures to be executed by hand, with state trackers.

On its own data the rule is the published one since September 2025 ([`last_value`], and [`equal`]). The data has no
stated licence and is never bundled: give a file, or its name on the hub (`billmianz/LogicIFEval`; that loader has not
been run: here there is no hub). The held-out split of our own generator, in the same columns, is asked always, and its
numbers stand apart. There the rule is the one we train by ([`keepif.rewards.correctness.logic`]), which takes no
truth value for a number and is not put off by a bracket that a text leaves open.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from keepif.rewards import Delimiters, Response
from keepif.rewards.correctness.logic import logic_parts
from keepif.rewards.text.response import DEFAULT_DELIMITERS

from ...data.constrain import RowError
from ...data.logic_tasks import logic_rows
from ...data.logic_tasks.tasks import LEVELS
from .benchmark import Count, Item, Outcome, Sample, unique
from .source import read_rows

FIELDS = ("task_id", "test_case_id", "instruction", "code_output")
BRACKET = re.compile(r"[{}\[\]]")
CLOSES = {"}": "{", "]": "["}
OWN = "heldout_"
"""Before the metrics of our generator's held-out split."""


class LogicIF:
    """LogicIFEval's numbers, and with `heldout_` before them those of our generator's held-out split.

    - `question`: functions all of whose cases have the output and all trackers right (the published headline);
      `question_output`, `question_stats`: either alone.
    - `case`: cases that are all right.

    By type: cases by level of the program (`easy`, `medium`, `hard`), where the row has a complexity score. The cases
    of a function are scored together, so that all samples must come to one call of `score`; where only some cases of a
    function are asked, those decide.

    Args:
        source (`str` or `Path`, *optional*): a file in LogicIFEval's columns, or its name on the hub.
        heldout (`int`, *optional*, defaults to `150`): cases of our held-out split for each of the three levels.
        delimiters ([`Delimiters`], *optional*): what opens and closes the thinking.

    Raises:
        [`RowError`]: where a row has not the published fields.
    """

    name = "logicif"

    def __init__(
        self,
        source: str | Path | None = None,
        *,
        heldout: int = 150,
        delimiters: Delimiters = DEFAULT_DELIMITERS,
    ) -> None:
        self.delimiters = delimiters
        self.headline = "question" if source else f"{OWN}question"
        given = [_item(number, row) for number, row in enumerate(read_rows(source))] if source else []
        given = {_content(item): item for item in given}.values()  # the hub's split `mini` is part of its `full`
        rows = [row for level in LEVELS for row in logic_rows(heldout, level=level, split="test")]
        own = [_item(number, row) for number, row in enumerate(rows)]
        self._own = {item.key for item in own}
        self._items = unique("LogicIFEval", [*given, *own])

    def items(self) -> list[Item]:
        return self._items

    def score(self, samples: Sequence[Sample]) -> list[Outcome]:
        parts = [self._parts(sample) for sample in samples]
        functions: dict[tuple[str, int], list[tuple[bool, bool]]] = {}
        for sample, part in zip(samples, parts, strict=True):
            functions.setdefault((sample.item.row["task_id"], sample.index), []).append(part)
        return [
            self._outcome(sample, part, functions.pop((sample.item.row["task_id"], sample.index), []))
            for sample, part in zip(samples, parts, strict=True)
        ]

    def _parts(self, sample: Sample) -> tuple[bool, bool]:
        """Whether the output is right, and whether all trackers are."""
        answer = Response.parse(sample.text, self.delimiters).answer_text
        gold = _gold(sample.item.row)
        if sample.item.key not in self._own:
            return equal(last_value(answer), gold)
        output, trackers = logic_parts(answer, json.dumps(gold))
        return output, trackers == 1

    def _outcome(self, sample: Sample, part: tuple[bool, bool], function: Sequence[tuple[bool, bool]]) -> Outcome:
        """A case's counts; those of its function stand with its first case."""
        counts: dict[str, Count] = {"case": (all(part), 1)}
        if function:
            outputs, stats = ([part[i] for part in function] for i in range(2))
            counts["question"] = (all(outputs + stats), 1)
            counts["question_output"] = (all(outputs), 1)
            counts["question_stats"] = (all(stats), 1)
        own = OWN if sample.item.key in self._own else ""
        level = _level(sample.item.row)
        return Outcome(
            key=sample.item.key,
            index=sample.index,
            counts={f"{own}{metric}": count for metric, count in counts.items()},
            by_type={f"{own}{level}": counts["case"]} if level else {},
        )


def _item(number: int, row: Mapping[str, Any]) -> Item:
    if missing := [field for field in FIELDS if row.get(field) is None]:
        raise RowError(f"LogicIFEval row {number}: no field {missing[0]!r}; it has {sorted(row)}")
    try:
        _gold(row)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise RowError(f"LogicIFEval row {number}: field 'code_output' must hold output and stats, in JSON") from None
    messages = ({"role": "user", "content": row["instruction"]},)
    return Item(key=f"{row['task_id']}/{row['test_case_id']}", messages=messages, row=row)


def _content(item: Item) -> str:
    """All that is asked and scored, by which a row that comes twice is known."""
    return json.dumps([item.key, item.row["instruction"], _gold(item.row)], sort_keys=True)


def _gold(row: Mapping[str, Any]) -> dict[str, Any]:
    """The program's output and trackers, without those of other programs, which Arrow adds as `None`."""
    truth = row["code_output"]
    truth = json.loads(truth) if isinstance(truth, str) else truth
    names = row.get("stats_keys") or [name for name, value in truth["stats"].items() if value is not None]
    return {"output": truth["output"], "stats": {name: truth["stats"][name] for name in names}}


def last_value(text: str) -> Any:
    """The last JSON object or array of `text` by the published rule, its peculiarities included; `None` without one.

    Brackets are counted wherever they stand, in strings as well. What reaches from one that stands in no other to the
    one that closes it is parsed. A closing one that does not match is passed over, so that one left open, as in
    "[0, 5)", hides all that comes behind it.

    >>> last_value('{"output": [1], "stats": {"hits": 3}}, so [1, 2].'), last_value('In [0, 5): {"output": 1}')
    ([1, 2], None)
    """
    last, start = None, 0
    opened: list[str] = []
    for bracket in BRACKET.finditer(text):
        closes = CLOSES.get(bracket[0])
        if closes is None:
            start = start if opened else bracket.start()
            opened.append(bracket[0])
        elif opened and opened[-1] == closes:
            opened.pop()
            if not opened:
                last = _parsed(text[start : bracket.end()], last)
    return last


def _parsed(text: str, otherwise: Any) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # a ValueError too: a number of more digits than Python reads
        return otherwise


def equal(said: Any, gold: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether output and trackers are the program's, as `==` has it: the published comparison, where true is 1."""
    said = said if isinstance(said, dict) else {}
    return said.get("output") == gold["output"], said.get("stats", {}) == gold["stats"]


def _level(row: Mapping[str, Any]) -> str | None:
    """The level a program's complexity score lies in, by the published bounds."""
    metrics = row.get("complexity_metrics") or {}
    score = metrics.get("code_complexity_score", row.get("complexity_score"))
    reached = [level for level, difficulty in LEVELS.items() if score is not None and score >= difficulty.score[0]]
    return reached[-1] if reached else None
