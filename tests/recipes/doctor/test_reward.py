"""The doctor's checks of model, data and reward."""

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from datasets import Dataset
from tokenizers import AddedToken
from trl.experimental.sdpo import SDPOTrainer

from keepif.recipes.doctor import reward as doctor
from keepif.recipes.doctor.doctor import examine
from keepif.recipes.doctor.findings import Finding
from keepif.recipes.doctor.memory import Engine
from keepif.recipes.doctor.rehearsal import read, requested
from keepif.recipes.doctor.reward import TYPICAL, rewards
from keepif.recipes.train import CONFIGS
from keepif.rewards import correctness_reward
from keepif.trainer import ConfigError, KeepIF, preflight
from keepif.trainer.facts import Facts
from tests.helpers import tiny
from tests.helpers.facts import facts
from tests.helpers.findings import TINY, bad, findings_of
from tests.helpers.grpo import trainer_of


def test_weights_that_a_step_does_not_move_are_said(qwen3: Path) -> None:
    config = ["--model_name_or_path", str(qwen3), "--report_to", "none"]

    def warned(engine: Engine, *flags: str) -> list[str]:
        findings = examine(CONFIGS / "qwen3_1.7b_full.yaml", [*config, *flags], engine, 80, sample=False)
        return [finding.change for finding in findings if finding.check == "weights"]

    assert warned(Engine()) == warned(Engine("ddp", 8)) == ["dtype: float32"]
    for flags in (["--dtype", "float32"], ["--use_peft", "True"], ["--learning_rate", "1e-4"]):
        assert not warned(Engine(), *flags)
    assert not warned(Engine("zero2", 8))


def test_steps_below_a_512th_of_a_weight_are_rounded_away() -> None:
    rate = 1e-6
    torch.manual_seed(0)
    drawn = TYPICAL * torch.randn(20_000)
    large = drawn.abs() > 512 * rate
    assert large.float().mean() > 0.95  # "nearly all"
    for dtype, moved in ((torch.bfloat16, False), (torch.float32, True)):
        weight = torch.nn.Parameter(drawn.to(dtype))
        before, optimizer = weight.detach().clone(), torch.optim.AdamW([weight], lr=rate, weight_decay=0.0)
        for _ in range(10):
            weight.grad = torch.randn_like(weight)
            optimizer.step()
        assert ((weight != before)[large]).any() == moved


def on_rows(tmp_path: Path, *rows: dict[str, Any]) -> list[Finding]:
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return findings_of("--dataset", str(path), "--rows", "10")


def test_rows_that_are_left_out_are_a_finding(tmp_path: Path) -> None:
    row = {"prompt": "1 + 1? No commas.", "answer": "2", "kwargs": [{}]}
    good, typo = ({**row, "instruction_id_list": [f"punctuation:{name}"]} for name in ("no_comma", "no_commas"))
    findings = on_rows(tmp_path, good, typo)
    assert bad(findings) == [Finding("warn", "data", (
        "1 of 2 rows hold constraints without a check here: unknown instruction id 'punctuation:no_commas' "
        "(1; did you mean punctuation:no_comma?); they are left out, 1 stays"
    ))]  # fmt: skip
    [reward] = [finding.text for finding in findings if finding.check == "reward"]
    assert reward.endswith(" 1 row: nothing to change")
    assert not bad(on_rows(tmp_path, good, good))


def test_a_broken_data_file_is_a_finding(tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_text('{"prompt": "a", "answer": "1"}\n{"prompt": "b", "answer": "2"\n')
    [finding] = bad(findings_of("--dataset", str(path)))
    assert (finding.level, finding.check) == ("fail", "data")
    assert f"{path} cannot be read: line 2 is no JSON" in finding.text


def special_tags() -> Any:
    tokenizer = tiny.tokenizer()
    tokenizer.add_tokens([AddedToken("</think>", special=True)], special_tokens=True)
    return tokenizer


def split() -> dict[str, Any]:
    args = facts().args
    return {"args": SimpleNamespace(**vars(args) | {"num_generations": 3}), "ranks": 2, **with_reward(no_thinking=0.1)}


def with_reward(**options: Any) -> dict[str, Any]:
    rewards = KeepIF(**options).run.rewards
    return {"rewards": rewards, "reward_funcs": rewards.reward_funcs}


def with_args(**changed: Any) -> dict[str, Any]:
    return {"args": SimpleNamespace(**vars(facts().args) | changed)}


FAULTS: dict[str, Callable[[], dict[str, Any]]] = {
    "trainer": lambda: {"kind": SDPOTrainer},
    "own_reward": lambda: {"reward_funcs": [correctness_reward]},
    "normaliser": lambda: with_args(multi_objective_aggregation="normalize_then_sum"),
    "special_tags": lambda: {"tokenizer": special_tags()},
    "split_groups": split,
    "unused_columns": lambda: with_args(remove_unused_columns=True),
    "weight": lambda: with_args(reward_weights=[0.0]),
    "prompts": lambda: {"dataset": tiny.prompts().select_columns(["answer"])},
    "rows": lambda: {"dataset": Dataset.from_list([{"prompt": "1 + 1?", "answer": True}] * 2)},
    "targets": lambda: {"dataset": tiny.prompts().select_columns(["prompt", "answer"])},
    "stated": lambda: {"dataset": Dataset.from_list([tiny.prompts()[0] | {"prompt": "what is 2 + 2 ?"}] * 2)},
    "gold_column": lambda: {"dataset": tiny.prompts().rename_column("answer", "label")},
    "scale": lambda: with_args(scale_rewards="group"),
    "further_rewards": lambda: (own := with_reward()) | {"reward_funcs": [*own["reward_funcs"], correctness_reward]},
    "masked_truncation": lambda: with_args(mask_truncated_completions=True),
    "budget": lambda: with_reward(budget=8),
    "end": lambda: {"end_ids": frozenset()},
}
"""For each check of preflight what it finds at fault."""


@pytest.mark.parametrize("check", preflight.CHECKS, ids=lambda check: check.__name__)
def test_both_doors_say_what_a_check_finds(
    check: preflight.Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    faulty = facts(**FAULTS[check.__name__]())
    [problem, *_] = check(faulty)
    monkeypatch.setattr(doctor, "Facts", lambda **_: faulty)
    findings = rewards(read(requested(TINY, []), 1), 1)
    assert Finding("fail" if problem.fatal else "warn", "reward", problem.text, problem.change) in findings
    keepif = KeepIF()
    monkeypatch.setattr(Facts, "of", lambda *_: faulty)
    with pytest.raises(ConfigError, match=re.escape(problem.text)) if problem.fatal else nullcontext():
        keepif.attach(trainer_of(tmp_path, keepif.reward))
    assert problem.fatal or problem.text in caplog.text


def test_a_run_without_faults_has_no_problem() -> None:
    assert not list(preflight.problems(facts()))
