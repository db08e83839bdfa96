"""The sweep's runner, on a program that only writes a report: table, front, killed and interrupted."""

import json
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from keepif.recipes.command.cli import main
from keepif.recipes.sweep.sweep import by_setting, floors_held, plan, table
from keepif.recipes.sweep.sweep_file import Sweep, SweepError, read
from keepif.trainer.report.types import BELOW, HELD, NOISE, OUT_OF_REACH
from tests.helpers.sweeps import sweep_of


def keepif(*arguments: Any) -> list[str]:
    return [sys.executable, "-m", "keepif.recipes.command.cli", *map(str, arguments)]


def test_a_flag_that_the_sweep_turns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SweepError, match="--seed is what the sweep turns"):
        plan(read(sweep_of(tmp_path)), tmp_path, ["--seed=3"])


def test_what_a_result_depends_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    command = ["${program}", "--config", "tiny_cpu.yaml", "--floor", json.dumps({"punctuation:no_comma" * 20: 0.5})]
    (run,) = plan(Sweep("one", [{"seed": 1}], command, "x"), tmp_path)
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
        main(["sweep", str(path), "--output_dir", str(tmp_path / "out")])
    assert ended.value.code == 1
    printed = " ".join(capsys.readouterr().out.split())
    assert "slack 0.3, seed 0 failed: its output is in" in printed
    lines = (tmp_path / "out" / "sweep.md").read_text().splitlines()
    assert [line.replace(" ", "") for line in lines[2:]] == [
        "|slack0.2|2|70.0|50.5(50.0to51.0)|70.0|30.0|0of2|*|",
        "|slack0.1|2|60.0|60.5(60.0to61.0)|60.0|30.0|2of2|*|",
    ]
    assert (
        "setting runs accuracy SAcc joint tokens floors held front slack 0.2 2 70.0 50.5 70.0 30.0 0 of 2 *" in printed
    )
    assert (tmp_path / "out" / "sweep.png").stat().st_size > 10_000
    assert len(json.loads((tmp_path / "out" / "sweep.json").read_text())) == 4


@pytest.mark.parametrize(
    ("states", "held"),
    [([HELD], True), ([HELD, NOISE], True), ([HELD, BELOW], False), ([OUT_OF_REACH], False), ([None], False)],
)
def test_what_is_held_is_each_type_or_the_mean(states: list[str | None], held: bool) -> None:
    by_type = {str(number): {"state": state} for number, state in enumerate(states)}
    after = {"sacc": {"share": 0.4}}
    assert floors_held({"by_type": by_type, "floor": {"mean": 0.5}, "after": after}) is held
    assert floors_held({"by_type": by_type, "floor": {"mean": 0.4}, "after": after}) is (held or states == [None])
    assert floors_held({"by_type": {"a": {}}, "floor": None, "after": after}) is None


def test_the_table_fits_80_columns() -> None:
    """Whatever is turned, and however long its name is; nothing is cut."""
    values = [
        {"slack": 0.1},
        {"learning_rate": 2.71828e-5, "bonus": 0.123456, "slack": 0.02},
        {"floor": json.dumps({"detectable_format:number_highlighted_sections": 0.5})},
    ]
    numbers = {"accuracy": 1.0, "sacc": 1.0, "joint": 1.0, "tokens": 16384.0, "held": True}
    rows = [{"values": one | {"seed": seed}, **numbers} for one in values for seed in range(10)]
    console = Console(width=80, file=StringIO(), record=True)
    console.print(table(rows, spread=False))
    printed = console.export_text()
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed
    assert printed.count("10 of 10") == 3
    folded = "".join(line[:21].strip() for line in printed.splitlines())
    assert "number_highlighted_sections" in folded.replace(" ", "")


def test_the_front_is_what_nothing_betters() -> None:
    places = {"a": (0.9, 0.5), "b": (0.8, 0.8), "c": (0.8, 0.7), "d": (0.7, 0.8), "e": (0.8, 0.8)}
    rows = [{"values": {"which": name}, "accuracy": x, "sacc": y, "joint": 0.0} for name, (x, y) in places.items()]
    assert {found["setting"] for found in by_setting(rows) if found["front"]} == {"which a", "which b", "which e"}


def test_settings_that_are_nearly_the_same_are_two() -> None:
    """The table names them by three digits, or by as many more as tell them apart."""
    found = by_setting([
        {"values": {"slack": slack, "seed": seed}, "accuracy": 0.5, "sacc": 0.5, "joint": 0.5}
        for slack in (0.020001, 0.020002) for seed in (0, 1)
    ])  # fmt: skip
    assert [(one["setting"], len(one["runs"])) for one in found] == [("slack 0.020001", 2), ("slack 0.020002", 2)]


def started(sweep: subprocess.Popen[Any], folder: Path) -> None:
    """Wait until the run in `folder` has begun."""
    while not (folder / "starts").exists():
        assert sweep.poll() is None
        time.sleep(0.05)


def test_a_killed_sweep_repeats_nothing_and_starts_nothing_twice(tmp_path: Path) -> None:
    """SIGKILL for the sweep alone: the run that it leaves behind is waited for, and its result taken."""
    path, out = sweep_of(tmp_path, parameters={"slack": {"value": 0.1}, "seed": {"values": [0, 1]}}), tmp_path / "out"
    command = keepif("sweep", path, "--output_dir", out, f"--until={tmp_path}/go")
    (tmp_path / "go0").touch()
    folders = [out / f"slack=0.1_seed={seed}" for seed in (0, 1)]
    sweep = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    started(sweep, folders[1])
    sweep.kill()
    sweep.wait()
    assert (folders[0] / "exit-code").read_text() == "0\n"
    assert not (folders[1] / "exit-code").exists()
    (tmp_path / "go1").touch()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert [(folder / "starts").read_text().count("started") for folder in folders] == [1, 1]
    # Another command must not take these results for its own.
    other = subprocess.run([*command[:-1], "--until=elsewhere"], capture_output=True, text=True, check=False)
    assert other.returncode == 2
    assert "another command or config" in other.stderr


def test_an_interrupted_sweep_ends_its_run_and_goes_on_later(tmp_path: Path) -> None:
    path, out = sweep_of(tmp_path, parameters={"slack": {"value": 0.1}, "seed": {"value": 0}}), tmp_path / "out"
    command, folder = keepif("sweep", path, "--output_dir", out, f"--until={tmp_path}/go"), out / "slack=0.1_seed=0"
    sweep = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
    started(sweep, folder)
    sweep.send_signal(signal.SIGINT)
    _, said = sweep.communicate()
    assert sweep.returncode == 130
    assert "goes on where it stopped" in said
    for step in (2, 10):
        (folder / f"checkpoint-{step}").mkdir()
        (folder / f"checkpoint-{step}" / "trainer_state.json").write_text("{}")
    (folder / "checkpoint-12").mkdir()  # killed while it was written
    (tmp_path / "go0").touch()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    first, second = (folder / "starts").read_text().splitlines()
    assert first.split() == ["started"]
    assert second.split() == ["started", str(folder / "checkpoint-10")]
