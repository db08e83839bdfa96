"""The door that all benchmarks share."""

import inspect
import json
from pathlib import Path

import pytest

from keepif.trainer.evaluation import benchmarks
from keepif.trainer.evaluation.benchmarks import BENCHMARKS, load
from keepif.trainer.evaluation.benchmarks.benchmark import Item

ROW = {"id": "sum", "question": "1 + 1?", "answer": "2", "constraint_desc": ["No commas."], "constraint_args": [None]}


def test_every_benchmark_of_the_folder_is_registered() -> None:
    folder = Path(inspect.getfile(benchmarks)).parent
    defined = {path.stem for path in folder.glob("*.py") if "(Benchmark):" in path.read_text()} - {"own"}
    assert defined <= BENCHMARKS.keys()
    assert {"mathif", "ifeval", "ifbench", "logicif", "complexbench"} == defined


def test_a_benchmark_takes_the_options_that_it_names(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(ROW | {"constraint_name": ["punctuation:no_comma"]}))
    assert [item.control for item in load("mathif", path, without_constraints=True, judge=None).items()] == [
        False,
        True,
    ]
    path.write_text(json.dumps({"key": 1, "prompt": "?", "instruction_id_list": [], "kwargs": []}))
    assert len(load("ifeval", path, without_constraints=True, judge=None).items()) == 1
    with pytest.raises(ValueError, match="no benchmark 'maths'"):
        load("maths")


def test_units() -> None:
    """Cases of one function are resampled together."""
    assert [Item(key).unit for key in ("f1/0", "f1/1", "f2")] == ["f1", "f1", "f2"]
