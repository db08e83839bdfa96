"""Logic tasks as rows: one meaning in three renderings, and nothing that a guess or a second reading could spoil."""

import json
import os
import re
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest

from keepif.rewards import KeepIFReward
from keepif.trainer import logic_dataset, logic_rows
from keepif.trainer.data.logic_tasks import training_row
from keepif.trainer.data.logic_tasks.phrases import PHRASES, Split
from keepif.trainer.data.logic_tasks.python import complexity_metrics
from keepif.trainer.data.logic_tasks.tasks import LEVELS, Level

every_level = pytest.mark.parametrize("level", list(LEVELS))
PUBLISHED = ["task_id", "test_case_id", "input", "code_output", "function", "description", "instruction",
             "stats_keys", "output_format", "complexity_metrics"]  # fmt: skip


LINES = ("counters", "set", "update", "bump", "if", "if else", "each", "count", "while")


@cache
def rows(level: Level, split: Any = "train") -> list[dict[str, Any]]:
    return logic_rows(300, level=level, seed=3, split=split)


def run_python(source: str, arguments: list[Any]) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__builtins__": {"abs": abs, "max": max, "min": min, "range": range}}
    exec(source, namespace)  # noqa: S102  # our own program, in a bare namespace
    output, stats = namespace["f"](*arguments)
    return {"output": output, "stats": stats}


@every_level
def test_the_python_means_the_same(level: Level) -> None:
    for row in rows(level):
        assert run_python(row["function"], row["input"]) == row["code_output"]


@every_level
def test_rows_have_the_published_columns(level: Level) -> None:
    for row in rows(level):
        assert list(row) == PUBLISHED
        assert row["stats_keys"] == list(row["code_output"]["stats"])
        assert row["complexity_metrics"] == complexity_metrics(row["function"])
        assert row["description"] in row["instruction"]
        assert [row["description"].count(f"{s}: ") + row["description"].count(f"{s}:\n")
                for s in ("INPUTS", "LOGICS", "OUTPUTS")] == [1, 1, 1]  # fmt: skip
    assert len({(row["task_id"], row["test_case_id"]) for row in rows(level)}) == 300
    assert Counter(row["task_id"] for row in rows(level)).most_common(1)[0][1] == 3


@every_level
def test_the_published_filters_hold(level: Level) -> None:
    for row in rows(level):
        gold = row["code_output"]
        assert all(type(value) is int for value in (gold["output"], *gold["stats"].values()))  # so no decimals either
        assert abs(gold["output"]) <= 1e7
        assert all(0 <= value < 50 for value in gold["stats"].values())
        assert any(gold["stats"].values())


@every_level
def test_no_guess_pays(level: Level) -> None:
    outputs = Counter(row["code_output"]["output"] for row in rows(level))
    assert outputs[0] == outputs[1] == 0
    assert outputs.most_common(1)[0][1] <= 0.03 * 300
    assert (
        len({row["code_output"]["output"] for row in rows(level)[:51]}) == 51
    )  # a fiftieth of 50 is the first repeat
    assert len({json.dumps(row["code_output"]) for row in rows(level)}) > 0.9 * 300


@every_level
def test_levels_are_the_published_score(level: Level) -> None:
    low, high = {"easy": (8, 15), "medium": (15, 30), "hard": (30, 60)}[level]
    assert all(low <= row["complexity_metrics"]["code_complexity_score"] < high for row in rows(level))


def test_the_published_scores(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    for row in benchmark("logicif/sample_instructions.jsonl"):
        assert complexity_metrics(row["function"])["code_complexity_score"] == row["complexity_score"]


@pytest.mark.parametrize("kind", list(PHRASES))
def test_every_sentence_has_paraphrases(kind: str) -> None:
    train, test = PHRASES[kind]["train"], PHRASES[kind]["test"]
    assert len(set(train)) >= 3
    assert len(set(test)) >= 2
    assert not set(train) & set(test)
    asked = [{field for _, field, _, _ in string.Formatter().parse(phrase) if field} for phrase in train + test]
    assert all(fields == asked[0] for fields in asked)


@every_level
@pytest.mark.parametrize(("split", "other"), [("train", "test"), ("test", "train")])
def test_the_splits_share_no_sentence(level: Level, split: Split, other: Split) -> None:
    def patterns(which: Split) -> list[re.Pattern[str]]:
        return [re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(phrase)))
                for kind in LINES for phrase in PHRASES[kind][which]]  # fmt: skip

    ours, theirs = patterns(split), patterns(other)
    for row in rows(level, split)[::9]:
        for line in re.findall(r"^ *[\d.]+\. (.+)$", row["description"], re.MULTILINE):
            assert any(pattern.fullmatch(line) for pattern in ours), line
            assert not any(pattern.fullmatch(line) for pattern in theirs), line


@every_level
@pytest.mark.parametrize("split", ["train", "test"])
def test_every_step_that_is_named_exists(level: Level, split: str) -> None:
    for row in rows(level, split):
        labels = re.findall(r"^ *([\dPQR.]+)\. ", row["description"], re.MULTILINE)
        assert len(set(labels)) == len(labels)
        named = re.findall(r"steps? (\d[\d.]*\d)(?: (?:to|and) (\d[\d.]*\d))?", row["description"])
        assert {label for pair in named for label in pair if label} <= set(labels)
        assert all(f'"{tracker}": <whole number>' in row["instruction"] for tracker in row["stats_keys"])


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_english_has_one_sentence_a_statement(split: str) -> None:
    for row in rows("easy", split):
        steps = re.findall(r"^ *[\d.]+\. ", row["description"], re.MULTILINE)
        lines = row["function"].split("\n")[1 + len(row["stats_keys"]) : -1]
        assert len(steps) == 1 + sum(line.strip() != "else:" for line in lines)  # one more sets the counters to 0


def test_seeds_levels_and_splits() -> None:
    assert logic_rows(0) == []
    assert logic_rows(40, seed=3, level="hard") == rows("hard")[:40]
    assert logic_rows(40, seed=4, level="hard") != rows("hard")[:40]
    functions = {row["function"] for row in rows("medium")}
    assert not functions & {row["function"] for row in rows("medium", "test")}


@pytest.mark.parametrize("options", [{"level": "extreme"}, {"split": "dev"}, {"count": -1}])
def test_options_out_of_range(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="must be"):
        logic_rows(**({"count": 1} | options))


def test_rows_do_not_depend_on_the_hash_seed() -> None:
    code = "import json; from keepif.trainer import logic_rows; print(json.dumps(logic_rows(9, level='hard', seed=3)))"
    found = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"PYTHONHASHSEED": "12", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(found.stdout.splitlines()[-1]) == rows("hard")[:9]


def test_rows_to_train_on() -> None:
    dataset = logic_dataset(12, level="easy", seed=3)
    assert dataset.column_names == ["prompt", "answer"]
    assert dataset.to_list() == [training_row(row) for row in rows("easy")[:12]]
    gold = dataset["answer"]
    fenced = [f"<think>By hand.</think>```json\n{answer}\n```" for answer in gold]
    assert KeepIFReward()(completions=fenced, answer=gold) == [1.0] * 12
    assert KeepIFReward()(completions=dataset["prompt"], answer=gold) == [0.0] * 12
    assert KeepIFReward()(completions=fenced[3:] + fenced[:3], answer=gold) == [0.0] * 12
