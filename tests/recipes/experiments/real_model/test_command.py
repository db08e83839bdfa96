"""The comparison on a real model: the whole command, killed and said again."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from keepif.recipes.experiments.real_model import run
from keepif.recipes.experiments.real_model.command import main
from keepif.recipes.experiments.real_model.plan import BEFORE
from tests.helpers.processes import kill_when
from tests.helpers.real_model import command

ROWS = [
    {"key": 1, "prompt": "Say 4. Use no commas.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]},
    {"key": 2, "prompt": "Say 5.", "instruction_id_list": ["change_case:english_lowercase"], "kwargs": [{}]},
]  # fmt: skip


def started(argv: list[str]) -> subprocess.Popen[bytes]:
    """The command in processes of its own."""
    command = [sys.executable, "-m", "keepif.recipes.experiments.real_model", *argv]
    return subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@pytest.mark.slow
def test_a_killed_command_goes_on_to_what_an_unbroken_one_ends_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two steps of the embedded policy with adapters, before and after; said again, nothing is done again."""
    ifeval = tmp_path / "ifeval.jsonl"
    ifeval.write_text("\n".join(json.dumps(row) for row in ROWS))
    whole, broken = (
        command(tmp_path / name, "--ifeval", str(ifeval), "--samples", "2") for name in ("whole", "broken")
    )
    state = tmp_path / "broken" / "runs" / "keepif" / "seed-0" / "checkpoint-1" / "trainer_state.json"
    unbroken = started(whole)
    kill_when(state, started(broken))
    assert state.exists()
    assert not (tmp_path / "broken" / "runs" / "keepif" / "seed-0" / "after-2").exists()
    main(broken)
    shown = capsys.readouterr().out
    assert "4 prompts, held-out types:" in shown
    assert "2 prompts, IFEval, no thinking:" in shown
    assert unbroken.wait() == 0
    once, again = (report_in(tmp_path / name) for name in ("whole", "broken"))
    assert [cost["steps"] for cost in once["costs"]["KeepIF, seed 0"]] == [2]
    assert [cost["steps"] for cost in again["costs"]["KeepIF, seed 0"]] == [1]
    assert once.pop("costs") != again.pop("costs")
    assert once == again
    assert [history["step"] for history in once["histories"]["KeepIF"]] == [[1, 2]]
    assert list(once["sets"]) == ["trained types", "held-out types", "IFEval", "IFEval, no thinking"]
    for one in once["sets"].values():
        assert set(one["policies"]) == {BEFORE, "KeepIF"}
    assert set(once["example"]) == {"prompt", BEFORE, "KeepIF"}
    weights = [
        load_file(tmp_path / name / "runs/keepif/seed-0/checkpoint-2/adapter_model.safetensors")
        for name in ("whole", "broken")
    ]
    assert all(weights[0][name].equal(weights[1][name]) for name in weights[0])
    evaluations = [
        [json.loads(path.read_text()) for path in sorted((tmp_path / name / "runs").glob("*/*/after-*/*.json"))]
        for name in ("whole", "broken")
    ]
    assert len(evaluations[0]) == 16
    assert evaluations[0] == evaluations[1]

    def start(*_: Any) -> Any:
        raise AssertionError("this was done before")

    monkeypatch.setattr(run, "_start", start)
    main(whole)
    assert (tmp_path / "whole" / "out" / "smollm2.png").stat().st_size > 0


def report_in(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "out" / "smollm2.json").read_text())


def test_a_clock_that_is_over_leaves_everything_to_be_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(run, "_start", None)  # nothing may be started
    main(command(tmp_path, "--minutes", "0"))
    assert "KeepIF, seed 0: 0 of 2 steps; the same command goes on there" in capsys.readouterr().out
    assert report_in(tmp_path)["reached"] == {"KeepIF, seed 0": 0}
