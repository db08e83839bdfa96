"""Logic tasks: a procedure executed by hand, its result and its state trackers stated as one JSON object.

The format and the rule are LogicIFEval's (arXiv 2508.09125): the last JSON object of an answer counts, and it is right
where its `output` and its `stats` equal the program's. To train by, it is stricter in two places and more lenient in
two than the published code, which is in `keepif.trainer.evaluation.benchmarks.logicif`: a truth value is no number,
and two objects that differ state no result; no bracket in the text before the object, nor an array after it, hides
it, and it may be written as Python writes it.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

DEEPEST = 6
"""Nesting that is read. No answer needs more than a list of lists as its output, and without a bound no scan of a
hostile text is linear."""

_STRING, _PYTHONS = r'"(?:[^"\\\x00-\x1f]|\\.)*+"', r"'[^'\"\\\x00-\x1f]*+'"
CONSTANTS = {"True": "true", "False": "false", "None": "null"}
_SCALAR = "|".join((_STRING, _PYTHONS, r"-?\d++(?:\.\d++)?+(?:[eE][-+]?\d++)?+", *CONSTANTS, *CONSTANTS.values()))
PYTHON = re.compile(rf"{_STRING}|{_PYTHONS}|{'|'.join(CONSTANTS)}|,(?=\s*+[}}\]])")
"""What Python may write otherwise than JSON: 'hits', True, a comma before a bracket; and JSON's strings, to skip."""


def _nested(depth: int) -> str:
    """What may stand inside brackets nested `depth` deep: looser than JSON, and never backtracking."""
    inside = rf"{_SCALAR}|[\s,:]"
    for _ in range(depth - 1):
        inside = rf"{_SCALAR}|[\s,:]|[\[{{](?:{inside})*+[\]}}]"
    return inside


OBJECT = re.compile(rf"\{{(?:{_nested(DEEPEST)})*+\}}")


def last_object(text: str) -> dict[str, Any] | None:
    """The last JSON object in `text` that stands in no other, of those that have an `output` if any has; else `None`.

    It is empty if two that have `output` and `stats` differ: a response commits to one result.

    Takes time linear in the text's length: possessive matches of bounded depth pass a character at most `DEEPEST`
    times from either side of a quotation mark.

    >>> last_object('First {"output": 1}, then {x}, so: {"output": 2, "stats": {"hits": 3}}. Done.')
    {'output': 2, 'stats': {'hits': 3}}
    """
    found = [*_objects(text)]
    results = [value for value in found if value.keys() >= {"output", "stats"}]
    if any(not _equal(value, results[-1]) for value in results):
        return {}
    stated = [value for value in found if not value or "output" in value]
    return (stated or found or [None])[-1]


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in `text` that stand in no other."""
    start = text.find("{")
    while start >= 0:
        span = OBJECT.match(text, start)
        value = _parsed(span[0]) if span else None
        if value is not None:
            yield value
        start = text.find("{", start + 1 if span is None or value is None else span.end())


def logic_gold(gold: Any) -> dict[str, Any] | None:
    """The gold answer of a logic task, a text that is a JSON object of `output` and `stats` alone; else `None`.

    >>> logic_gold('{"output":5,"stats":{"hits":2}}'), logic_gold("5")
    ({'output': 5, 'stats': {'hits': 2}}, None)
    """
    span = OBJECT.fullmatch(gold.strip()) if isinstance(gold, str) else None
    value = _parsed(span[0]) if span else None
    if value is None or value.keys() != {"output", "stats"} or not isinstance(value["stats"], dict):
        return None
    return value


def logic_verdict(answer_text: str, gold: str) -> bool:
    """Whether the last JSON object of `answer_text` has the output and the trackers of `gold`, all of them, no others.

    Values are compared as `==` does (1 is 1.0), but a truth value equals no number. Other keys beside `output` and
    `stats` do not count. Never raises; a gold that is not a logic task's has no right answer.

    >>> gold = '{"output":5,"stats":{"hits":2}}'
    >>> logic_verdict('So ```{"output": 5, "stats": {"hits": 2}}```', gold), logic_verdict("5", gold)
    (True, False)
    """
    return logic_credit(answer_text, gold) == 1


def logic_credit(answer_text: str, gold: str) -> float:
    """Partial credit in [0, 1]: half for the output, half for the share of trackers; 1 exactly where all is right.

    The share is over the trackers of either side, so that naming more of them does not pay.

    >>> logic_credit('{"output": 5, "stats": {"hits": 9, "skips": 1}}', '{"output":5,"stats":{"hits":2,"skips":1}}')
    0.75
    """
    output, trackers = logic_parts(answer_text, gold)
    return 0.5 * output + 0.5 * trackers


def logic_parts(answer_text: str, gold: str) -> tuple[bool, float]:
    """Whether the output is right, and the share of trackers that are."""
    wanted, said = logic_gold(gold), last_object(answer_text)
    if wanted is None or said is None:
        return False, 0.0
    theirs, ours = wanted["stats"], said.get("stats")
    output = "output" in said and _equal(said["output"], wanted["output"])
    if not isinstance(ours, dict):
        return output, 0.0
    names = theirs.keys() | ours.keys()
    right = sum(name in ours and name in theirs and _equal(ours[name], theirs[name]) for name in names)
    return output, right / len(names) if names else 1.0


def _parsed(text: str) -> dict[str, Any] | None:
    try:
        return json.loads(PYTHON.sub(_as_json, text), object_pairs_hook=_without_repeats)
    except ValueError:  # not JSON after all, or a number of more digits than Python reads
        return None


def _as_json(written: re.Match[str]) -> str:
    mark = written[0]
    if mark == ",":
        return ""
    return f'"{mark[1:-1]}"' if mark[0] == "'" else CONSTANTS.get(mark, mark)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object; nothing of one that says two things under one name."""
    return dict(pairs) if len(dict(pairs)) == len(pairs) else {}


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    return one == other
