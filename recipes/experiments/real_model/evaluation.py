"""What a policy of the comparison answers, and what that scores: every answer is on disk soon after it is made."""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from keepif.rewards import Response
from keepif.trainer.evaluation.engines.generation import Generated
from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator
from keepif.trainer.files import read_json, write_json

from ...doctor.memory import PROMPT, bytes_a_token
from ...models import load_model
from .plan import Plan, Run
from .sets import PromptSet

ON_A_CPU = 32
"""Prompts answered at once without a GPU."""
FILLED = 0.7
"""Of its share of the GPU's memory, what a policy's keys and values may take."""

Sets = dict[str, PromptSet]
Evaluation = dict[str, Any]
"""`prompts`, `samples` (of each), and a list with one value a sample, prompt by prompt, for `completions`, their
`thinking` and `answer` in tokens, `types`, and all that they score."""


def stored_at(plan: Plan, run: Run, name: str) -> Path:
    """Where the evaluation of `run` on the set `name` is stored, at the step that it has reached."""
    return run.folder / f"after-{run.reached(plan.steps)}" / f"{name.lower().replace(' ', '-').replace(',', '')}.json"


def stored(plan: Plan, run: Run, name: str, asked: PromptSet) -> Evaluation | None:
    """The stored evaluation on just these prompts, if there is one."""
    evaluation = read_json(stored_at(plan, run, name)) or {}
    same = evaluation.get("prompts") == asked.texts and evaluation.get("samples") == asked.samples
    return evaluation if same else None


def evaluate(plan: Plan, run: Run, sets: Sets) -> None:
    """Make what is not stored yet."""
    missing = {name: asked for name, asked in sets.items() if stored(plan, run, name, asked) is None}
    if not missing:
        return
    _, grpo_args, _ = plan.recipe(run)
    model, tokenizer = load(plan, run, grpo_args.device)
    for name, asked in missing.items():
        made = responses(plan, model, tokenizer, asked, stored_at(plan, run, name).with_suffix(".responses.json"))
        thinking = [tokens_of(tokenizer, Response.parse(response.text).thinking) for response in made]
        evaluation = {
            "prompts": asked.texts,
            "samples": asked.samples,
            "completions": [response.text for response in made],
            "thinking": thinking,
            "answer": [response.tokens - thought for response, thought in zip(made, thinking, strict=True)],
            **asked.scores(made),
        }
        write_json(stored_at(plan, run, name), evaluation)


def tokens_of(tokenizer: Any, text: str | None) -> int:
    return len(tokenizer(text, add_special_tokens=False).input_ids) if text else 0


def responses(plan: Plan, model: Any, tokenizer: Any, asked: PromptSet, path: Path) -> list[Generated]:
    """The responses to `asked`, made in batches; `path` holds those that are made."""
    size = rows_at_once(model, asked.sampling.max_tokens, plan.at_once)
    generator, requests = TransformersGenerator(model, tokenizer, size), asked.requests()
    made = [Generated(**stored) for stored in read_json(path) or []]
    while len(made) < len(requests):
        batch = generator.generate(requests[len(made) : len(made) + size], asked.sampling)
        made += [response for response in batch if response]  # of all: only a server's can fail
        write_json(path, [asdict(response) for response in made])
    return made


def load(plan: Plan, run: Run, device: torch.device) -> tuple[Any, Any]:
    """(model, tokenizer) of `run` at its last checkpoint, in bfloat16 if it was trained with autocast to that."""
    keepif_args, grpo_args, model_args = plan.recipe(run)
    checkpoint = run.checkpoint(plan.steps) if run.trains else None
    if checkpoint and not model_args.use_peft:
        model_args = replace(model_args, model_name_or_path=str(checkpoint))
    model, tokenizer = load_model(model_args, grpo_args.trust_remote_code, keepif_args.eos_token)
    if checkpoint and model_args.use_peft:
        model = PeftModel.from_pretrained(model, str(checkpoint))
    return model.to(device, torch.bfloat16 if grpo_args.bf16 else model.dtype).eval(), tokenizer


def rows_at_once(model: Any, tokens: int, at_once: int) -> int:
    """As many prompts as fill the policy's share of the GPU with keys and values in bfloat16."""
    if model.device.type != "cuda":
        return ON_A_CPU
    share = FILLED * torch.cuda.get_device_properties(model.device).total_memory / at_once
    return max(1, int(share / (bytes_a_token(model.config, 2) * (PROMPT + tokens))))
