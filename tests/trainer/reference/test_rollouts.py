"""The pre-pass beside a rollout function, which samples in a way of its own."""

import json
from pathlib import Path
from typing import Any

from trl import GRPOTrainer

from keepif.trainer import KeepIF, Prepass
from tests.helpers import tiny
from tests.helpers.grpo import build, history


def test_a_rollout_function_that_reads_the_arguments_answers_the_right_prompts(tmp_path: Path) -> None:
    """It samples a group for each unique prompt, of a size that it reads off the arguments, as public ones do."""
    tokenizer, others = tiny.tokenizer(), []
    rows = [row | {"prompt": f"what is {i} ?", "answer": str(i)} for i, row in enumerate(tiny.prompts(8))]

    def rollout(prompts: list[str], trainer: GRPOTrainer) -> dict[str, Any]:
        args = trainer.args
        size = args.num_generations if trainer.model.training else args.num_generations_eval or args.num_generations
        sampled = [prompt for prompt in prompts[::size] for _ in range(size)]
        others.extend(prompt for prompt, answered in zip(prompts, sampled, strict=True) if prompt != answered)
        completions = [tokenizer.encode(f"{prompt.split()[2]} <eos>") for prompt in sampled]
        return {
            "prompt_ids": [tokenizer.encode(prompt) for prompt in prompts],
            "completion_ids": completions,
            "logprobs": [[0.0] * len(ids) for ids in completions],
            "turns": list(range(len(prompts))),
        }

    seen: list[int] = []

    def counts(turns: list[int], **_: Any) -> list[float]:
        seen.extend(turns)
        return [0.0] * len(turns)

    keepif = KeepIF(prepass=Prepass(prompts=None, samples=2, share=1.0))
    trainer = GRPOTrainer(
        model=tiny.model(),
        reward_funcs=[keepif.reward, counts],
        args=tiny.config(tmp_path, max_steps=1),
        train_dataset=tiny.Dataset.from_list(rows),
        processing_class=tokenizer,
        rollout_func=rollout,
    )
    keepif.attach(trainer)
    trainer.train()
    assert others == []
    measured = json.loads((tmp_path / "keepif-reference.json").read_text())["tally"]
    assert measured["completions"] == 16
    assert measured["correct"] == 16
    assert seen[:8] == [0, 1, 2, 3] * 2  # each completion's own, chunk by chunk
    assert trainer.args.num_generations_eval is None


def test_a_model_that_sampling_leaves_in_train_mode(tmp_path: Path) -> None:
    """As TRL's continuous batching does; the last chunk has fewer prompts than the others."""
    keepif, dataset = KeepIF(prepass=Prepass(prompts=None, samples=2)), tiny.prompts(5)
    trainer = build(tmp_path, keepif, dataset=dataset, max_steps=1)
    generate, modes = trainer._generate_single_turn, []  # noqa: SLF001

    def leaves(*call: Any) -> Any:
        modes.append(trainer.model.training)
        sampled = generate(*call)
        trainer.model.train()
        return sampled

    trainer._generate_single_turn = leaves  # noqa: SLF001
    trainer.train()
    assert modes == [False, False, False, True]
    assert json.loads((tmp_path / "keepif-reference.json").read_text())["tally"]["completions"] == 10
    assert history(trainer)["step"] == [1]
