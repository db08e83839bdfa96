"""A loss that keeps attention on the constraints, and its two controls. Experimental: see recipes/results.

One-sided: where an answer's share of attention on the constraints (see [`~keepif.trainer.attention.readings`]) falls
below what the reference pays for the same tokens, the difference costs. More attention than that earns nothing.
"""

import copy
import random
import zlib
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Literal

import torch
from torch import Tensor
from transformers import TrainerCallback

from keepif.rewards import Delimiters, Response, constraints_of

from ..facts import tokenizer_of
from .probe import AttentionProbe
from .readings import LEAST, constraint_groups
from .spans import offsets

RATE = 0.5
"""How fast [`MatchedKL`] moves β."""


@dataclass(frozen=True)
class AttentionLoss:
    """weight · the mean over layers and answers of max(0, reference's share − policy's share).

    Args:
        weight (`float`): above 0.
        tokens (`str`, *optional*, defaults to `"constraints"`): `"random"` holds as many random other tokens of each
            prompt instead, the same ones whenever the prompt comes: the control.
    """

    weight: float
    tokens: Literal["constraints", "random"] = "constraints"

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf"):
            raise ValueError(f"weight must be a number above 0, found {self.weight}")
        if self.tokens not in {"constraints", "random"}:
            raise ValueError(f"tokens must be 'constraints' or 'random', found {self.tokens!r}")


class ConstraintAttentionMixin:
    """What a GRPO trainer needs to train with an [`AttentionLoss`] beside its own.

        class Trainer(ConstraintAttentionMixin, GRPOTrainer): ...

        trainer = Trainer(model=model, ..., attention=AttentionLoss(weight=1.0))

    The reference is the trainer's own (`beta` above 0), the model without its adapters, or else a copy of the model.
    Rows without constraints, constraints that do not stand in the prompt as they describe themselves, and responses
    without an answer cost nothing. Logged: `attention/share`, `attention/reference` and `attention/loss`.

    Raises:
        `ValueError`: with `fp16`, whose scaler would not reach this loss, and where a sharded model has no reference.
    """

    def __init__(self, *args: Any, attention: AttentionLoss, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attention, self._probe = attention, None
        self._reference = self._reference_of()

    def _reference_of(self: Any) -> Any:
        if self.args.fp16:
            raise ValueError("an AttentionLoss cannot be scaled as fp16 needs it: train in bf16 or in float32")
        if self.ref_model is not None:
            return self.ref_model
        model = self.accelerator.unwrap_model(self.model)
        if hasattr(model, "disable_adapter"):
            return model
        if self.is_deepspeed_enabled or self.is_fsdp_enabled:
            raise ValueError("an AttentionLoss needs a reference, which a sharded model cannot copy: set beta above 0")
        return copy.deepcopy(model).requires_grad_(requires_grad=False).eval().to(self.accelerator.device)

    def _generate_and_score_completions(self: Any, inputs: list[dict[str, Any]]) -> dict[str, Any]:
        output = super()._generate_and_score_completions(inputs)  # pyright: ignore[reportAttributeAccessIssue]
        if self.model.training:  # what is returned, TRL shuffles and splits
            output["attention_groups"] = self._groups(inputs, output)
            output["attention_answer"] = self._answers(output)
            output["attention_reference"] = self._reference_shares(output)
        return output

    def _compute_loss(self: Any, model: Any, inputs: dict[str, Any]) -> Tensor:
        reference = inputs.get("attention_reference")
        if reference is None:
            return super()._compute_loss(model, inputs)  # pyright: ignore[reportAttributeAccessIssue]
        groups, answer = inputs["attention_groups"], inputs["attention_answer"]
        layers = self._layers(model)
        held = groups[:, 0].any(1) & answer.any(1)
        scale = self.attention.weight / len(layers) / self.current_gradient_accumulation_steps

        def hinge(layer: int, mass: Tensor) -> Tensor:
            below = (reference[:, layer] - share_of(mass, answer)).clamp(min=0)
            return scale * (below * held).sum() / held.sum().clamp(min=1)

        self._probe = AttentionProbe(model, groups, layers, hinge).__enter__()  # until the backward pass is over
        loss = super()._compute_loss(model, inputs)  # pyright: ignore[reportAttributeAccessIssue]
        shares = torch.stack([share_of(self._probe.masses[layer], answer) for layer in layers], 1)
        if held.any():
            self._log_metric("attention/share", shares[held].mean().item())
            self._log_metric("attention/reference", reference[held].mean().item())
        added = sum(float(one) for one in self._probe.losses.values()) * self.current_gradient_accumulation_steps
        self._log_metric("attention/loss", added)
        return loss

    def training_step(self: Any, *args: Any, **kwargs: Any) -> Tensor:
        try:
            return super().training_step(*args, **kwargs)  # pyright: ignore[reportAttributeAccessIssue]
        finally:
            if self._probe:
                self._probe.__exit__(None, None, None)
                self._probe = None

    def _layers(self: Any, model: Any) -> range:
        return range(self.accelerator.unwrap_model(model).config.get_text_config().num_hidden_layers)

    def _groups(self: Any, inputs: Sequence[Mapping[str, Any]], output: Mapping[str, Any]) -> Tensor:
        """(B, 2, T) of bool: the held tokens of each prompt, and the prompt without its first token."""
        ids, mask, length = output["prompt_ids"], output["prompt_mask"].bool(), output["completion_ids"].shape[1]
        groups = torch.zeros(len(ids), 2, ids.shape[1] + length, dtype=torch.bool)
        known: dict[str, Tensor] = {}
        for row, found in enumerate(inputs):
            text = self._rendered(found["prompt"])
            own = known.get(text)
            if own is None:
                own = known[text] = self._groups_of(text, found, ids[row][mask[row]].tolist())
            groups[row, :, ids.shape[1] - own.shape[1] : ids.shape[1]] = own  # prompts are padded on the left
        return groups.to(ids.device)

    def _rendered(self: Any, prompt: Any) -> str:
        if isinstance(prompt, str):
            return prompt
        return tokenizer_of(self).apply_chat_template(
            prompt, tools=self.tools or None, chat_template=self.chat_template, add_generation_prompt=True,
            tokenize=False, **self.chat_template_kwargs,
        )  # fmt: skip

    def _groups_of(self: Any, text: str, row: Mapping[str, Any], ids: list[int]) -> Tensor:
        found, places = offsets(tokenizer_of(self), text)
        if not found or ids[-len(found) :] != found:  # TRL has cut it, or says it otherwise
            return torch.zeros(2, 0, dtype=torch.bool)
        sentences = [constraint.description for constraint in constraints_of(row)]
        held, prompt = constraint_groups(sentences, text, places)[-2:]
        if self.attention.tokens == "random":
            held = _as_many_others(held, zlib.crc32(text.encode()))
        return torch.stack([held, prompt])

    def _answers(self: Any, output: Mapping[str, Any]) -> Tensor:
        """(B, T) of bool: the positions that predict a token of the answer."""
        completions, mask = output["completion_ids"], output["completion_mask"].bool()
        before = output["prompt_ids"].shape[1] - 1
        positions = torch.zeros(len(completions), before + 1 + completions.shape[1], dtype=torch.bool)
        tokenizer = tokenizer_of(self)
        prompts = tokenizer.batch_decode(output["prompt_ids"][:, -8:])
        for row, (prompt, ids) in enumerate(zip(prompts, completions, strict=True)):
            own = ids[mask[row]].tolist()
            prefilled = prompt.rstrip().endswith(Delimiters().open)
            positions[row, before + answer_token(tokenizer, own, prefilled) : before + len(own)] = True
        return positions.to(completions.device)

    @torch.no_grad()
    def _reference_shares(self: Any, output: Mapping[str, Any]) -> Tensor:
        """(B, L): what the reference pays for the same tokens."""
        ids = torch.cat([output["prompt_ids"], output["completion_ids"]], 1)
        mask = torch.cat([output["prompt_mask"], output["completion_mask"]], 1)
        kept, size = output["completion_ids"].shape[1], self.args.per_device_train_batch_size
        layers, shares = self._layers(self._reference), []
        own = self.ref_model is None and hasattr(self._reference, "disable_adapter")
        with self._reference.disable_adapter() if own else nullcontext():
            for start in range(0, len(ids), size):
                part = slice(start, start + size)
                with AttentionProbe(self._reference, output["attention_groups"][part], layers) as probe:
                    self._get_per_token_logps_and_entropies(self._reference, ids[part], mask[part], kept)
                answer = output["attention_answer"][part]
                shares.append(torch.stack([share_of(probe.masses[layer], answer) for layer in layers], 1))
        return torch.cat(shares)


def share_of(mass: Tensor, answer: Tensor) -> Tensor:
    """(B,): the mean share of `mass` (B, 2, T), held tokens and prompt, over the positions of `answer` (B, T)."""
    share = mass[:, 0] / mass[:, 1].clamp(min=LEAST)
    return (share * answer).sum(1) / answer.sum(1).clamp(min=1)


def answer_token(tokenizer: Any, ids: Sequence[int], prefilled: bool) -> int:
    """The first of a completion's tokens that belongs to its answer; their number if there is none.

    `prefilled`: whether the prompt has opened the thinking. The ids are as sampled, and not as the text would be
    tokenised: the place is looked for in what they decode to.
    """
    text = tokenizer.decode(ids, skip_special_tokens=True)
    response = Response.parse(text, Delimiters(prefilled=prefilled))
    if not response.closed or not response.answer_text:
        return len(ids)
    begin = text.rfind(response.answer_text)
    ends = range(1, len(ids) + 1)
    return bisect_right(ends, begin, key=lambda end: len(tokenizer.decode(ids[:end], skip_special_tokens=True)))


def _as_many_others(held: Tensor, seed: int) -> Tensor:
    """As many random tokens (P,) that are neither held nor the first, or all of them."""
    others = [token for token in range(1, len(held)) if not held[token]]
    chosen = random.Random(seed).sample(others, min(len(others), int(held.sum())))
    drawn = torch.zeros_like(held)
    drawn[chosen] = True
    return drawn


class MatchedKL(TrainerCallback):
    """The other control: plain GRPO, its `beta` moved so that it strays as far from the reference as `target`.

    The update is Ziegler et al.'s (arXiv 1909.08593, section 2.2), β ← β·(1 + 0.5·clip(KL/target − 1, ±0.2)), after
    each log of the trainer, whose `beta` has to begin above 0.

    Args:
        trainer: a GRPO trainer.
        target (`float`): the KL per token to keep, above 0; say, what a run with an [`AttentionLoss`] ended at.
    """

    def __init__(self, trainer: Any, target: float) -> None:
        if not trainer.beta:
            raise ValueError("a trainer with beta=0 has no reference to stay near: begin above 0")
        self.trainer, self.target = trainer, target

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        kl = (logs or {}).get("kl")
        if kl is not None:
            error = min(0.2, max(-0.2, float(kl) / self.target - 1))
            self.trainer.beta *= 1 + RATE * error
