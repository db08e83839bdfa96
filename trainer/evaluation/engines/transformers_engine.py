"""Responses from a model in hand, by transformers' `generate`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig, LogitsProcessor
from transformers.generation import TemperatureLogitsWarper, TopPLogitsWarper

from .generation import Generated, Request, Sampling
from .prompts import render, seed_of


@dataclass(frozen=True)
class Draw:
    """All that decides what is drawn."""

    prompt: str
    opening: str
    limit: int
    seed: int
    temperature: float
    top_p: float


class TransformersGenerator:
    """Answers requests in left-padded batches of like length.

    Each draw has its own random numbers, made from the conversation and the seeds. Except for rounding, a response
    does not depend on its batch, so an interrupted run goes on as if it had not been interrupted.

    A draw that was made before is not made again: remedies begin with the response without them. So a generator is
    for one state of a model; a model that has learnt more needs a new one.
    """

    def __init__(self, model: Any, tokenizer: Any, batch_size: int = 16) -> None:
        self.model, self.tokenizer, self.batch_size = model, tokenizer, batch_size
        ends = model.generation_config.eos_token_id
        self.drawn: dict[Draw, Generated] = {}
        self.ends = {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Generated | None]:
        draws = [self._draw(request, sampling) for request in requests]
        missing = [draw for draw in dict.fromkeys(draws) if draw not in self.drawn]
        missing.sort(key=lambda draw: (draw.limit, len(draw.prompt)), reverse=True)
        for start in range(0, len(missing), self.batch_size):
            batch = missing[start : start + self.batch_size]
            self.drawn.update(zip(batch, self._batch(batch, sampling), strict=True))
        return [self.drawn[draw] for draw in draws]

    def count(self, text: str) -> int:
        """Tokens of `text`."""
        return len(self.tokenizer(text, add_special_tokens=False).input_ids)

    def _draw(self, request: Request, sampling: Sampling) -> Draw:
        prompt, opening = render(self.tokenizer, request)
        seed = seed_of(sampling, request, prompt) if sampling.temperature else 0
        return Draw(prompt, opening, request.limit(sampling), seed, sampling.temperature, sampling.top_p)

    @torch.no_grad()  # not inference_mode, whose tensors a model in training could not use
    def _batch(self, draws: Sequence[Draw], sampling: Sampling) -> list[Generated]:
        inputs = self.tokenizer(
            [draw.prompt for draw in draws],
            return_tensors="pt",
            padding=True,
            padding_side="left",
            add_special_tokens=False,  # the template has them
            return_token_type_ids=False,
        ).to(self.model.device)
        width = inputs.input_ids.shape[1]
        limits = self._limits(draws, inputs.attention_mask)
        made = self.model.generate(
            **inputs,
            logits_processor=_drawing(sampling, [draw.seed for draw in draws], self.model.device),
            generation_config=GenerationConfig(
                max_new_tokens=max(limits),
                do_sample=False,  # the processors draw
                repetition_penalty=1.0,  # or the model's own would be taken
                use_cache=True,
                eos_token_id=sorted(self.ends),
                pad_token_id=self.tokenizer.pad_token_id,
            ),
        )
        rows = made[:, width:].tolist()
        return [
            self._generated(ids, limit, draw.opening) for ids, limit, draw in zip(rows, limits, draws, strict=True)
        ]

    def _limits(self, draws: Sequence[Draw], mask: torch.Tensor) -> list[int]:
        """Tokens that each draw may have, within the context that its own prompt leaves."""
        context = getattr(self.model.config, "max_position_embeddings", None)
        if context is None:
            return [draw.limit for draw in draws]
        used = mask.sum(1).tolist()
        if not getattr(self.model.config, "rope_parameters", None):  # positions beyond the learned ones are an error,
            used = [max(used)] * len(used)  # and a row that is done is carried along
        return [max(1, min(draw.limit, context - tokens)) for draw, tokens in zip(draws, used, strict=True)]

    def _generated(self, ids: list[int], limit: int, opening: str) -> Generated:
        end = next((at for at, token in enumerate(ids) if token in self.ends), None)
        truncated = end is None or end >= limit
        ids = ids[:limit] if end is None or truncated else ids[: end + 1]
        text = self.tokenizer.decode(ids, skip_special_tokens=True)
        return Generated(opening + text, len(ids), truncated)


class GumbelDraw(LogitsProcessor):
    """Adds Gumbel noise, each row its own: the arg max of logits so perturbed is a draw from their softmax."""

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self.generators = [torch.Generator(device).manual_seed(seed) for seed in seeds]

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        noise = torch.empty_like(scores)
        for row, generator in zip(noise, self.generators, strict=True):
            row.exponential_(generator=generator)
        return scores - noise.clamp_min_(torch.finfo(noise.dtype).tiny).log_()


def _drawing(sampling: Sampling, seeds: Sequence[int], device: torch.device) -> list[LogitsProcessor]:
    if not sampling.temperature:
        return []
    nucleus = [TopPLogitsWarper(sampling.top_p)] if sampling.top_p < 1 else []
    return [TemperatureLogitsWarper(float(sampling.temperature)), *nucleus, GumbelDraw(seeds, device)]
