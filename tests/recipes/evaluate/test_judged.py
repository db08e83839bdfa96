"""ComplexBench with a judge behind a server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.evaluate.command import main
from keepif.trainer.evaluation.results import measurements, report, tables
from tests.helpers.chat_server import serving
from tests.helpers.evaluations import refused


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
