"""What the trackers hold, read back from their own files: one run of two processes and two steps, in all three."""

import json
import os
import sqlite3
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from wandb.proto.wandb_internal_pb2 import Record

from keepif.recipes.sweep.sweep_file import SWEEPS
from keepif.recipes.train import CONFIGS

TWO = Path(__file__).parents[2] / "recipes" / "accelerate_configs" / "cpu_two_process.yaml"
SMALL = {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 1, "num_generations": 4, "max_steps": 2,
         "max_completion_length": 32, "rows": 40, "reference_prompts": 4, "log_completions": True}  # fmt: skip
OPTIONAL = [name for name in ("tensorboard", "trackio") if find_spec(name)]
GAUGES = {
    f"train/keepif/{name}"
    for name in ("compliance", "correctness", "joint", "joint_recent", "lambda", "mu", "bonus", "floor", "error",
                 "floor_infeasible", "worst_type")
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    config = yaml.safe_load((CONFIGS / "tiny_cpu.yaml").read_text()) | SMALL
    config |= {"output_dir": str(folder / "out"), "report_to": ["wandb", *OPTIONAL]}
    (folder / "small.yaml").write_text(yaml.safe_dump(config))
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(TWO)]
    command += ["--main_process_port", "0", "-m", "keepif.recipes.train", "--config", str(folder / "small.yaml")]
    trackers = {"WANDB_MODE": "offline", "WANDB_DIR": str(folder), "TRACKIO_DIR": str(folder / "trackio")}
    environment = os.environ | trackers | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "could not show it" not in done.stderr
    return folder


def records(path: Path) -> Iterator[Record]:
    """W&B's own file: protocol buffers in LevelDB's log format, blocks of 32 KiB behind a header of seven bytes."""
    data, at, parts = path.read_bytes(), 7, b""
    while at + 7 <= len(data):
        if 32768 - at % 32768 < 7:  # too little left in this block for a header
            at += 32768 - at % 32768
            continue
        _, size, kind = struct.unpack("<IHB", data[at : at + 7])
        parts, at = parts + data[at + 7 : at + 7 + size], at + 7 + size
        if kind in {1, 4}:  # whole, or the last part
            yield Record.FromString(parts)
            parts = b""


def items(found: Any) -> dict[str, Any]:
    return {item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in found}


@pytest.fixture(scope="module")
def wandb_run(run: Path) -> tuple[dict[str, Any], list[dict[str, Any]], Path]:
    """(config, history, folder of files) of the one W&B run there is."""
    (path,) = run.glob("wandb/offline-run-*/run-*.wandb")
    config: dict[str, Any] = {}
    history = []
    for record in records(path):
        config |= items(record.run.config.update) | items(record.config.update)
        if record.HasField("history"):
            history.append(items(record.history.item))
    return config, history, path.parent / "files"


def test_wandb_holds_the_metrics(wandb_run: Any) -> None:
    _, history, _ = wandb_run
    logged = {name for line in history for name in line}
    assert logged >= GAUGES
    assert any(name.startswith("train/keepif/type/") for name in logged)
    at = [line["train/global_step"] for line in history if "train/keepif/lambda" in line]
    assert at == [1, 2]
    for path in SWEEPS.glob("*.yaml"):
        assert yaml.safe_load(path.read_text())["metric"]["name"] in logged


def test_wandb_holds_the_config(wandb_run: Any) -> None:
    config, _, _ = wandb_run
    assert config["keepif"]["slack"] == config["recipe"]["slack"] == 0.02
    assert config["keepif"]["aggregation"] == "combine"
    assert config["recipe"]["dataset"] == "tiny"
    assert config["learning_rate"] == 4e-5
    assert config["model_type"] == "llama"


def test_wandb_holds_the_completions_with_a_verdict_for_every_constraint(wandb_run: Any, run: Path) -> None:
    _, history, files = wandb_run
    last = next(line for line in reversed(history) if "completions/path" in line)
    table = json.loads((files / last["completions/path"]).read_text())
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["data"]]
    assert len(rows) == 16  # eight of each process
    report = json.loads((run / "out" / "keepif-report.json").read_text())
    verdicts = [verdict for row in rows for verdict in row["verdicts"].split(", ")]
    assert {verdict[0] for verdict in verdicts} <= {"+", "-"}
    assert {verdict[1:] for verdict in verdicts} <= set(report["by_type"])
    assert {"prompt", "completion", "keepif", "correctness", "compliance", "void", "advantage"} <= set(rows[0])


def keepif_metrics(logged: Iterable[str]) -> set[str]:
    return {name for name in logged if name.startswith("train/keepif/")}


def test_wandb_holds_the_figure_while_the_run_goes_on(wandb_run: Any) -> None:
    _, history, files = wandb_run
    shown = [line for line in history if "keepif/figure/path" in line]
    assert [line["train/global_step"] for line in shown] == [1, 2]
    assert all((files / line["keepif/figure/path"]).stat().st_size > 10_000 for line in shown)


def test_wandb_names_the_worst_type(wandb_run: Any, run: Path) -> None:
    _, history, _ = wandb_run
    by_type = json.loads((run / "out" / "keepif-report.json").read_text())["by_type"]
    shares = {kind: found["after"]["share"] for kind, found in by_type.items() if found["after"]["of"]}
    named = [line["keepif/worst_type_name"] for line in history if "keepif/worst_type_name" in line]
    assert len(named) == 2
    assert shares[named[-1]] == min(shares.values())


def test_tensorboard_holds_the_same(run: Path, wandb_run: Any) -> None:
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    (path,) = run.glob("out/runs/*/events.out.tfevents.*")
    events = EventAccumulator(str(path))
    events.Reload()
    found = events.Tags()
    assert keepif_metrics(found["scalars"]) == keepif_metrics(name for line in wandb_run[1] for name in line)
    assert [event.step for event in events.Scalars("train/keepif/lambda")] == [1, 2]
    assert found["images"] == ["keepif/figure"]
    texts = {"keepif/text_summary", "recipe/text_summary", "keepif/worst_type_name/text_summary"}
    assert texts <= set(found["tensors"])


def test_trackio_holds_the_same(run: Path, wandb_run: Any) -> None:
    pytest.importorskip("trackio")
    (path,) = run.glob("trackio/*.db")
    with sqlite3.connect(path) as storage:
        ((config,),) = storage.execute("select config from configs")
        logged = [json.loads(line) for (line,) in storage.execute("select metrics from metrics")]
        assert storage.execute("select count(distinct run_id) from metrics").fetchone() == (1,)
    names = {name for line in logged for name in line}
    assert keepif_metrics(names) == keepif_metrics(name for line in wandb_run[1] for name in line)
    assert names >= {"keepif/figure", "keepif/worst_type_name", "completions"}
    assert json.loads(config)["keepif"]["slack"] == json.loads(config)["recipe"]["slack"] == 0.02
