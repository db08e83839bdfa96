"""The launched evaluation: what it leaves, and what it refuses."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.command.cli import main as keepif
from keepif.recipes.evaluate.command import main
from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.results import measurements, report
from tests.helpers.chat_server import serving
from tests.helpers.evaluations import TINY, counted, refused, run


def test_a_run_and_what_it_leaves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Two samples of 24 items; half of them lost; more asked for; compared with a run of another seed."""
    folder = tmp_path / "one"
    first = run(folder, "--limit", "24", "--samples", "2")
    [arm] = first["arms"]
    assert (arm["items"], arm["samples"], arm["missing"]) == (24, 48, 0)
    assert set(arm["numbers"]) == {"accuracy", "hacc", "sacc", "joint"}
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

    assert "\ntiny, as it is, a sample that is wrong:\nprompt    What is" in printed
    assert f"all samples: {folder}/samples-*.jsonl; their verdicts: {folder}/outcomes.jsonl" in printed
    assert (folder / "outcomes.jsonl").exists()


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


def test_a_server_that_fails_leaves_samples_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fails_for_some(body: dict[str, Any], _: int) -> Any:
        fails = len(body["messages"][0]["content"]) % 2
        return (400, {}, "{}") if fails else "\\boxed{7}"

    with serving(fails_for_some) as server, pytest.raises(SystemExit, match="1"):
        run(tmp_path, "--engine", "openai", "--base_url", server.url, "--limit", "16")
    missing = report.load(tmp_path)["arms"][0]["missing"]
    assert 0 < missing < 16
    assert f"{missing} samples are missing; run it again" in capsys.readouterr().out


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keepif(["evaluate", *TINY, "--limit", "4", "--output_dir", str(tmp_path)])
    assert "tiny: 4 items, 4 samples" in capsys.readouterr().out


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
    assert 'pip install -e ".[vllm]"' in refused(capsys, options)


def test_a_bug_keeps_its_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("keepif.recipes.evaluate.engines.Engine.generator", lambda *_: json.loads("{"))
    with pytest.raises(json.JSONDecodeError):
        run(tmp_path, "--limit", "2")
