"""How much attention reaches chosen tokens, exactly, from the model's own attention kernel.

Softmax attention is linear in V. The kernel called once more, with V replaced by indicator columns (1 at the tokens of
a group, 0 elsewhere), returns at each position the sum of the attention weights on that group: exact for every kernel,
mask, sliding window, sink and soft-cap, in memory linear in the length, and differentiable.
"""

import sys
from collections.abc import Callable, Collection
from contextlib import nullcontext
from types import TracebackType
from typing import Any, Self

import torch
from torch import Tensor
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

Kernel = Callable[..., tuple[Any, ...]]
LayerLoss = Callable[[int, Tensor], Tensor]
"""(layer, its mass (B, R, T)) → a scalar to add to the training loss."""


class AttentionProbe:
    """Measures the attention mass on groups of tokens while it is open; what the model computes stays bit for bit.

        with AttentionProbe(model, groups) as probe:
            model(input_ids, attention_mask=mask)
        probe.stacked()  # layers, batch, groups, positions

    For causal language models of transformers that take their kernel from its registry (sdpa, flash, flex, eager), on
    whole sequences without a cache. Not for packed batches and compiled models.

    Args:
        model: the model, wrapped (PEFT, DDP) or not.
        groups (`Tensor`): (B, R, T) of bool; which tokens belong to which group. They may overlap.
        layers (`Collection[int]`, *optional*): the layers to measure; all by default.
        loss (`LayerLoss`, *optional*): a loss of each layer's mass. Its gradient is added where the layer is computed,
            so that it survives gradient checkpointing, if the probe is still open during the backward pass. Without
            one nothing is differentiated.

    Attributes:
        masses (`dict[int, Tensor]`): layer → mass (B, R, T) in [0, 1], float32, detached, the mean over the heads.
            At position t it is the attention of the query at t, which predicts token t + 1.
        losses (`dict[int, Tensor]`): layer → its loss, detached.
    """

    def __init__(
        self, model: Any, groups: Tensor, layers: Collection[int] | None = None, loss: LayerLoss | None = None
    ) -> None:
        found = [module for module in model.modules() if _may_attend(module)]
        self.modules = {id(module) for module in found if layers is None or module.layer_idx in layers}
        self.kernels = {module.config._attn_implementation: _eager_of(module) for module in found}  # noqa: SLF001
        self.groups, self.loss = groups, loss
        self.masses: dict[int, Tensor] = {}
        self.losses: dict[int, Tensor] = {}
        self._before: dict[str, Kernel | None] = {}

    def __enter__(self) -> Self:
        for name, eager in self.kernels.items():
            kernel = ALL_ATTENTION_FUNCTIONS.get(name, eager)
            if kernel is not None:
                self._before[name] = ALL_ATTENTION_FUNCTIONS.get(name)
                ALL_ATTENTION_FUNCTIONS[name] = self._wrapped(kernel)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for name, before in self._before.items():
            del ALL_ATTENTION_FUNCTIONS[name]
            if ALL_ATTENTION_FUNCTIONS.get(name) is not before:  # it was another probe's, which is still open
                ALL_ATTENTION_FUNCTIONS[name] = before

    def stacked(self) -> Tensor:
        """The masses (L, B, R, T), layers in rising order."""
        if not self.masses:
            raise ValueError(
                "no attention was measured: the model does not take its attention kernel from transformers' registry, "
                "has none of the layers asked for, or has not been called"
            )
        return torch.stack([self.masses[layer] for layer in sorted(self.masses)])

    def _wrapped(self, kernel: Kernel) -> Kernel:
        def probed(
            module: Any, query: Tensor, key: Tensor, value: Tensor, attention_mask: Tensor | None, **options: Any
        ) -> tuple[Any, ...]:
            output = kernel(module, query, key, value, attention_mask, **options)
            if id(module) not in self.modules:
                return output
            layer, given = module.layer_idx, options | {"dropout": 0.0}
            with nullcontext() if self.loss else torch.no_grad():
                mass = _mass(lambda v: kernel(module, query, key, v, attention_mask, **given)[0], self.groups, value)
                if self.loss:
                    loss = self.loss(layer, mass)
                    self.losses[layer] = loss.detach()
                    output = (_Carry.apply(output[0], loss), *output[1:])
            self.masses[layer] = mass.detach()
            return output

        return probed


def _may_attend(module: Any) -> bool:
    return isinstance(getattr(module, "layer_idx", None), int) and hasattr(module, "config")


def _eager_of(module: Any) -> Kernel | None:
    """The eager kernel of a model's own file, which is not in the registry."""
    return getattr(sys.modules[type(module).__module__], "eager_attention_forward", None)


def _mass(attend: Callable[[Tensor], Tensor], groups: Tensor, value: Tensor) -> Tensor:
    """The mass (B, R, T) of `groups`, as many a call as `value`'s heads are wide; `attend` maps V to (B, T, H, D)."""
    batch, heads, length, width = value.shape
    if groups.shape[0] != batch or groups.shape[2] != length:
        raise ValueError(
            f"the groups are for {groups.shape[0]} sequences of {groups.shape[2]} tokens, found {batch} of {length}: "
            "give the probe the whole batch, and the model whole sequences without a cache"
        )
    parts = []
    for part in groups.to(value.device).split(width, dim=1):
        columns = value.new_zeros(batch, 1, length, width)
        columns[:, 0, :, : part.shape[1]] = part.transpose(1, 2)
        attended = attend(columns.expand(batch, heads, length, width))[..., : part.shape[1]]
        parts.append(attended.float().mean(2).transpose(1, 2))
    return torch.cat(parts, dim=1)


class _Carry(torch.autograd.Function):
    """Hands on a tensor unchanged and gives `loss` the gradient 1: as if it were added to the training loss."""

    @staticmethod
    def forward(ctx: Any, tensor: Tensor, loss: Tensor) -> Tensor:
        ctx.like = loss.new_ones(())
        return tensor.view_as(tensor)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        return gradients[0], ctx.like
