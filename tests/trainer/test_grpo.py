"""KeepIF in TRL's real trainers: in one process, in two, and on hostile completions."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from trl import RLOOConfig, RLOOTrainer
from trl.rewards import get_soft_overlong_punishment

from keepif.trainer import KeepIF
from tests.helpers import tiny
from tests.helpers.grpo import build, trainer_of

ROOT = Path(__file__).parents[2]
HOSTILE: list[Any] = [
    r"\boxed{9^{9^{9^9}}}",
    r"\boxed{7^{7^{7^7}} \mod 10}",
    "(" * 2_000_000,
    "\\boxed{" * 100_000,
    "$" * 500_001,
    "\n" * 500_000 + "x",
    "",
    None,
    [],
    [{"role": "assistant", "content": None}],
    [{"content": ["<think>", {"text": 3}]}],
    "\ud800 \\boxed{4}",
    "<think>" * 10_000,
    r"\boxed{" + "1" * 100_000 + "}",
    r"\boxed{(10!)!}",
    "9" * 100_000,
]


def test_a_few_steps_of_grpo(tmp_path: Path) -> None:
    trainer = build(tmp_path, KeepIF(floor=0.5, budget=6))
    trainer.train()
    logged = [entry for entry in trainer.state.log_history if "keepif/compliance" in entry]
    assert len(logged) == 2
    for name in ("reward", "keepif/correctness", "keepif/joint", "keepif/type/punctuation:no_comma", "keepif/lambda"):
        assert all(math.isfinite(entry[name]) for entry in logged)


def test_a_few_steps_of_gmpo(tmp_path: Path) -> None:
    gmpo = pytest.importorskip("trl.experimental.gmpo", reason="TRL has it from some 1.x on")
    keepif = KeepIF()
    trainer = gmpo.GMPOTrainer(
        model=tiny.model(),
        reward_funcs=keepif.reward,
        args=gmpo.GMPOConfig(**tiny.settings(tmp_path, scale_rewards="batch")),
        train_dataset=tiny.prompts(),
        processing_class=tiny.tokenizer(),
    )
    keepif.attach(trainer)
    trainer.train()
    assert any("keepif/compliance" in entry for entry in trainer.state.log_history)


def test_a_few_steps_of_rloo(tmp_path: Path) -> None:
    keepif = KeepIF()
    args = RLOOConfig(beta=0.0, **tiny.settings(tmp_path))
    trainer = RLOOTrainer(
        model=tiny.model(),
        reward_funcs=keepif.reward,  # pyright: ignore[reportArgumentType]
        args=args,
        train_dataset=tiny.prompts(),
        processing_class=tiny.tokenizer(),
    )
    keepif.attach(trainer)
    trainer.train()
    assert any("keepif/compliance" in entry for entry in trainer.state.log_history)


def test_trls_own_overlong_penalty_beside_it(tmp_path: Path) -> None:
    keepif = KeepIF()
    overlong = get_soft_overlong_punishment(max_completion_len=8, soft_punish_cache=4)
    trainer = trainer_of(tmp_path, [keepif.reward, overlong], max_steps=1)
    keepif.attach(trainer)
    trainer.train()
    assert any("rewards/soft_overlong_punishment_reward/mean" in entry for entry in trainer.state.log_history)


def test_hostile_completions_cost_no_run(tmp_path: Path) -> None:
    """A run whose completions are replaced by hostile ones just before they are rewarded."""
    keepif = KeepIF(floor=0.5, budget=6)
    reward, seen = keepif.reward, []

    def hostile(completions: list[Any], **columns: Any) -> list[float | None]:
        found = reward((HOSTILE * 2)[: len(completions)], **columns)
        seen.extend(found)
        return found

    trainer = build(tmp_path, keepif, per_device_train_batch_size=16)
    trainer.reward_funcs = [hostile]
    trainer.train()
    assert len(seen) == 32
    assert all(value is not None and math.isfinite(value) for value in seen)


TWO_PROCESSES = """
import json, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.helpers.grpo import build
from keepif.trainer import KeepIF, Prepass
if __name__ == "__main__":
    trainer = build(Path({out!r}), KeepIF(budget=6, prepass=Prepass(4, 4, 1.0)), per_device_train_batch_size=2)
    trainer.train()
    entries = [entry for entry in trainer.state.log_history if "keepif/compliance" in entry]
    name = f"rank{{trainer.accelerator.process_index}}of{{trainer.accelerator.num_processes}}.json"
    (Path({out!r}) / name).write_text(json.dumps([[e["keepif/compliance"], e["reward"]] for e in entries]))
"""


def test_two_processes_log_the_same(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(TWO_PROCESSES.format(root=str(ROOT), out=str(tmp_path)))
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file"]
    command += [str(ROOT / "recipes/accelerate_configs/cpu_two_process.yaml"), "--main_process_port", "0"]
    run = subprocess.run(
        [*command, str(script)],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-3000:]
    first, second = (json.loads((tmp_path / f"rank{rank}of2.json").read_text()) for rank in (0, 1))
    assert len(first) == 2
    assert first == second


@pytest.mark.parametrize("reading", ["math", "official"])
def test_both_readings_train(tmp_path: Path, reading: Any) -> None:
    build(tmp_path, KeepIF(reading=reading), max_steps=1).train()
