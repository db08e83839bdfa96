"""What an evaluation's report is made of: all that its folder holds, and runs that can be compared with it."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.evaluate.command import main
from keepif.recipes.models import TINY
from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.results import report
from tests.helpers.chat_server import ChatServer, serving


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """Knows one answer."""
    with serving(lambda *_: "It is \\boxed{2}.") as found:
        yield found


def run(folder: Path, *options: str) -> dict[str, Any]:
    """An evaluation of the embedded policy on eight of its prompts; its report."""
    main(["--model", "tiny", "--benchmarks", "tiny", "--limit", "8", "--output_dir", str(folder), *options])
    return report.load(folder)


def refused(capsys: pytest.CaptureFixture[str], start: Callable[[], Any]) -> str:
    capsys.readouterr()
    with pytest.raises(SystemExit, match="2"):
        start()
    return capsys.readouterr().err


def mathif(path: Path, gold: str = "2") -> str:
    """Six rows in MathIF's columns, as a source."""
    rows = [
        {"id": f"sum-{n}", "question": f"1 + {n}?", "answer": gold, "constraint_desc": ["No commas."],
         "constraint_name": ["punctuation:no_comma"], "constraint_args": [None]}
        for n in range(6)
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    return f"mathif={path}"


def ifeval(path: Path) -> str:
    row = {"key": 1, "prompt": "Say it.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    path.write_text(json.dumps(row))
    return f"ifeval={path}"


def asked(server: ChatServer, folder: Path, *options: str) -> dict[str, Any]:
    """An evaluation of the server; its report."""
    main(["--model", "m", "--engine", "openai", "--base_url", server.url, "--output_dir", str(folder), *options])
    return report.load(folder)


def test_what_an_earlier_call_has_made_is_in_the_report(tmp_path: Path) -> None:
    [plain] = run(tmp_path)["arms"]
    found = run(tmp_path, "--mitigation", "self_reflection")
    assert [arm["mitigation"] for arm in found["arms"]] == ["none", "self_reflection"]
    assert found["arms"][0] == plain
    assert [compared["with"] for compared in found["within"]] == ["without"]
    found = run(tmp_path, "--mitigation", "few_shot", "--samples", "2")
    assert [arm["mitigation"] for arm in found["arms"]] == ["few_shot"]
    assert found["notes"][0] == ("tiny, as it is: not shown, 8 of 16 samples are missing; ask for it to make them")


def test_benchmarks_of_earlier_calls_stay_in_the_report(tmp_path: Path, server: ChatServer) -> None:
    asked(server, tmp_path / "run", "--benchmarks", "ifeval", "--sources", ifeval(tmp_path / "ifeval.jsonl"))
    options = ["--benchmarks", "mathif", "--sources", mathif(tmp_path / "mathif.jsonl")]
    found = asked(server, tmp_path / "run", *options)
    assert [arm["benchmark"] for arm in found["arms"]] == ["mathif", "ifeval"]
    assert asked(server, tmp_path / "run", *options) == found


def test_problems_without_their_constraints(tmp_path: Path, server: ChatServer) -> None:
    """A limit counts problems; they may join later, and a run with them is compared with one without."""
    options = ["--benchmarks", "mathif", "--sources", mathif(tmp_path / "rows.jsonl"), "--limit", "3"]
    alone = asked(server, tmp_path / "alone", *options)
    both = [*options, "--without_constraints", "true"]
    found = asked(server, tmp_path / "both", *both, "--compare", str(tmp_path / "alone"))
    assert (found["arms"][0]["items"], found["arms"][0]["samples"]) == (3, 3)
    assert "accuracy_without" in found["arms"][0]["numbers"]
    assert found["comparisons"][0]["items"] == 3
    server.requests.clear()
    assert asked(server, tmp_path / "alone", *both)["arms"] == found["arms"]
    assert len(server.requests) == 3
    assert "accuracy_without" not in alone["arms"][0]["numbers"]


def test_items_with_another_answer_are_others(
    tmp_path: Path, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--benchmarks", "mathif", "--sources", mathif(tmp_path / "rows.jsonl")]
    asked(server, tmp_path / "one", *options)
    mathif(tmp_path / "rows.jsonl", gold="3")
    assert "another items of mathif" in refused(capsys, lambda: asked(server, tmp_path / "one", *options))
    compared = [*options, "--compare", str(tmp_path / "one")]
    assert "one has answered other items" in refused(capsys, lambda: asked(server, tmp_path / "two", *compared))


def test_another_judge_is_refused(
    shared: Callable[[str], Path], tmp_path: Path, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    source = f"complexbench={shared('complexbench/example_instance.json')}"
    with serving(lambda *_: "Answer: yes") as judge:
        options = ["--benchmarks", "complexbench", "--sources", source, "--judge_url", judge.url]
        asked(server, tmp_path / "one", *options, "--judge_model", "mild")
        options += ["--judge_model", "severe", "--compare", str(tmp_path / "one")]
        said = refused(capsys, lambda: asked(server, tmp_path / "two", *options))
    assert "one has complexbench scored by mild on every question" in said
    assert "this run by severe on every question" in said
    assert not list((tmp_path / "two").glob("samples-*"))


def test_complexbench_without_a_judge_is_left_out(
    tmp_path: Path, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others are measured, the report says what it needs, and the exit code that something is missing."""
    with pytest.raises(SystemExit, match="1"):
        asked(server, tmp_path, "--benchmarks", "complexbench", "ifeval", "--sources", ifeval(tmp_path / "rows.jsonl"))
    found = report.load(tmp_path)
    assert [arm["benchmark"] for arm in found["arms"]] == ["ifeval"]
    [note] = found["notes"]
    assert note.startswith("complexbench is left out. ")
    assert "give --judge_url and --judge_model" in note
    assert "data/data_final.json" in note
    assert capsys.readouterr().out.startswith(note)


def test_a_run_that_shares_nothing(tmp_path: Path) -> None:
    run(tmp_path / "off", "--thinking", "off")
    found = run(tmp_path / "plain", "--compare", str(tmp_path / "off"))
    assert found["comparisons"] == []
    assert "nothing is compared with off, which has tiny, thinking off; this run has tiny, as it is" in found["notes"]
    found = run(tmp_path / "both", "--thinking", "both", "--compare", str(tmp_path / "off"))
    assert [compared["thinking"] for compared in found["comparisons"]] == ["off"]
    assert "not compared, since off does not have it: tiny, thinking on" in found["notes"]


def test_what_another_run_misses_is_said(tmp_path: Path, server: ChatServer) -> None:
    options = ["--benchmarks", "mathif", "--sources", mathif(tmp_path / "rows.jsonl"), "--samples", "2"]

    def fails_on_one(body: dict[str, Any], _: int) -> Any:
        return (400, {}, "{}") if "1 + 0?" in body["messages"][0]["content"] else "It is \\boxed{2}."

    with serving(fails_on_one) as failing, pytest.raises(SystemExit, match="1"):
        asked(failing, tmp_path / "one", *options)
    found = asked(server, tmp_path / "two", *options, "--compare", str(tmp_path / "one"))
    assert "one, mathif, as it is: 2 samples are missing there" in found["notes"]
    assert (found["comparisons"][0]["items"], found["comparisons"][0]["samples"]) == (5, [10, 10])


@pytest.fixture
def no_switch(tmp_path: Path) -> Path:
    """The embedded policy with a chat template that knows no thinking."""
    folder = tmp_path / "no_switch"
    shutil.copytree(TINY, folder)
    (folder / "chat_template.jinja").write_text("{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}")
    return folder


def test_thinking_that_cannot_be_chosen(tmp_path: Path, no_switch: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two arms of one prompt are refused; a remedy that chooses between them is said to choose nothing."""
    for mode in ("on", "off", "both"):
        said = refused(capsys, lambda m=mode: run(tmp_path / "run", "--model", str(no_switch), "--thinking", m))
        assert f"--thinking {mode}: the chat template of {no_switch} neither has a switch" in said
    assert not list((tmp_path / "run").glob("samples-*"))
    note = "self_selective: the chat template has no switch for thinking, so that what it chooses changes nothing"
    options = ["--model", str(no_switch), "--max_tokens", "8"]
    assert note in run(tmp_path / "run", *options, "--mitigation", "self_selective")["notes"]
    assert note in run(tmp_path / "run", *options)["notes"]  # it is in this report too
    assert note not in run(tmp_path / "can", "--mitigation", "self_selective")["notes"]


def test_one_sample_is_greedy_and_several_are_not(
    tmp_path: Path, server: ChatServer, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--benchmarks", "ifeval", "--sources", ifeval(tmp_path / "rows.jsonl")]
    asked(server, tmp_path / "run", *options)
    said = refused(capsys, lambda: asked(server, tmp_path / "run", *options, "--samples", "4"))
    assert "temperature 0.0, not 1.0, top_p 1.0, not 0.95 (for a greedy benchmark that depends on --samples)" in said
    assert said.endswith("for this benchmark alone, give --temperature 0.0 --top_p 1.0\n")
    drawn = ["--temperature", "1", "--top_p", "0.95"]
    asked(server, tmp_path / "drawn", *options, *drawn)
    asked(server, tmp_path / "drawn", *options, "--samples", "4")
    assert len(list(journal.read(tmp_path / "drawn"))) == 4
