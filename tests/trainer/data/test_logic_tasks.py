"""Logic tasks: one meaning in three renderings, and nothing a guess, a dead line or a second reading could spoil."""

import json
import os
import random
import re
import string
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from keepif.rewards import KeepIFReward
from keepif.trainer import logic_dataset, logic_rows
from keepif.trainer.data.logic_tasks import training_row
from keepif.trainer.data.logic_tasks.execution import RECURSION, UnfitError, execute
from keepif.trainer.data.logic_tasks.growth import grow
from keepif.trainer.data.logic_tasks.phrases import PHRASES
from keepif.trainer.data.logic_tasks.python import complexity_metrics, python
from keepif.trainer.data.logic_tasks.slicing import sliced
from keepif.trainer.data.logic_tasks.tasks import LEVELS, Level, Task, tasks
from keepif.trainer.data.logic_tasks.tree import (
    Arithmetic,
    Bump,
    Call,
    Comparison,
    Count,
    Each,
    Helper,
    If,
    Name,
    Number,
    Program,
    Set,
    While,
    names,
    statements,
)

PUBLISHED = ["task_id", "test_case_id", "input", "code_output", "function", "description", "instruction",
             "stats_keys", "output_format", "complexity_metrics"]  # fmt: skip
LINES = ("counters", "set", "update", "bump", "if", "if else", "each", "count", "while")
every_level = pytest.mark.parametrize("level", list(LEVELS))


@cache
def rows(level: Level, split: Any = "train") -> list[dict[str, Any]]:
    return logic_rows(300, level=level, seed=3, split=split)


@cache
def drawn(level: Level) -> list[Task]:
    endless = tasks(random.Random(5), LEVELS[level])
    return [next(endless) for _ in range(100)]


def run_python(source: str, arguments: list[Any]) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__builtins__": {"abs": abs, "max": max, "min": min, "range": range}}
    exec(source, namespace)  # noqa: S102  # our own program, in a bare namespace
    output, stats = namespace["f"](*arguments)
    return {"output": output, "stats": stats}


def only(*body: Any, helpers: tuple[Helper, ...] = (), result: str = "b") -> Program:
    return Program(helpers, body, result)


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


@every_level
def test_loop_variables_are_not_replaced(level: Level) -> None:
    for task in drawn(level):
        for statement in statements(task.program.body):
            match statement:
                case Each(name, body) | Count(name, _, body):
                    assert name not in [inner.name for inner in statements(body) if isinstance(inner, Set)]
                case While(condition, (*before, fall)):
                    assert isinstance(fall, Set)
                    assert condition.left == Name(fall.name)
                    inside = statements(tuple(before))
                    assert fall.name not in [inner.name for inner in inside if isinstance(inner, Set)]


@every_level
def test_helpers_alone_bump_their_trackers(level: Level) -> None:
    for task in drawn(level):
        own = {s.tracker for s in statements(task.program.body) if isinstance(s, Bump)}
        theirs = [helper.tracker for helper in task.program.helpers]
        assert len(set(theirs)) == len(theirs)
        assert not own & set(theirs)
        assert all(any(case.outcome.stats[tracker] for case in task.cases) for tracker in task.program.trackers)


@every_level
def test_outputs_depend_on_executed_statements(level: Level) -> None:
    fewest = {"easy": 4, "medium": 5, "hard": 7}[level]
    for task in drawn(level):
        assert all(case.outcome.depends >= fewest for case in task.cases)
        assert len({case.outcome.output for case in task.cases}) == 3


def test_what_an_output_depends_on() -> None:
    constant, unused = Set("b", Number(9)), Set("c", Name("x"))
    assert execute(only(unused, constant), 4, []).depends == 1
    assert execute(only(unused, Set("b", Name("c"))), 4, []).depends == 2
    branch = If(Comparison(">", Name("c"), Number(3)), (Set("b", Number(5)), Bump("hits")))
    assert execute(only(constant, unused, branch), 4, []).depends == 3  # the setting, its branch, the condition's c
    assert execute(only(constant, unused, branch), 2, []).depends == 1


def test_dead_code_is_sliced_away() -> None:
    dead, live = Set("c", Number(3)), Set("b", Name("x"))
    update = Set("b", Arithmetic("+", Name("b"), Name("c")))
    helper = Helper("P", "runs_of_P", Comparison(">", Name("n"), Number(1)), Name("n"), Number(2))
    counted = Set("d", Call("P", Name("x")))
    loop = Each("e", (update, Bump("hits"), Set("c", Name("e"))))
    assert sliced(only(dead, live)).body == (live,)
    assert sliced(only(Set("b", Number(1)), live)).body == (live,)  # overwritten
    assert sliced(only(dead, live, update)).body == (dead, live, update)
    assert sliced(only(dead, live, loop)).body == (dead, live, loop)  # read in the next round
    assert sliced(only(live, Each("e", (Set("c", Name("e")), Bump("hits"))))).body == (
        live,
        Each("e", (Bump("hits"),)),
    )
    assert sliced(only(counted, live, helpers=(helper,))).body == (counted, live)  # it is counted


@every_level
def test_slicing_keeps_the_meaning_and_leaves_nothing_dead(level: Level) -> None:
    rng = random.Random(1)
    shorter = 0
    for _ in range(200):
        program = grow(rng, LEVELS[level].shape)
        short = sliced(program)
        assert sliced(short) == short
        shorter += python(short) != python(program)
        try:
            whole = execute(program, 17, [4, 9, 2])
        except UnfitError:
            continue
        assert replace(execute(short, 17, [4, 9, 2]), depends=0) == replace(whole, depends=0)
    assert shorter > 5
    assert all(sliced(task.program) == task.program for task in drawn(level))


def test_recursion_stays_shallow() -> None:
    down = Call("R", Arithmetic("-", Name("n"), Number(1)))
    helper = Helper("R", "runs_of_R", Comparison("<=", Name("n"), Number(1)), Number(1), down)
    program = only(Set("b", Call("R", Name("x"))), helpers=(helper,))
    assert execute(program, RECURSION, []).stats == {"runs_of_R": RECURSION}
    with pytest.raises(UnfitError, match="deep"):
        execute(program, RECURSION + 1, [])
    assert RECURSION <= 4


def test_what_nobody_should_do_by_hand_is_unfit() -> None:
    less = Set("b", Arithmetic("-", Number(1), Name("x")))
    for unfit in (
        only(less, Set("b", Arithmetic("%", Name("b"), Number(5)))),
        only(less, Set("b", Arithmetic("//", Name("b"), Number(2)))),
        only(Set("b", Arithmetic("*", Name("x"), Number(9999)))),
        only(While(Comparison(">", Name("x"), Number(0)), (Bump("hits"),))),
    ):
        with pytest.raises(UnfitError):
            execute(unfit, 7, [])


def test_every_kind_of_statement_is_drawn() -> None:
    program = [task.program for task in drawn("hard")]
    kinds = {type(s).__name__ for p in program for s in statements(p.body)}
    assert kinds == {"Set", "Bump", "If", "Each", "Count", "While"}
    assert all([helper.name for helper in p.helpers] == ["P", "R"] for p in program)
    assert any(name in names(s.value) for p in program for s in statements(p.body) if isinstance(s, Set)
               for name in [s.name])  # fmt: skip


@pytest.mark.parametrize("kind", list(PHRASES))
def test_every_sentence_has_paraphrases(kind: str) -> None:
    train, test = PHRASES[kind]
    assert len(set(train)) >= 3
    assert len(set(test)) >= 2
    assert not set(train) & set(test)
    asked = [{field for _, field, _, _ in string.Formatter().parse(phrase) if field} for phrase in train + test]
    assert all(fields == asked[0] for fields in asked)


@every_level
@pytest.mark.parametrize(("split", "other"), [("train", "test"), ("test", "train")])
def test_the_splits_share_no_sentence(level: Level, split: str, other: str) -> None:
    def patterns(which: str) -> list[re.Pattern[str]]:
        return [re.compile(re.sub(r"\\{\w+\\}", ".+", re.escape(phrase)))
                for kind in LINES for phrase in getattr(PHRASES[kind], which)]  # fmt: skip

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
