"""What a run prints: short lines of a table, whatever is logged; the trackers lose nothing by it."""

from pathlib import Path
from typing import Any

import pytest
from transformers import ProgressCallback

from keepif.rewards import Score
from keepif.trainer import KeepIF
from keepif.trainer.report import console
from keepif.trainer.report.console import HEADER_EVERY, Lines
from tests.helpers.grpo import build, script, trainer_of

LONG = "detectable_format:number_highlighted_sections"
HEADER = "step  reward  correctness  compliance  joint  worst type: above its floor"
CELLS = "   7   12.25         1.00        0.62   0.50"
UNGRADED = "   7    0.50            -           -      -  number_highlighted_sections -50.0"
LOGS = {"reward": 12.25, "keepif/correctness": 1.0, "keepif/compliance": 0.625, "keepif/joint": 0.5}


def lines_of(kind: str, **options: Any) -> Lines:
    """Of a run whose completions all break a constraint of this type."""
    run = KeepIF(**options).run
    run.observe([Score(0.0, 0.0, verdicts={kind: False}, earned={kind: 0.0}, weights={kind: 1.0})] * 8, ["a"] * 8)
    run.tick(1, [run.collect()])
    return Lines(run)


@pytest.mark.parametrize("quiet", [False, True])
def test_a_log_is_a_line_and_the_state_has_every_gauge(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], quiet: bool
) -> None:
    keepif = script(KeepIF(floor=0.9), obeys=0.5)
    trainer = build(tmp_path, keepif, max_steps=3, per_device_train_batch_size=16, disable_tqdm=quiet)
    trainer.train()
    out, err = capfd.readouterr()
    printed = [line.rstrip() for line in (out + err).splitlines()]
    assert [line for line in printed if line.startswith("step")] == [HEADER]
    shown = [line.split() for line in printed if "no_comma" in line]
    logged = [entry for entry in trainer.state.log_history if "reward" in entry]
    assert [cells[:5] for cells in shown] == [
        [str(entry["step"]), *(f"{entry[gauge]:.2f}" for gauge in console.SHOWN)] for entry in logged
    ]
    kept = sum(keepif.run.record.history["compliance"]) / 3
    assert shown[-1][5:] == ["no_comma", f"{100 * (kept - 0.9):+.1f}"]
    assert len(logged[-1]) > 50
    assert not any("keepif/" in line for line in printed)
    assert any("train_runtime" in line for line in printed)


def test_a_line_fits_80_columns() -> None:
    lines = lines_of(LONG, floor=1.0)
    printed = lines.of(9999, LOGS)
    assert printed == f"{HEADER}\n9999   12.25         1.00        0.62   0.50  number_highlighted_sections -100.0"
    assert max(map(len, printed.splitlines())) <= 80


@pytest.mark.parametrize(
    ("options", "logs", "line"),
    [
        ({"floor": None}, LOGS, f"{CELLS}  number_highlighted_sections kept 0 %"),
        ({"floor": 0.5}, LOGS, f"{CELLS}  number_highlighted_sections -50.0"),
        ({"floor": 0.5}, {"reward": 0.5, "keepif/joint": None}, UNGRADED),
        ({"floor": 0.5}, {f"eval_{name}": value for name, value in LOGS.items()}, f"{CELLS}  evaluation"),
        ({"floor": 0.5, "held_out": [LONG]}, LOGS, CELLS),
    ],
)
def test_lines(options: dict[str, Any], logs: dict[str, Any], line: str) -> None:
    printed = lines_of(LONG, **options).of(7, logs)
    assert printed is not None
    assert printed.splitlines()[1] == line


def test_the_header_comes_again_and_other_logs_stay_transformers() -> None:
    lines = lines_of(LONG, floor=0.5)
    printed = [lines.of(step, LOGS) or "" for step in range(2 * HEADER_EVERY)]
    assert [step for step, line in enumerate(printed) if HEADER in line] == [0, HEADER_EVERY]
    assert lines.of(1, {"eval/mathif/joint": 0.5}) is None
    assert lines.of(1, {"train_runtime": 3.0}) is None


def test_a_callback_of_ones_own_stays(tmp_path: Path) -> None:
    class Mine(ProgressCallback):
        pass

    keepif = KeepIF(floor=0.9)
    trainer = trainer_of(tmp_path, keepif.reward)
    trainer.add_callback(Mine)
    keepif.attach(trainer)
    kinds = [type(callback).__name__ for callback in trainer.callback_handler.callbacks]
    assert ("Mine" in kinds, "Printer" in kinds, "PrinterCallback" in kinds) == (True, True, False)
