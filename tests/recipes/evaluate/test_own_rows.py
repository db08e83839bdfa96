"""Rows of one's own: the file that was trained on is a benchmark, with the prompts that training makes of it."""

import json
import re
import shlex
from pathlib import Path

import pytest

from keepif.recipes.arguments import BOXED
from keepif.recipes.evaluate.plan import own_rows
from keepif.rewards import constraints_of
from keepif.trainer.data.constrain import RowError
from keepif.trainer.evaluation.benchmarks.benchmark import Sample, numbers
from keepif.trainer.evaluation.benchmarks.own import OwnRows
from tests.helpers.evaluations import counted, refused, run

PAGE = Path(__file__).parents[3] / "trainer" / "evaluation" / "README.md"
COMMA = "punctuation:no_comma"
ROWS = [
    {"question": "What is 2 + 2?", "answer": "#### 4", "instruction_id_list": [COMMA], "kwargs": [{}]},
    {"question": "What is 2 + 3?", "answer": "#### 5", "instruction_id_list": [COMMA], "kwargs": [{}]},
]


def written(folder: Path, rows: list[dict]) -> Path:
    path = folder / "mine.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_the_file_that_was_trained_on(tmp_path: Path) -> None:
    mine = own_rows("mine", str(written(tmp_path, ROWS)))
    four, five = mine.items()
    assert four.messages == ({"role": "user", "content": f"What is 2 + 2? {BOXED}"},)
    right, commas = "It is surely \\boxed{4}.", "It is, surely, \\boxed{4}."
    samples = [Sample(four, 0, right), Sample(four, 1, commas), Sample(five, 0, right), Sample(five, 1, right)]
    cut = Sample(five, 2, "It is surely \\boxed{5}.", truncated=True)
    found = mine.score([*samples, cut])
    assert numbers(found) == {"accuracy": 2 / 5, "hacc": 3 / 5, "sacc": 3 / 5, "joint": 1 / 5}
    assert found[1].by_type == {COMMA: (0.0, 1)}


def test_a_file_without_constraints_gets_the_same_ones_each_time(tmp_path: Path) -> None:
    bare = [{name: row[name] for name in ("question", "answer")} for row in ROWS]
    one, two = (own_rows("mine", str(written(tmp_path, bare))).items() for _ in range(2))
    assert one == two
    assert all(constraints_of(item.row) for item in one)


def test_what_has_no_gold_answer_has_no_accuracy() -> None:
    prompt = [{"role": "user", "content": "Say so."}]
    mine = OwnRows("mine", [{"prompt": prompt, "instruction_id_list": [COMMA], "kwargs": [{}]}])
    assert mine.headline == "sacc"
    assert numbers(mine.score([Sample(mine.items()[0], 0, "It is so.")])) == {"hacc": 1, "sacc": 1}
    with pytest.raises(RowError, match="mine row 0: no field 'prompt'"):
        OwnRows("mine", [{"question": "?"}])


def test_the_pages_command_measures_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PAGE.read_text("utf-8").split("## Your own data\n")[1]
    [command] = re.findall(r"^    keepif evaluate (--model tiny .*)$", text.split("\n## ")[0], re.MULTILINE)
    written(tmp_path, ROWS).rename(tmp_path / "rows.jsonl")
    monkeypatch.chdir(tmp_path)
    [arm] = run(tmp_path / "out", *shlex.split(command)[2:])["arms"]
    assert (arm["benchmark"], arm["items"], arm["headline"]) == ("mine", 2, "joint")
    assert set(counted(tmp_path / "out").values()) == {1}
    asked = ["--model", "tiny", "--max_tokens", "48", "--output_dir", str(tmp_path / "out")]
    assert "there is no file" in refused(capsys, [*asked, "--benchmarks", "mine=nowhere.jsonl"])
