"""Tools, environments and masks: what others write counts neither as the model's tokens nor as its answer."""

from pathlib import Path
from typing import Any

import pytest
import trl
from transformers import AutoTokenizer, Qwen3ForCausalLM
from trl import GRPOTrainer

from keepif.recipes.models import TINY
from keepif.trainer import KeepIF, Prepass
from tests.helpers import tiny
from tests.helpers.grpo import history

WEIGHTS = str(TINY)
SMALL = Prepass(prompts=4, samples=2, share=1.0)
TEMPLATE = Path(trl.__file__).parent / "chat_templates" / "qwen3.jinja"
CALL = '<tool_call>\n{"name": "look_up", "arguments": {"query": "sum"}}\n</tool_call>'


def look_up(query: str) -> str:
    """Look it up.

    Args:
        query: what to look up.
    """
    return f"{query}: " + "word " * 60


class Environment:
    """An environment that pays by itself."""

    def reset(self, **_: Any) -> None:
        return None

    def look_up(self, query: str) -> str:
        """Look it up.

        Args:
            query: what to look up.
        """
        return "word " * 60

    def get_reward(self) -> float:
        return 0.5


def calling(output_dir: Path, keepif: KeepIF, **options: Any) -> GRPOTrainer:
    """A trainer whose policy calls a tool and answers then, whatever it is asked."""
    tokenizer: Any = AutoTokenizer.from_pretrained(WEIGHTS)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>"]})
    tokenizer.add_tokens(["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"])
    tokenizer.eos_token, tokenizer.chat_template = "<|im_end|>", TEMPLATE.read_text()
    config = tiny.model().config
    config.vocab_size, config.max_position_embeddings = len(tokenizer), 1024
    several = options.pop("several", {})
    trainer = GRPOTrainer(
        model=Qwen3ForCausalLM(config),
        processing_class=tokenizer,
        reward_funcs=keepif.reward,
        args=tiny.config(output_dir, max_completion_length=400, max_steps=1, per_device_train_batch_size=8, **several),
        train_dataset=tiny.prompts(),
        **options,
    )

    def answers(prompt_ids: list[list[int]], *_: Any, **__: Any) -> tuple[list[list[int]], None]:
        texts = ("So it is \\boxed{4}." if "<tool_response>" in tokenizer.decode(ids) else CALL for ids in prompt_ids)
        return [[*tokenizer.encode(text, add_special_tokens=False), tokenizer.eos_token_id] for text in texts], None

    trainer._generate_single_turn = answers  # noqa: SLF001
    return trainer


@pytest.fixture(params=["tools", "environment_factory"])
def tool(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {"tools": [look_up]} if request.param == "tools" else {"environment_factory": Environment}


def test_a_tools_result_is_not_of_the_models_length(tmp_path: Path, tool: dict[str, Any]) -> None:
    keepif = KeepIF(prepass=SMALL, floor=0.5, budget=100)
    trainer = calling(tmp_path, keepif, **tool)
    keepif.attach(trainer)
    trainer.train()
    [first, *_] = [entry for entry in trainer.state.log_history if "keepif/compliance" in entry]
    assert first["tools/call_frequency"] == 1
    assert history(trainer)["tokens"][0] == pytest.approx(first["completions/mean_length"])
    assert first["keepif/correctness"] == first["keepif/compliance"] == 1
    assert keepif.run.multipliers.mu == first["keepif/length_penalty"] == 0


def test_an_environment_that_pays_by_itself_stands_beside_the_parts(tmp_path: Path) -> None:
    keepif = KeepIF(prepass=SMALL, floor=0.5, aggregation="parts")
    normalised = {"multi_objective_aggregation": "normalize_then_sum"}
    trainer = calling(tmp_path, keepif, environment_factory=Environment, several=normalised)
    keepif.attach(trainer)
    trainer.train()
    [first, *_] = [entry for entry in trainer.state.log_history if "keepif/compliance" in entry]
    assert first["rewards/Environment/mean"] == 0.5
    assert len(trainer.reward_weights) == len(keepif.reward)
    assert trainer.reward_weights.tolist()[-1] == 1


def test_a_rollouts_mask_is_counted_by(tmp_path: Path) -> None:
    tokenizer = tiny.tokenizer()

    def rollout(prompts: list[Any], _: GRPOTrainer) -> dict[str, Any]:
        completion = tokenizer.encode("the answer is 4 so \\boxed{4} <eos>")
        return {
            "prompt_ids": [tokenizer.encode("what is 2 + 2 ?")] * len(prompts),
            "completion_ids": [completion] * len(prompts),
            "logprobs": [[0.0] * len(completion)] * len(prompts),
            "env_mask": [[1, 0, 0, 0, 0, 1, 1]] * len(prompts),
        }

    keepif = KeepIF(prepass=SMALL, budget="reference")
    trainer = GRPOTrainer(
        model=tiny.model(),
        reward_funcs=keepif.reward,  # pyright: ignore[reportArgumentType]
        args=tiny.config(tmp_path),
        train_dataset=tiny.prompts(),
        processing_class=tokenizer,
        rollout_func=rollout,
    )
    keepif.attach(trainer)
    trainer.train()
    assert keepif.run.scoring.budget == 3
    assert history(trainer)["tokens"] == [3, 3]
