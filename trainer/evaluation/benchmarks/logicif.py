"""LogicIFEval (Zhang et al., 2025, arXiv 2508.09125): procedures to be executed by hand, with state trackers.

On its own data the rule is the published one since September 2025 ([`last_value`], and [`equal`]). The data has no
stated licence and is never bundled: give a file, or its name on the hub (`billmianz/LogicIFEval`; that loader has not
been run: here there is no hub). The held-out split of our own generator, in the same columns, is always measured, and
its numbers are reported apart. Its rule is the one we train by ([`keepif.rewards.correctness.logic`]), which takes no
truth value for a number and is not put off by a bracket that a text leaves open.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from keepif.rewards.correctness.logic import logic_parts

from ...data.logic_tasks import logic_rows
from ...data.logic_tasks.tasks import LEVELS
from ..engines.generation import Sampling
from .benchmark import Benchmark, Count, Item, Sample
from .rows import Row, as_user, items_of, read_rows

FIELDS = ("task_id", "test_case_id", "instruction", "code_output")
BRACKET = re.compile(r"[{}\[\]]")
"""One bracket: `]`, and not `(`."""
CLOSES = {"}": "{", "]": "["}
HELD_OUT = "heldout_"
"""Before the metrics of our generator's held-out split."""


class LogicIF(Benchmark):
    """LogicIFEval's numbers, and with `heldout_` before them those of our generator's held-out split.

    - `question`: functions all of whose cases have the output and all trackers right (the published headline);
      `question_output`, `question_stats`: either alone.
    - `case`: cases that are all right.

    By type: cases by level of the program (`easy`, `medium`, `hard`), if the row has a complexity score. The cases of
    a function are scored together, so all samples must come to one call of `score`. If only some cases of a function
    are measured, those decide.

    Args:
        source (`str` or `Path`, *optional*): a file in LogicIFEval's columns, or its name on the hub.
        heldout (`int`, *optional*, defaults to `150`): cases of our held-out split for each of the three levels.

    Raises:
        [`RowError`]: if a row lacks a published field.
    """

    name = "logicif"
    sampling = Sampling(1.0, 1.0, 16_384)  # its repository's inference.py

    def __init__(self, source: str | Path | None = None, *, heldout: int = 150) -> None:
        self.headline = "question" if source else f"{HELD_OUT}question"
        ours = [row for level in LEVELS for row in logic_rows(heldout, level=level, split="test")]
        self._held_out = {_key(row) for row in ours}
        rows = [*(read_rows(source) if source else []), *ours]
        seen: set[str] = set()
        super().__init__(items_of("LogicIFEval", rows, FIELDS, lambda _, row: _unseen(row, seen)))

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        cases = [self._case(sample) for sample in samples]
        functions: dict[tuple[str, int], list[tuple[bool, bool]]] = {}
        for sample, case in zip(samples, cases, strict=True):
            functions.setdefault(_function(sample), []).append(case)
        return [
            self._scored(sample, case, functions.pop(_function(sample), []))
            for sample, case in zip(samples, cases, strict=True)
        ]

    def _case(self, sample: Sample) -> tuple[bool, bool]:
        """Whether the output is right, and whether all trackers are."""
        gold = _gold(sample.item.row)
        if sample.item.key not in self._held_out:
            return equal(last_value(sample.answer_text), gold)
        output, trackers = logic_parts(sample.answer_text, json.dumps(gold))
        return output, trackers == 1

    def _scored(self, sample: Sample, case: tuple[bool, bool], function: Sequence[tuple[bool, bool]]) -> Sample:
        """With a case's counts; those of its function are its first case's."""
        counts: dict[str, Count] = {"case": (all(case), 1)}
        if function:
            outputs, stats = ([part[i] for part in function] for i in range(2))
            counts["question"] = (all(outputs + stats), 1)
            counts["question_output"] = (all(outputs), 1)
            counts["question_stats"] = (all(stats), 1)
        prefix = HELD_OUT if sample.item.key in self._held_out else ""
        level = _level(sample.item.row)
        return replace(
            sample,
            counts={f"{prefix}{metric}": count for metric, count in counts.items()},
            by_type={f"{prefix}{level}": counts["case"]} if level else {},
        )


def _unseen(row: Row, seen: set[str]) -> Iterable[Item]:
    """The row's item, unless the same one was there before: the hub's split `mini` is part of its `full`."""
    try:
        content = json.dumps([_key(row), row["instruction"], _gold(row)], sort_keys=True)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ValueError("field 'code_output' must hold output and stats, in JSON") from None
    if content not in seen:
        seen.add(content)
        yield Item(key=_key(row), messages=as_user(row["instruction"]), row=row)


def _key(row: Row) -> str:
    return f"{row['task_id']}/{row['test_case_id']}"


def _function(sample: Sample) -> tuple[str, int]:
    return sample.item.row["task_id"], sample.index


def _gold(row: Row) -> dict[str, Any]:
    """The program's output and trackers, without those of other programs, which Arrow adds as `None`."""
    truth = row["code_output"]
    truth = json.loads(truth) if isinstance(truth, str) else truth
    names = row.get("stats_keys") or [name for name, value in truth["stats"].items() if value is not None]
    return {"output": truth["output"], "stats": {name: truth["stats"][name] for name in names}}


def last_value(text: str) -> Any:
    """The last JSON object or array of `text` by the published rule, its peculiarities included; `None` without one.

    Brackets are counted everywhere, in strings as well. The text from an outermost bracket to the one that closes it
    is parsed. A closing bracket that does not match is skipped, so an open one, as in "[0, 5)", hides all that comes
    after it.

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


def equal(claim: Any, gold: Mapping[str, Any]) -> tuple[bool, bool]:
    """Whether output and trackers are the program's, as `==` has it: the published comparison, where true is 1."""
    claim = claim if isinstance(claim, dict) else {}
    return claim.get("output") == gold["output"], claim.get("stats", {}) == gold["stats"]


def _level(row: Row) -> str | None:
    """The level that a program's complexity score lies in, by the published bounds."""
    metrics = row.get("complexity_metrics") or {}
    score = metrics.get("code_complexity_score", row.get("complexity_score"))
    reached = [level for level, difficulty in LEVELS.items() if score is not None and score >= difficulty.score[0]]
    return reached[-1] if reached else None
