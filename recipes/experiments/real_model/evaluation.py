"""What a policy of the comparison answers on held-out prompts and on IFEval, and what that scores."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel

from keepif.rewards import Scoring
from keepif.trainer.evaluation.benchmarks.benchmark import Sample
from keepif.trainer.evaluation.benchmarks.ifeval import IFEval
from keepif.trainer.evaluation.engines.generation import Generated, Request, Sampling
from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator
from keepif.trainer.files import read_json, write_json

from ...doctor.memory import PROMPT, bytes_a_token
from ...models import load_model
from .plan import Plan, Run
from .prompts import HELD_OUT_SEED

IFEVAL = "IFEval"
IFEVAL_TOKENS = 768
"""Tokens that a response to IFEval may have; what a small model says greedily beyond them repeats itself."""
ON_A_CPU = 30
"""Prompts answered at once without a GPU."""
FILLED = 0.7
"""Of its share of the GPU's memory, what a policy's keys and values may take."""

Rows = list[dict[str, Any]]
Evaluation = dict[str, Any]
"""`prompts`, `completions`, `tokens`, and what they score, each with one value a prompt."""


def stored_at(plan: Plan, run: Run, name: str) -> Path:
    """Where the evaluation of `run` on the set `name` is stored, at the step that it has reached."""
    return run.folder / f"after-{run.reached(plan.steps)}" / f"{name.lower().replace(' ', '-')}.json"


def stored(plan: Plan, run: Run, name: str, rows: Rows) -> Evaluation | None:
    """The stored evaluation on just these prompts, if there is one."""
    evaluation = read_json(stored_at(plan, run, name)) or {}
    return evaluation if evaluation.get("prompts") == texts_of(rows) else None


def texts_of(rows: Rows) -> list[str]:
    return [row["prompt"][-1]["content"] for row in rows]


def evaluate(plan: Plan, run: Run, sets: dict[str, Rows]) -> None:
    """Make what is not stored yet, and store each set as soon as it is made."""
    missing = {name: rows for name, rows in sets.items() if stored(plan, run, name, rows) is None}
    if not missing:
        return
    _, grpo_args, _ = plan.recipe(run)
    model, tokenizer = load(plan, run, grpo_args.device)
    for name, rows in missing.items():
        greedy = name == IFEVAL
        sampling = Sampling(
            temperature=0.0 if greedy else grpo_args.temperature,
            max_tokens=IFEVAL_TOKENS if greedy else grpo_args.max_completion_length,
            seed=HELD_OUT_SEED,
        )
        generator = TransformersGenerator(model, tokenizer, rows_at_once(model, sampling.max_tokens, plan.at_once))
        made = generator.generate([Request(tuple(row["prompt"])) for row in rows], sampling)
        responses = [response for response in made if response]  # of all rows: only a server's can fail
        scores = scores_on_ifeval(plan, responses) if greedy else scores_of(rows, responses, tokenizer)
        texts, tokens = [response.text for response in responses], [response.tokens for response in responses]
        evaluation = {"prompts": texts_of(rows), "completions": texts, "tokens": tokens, **scores}
        write_json(stored_at(plan, run, name), evaluation)


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


def scores_of(rows: Rows, responses: Sequence[Generated], tokenizer: Any) -> dict[str, list[Any]]:
    """Correctness, and compliance and joint by the published checks and by those trained on (`math`)."""
    ends = [[] if response.truncated else [tokenizer.eos_token_id] for response in responses]
    ids = [
        tokenizer(response.text, add_special_tokens=False).input_ids + end
        for response, end in zip(responses, ends, strict=True)
    ]
    columns = {name: [row[name] for row in rows] for name in ("answer", "instruction_id_list", "kwargs")}
    texts = [response.text for response in responses]
    scores = Scoring(end_ids=frozenset({tokenizer.eos_token_id})).batch(texts, ids, columns)
    accuracy, compliance = [score.c or 0.0 for score in scores], [score.f or 0.0 for score in scores]
    return {
        "accuracy": accuracy,
        **by_published_checks(rows, texts, accuracy),
        "sacc_math": compliance,
        "joint_math": joint(accuracy, compliance),
        "types": [row["instruction_id_list"][0] for row in rows],
    }


def by_published_checks(rows: Rows, texts: Sequence[str], accuracy: Sequence[float]) -> dict[str, list[float]]:
    """SAcc and joint in the reading `official`, for which who says next to nothing may keep a constraint."""
    columns = {name: [row[name] for row in rows] for name in ("instruction_id_list", "kwargs")}
    compliance = [score.f or 0.0 for score in Scoring(reading="official").batch(texts, None, columns)]
    return {"sacc": compliance, "joint": joint(accuracy, compliance)}


def joint(accuracy: Sequence[float], compliance: Sequence[float]) -> list[float]:
    return [float(c == f == 1) for c, f in zip(accuracy, compliance, strict=True)]


def ifeval_rows(source: Path) -> Rows:
    """IFEval's prompts as rows of a set."""
    return [{"prompt": list(item.messages)} for item in IFEval(source).items()]


def scores_on_ifeval(plan: Plan, responses: Sequence[Generated]) -> dict[str, list[Any]]:
    """IFEval's four numbers, as one (numerator, denominator) a prompt."""
    benchmark = IFEval(plan.ifeval)
    samples = [
        Sample(item, 0, response.text, response.tokens, truncated=response.truncated)
        for item, response in zip(benchmark.items(), responses, strict=True)
    ]
    outcomes = benchmark.score(samples)
    return {metric: [outcome.counts[metric] for outcome in outcomes] for metric in outcomes[0].counts}
