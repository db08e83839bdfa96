"""ComplexBench's scores on its published example, judged by a real server that answers by rule."""

import json
import logging
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards.judge.endpoint import Endpoint, Reply
from keepif.trainer.data.constrain import RowError
from keepif.trainer.evaluation.benchmarks.benchmark import Item, Sample, numbers
from keepif.trainer.evaluation.benchmarks.complexbench import ComplexBench, read_verdict
from tests.helpers.chat_server import ChatServer, serving

Row = dict[str, Any]


@pytest.fixture
def example(shared: Callable[[str], Path]) -> Row:
    return json.loads(shared("complexbench/example_instance.json").read_text())


@pytest.fixture
def server(example: Row) -> Iterator[ChatServer]:
    """Answers with no the questions whose numbers the response names, "no: 0, 4"; fails where it says "fail"."""
    questions = [question["question_en"] for question in example["scoring_questions"]]

    def answer(body: Row, _before: int) -> Any:
        (message,) = body["messages"]
        _, response, question = re.split(r"\n## (?:Response|Question)\n", message["content"])
        if "fail" in response:
            return 400, {}, "{}"
        denied = {int(number) for number in re.findall(r"\d+", response)}
        number = questions.index(question.partition("\n")[0])
        return f"Analysis: the answer is not yet clear. So:\nAnswer: **{'no' if number in denied else 'Yes'}**"

    with serving(answer) as found:
        yield found


def benchmark_of(rows: list[Row], folder: Path, server: ChatServer) -> ComplexBench:
    path = folder / "data_final.json"
    path.write_text(json.dumps(rows))
    return ComplexBench(path, judge=Endpoint(server.url, "rule", retries=0))


def scored(benchmark: ComplexBench, said: dict[int, str]) -> list[Sample]:
    return benchmark.score([Sample(item, 0, said[item.row["main_id"]], 1) for item in benchmark.items()])


def published(row: Row, denied: set[int]) -> list[bool]:
    """`get_rely_judgment` of the published `aggregation.py`, read at 82f175f."""
    judged = [number not in denied for number in range(len(row["scoring_questions"]))]
    rely = list(judged)
    for i, question in enumerate(row["scoring_questions"]):
        for dep in question["dep"]:
            if judged[dep] is False:
                rely[i] = False
    return rely


@pytest.mark.parametrize("denied", [set(), {0}, {1}, {4}, {0, 1}, {2, 8}, set(range(9))])
def test_dependencies_propagate(example: Row, server: ChatServer, tmp_path: Path, denied: set[int]) -> None:
    benchmark = benchmark_of([example], tmp_path, server)
    (outcome,) = scored(benchmark, {899: f"no: {sorted(denied)}"})
    expected = published(example, denied)
    assert outcome.counts["drfr"] == outcome.by_type["category:Selection_2"] == (sum(expected), 9)
    for whole in ("category:Selection", "task:Professional Writing", "nesting:And_Selection"):
        assert outcome.by_type[whole] == (sum(expected), 9)
    utility = [expected[i] for i in (0, 1, 2, 3, 6, 7)]
    assert outcome.by_type["type:Utility"] == (sum(utility), 6)
    assert outcome.by_type["type:Structure"] == (sum(expected[i] for i in (4, 5, 8)), 3)
    length = [expected[i] for i in (4, 8)]
    assert outcome.by_type["Length"] == (sum(length), 2)
    assert outcome.by_type["composition:Selection"] == (expected[0] + expected[1], 2)


def test_groups_are_coherent_where_all_their_instructions_are_right(
    example: Row, server: ChatServer, tmp_path: Path
) -> None:
    """Two groups with two Selection questions, one of which is right in both its branches; one with none; no group."""
    rows = [example | {"main_id": i, "group": f"g{i // 2}"} for i in range(4)]
    single = example | {"main_id": 5, "group": "g5", "scoring_questions": [example["scoring_questions"][0]]}
    rows += [example | {"main_id": 4, "group": None}, single]
    benchmark = benchmark_of(rows, tmp_path, server)
    said = {0: "good", 1: "good", 2: "good", 3: "no: 8", 4: "no: 8", 5: "good"}
    found = numbers(scored(benchmark, said))
    assert found == {
        "drfr": (5 * 9 + 1 - 2) / (5 * 9 + 1),
        "selection_multiple": 3 / 4,
        "coherent_multiple": 1 / 2,
        "selection_single": 1.0,
        "coherent_single": 1.0,
    }
    assert [item.key for item in benchmark.items()][:2] == ["g0/0", "g0/1"]


def test_what_the_judge_is_shown(example: Row, server: ChatServer, tmp_path: Path) -> None:
    benchmark = benchmark_of([example], tmp_path, server)
    item: Item = benchmark.items()[0]
    assert item.messages[0]["content"] == example["instruction_en"]
    scored(benchmark, {899: "<think>no: 0, 1, 2</think>Here {it} is."})
    shown = server.requests[0]["messages"][0]["content"]
    assert "Here {it} is." in shown
    assert "no: 0" not in shown
    assert example["instruction_en"] in shown
    assert benchmark.scored_by == "rule on every question (not the published protocol)"


def test_a_judge_that_fails_makes_no_score(
    example: Row, server: ChatServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    benchmark = benchmark_of([example, example | {"main_id": 900}], tmp_path, server)
    with caplog.at_level(logging.WARNING):
        outcomes = scored(benchmark, {899: "fail", 900: "no: 3"})
    assert outcomes[0].counts == {}
    assert [outcome.unjudged for outcome in outcomes] == [True, False]
    assert outcomes[1].counts == {"drfr": (8, 9), "selection_multiple": (0, 1)}
    assert "the judge failed on 1 of 2 samples" in caplog.text


@given(st.text(), st.sampled_from(["", "Answer: yes", "**Answer:** No.", "answer = YES", "Answer: perhaps"]))
def test_any_reply_is_a_verdict(text: str, last: str) -> None:
    """What the judge says last counts; what is no verdict is no."""
    found = read_verdict(Reply(f"{text.replace('<', '').replace('[', '')}\n{last}", None, None))
    if last:
        assert found == ("yes" in last.lower()) or "perhaps" in last
    assert read_verdict(None) is None


def test_errors_say_what_is_needed(example: Row, server: ChatServer, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"give --judge_url and --judge_model"):
        ComplexBench(tmp_path / "data_final.json")
    with pytest.raises(ValueError, match=r"data/data_final.json of github.com/thu-coai/ComplexBench"):
        ComplexBench(judge=Endpoint(server.url, "rule"))
    with pytest.raises(RowError, match="ComplexBench row 0: no field 'category'"):
        benchmark_of([{name: value for name, value in example.items() if name != "category"}], tmp_path, server)
    with pytest.raises(RowError, match="ComplexBench: two rows are called '899'"):
        benchmark_of([example | {"group": None}] * 2, tmp_path, server)
    loose = [question | {"dep": [9]} for question in example["scoring_questions"]]
    with pytest.raises(RowError, match=r"ComplexBench row 0: dep \[9\] points to no question of 9"):
        benchmark_of([example | {"scoring_questions": loose}], tmp_path, server)
