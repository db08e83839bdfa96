"""The ORM and the callback for ms-swift 4.6.0 (2026-11-28): in ms-swift if it is there, and in a trainer of TRL's."""

import json
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from trl import GRPOTrainer

from keepif.recipes.models import TINY
from keepif.trainer import ConfigError
from tests.helpers import tiny
from tests.helpers.frameworks import SWIFT, adapter
from tests.helpers.grpo import history


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Any:
    return adapter(monkeypatch, "keepif.trainer.frameworks.swift", SWIFT)


def orm_of(ours: Any) -> Any:
    """The ORM behind a call that TRL makes, with what swift.rl_core.grpo_algorithm hands to a reward."""

    class Called(ours.KeepIFORM):
        __name__ = "KeepIFORM"

        def __call__(self, prompts: Any, completions: Any, completion_ids: Any, **columns: Any) -> Any:
            columns = {name: cells for name, cells in columns.items() if not name.startswith("log_")}
            columns["messages"] = [[*before, *said] for before, said in zip(prompts, completions, strict=True)]
            columns |= {"response_token_ids": completion_ids, "is_truncated": [False] * len(completions)}
            return super().__call__([said[0]["content"] for said in completions], **columns)

    return Called(args=None)


def trainer_of(ours: Any, reward: Any, output_dir: Path, **options: Any) -> GRPOTrainer:
    args = tiny.config(output_dir, **options)
    trainer = GRPOTrainer(tiny.model(), [reward], args, tiny.prompts(), processing_class=tiny.tokenizer())
    trainer.add_callback(ours.callbacks_map["keepif"](args, trainer))  # SwiftMixin._get_callbacks
    return trainer


def test_the_floor_is_held_from_the_sixth_batch_on(ours: Any, tmp_path: Path) -> None:
    trainer = trainer_of(ours, orm_of(ours), tmp_path, max_steps=7)
    trainer.train()
    assert history(trainer)["step"] == [*range(1, 8)]
    assert (tmp_path / "keepif-reference.json").exists()
    assert "keepif/lambda" in trainer.state.log_history[-2]


@pytest.mark.skipif(find_spec("swift") is None, reason="needs ms-swift")
def test_seven_steps_of_swift_rlhf(tmp_path: Path) -> None:
    said = {"messages": [{"role": "user", "content": "What is 3 + 4? Your answer should not contain any commas."}]}
    row = said | {"solution": "7", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    (tmp_path / "rows.jsonl").write_text((json.dumps(row) + "\n") * 32)
    (tmp_path / "plugin.py").write_text("import keepif.trainer.frameworks.swift\n")
    flags = (
        "--rlhf_type grpo --model_type llama --template dummy --template_backend jinja --torch_dtype float32 "
        "--tuner_type full --dataset rows.jsonl --external_plugins plugin.py --reward_funcs keepif --callbacks keepif "
        "--scale_rewards batch --num_generations 4 --per_device_train_batch_size 4 --gradient_accumulation_steps 1 "
        "--max_completion_length 112 --max_steps 7 --logging_steps 1 --eval_strategy no --split_dataset_ratio 0 "
        "--output_dir out --add_version false --report_to none --use_hf true --dataset_num_proc 1 "
        "--dataloader_num_workers 0 --beta 0 --gradient_checkpointing false"
    )
    code = "import sys; from swift.pipelines import rlhf_main; rlhf_main(sys.argv[1:])"
    command = [sys.executable, "-c", code, "--model", str(TINY), *flags.split()]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    state = json.loads((tmp_path / "out" / "checkpoint-7" / "trainer_state.json").read_text())
    assert state["stateful_callbacks"]["keepif"]["record"]["history"]["step"] == [*range(1, 8)]
    assert (tmp_path / "out" / "keepif-reference.json").exists()
    *_, last = [logged for logged in state["log_history"] if "keepif/lambda" in logged]
    assert last["keepif/guard/truncated"] < 1


def test_the_orm_alone_refuses_to_score(ours: Any) -> None:
    columns = {"messages": [[{}, {}]], "response_token_ids": [[5, 1]], "is_truncated": [False], "answer": ["4"]}
    with pytest.raises(ConfigError, match="attached to no trainer"):
        ours.orms["keepif"](args=None)([r"\boxed{4}"], trainer_state=None, **columns)


def test_the_callback_alone_refuses_to_train(ours: Any, tmp_path: Path) -> None:
    def other(completions: Any, **_: Any) -> list[float]:
        return [0.0] * len(completions)

    with pytest.raises(ConfigError, match="--reward_funcs keepif"):
        trainer_of(ours, other, tmp_path).train()


@pytest.mark.parametrize(
    ("ids", "cut", "tokens"),
    [([5, 6], False, [5, 6, 1]), ([5, 1], False, [5, 1]), ([[5], [6]], True, [5, 6]), ([], False, [1])],
)
def test_the_end_token_is_put_back(ours: Any, ids: Any, cut: bool, tokens: list[int]) -> None:
    orm = ours.KeepIFORM()
    scorer = orm.keepif.run.rewards.scorer
    scorer.fit(replace(scorer.scoring, end_ids={1}))
    assert orm.tokens(ids, cut) == tokens
