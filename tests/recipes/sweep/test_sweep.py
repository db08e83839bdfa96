"""Sweeps: what ships, as W&B's own agent starts it; and the runner, on a program that only writes a report."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import wandb.wandb_agent
import yaml
from matplotlib.axes import Axes

from keepif.recipes.command.cli import main
from keepif.recipes.sweep import sweep_file
from keepif.recipes.sweep.figure import draw
from keepif.recipes.sweep.sweep import by_setting, plan
from keepif.recipes.sweep.sweep_file import SWEEPS, SweepError, read
from keepif.recipes.train import main as train
from keepif.recipes.train import parse

SHIPPED = sorted(path.name for path in SWEEPS.glob("*.yaml"))

PROGRAM = """
import json, sys, time
from pathlib import Path
flags = dict(flag.removeprefix("--").split("=", 1) for flag in sys.argv[1:])
folder, slack, seed = Path(flags["output_dir"]), float(flags["slack"]), int(flags["seed"])
with (folder / "starts").open("a") as starts:
    starts.write("started " + flags.get("resume_from_checkpoint", "") + "\\n")
time.sleep(float(flags.get("wait", 0)))
def means(change):
    share = {"share": 0.5 + change}
    return {"correctness": share, "compliance": {"share": 0.7 - change + 0.01 * seed}, "joint": share, "tokens": 30.0}
report = {"step": 2, "max_steps": 2, "before": means(0), "after": means(slack), "floor": {"mean": 0.55}}
(folder / "keepif-report.json").write_text(json.dumps(report))
sys.exit(slack == 0.3)
"""


def sweep_of(folder: Path, **options: Any) -> Path:
    """A sweep file of that program."""
    (folder / "program.py").write_text(PROGRAM)
    asked = {
        "program": str(folder / "program.py"),
        "method": "grid",
        "parameters": {"slack": {"values": [0.1, 0.2]}, "seed": {"values": [0, 1]}},
        "command": ["${interpreter}", "${program}", "${args}"],
    } | options
    (folder / "tried.yaml").write_text(yaml.safe_dump(asked, sort_keys=False))
    return folder / "tried.yaml"


def keepif(*arguments: Any) -> list[str]:
    return [sys.executable, "-m", "keepif.recipes.command.cli", *map(str, arguments)]


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
    assert sweep_file.Sweep("one", [values], command, "keepif.recipes.train").command_of(values) == theirs


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


def test_a_flag_that_the_sweep_turns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="--seed is what the sweep turns"):
        plan(read(sweep_of(tmp_path)), tmp_path, ["--seed=3"])


def test_what_a_result_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["${program}", "--config", "tiny_cpu.yaml", "--floor", json.dumps({"punctuation:no_comma" * 20: 0.5})]
    (run,) = plan(sweep_file.Sweep("one", [{"seed": 1}], command, "x"), tmp_path)
    shipped = run.made_by()
    assert set(shipped["files"]) == {"tiny_cpu.yaml"}
    (tmp_path / "tiny_cpu.yaml").write_text(
        "model_name_or_path: tiny"
    )  # which train.py takes before the one that ships
    assert run.made_by()["command"] == shipped["command"]
    assert run.made_by()["files"] != shipped["files"]


def test_a_sweep_ends_with_its_table_and_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = sweep_of(tmp_path, parameters={"slack": {"values": [0.1, 0.2, 0.3]}, "seed": {"values": [0, 1]}})
    with pytest.raises(SystemExit) as ended:
        main(["sweep", str(path), "--output_dir", str(tmp_path / "out"), "--wait=0.1"])
    assert ended.value.code == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "slack 0.3, seed 0 failed: its output is in" in printed
    lines = (tmp_path / "out" / "sweep.md").read_text().splitlines()
    assert [line.replace(" ", "") for line in lines[2:]] == [
        "|slack0.2|2|70.0|50.5(50.0to51.0)|70.0|30.0|55.0|0of2|*|",
        "|slack0.1|2|60.0|60.5(60.0to61.0)|60.0|30.0|55.0|2of2|*|",
    ]
    assert (tmp_path / "out" / "sweep.png").stat().st_size > 10_000
    assert len(json.loads((tmp_path / "out" / "sweep.json").read_text())) == 4


def test_the_front_is_what_nothing_betters() -> None:
    places = {"a": (0.9, 0.5), "b": (0.8, 0.8), "c": (0.8, 0.7), "d": (0.7, 0.8), "e": (0.8, 0.8)}
    rows = [
        {"values": {"which": name}, "accuracy": x, "compliance": y, "joint": 0.0} for name, (x, y) in places.items()
    ]
    assert {found["setting"] for found in by_setting(rows) if found["front"]} == {"which a", "which b", "which e"}


def of_settings(*places: tuple[float, float]) -> Axes:
    """The picture of settings 0, 1, 2, ... at these places, all of them on the front."""
    before = {"accuracy": 0.1, "compliance": 0.9}
    runs = [{"accuracy": x, "compliance": y, "held": True, "before": before} for x, y in places]
    settings = [{**run, "setting": f"n {n}", "front": True, "runs": [run]} for n, run in enumerate(runs)]
    return draw(settings).axes[0]


def test_settings_at_one_place_are_named_below_each_other() -> None:
    axes = of_settings((0.5, 0.6), (0.5, 0.6), (0.7, 0.4))
    assert sorted(text.get_text() for text in axes.texts) == ["n 0\nn 1", "n 2"]


def test_the_legend_names_what_is_drawn() -> None:
    def named(axes: Axes) -> list[str]:
        return [text.get_text() for text in axes.get_legend().get_texts()]

    assert named(of_settings((0.5, 0.6), (0.5, 0.6))) == ["before RL"]
    assert named(of_settings((0.5, 0.6), (0.7, 0.4))) == ["before RL", "Pareto front"]


def test_settings_that_are_nearly_the_same_are_two() -> None:
    """The table names them by three digits, or by as many more as tell them apart."""
    found = by_setting([
        {"values": {"slack": slack, "seed": seed}, "accuracy": 0.5, "compliance": 0.5, "joint": 0.5}
        for slack in (0.020001, 0.020002) for seed in (0, 1)
    ])  # fmt: skip
    assert [(one["setting"], len(one["runs"])) for one in found] == [("slack 0.020001", 2), ("slack 0.020002", 2)]


def wait_for(what: Any) -> None:
    until = time.monotonic() + 60
    while not what():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_killed_sweep_repeats_nothing_and_starts_nothing_twice(tmp_path: Path) -> None:
    """SIGKILL for the sweep alone: the run that it leaves behind is waited for, and its result taken."""
    path, out = sweep_of(tmp_path, parameters={"slack": {"value": 0.1}, "seed": {"values": [0, 1]}}), tmp_path / "out"
    command = keepif("sweep", path, "--output_dir", out, "--wait=2")
    folders = [out / f"slack=0.1_seed={seed}" for seed in (0, 1)]
    sweep = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for((folders[1] / "starts").exists)
    sweep.kill()
    sweep.wait()
    assert (folders[0] / "exit-code").read_text() == "0\n"
    assert not (folders[1] / "exit-code").exists()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert [(folder / "starts").read_text().count("started") for folder in folders] == [1, 1]
    # Another command must not take these results for its own.
    other = subprocess.run([*command[:-1], "--wait=0"], capture_output=True, text=True, check=False)
    assert other.returncode == 2
    assert "another command or config" in other.stderr


def test_an_interrupted_sweep_ends_its_run_and_goes_on_later(tmp_path: Path) -> None:
    path, out = sweep_of(tmp_path, parameters={"slack": {"value": 0.1}, "seed": {"value": 0}}), tmp_path / "out"
    command, folder = keepif("sweep", path, "--output_dir", out, "--wait=2"), out / "slack=0.1_seed=0"
    sweep = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    wait_for((folder / "starts").exists)
    sweep.send_signal(signal.SIGINT)
    _, said = sweep.communicate(timeout=120)
    assert sweep.returncode == 130
    assert "goes on where it stopped" in said
    for step in (2, 10):
        (folder / f"checkpoint-{step}").mkdir()
        (folder / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    (folder / "checkpoint-12").mkdir()  # killed while it was written
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    first, second = (folder / "starts").read_text().splitlines()
    assert first.split() == ["started"]
    assert second.split() == ["started", str(folder / "checkpoint-10")]
