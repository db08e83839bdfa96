"""Accuracy and compliance of the embedded policy on held-out prompts."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

import torch

from keepif.rewards import Delimiters, Response, Scoring
from keepif.trainer.tally import Tally

BATCH = 128
MAX_TOKENS = 112


@torch.inference_mode()
def sample(model: Any, tokenizer: Any, prompts: Sequence[Any], seed: int, thinking: bool = True) -> list[list[int]]:
    """One completion a prompt at temperature 1, as token ids without padding."""
    torch.manual_seed(seed)
    completions: list[list[int]] = []
    for start in range(0, len(prompts), BATCH):
        texts = tokenizer.apply_chat_template(
            list(prompts[start : start + BATCH]), tokenize=False, add_generation_prompt=True, enable_thinking=thinking
        )
        inputs = tokenizer(texts, return_tensors="pt", padding=True, return_token_type_ids=False)
        made = model.generate(**inputs, do_sample=True, max_new_tokens=MAX_TOKENS, top_k=0, use_cache=True)
        for ids in made[:, inputs.input_ids.shape[1] :].tolist():
            end = ids.index(tokenizer.eos_token_id) + 1 if tokenizer.eos_token_id in ids else len(ids)
            completions.append([token for token in ids[:end] if token != tokenizer.pad_token_id])
    return completions


def evaluate(
    model: Any,
    tokenizer: Any,
    rows: Sequence[dict[str, Any]],
    seed: int = 0,
    thinking: bool = True,
    samples: int = 1,
) -> dict[str, Any]:
    """Means over `rows` of `samples` completions each; without `thinking` the template closes it at once.

    Returns:
        `dict`: `accuracy`; `hacc`, the share of completions that keep all their constraints; `sacc`, the
        mean share of constraints kept; `joint`, the share that is right and keeps all; mean `thinking_tokens` and
        `answer_tokens`; `types`, by instruction id, the share kept.
    """
    training, rows = model.training, [row for row in rows for _ in range(samples)]
    model.eval()
    ids = sample(model, tokenizer, [row["prompt"] for row in rows], seed, thinking)
    model.train(training)
    scoring = Scoring(delimiters=Delimiters(prefilled=thinking), end_ids=frozenset({tokenizer.eos_token_id}))
    texts = tokenizer.batch_decode(ids, skip_special_tokens=True)
    columns = {name: [row[name] for row in rows] for name in ("answer", "instruction_id_list", "kwargs")}
    scores = scoring.batch(texts, ids, columns)
    thoughts = [len(tokenizer(Response.parse(text, scoring.delimiters).thinking or "").input_ids) for text in texts]
    return {
        "accuracy": fmean(score.c or 0.0 for score in scores),
        "hacc": fmean(score.f == 1 for score in scores),
        "sacc": fmean(score.f or 0.0 for score in scores),
        "joint": fmean(score.c == score.f == 1 for score in scores),
        "thinking_tokens": fmean(thoughts),
        "answer_tokens": fmean(score.tokens - thought for score, thought in zip(scores, thoughts, strict=True)),
        "types": {kind: share for kind, (share, _) in Tally.of(scores).by_type().items()},
    }
