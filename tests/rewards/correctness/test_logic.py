"""Logic tasks' answers: which object counts, what equals the gold, and what no text can do."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import KeepIFReward, Response, correctness, guard
from keepif.rewards.correctness.logic import last_object, logic_credit, logic_gold, logic_verdict

GOLD = '{"output":7,"stats":{"hits":2,"rounds":0}}'
RIGHT = '{"output": 7, "stats": {"rounds": 0, "hits": 2}}'

scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
outputs = scalars | st.lists(scalars | st.lists(st.integers()), max_size=4)
stats = st.dictionaries(st.text(max_size=5), st.integers(), max_size=4)


@pytest.mark.parametrize(
    "answer",
    [
        RIGHT,
        f"Step 1: b is {{3}}. Hence\n```json\n{RIGHT}\n```\nDone.",
        f'First {{"output": 6, "hits": 2}}, then {RIGHT}',
        f"```json\n{RIGHT}\n```\nSo it is {RIGHT}.",
        "{'output': 7, 'stats': {'hits': 2, 'rounds': 0}}",
        "```python\n{'stats': {'hits': 2, 'rounds': 0,}, 'output': 7}\n```",
        '{"output": 7, "stats": {"hits": 2, "rounds": 0,},\n}',
        '{\'output\': 7, "stats": {"hits": 2, \'rounds\': 0}, "note": "True, it\'s so", "done": True}',
        f'An inch is 1" or so, "quoted, {RIGHT}',
        f"{{the {{answer}} is {RIGHT}}}",
        rf"\boxed{{{RIGHT}}}",
        f"[{RIGHT}]",
        '{"output": 7.0, "stats": {"hits": 2, "rounds": 0}}',
        '{"output": 7, "stats": {"hits": 2, "rounds": 0}, "note": "checked } twice"}',
    ],
)
def test_right(answer: str) -> None:
    assert logic_verdict(answer, GOLD)
    assert correctness([Response.parse(answer)], [GOLD]) == [1.0]


@pytest.mark.parametrize(
    ("answer", "credit"),
    [
        ("", 0.0),
        ("7", 0.0),
        (r"\boxed{7}", 0.0),
        ("{}", 0.0),
        (f"{RIGHT} or {{}}", 0.0),
        (f'First {{"output": 6, "stats": {{"hits": 2, "rounds": 0}}}}; no: {RIGHT}', 0.0),
        ("{'output': 7, 'stats': {'hits': 2, 'rounds': 1}}", 0.75),
        ("{'output': 7, 'output': 7, 'stats': {'hits': 2, 'rounds': 0}}", 0.0),
        ("{'output': '7', 'stats': {'hits': 2, 'rounds': 0}}", 0.5),
        ('{"output": 7}', 0.5),
        ('{"output": 7, "stats": 5}', 0.5),
        ('{"output": "7", "stats": {"hits": 2, "rounds": 0}}', 0.5),
        ('{"output": 8, "stats": {"hits": 2, "rounds": 0}}', 0.5),
        ('{"output": 7, "stats": {"hits": 2, "rounds": 1}}', 0.75),
        ('{"output": 7, "stats": {"hits": 2, "rounds": false}}', 0.75),
        ('{"output": 7, "stats": {"hits": 2, "rounds": 0, "more": 1, "still": 2}}', 0.75),
        ('{"output": 7, "stats": {"hits": 2}}', 0.75),
        (f"{RIGHT[:-1]}", 0.0),
    ],
)
def test_wrong(answer: str, credit: float) -> None:
    assert not logic_verdict(answer, GOLD)
    assert logic_credit(answer, GOLD) == credit
    assert correctness([Response.parse(answer)], [GOLD]) == [0.0]


def test_truth_values_are_no_numbers() -> None:
    assert not logic_verdict('{"output": true, "stats": {}}', '{"output":1,"stats":{}}')
    assert not logic_verdict('{"output": [0], "stats": {}}', '{"output":[false],"stats":{}}')
    assert logic_verdict('{"output": [true, 1.0], "stats": {}}', '{"output":[true,1],"stats":{}}')
    assert logic_verdict("{'output': [True, None, 'True'], 'stats': {}}", '{"output":[true,null,"True"],"stats":{}}')


@pytest.mark.parametrize(
    "gold",
    ["7", "", "{}", '{"output":1}', '{"output":1,"stats":2}', '{"output":1,"stats":{},"more":1}', GOLD[:-1],
     f"{GOLD} {GOLD}", None, 7, {"output": 1, "stats": {}}],
)  # fmt: skip
def test_what_is_no_logic_gold(gold: object) -> None:
    assert logic_gold(gold) is None


@given(outputs, stats, st.text(alphabet=st.characters(exclude_characters="{}\ud800"), max_size=30))
def test_every_gold_is_found_in_prose(output: Any, trackers: dict[str, int], prose: str) -> None:
    gold = json.dumps({"output": output, "stats": trackers}, separators=(",", ":"))
    assert logic_verdict(f"{prose}{json.dumps(json.loads(gold), indent=1, ensure_ascii=False)}{prose}", gold)


@given(st.text() | st.text(alphabet='{}[]",:\\ 1e-\ud800truefalsn\n', max_size=300), outputs, stats)
def test_no_text_raises_and_full_credit_is_the_verdict(text: str, output: Any, trackers: dict[str, int]) -> None:
    gold = json.dumps({"output": output, "stats": trackers})
    for answer in (text, gold, text + gold + text, gold[:-1] + text):
        assert (logic_credit(answer, gold) == 1) == logic_verdict(answer, gold)
        assert 0 <= logic_credit(answer, gold) <= 1
    logic_gold(text)
    assert not logic_verdict(gold, text)


@pytest.mark.parametrize(
    "piece",
    ["{", "}", '{"', '{"a":', '{"a":[', '{"a":[1,', '{"a":"{', '{"a{"b\\', '{"\\"{', "{" * 5 + "x" + "}" * 5,
     '{"a":1}', "{" + " " * 99, "{1e", "{" * 6 + "1," * 40 + "!", "{'", "{'\"", '{"a{\'b', "{'a':1,},", "{,",
     '{"a":1' + "9" * 5000 + "}"],
)  # fmt: skip
def test_time_is_linear(piece: str) -> None:
    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        start = time.process_time()
        last_object(text)
        last_object(text + "}" * (length // 2))
        return time.process_time() - start

    short, long = min(seconds(50_000) for _ in range(3)), min(seconds(400_000) for _ in range(3))
    assert long < 24 * short + 0.1  # eight times the text; quadratic would be 64


def test_numbers_without_end_are_no_answer() -> None:
    assert last_object('{"output": ' + "9" * 10_000 + ', "stats": {}}') == {}


def test_a_batch_of_mathematics_and_logic() -> None:
    answers = [r"\boxed{42}", RIGHT, RIGHT, "7", f"<think>{RIGHT}</think>Done.", f"<think>{RIGHT}"]
    golds = ["42", GOLD, "7", GOLD, GOLD, GOLD]
    assert correctness([Response.parse(a) for a in answers], golds) == [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]


def test_the_reward_grades_logic() -> None:
    completions = [f"By hand it comes to\n```json\n{RIGHT}\n```", f"By hand it comes to {RIGHT}", "By hand it is 7"]
    asked: dict[str, Any] = {"instruction_id_list": [["punctuation:no_comma"]] * 3, "kwargs": [[{}]] * 3}
    assert KeepIFReward()(completions=completions, answer=[GOLD] * 3) == [1.0, 1.0, 0.0]
    fenced, bare, wrong = KeepIFReward()(completions=completions, answer=[GOLD] * 3, **asked)
    assert fenced == 1.0 > bare > wrong  # a code block is not prose, so its commas are free


def test_published_results(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    """LogicIFEval's sample results: it compares output and stats by == with the object that it extracted."""
    rows = benchmark("logicif/sample_result.jsonl")
    verdicts = []
    for row in rows:
        gold, said = row["code_output"], row["llm_output"]
        published = said["output"] == gold["output"] and said["stats"] == gold["stats"]
        extracted, text = said["extract_response"], json.dumps(gold)
        verdicts.append(published)
        assert logic_verdict(extracted, text) == published
        assert logic_verdict(f"{row['llm_response']}\n```json\n{extracted}\n```", text) == published
        assert guard(Response.parse(row["llm_response"])) is None
    assert sum(verdicts) not in (0, len(rows))
