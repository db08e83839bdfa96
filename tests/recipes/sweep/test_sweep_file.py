"""Sweep files: what ships, as W&B's own agent starts it, and what cannot be run without its server."""

import json
from pathlib import Path
from typing import Any

import pytest
import wandb.wandb_agent
import yaml

from keepif.recipes.command.cli import main
from keepif.recipes.sweep.sweep_file import SWEEPS, Sweep, read
from keepif.recipes.train import main as train
from keepif.recipes.train import parse
from tests.helpers.sweeps import sweep_of

SHIPPED = sorted(path.name for path in SWEEPS.glob("*.yaml"))


@pytest.fixture
def agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """W&B's agent without its server, and without the process that it would start: it returns the command."""
    started: list[list[str]] = []
    agent = object.__new__(wandb.wandb_agent.Agent)
    agent._in_jupyter, agent._function, agent._forward_signals, agent._run_processes = False, None, False, {}

    def process(command: list[str], **_: Any) -> Any:
        started.append(command)
        return type("Process", (), {})()

    monkeypatch.setattr(wandb.wandb_agent, "AgentProcess", process)
    monkeypatch.chdir(tmp_path)
    for name in ("WANDB_RUN_ID", "WANDB_SWEEP_PARAM_PATH"):
        monkeypatch.setenv(name, "")

    def start(command: list[str], program: str, values: dict[str, Any], run_id: str = "one") -> list[str]:
        agent._sweep_command = list(command)
        args = {name: {"value": value} for name, value in values.items()}
        agent._command_run({"run_id": run_id, "program": program, "args": args})
        return started[-1]

    return start


def asked_of(command: list[str]) -> dict[str, Any]:
    """Every argument that our parser reads out of a command of W&B's agent."""
    assert command[:4] == ["/usr/bin/env", "accelerate", "launch", "--num_processes"]
    launcher, recipe = command[3:9], command[9:]
    assert launcher == ["--num_processes", "1", "--main_process_port", "0", "-m", "keepif.recipes.train"]
    keepif_args, grpo_args, model_args = parse([*recipe, "--report_to=none"])
    keepif_args.keepif()
    return vars(model_args) | vars(grpo_args) | vars(keepif_args)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_sweeps_start_what_parses(name: str, tmp_path: Path, agent: Any) -> None:
    text = (SWEEPS / name).read_text()
    assert f"wandb sweep recipes/sweeps/{name}" in text
    asked = yaml.safe_load(text)
    searched = tmp_path / name
    searched.write_text(
        yaml.safe_dump(asked | {"method": "random"} if asked["method"] == "bayes" else asked, sort_keys=False)
    )
    sweep = read(searched)
    assert len(sweep.runs) >= 4
    for values in sweep.runs:
        command = agent(asked["command"], asked["program"], values)
        assert command == sweep.command_of(values)
        found = asked_of(command)
        assert {name: type(value)(found[name]) for name, value in values.items()} == values


@pytest.mark.parametrize("name", SHIPPED)
def test_wandbs_search_engine_makes_the_same_runs(name: str, agent: Any) -> None:
    """`sweeps` is what W&B's server searches with: its runs lie where ours do, and our parser takes them."""
    engine = pytest.importorskip("sweeps", reason="W&B's search engine: pip install --no-deps sweeps")
    asked = yaml.safe_load((SWEEPS / name).read_text())
    cap = asked.pop("run_cap", 1000)  # the server's, not the engine's
    engine.config.SweepConfig(asked)  # raises where the file violates W&B's schema
    runs: list[Any] = []
    while len(runs) < cap and (run := engine.next_run(asked, runs)):
        joint = 0.5 - abs(0.5 - len(runs) / cap)
        runs.append(run.model_copy(update={"state": "finished", "summary_metrics": {asked["metric"]["name"]: joint}}))
    sent = json.loads(json.dumps([run.config for run in runs]))  # as the server does; the engine's are NumPy's numbers
    theirs = [{parameter: found["value"] for parameter, found in config.items()} for config in sent]
    if asked["method"] == "grid":
        ours = read(SWEEPS / name).runs
        assert all(run in ours for run in theirs)
        assert len(theirs) == len(ours) == len({str(sorted(run.items())) for run in theirs})
    else:
        assert len(theirs) == cap
    for values in theirs:
        found = asked_of(agent(asked["command"], asked["program"], values))
        for parameter, value in values.items():
            limits = asked["parameters"][parameter]
            assert limits.get("min", value) <= value <= limits.get("max", value)
            assert type(value)(found[parameter]) == value


def test_the_runs_of_an_agent_keep_out_of_each_others_way(tmp_path: Path, agent: Any, monkeypatch: Any) -> None:
    """Two runs of one sweep file, with two seeds, as W&B's agent starts them: two folders, each with its reference."""
    monkeypatch.setenv("WANDB_SWEEP_ID", "a-sweep")
    asked = yaml.safe_load((SWEEPS / "quick.yaml").read_text())
    small = ["--output_dir=runs/tiny", "--report_to=none", "--per_device_train_batch_size=8", "--rows=40",
             "--gradient_accumulation_steps=1", "--max_completion_length=16", "--reference_prompts=4"]  # fmt: skip
    for seed, run_id in enumerate(("first", "second")):
        values = {"slack": 0.02, "seed": seed, "max_steps": 1}
        train([*agent(asked["command"], asked["program"], values, run_id)[9:], *small])
    for run_id in ("first", "second"):
        assert (tmp_path / "runs" / "tiny" / run_id / "keepif-reference.json").exists()
        assert (tmp_path / "runs" / "tiny" / run_id / "keepif-report.json").exists()


@pytest.mark.parametrize("macro", ["args", "args_no_equals", "args_no_boolean_flags"])
def test_macros_are_wandbs(macro: str, agent: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "29511")
    command = [
        "${env}",
        "${interpreter}",
        "-m",
        "${program}",
        "--at=${envvar:PORT}",
        "${envvar:UNSET}",
        f"${{{macro}}}",
    ]
    values = {"slack": 0.05, "dry_run": False, "bf16": True, "dataset": "a b", "seed": 3}
    theirs = agent(command, "keepif.recipes.train", values)
    assert Sweep("one", [values], command, "keepif.recipes.train").command_of(values) == theirs


def test_a_random_search_draws_the_same_again(tmp_path: Path) -> None:
    asked = {"a": {"min": 1, "max": 4}, "b": {"distribution": "log_uniform_values", "min": 1.0e-6, "max": 1.0},
             "c": {"values": ["x", "y"], "probabilities": [1, 0]}}  # fmt: skip
    path = sweep_of(tmp_path, method="random", run_cap=300, parameters=asked)
    runs = read(path).runs
    assert runs[:7] == read(path, count=7).runs
    assert {run["a"] for run in runs} == {1, 2, 3, 4}
    assert all(run["c"] == "x" for run in runs)
    assert sum(run["b"] < 1.0e-3 for run in runs) == pytest.approx(150, abs=40)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "bayes"}, "wandb agent"),
        ({"method": "halving"}, "method must be grid or random, found 'halving'"),
        ({"method": "random"}, "give run_cap in the file, or --count"),
        ({"method": "random", "run_cap": 1, "parameters": {"a": {"min": "1e-5", "max": 1.0}}}, "found '1e-5'"),
        (
            {"method": "random", "run_cap": 1, "parameters": {"a": {"min": 0, "max": 1, "distribution": "beta"}}},
            "'beta'",
        ),
        ({"method": "random", "run_cap": 0}, "run_cap, or --count, must be a number of runs, found 0"),
        ({"method": "random", "run_cap": 1, "parameters": {"a": {"min": 9, "max": 1}}}, "cannot be drawn from"),
        (
            {
                "method": "random",
                "run_cap": 1,
                "parameters": {"a": {"min": 0.0, "max": 1.0, "distribution": "log_uniform_values"}},
            },
            "cannot be drawn from",
        ),
        ({"parameters": {"a": {"values": []}}}, "a must list its values, found []"),
        ({"parameters": {"a": {"values": 3}}}, "a must list its values, found 3"),
        ({"parameters": {"a": {"min": 0, "max": 1}}}, "a grid needs 'value' or 'values' for a"),
        ({"parameters": {"a": {"values": [[1.0, 0.5]]}}}, "a must be a scalar flag"),
        ({"parameters": {"a": {"parameters": {"b": {"value": 1}}}}}, "a must be a scalar flag"),
        ({"parameters": {"a": 3}}, "a must be a mapping"),
        ({"parameters": None}, "has no mapping 'parameters'"),
        ({"command": ["python", "${args_json}"]}, "is none of the macros"),
    ],
)
def test_what_cannot_be_swept_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: dict, message: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["sweep", str(sweep_of(tmp_path, **options)), "--output_dir", str(tmp_path / "out")])
    assert stopped.value.code == 2
    assert message in " ".join(capsys.readouterr().err.split())
