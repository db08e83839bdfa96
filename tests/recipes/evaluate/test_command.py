"""The launched evaluation: what is made once is not made again, by one process or several, and what it leaves."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.command.cli import main as keepif
from keepif.recipes.evaluate.arguments import EvaluateArguments
from keepif.recipes.evaluate.command import main
from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator
from keepif.trainer.evaluation.results import measurements, report, tables
from tests.helpers.chat_server import ChatServer, serving

TINY = ["--model", "tiny", "--benchmarks", "tiny"]
CONFIG = Path(__file__).parents[3] / "recipes/accelerate_configs/cpu_two_process.yaml"
ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}


def run(folder: Path, *options: str) -> dict[str, Any]:
    """An evaluation in this process; its report."""
    main([*TINY, "--output_dir", str(folder), *options])
    return report.load(folder)


def counted(folder: Path) -> Counter[tuple[str, int]]:
    return Counter((row["key"], row["index"]) for row in journal.read(folder))


def test_a_run_and_what_it_leaves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two samples of 24 items; half of them lost; more asked for; compared with a run of another seed."""
    folder = tmp_path / "one"
    first = run(folder, "--limit", "24", "--samples", "2")
    [arm] = first["arms"]
    assert (arm["items"], arm["samples"], arm["missing"]) == (24, 48, 0)
    assert set(arm["numbers"]) == {"correct", "hacc", "sacc", "joint"}
    assert set(counted(folder).values()) == {1}

    lines = (folder / "samples-0.jsonl").read_text().splitlines(keepends=True)
    (folder / "samples-0.jsonl").write_text("".join(lines[::3]) + lines[1][:30])
    assert run(folder, "--limit", "24", "--samples", "2", "--batch_size", "7") == first
    assert sorted((folder / "samples-0.jsonl").read_text().splitlines(keepends=True)) == sorted(lines)

    main([*TINY, "--limit", "24", "--samples", "2", "--seed", "1", "--output_dir", str(tmp_path / "two")])
    capsys.readouterr()
    compared = run(folder, "--limit", "24", "--samples", "3", "--compare", str(tmp_path / "two"))
    assert set(counted(folder).values()) == {1}
    assert len(counted(folder)) == 72
    [comparison] = compared["comparisons"]
    assert (comparison["with"], comparison["items"]) == ("two", 24)
    joint = comparison["numbers"]["joint"]
    assert joint["this"] == pytest.approx(compared["arms"][0]["numbers"]["joint"]["share"])
    assert joint["low"] <= joint["difference"] <= joint["high"]
    printed = capsys.readouterr().out
    assert "against two, 24 items" in printed
    for name in ("report.md", "types.png", "thinking.png", "plane.png", "comparison.png"):
        assert (folder / name).stat().st_size > 1000
    assert "two was made with another sampling of tiny: {'temperature': 1.0, " in printed
    said = refused(capsys, [*TINY, "--output_dir", str(folder), "--max_tokens", "100"])
    assert "another sampling of tiny" in said
    assert "another --output_dir" in said


def refused(capsys: pytest.CaptureFixture[str], options: list[str], command: Any = main) -> str:
    """The one line that a command ends with, and its exit code 2."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        command(options)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.count("\n") == 1
    return said


def test_what_cannot_be_compared_is_refused_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def says(folder: str, *options: str) -> str:
        return refused(capsys, [*TINY, "--output_dir", str(tmp_path / folder), *options])

    other = report.build("run", {"items of tiny": "0"}, [], {})
    report.write_json(tmp_path / "other" / report.NAME, other)
    measurements.write(tmp_path / "other", [])
    asked = ["--limit", "4", "--compare", str(tmp_path / "other")]
    assert "called run, run: give each a --name of its own" in says("run", *asked)
    assert "run has answered other items of tiny: give both runs the same --sources" in says("mine", *asked)
    assert "no report.json of this version" in says("mine", "--compare", str(tmp_path / "nowhere"))
    assert not list(tmp_path.glob("*/samples-*"))


def test_a_model_that_was_misspelt_leaves_the_folder_free(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--benchmarks", "tiny", "--limit", "2", "--output_dir", str(tmp_path)]
    assert "no/such" in refused(capsys, ["--model", "no/such", *options])
    assert run(tmp_path, "--limit", "2")["arms"][0]["samples"] == 2


def test_thinking_modes_and_remedies(tmp_path: Path) -> None:
    """Arms of one run are compared with each other; what the first call made is there, and stays."""
    run(tmp_path, "--limit", "8")
    found = run(tmp_path, "--limit", "8", "--thinking", "both", "--mitigation", "none", "self_reflection")
    assert [(arm["thinking"], arm["mitigation"]) for arm in found["arms"]] == [
        ("default", "none"),
        ("on", "none"), ("on", "self_reflection"), ("off", "none"), ("off", "self_reflection")
    ]  # fmt: skip
    assert found["arms"][1]["thinking_tokens"] > 0 == found["arms"][3]["thinking_tokens"]
    assert found["arms"][2]["tokens"] > found["arms"][1]["tokens"]  # the second look costs something
    assert [compared["with"] for compared in found["within"]] == ["without", "without", "thinking off", "thinking off"]
    assert len(list(journal.read(tmp_path))) == 8 * 5
    assert [m.arm.mitigation for m in measurements.read(tmp_path)] == ["none", *["none", "self_reflection"] * 2]


def test_killed_and_started_again(tmp_path: Path) -> None:
    """SIGKILL in mid-generation: what was written is not asked again, and the table is an undisturbed run's."""

    def slow(body: dict[str, Any], _: int) -> str:
        time.sleep(0.15)
        return f"So the answer is \\boxed{{{len(body['messages'][0]['content']) % 10}}}."

    def options(server: ChatServer, folder: str) -> list[str]:
        server_is = ["--engine", "openai", "--base_url", server.url, "--concurrency", "2", "--batch_size", "4"]
        return [*TINY, *server_is, "--limit", "24", "--output_dir", str(tmp_path / folder)]

    with serving(slow) as server:
        command = [sys.executable, "-m", "keepif.recipes.evaluate", *options(server, "run")]
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while len(server.requests) < 10 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        asked_before, kept = len(server.requests), counted(tmp_path / "run")
        assert 4 <= len(kept) < 24

        main(options(server, "run"))
        assert set(counted(tmp_path / "run").values()) == {1}
        assert len(counted(tmp_path / "run")) == 24
        assert len(server.requests) - asked_before == 24 - len(kept)

        asked_before = len(server.requests)
        main(options(server, "run"))
        assert len(server.requests) == asked_before
        main(options(server, "whole"))
    again, whole = report.load(tmp_path / "run"), report.load(tmp_path / "whole")
    assert again["arms"] == whole["arms"]


def test_killed_while_the_model_itself_generates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with the model in the process: the draws that are on disk are not made again."""
    asked = [*TINY, "--limit", "48", "--samples", "2", "--batch_size", "4", "--output_dir"]
    folder, total = tmp_path / "run", 96
    command = [sys.executable, "-m", "keepif.recipes.evaluate", *asked, str(folder)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while len(counted(folder)) < 8 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = counted(folder)
    assert 8 <= len(kept) < total

    made: list[Any] = []
    generate = TransformersGenerator.generate
    monkeypatch.setattr(
        TransformersGenerator,
        "generate",
        lambda self, requests, sampling: made.extend(requests) or generate(self, requests, sampling),
    )
    main([*asked, str(folder)])
    assert len(made) == total - len(kept)
    assert set(counted(folder).values()) == {1}
    assert len(counted(folder)) == total
    main([*asked, str(tmp_path / "whole")])
    again, whole = report.load(folder), report.load(tmp_path / "whole")
    assert again["arms"] == whole["arms"]
    assert tables.tables(again) == tables.tables(whole)


def test_a_server_that_fails_leaves_samples_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fails_for_some(body: dict[str, Any], _: int) -> Any:
        fails = len(body["messages"][0]["content"]) % 2
        return (400, {}, "{}") if fails else "\\boxed{7}"

    with serving(fails_for_some) as server, pytest.raises(SystemExit, match="1"):
        run(tmp_path, "--engine", "openai", "--base_url", server.url, "--limit", "16")
    missing = report.load(tmp_path)["arms"][0]["missing"]
    assert 0 < missing < 16
    assert f"{missing} samples are missing; run it again" in capsys.readouterr().out


def test_complexbench_is_judged_over_the_net(
    shared: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One server answers and another judges; without a judge the run says what it needs, before anything is asked."""
    example = shared("complexbench/example_instance.json")
    repeats = ["--mitigation", "none", "constraint_repetition"]
    options = ["--model", "m", "--engine", "openai", "--benchmarks", "complexbench", "--output_dir", str(tmp_path)]
    options += ["--sources", f"complexbench={example}", "--samples", "2"]
    with serving(lambda *_: "It has.") as server, serving(lambda *_: "Answer: yes") as judge:
        assert "give --judge_url and --judge_model" in refused(capsys, [*options, "--base_url", server.url])
        assert server.requests == []
        main([*options, "--base_url", server.url, "--judge_url", judge.url, "--judge_model", "severe"])
        assert (len(server.requests), len(judge.requests)) == (2, 9)  # both samples are one text
        main([*options, "--base_url", server.url, "--judge_url", judge.url, "--judge_model", "severe"])
        assert (len(server.requests), len(judge.requests)) == (2, 9)
        main([*options, *repeats, "--base_url", server.url, "--judge_url", judge.url, "--judge_model", "severe"])
    assert (len(server.requests), len(judge.requests)) == (4, 9)
    found = report.load(tmp_path)
    assert found["arms"][0]["numbers"]["drfr"]["share"] == 1
    assert found["arms"][0]["best_of"]["2"]["share"] == 1
    (note,) = [line for line in tables.footnotes(found) if "scored by" in line]
    assert note == "complexbench is scored by severe on every question (not the published protocol)"
    assert "complexbench, constraint repetition: the benchmark does not name" in "\n".join(tables.footnotes(found))


def test_a_judge_that_fails_leaves_samples_unjudged(
    shared: Callable[[str], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It says so and exits with 1; run again, what has failed is asked, and what has not is not."""
    example = json.loads(shared("complexbench/example_instance.json").read_text())
    (tmp_path / "rows.json").write_text(json.dumps([example, example | {"main_id": 900, "instruction_en": "Fail."}]))
    options = ["--model", "m", "--engine", "openai", "--benchmarks", "complexbench", "--output_dir", str(tmp_path)]
    options += ["--sources", f"complexbench={tmp_path / 'rows.json'}", "--judge_model", "severe"]

    def judges(body: dict[str, Any], _: int) -> Any:
        return (400, {}, "{}") if down and "Fail." in body["messages"][0]["content"] else "Answer: yes"

    with serving(lambda *_: "It has.") as server, serving(judges) as judge:
        options += ["--base_url", server.url, "--judge_url", judge.url]
        down = True
        with pytest.raises(SystemExit, match="1"):
            main(options)
        assert "complexbench, as it is: 1 of 2 samples are not judged" in capsys.readouterr().out
        [arm] = report.load(tmp_path)["arms"]
        assert (arm["missing"], arm["unjudged"], arm["numbers"]["drfr"]["share"]) == (0, 1, 1)
        assert [m.unjudged for m in measurements.read(tmp_path)] == [1]
        down = False
        main(options)
    assert len(judge.requests) == 9 + 9 + 9
    assert report.load(tmp_path)["arms"][0]["unjudged"] == 0


def test_two_processes_make_one_report(tmp_path: Path) -> None:
    """The same samples as one process makes, each process its share."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(CONFIG)]
    command += ["--main_process_port", "0", "-m", "keepif.recipes.evaluate", *TINY, "--limit", "12"]
    done = subprocess.run(
        [*command, "--output_dir", str(tmp_path / "two")], env=ENVIRONMENT, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert [len((tmp_path / "two" / f"samples-{rank}.jsonl").read_text().splitlines()) for rank in (0, 1)] == [6, 6]
    assert run(tmp_path / "one", "--limit", "12")["arms"] == report.load(tmp_path / "two")["arms"]


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keepif(["evaluate", *TINY, "--limit", "4", "--output_dir", str(tmp_path)])
    assert "tiny: 4 items, 4 samples" in capsys.readouterr().out


def test_sampling_is_as_published_or_as_asked() -> None:
    args = EvaluateArguments(benchmarks=["mathif", "ifeval"], seed=3)
    assert (args.sampling_of("mathif").temperature, args.sampling_of("mathif").top_p) == (1.0, 0.95)
    assert (args.sampling_of("ifeval").temperature, args.sampling_of("ifeval").seed) == (0.0, 3)
    several = EvaluateArguments(benchmarks=["ifeval"], samples=4, max_tokens=9)
    assert (several.sampling_of("ifeval").temperature, several.sampling_of("ifeval").max_tokens) == (1.0, 9)
    assert EvaluateArguments(benchmarks=["ifeval"], samples=4, temperature=0.0).sampling_of("ifeval").temperature == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"benchmarks": ["gsm8k"]}, "benchmarks must be of complexbench, .*found 'gsm8k'"),
        ({"thinking": "maybe"}, "thinking must be of default, on, off, both, found 'maybe'"),
        ({"mitigation": ["prayer"]}, "mitigation must be of none, few_shot"),
        ({"engine": "tgi"}, "engine must be of transformers, vllm, openai"),
        ({"samples": 0}, "samples must be at least 1, found 0"),
        ({"sources": ["ifeval"]}, "sources must be NAME=PATH"),
        ({"sources": ["ifbench=x"]}, "sources must be NAME=PATH"),
        ({"dtype": "float33"}, "dtype must be of auto, float32"),
        (
            {"benchmarks": ["ifeval"], "mitigation": ["thinking_budget"], "max_tokens": 8, "thinking_budget": 8},
            "thinking_budget must be below the max_tokens of ifeval, which are 8",
        ),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvaluateArguments(**options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--samples", "0"], "keepif evaluate: samples must be at least 1, found 0"),
        (["--no_such_flag", "1"], "no_such_flag"),
        (
            ["--benchmarks", "ifeval", "--sources", "ifeval=keepif/none"],
            "give its file or folder as the source: --sources NAME=PATH",
        ),
        (["--benchmarks", "ifeval", "--sources", "ifeval=/nowhere.jsonl"], "there is no file /nowhere.jsonl"),
        (["--model", "./nowhere"], "the model './nowhere' cannot be loaded: "),
        (["--engine", "openai", "--base_url", "here"], "base_url must begin with http"),
        (["--mitigation", "classifier_selective", "--gate", "nowhere"], "nowhere holds no gate (FileNotFoundError"),
        (["--compare", "nowhere"], "there is no report.json of this version"),
    ],
)
def test_what_the_user_can_put_right_is_one_line(
    options: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = [*TINY, "--limit", "2", "--output_dir", "run", *options]
    assert said in refused(capsys, asked)
    assert said in refused(capsys, ["evaluate", *asked], keepif)
    assert not list(tmp_path.glob("run/samples-*"))


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
def test_a_missing_extra_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = [*TINY, "--limit", "2", "--output_dir", str(tmp_path), "--engine", "vllm"]
    assert "pip install 'keepif[vllm]'" in refused(capsys, options)


def test_a_bug_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepif.recipes.evaluate.engines.Engine.generator", lambda *_: json.loads("{"))
    with pytest.raises(json.JSONDecodeError):
        run(tmp_path, "--limit", "2")
