"""Constraint attention, read two ways: `share`, which is ours, and `alpha` as it is published.

`alpha` is that of "When Thinking Fails" (arXiv 2505.11423): the attention that a token of the constraints gets on
average; the paper's Δβ is how much less of it an answer pays than another. Both fall with the context's length alone.
`share` hardly does: of the attention that reaches the prompt, its first token aside, the part on constraints.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor

from keepif.rewards import Delimiters, Response

from ..evaluation.engines.generation import Request
from ..evaluation.engines.prompts import render
from .probe import AttentionProbe
from .spans import offsets, tokens_of, words_of

Section = Literal["response", "thinking", "answer"]
LEAST = 1e-9
"""Attention on the prompt, below which a sliding window has left it and there is no share."""


@dataclass(frozen=True)
class Exchange:
    """A prompt as the chat template renders it, the response, and the constraints as they stand in the prompt."""

    prompt: str
    response: str
    constraints: tuple[str, ...]


@dataclass(frozen=True)
class Reading:
    """The attention that a response pays to its constraints, at each of its N tokens, by layer.

    What is read at a token is the attention of the position that predicts it.

    Attributes:
        mass (`Tensor`): (R + 2, L, N) in [0, 1]: on each of the R constraints, on all together, and on the prompt
            without its first token.
        tokens (`int`): of all constraints together.
        answer_from (`int`): the first token of the answer; N if the thinking never closes.
    """

    mass: Tensor
    tokens: int
    answer_from: int

    @property
    def alpha(self) -> Tensor:
        """(L, N): the mean attention on a token of the constraints; the paper's eq. 1 before its mean over layers."""
        return self.mass[-2] / max(1, self.tokens)

    @property
    def share(self) -> Tensor:
        """(L, N) in [0, 1]: of the attention on the prompt, its first token aside, the part on constraints.

        NaN where no attention reaches the prompt.
        """
        return self._of_prompt(self.mass[-2])

    def share_of(self, constraint: int) -> Tensor:
        """(L, N): the share of one of the constraints."""
        return self._of_prompt(self.mass[constraint])

    @property
    def beta(self) -> Tensor:
        """(L,): the mean of `alpha` over the answer; eq. 2 of the paper. NaN without an answer."""
        return self.alpha[:, self.answer_from :].mean(1)

    def mean(self, values: Tensor, section: Section = "response") -> float:
        """The mean of `values` (L, N) over layers and the section's tokens; NaN if it has none."""
        within = {"thinking": slice(self.answer_from), "answer": slice(self.answer_from, None)}
        return float(values[:, within.get(section, slice(None))].nanmean())

    def _of_prompt(self, mass: Tensor) -> Tensor:
        prompt = self.mass[-1]
        return torch.where(prompt > LEAST, mass / prompt.clamp(min=LEAST), torch.nan)


@dataclass(frozen=True)
class Tokens:
    """An exchange as the model sees it: its ids, and the (R + 2, prompt's length) groups that are measured."""

    ids: list[int]
    groups: Tensor
    answer_from: int

    @classmethod
    def of(cls, tokenizer: Any, exchange: Exchange) -> "Tokens":
        prompt, places = offsets(tokenizer, exchange.prompt)
        response, ends = offsets(tokenizer, exchange.response)
        groups = constraint_groups(exchange.constraints, exchange.prompt, places)
        return cls(prompt + response, groups, answer_from(exchange, [end for _, end in ends]))


def constraint_groups(constraints: Sequence[str], prompt: str, places: Sequence[tuple[int, int]]) -> Tensor:
    """(R + 2, P) of bool: each constraint's tokens, those of all together, and the prompt without its first token."""
    groups = torch.zeros(len(constraints) + 2, len(places), dtype=torch.bool)
    for row, constraint in enumerate(constraints):
        groups[row, tokens_of(constraint, prompt, places)] = True
    groups[-2] = groups[:-2].any(0)
    groups[-1, 1:] = True
    return groups


def answer_from(exchange: Exchange, ends: Sequence[int]) -> int:
    """The first of the response's tokens, by the characters that they end at, that belongs to its answer."""
    opened = exchange.prompt.rstrip().endswith(Delimiters().open)
    response = Response.parse(exchange.response, Delimiters(prefilled=opened))
    if not response.closed or not response.answer_text:
        return len(ends)
    begin = exchange.response.rfind(response.answer_text)
    return next((token for token, end in enumerate(ends) if end > begin), len(ends))


def read(model: Any, tokenizer: Any, exchanges: Sequence[Exchange], batch_size: int = 16) -> list[Reading]:
    """Let `model` go over the exchanges once more, and read its attention at every token of the responses."""
    for exchange in exchanges:
        if missing := [sentence for sentence in exchange.constraints if sentence.strip() not in exchange.prompt]:
            raise ValueError(f"the constraint {missing[0]!r} does not stand in the prompt {exchange.prompt!r}")
    tokens = [Tokens.of(tokenizer, exchange) for exchange in exchanges]
    found: dict[int, Reading] = {}
    order = sorted(range(len(tokens)), key=lambda place: len(tokens[place].ids))  # of like length, to pad little
    for start in range(0, len(order), batch_size):
        places = order[start : start + batch_size]
        found.update(zip(places, _read(model, [tokens[place] for place in places]), strict=True))
    return [found[place] for place in range(len(tokens))]


def read_words(model: Any, tokenizer: Any, exchange: Exchange, part: str) -> tuple[list[str], Reading]:
    """The words of `part`, which stands in the exchange's prompt, and a reading with each of them as a constraint."""
    _, places = offsets(tokenizer, exchange.prompt)
    words = words_of(part, exchange.prompt, places)
    tokens = Tokens.of(tokenizer, exchange)
    groups = torch.zeros(len(words) + 2, len(places), dtype=torch.bool)
    for row, (_, own) in enumerate(words):
        groups[row, own] = True
    groups[-2:] = tokens.groups[-2:]
    [reading] = _read(model, [replace(tokens, groups=groups)])
    return [word for word, _ in words], reading


@torch.no_grad()
def _read(model: Any, batch: Sequence[Tokens]) -> Iterator[Reading]:
    width, rows = max(len(one.ids) for one in batch), max(len(one.groups) for one in batch)
    ids = torch.zeros(len(batch), width, dtype=torch.long)
    mask, groups = torch.zeros_like(ids), torch.zeros(len(batch), rows, width, dtype=torch.bool)
    for row, one in enumerate(batch):  # padded on the right, so that positions count from the prompt's start
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        mask[row, : len(one.ids)] = 1
        groups[row, : len(one.groups), : one.groups.shape[1]] = one.groups
    with AttentionProbe(model, groups.to(model.device)) as probe:
        model(ids.to(model.device), attention_mask=mask.to(model.device), use_cache=False)
    masses = probe.stacked().cpu()
    for row, one in enumerate(batch):
        prompt = one.groups.shape[1]
        mass = masses[:, row, : len(one.groups), prompt - 1 : len(one.ids) - 1]
        yield Reading(mass.transpose(0, 1), int(one.groups[-2].sum()), one.answer_from)


def exchange_of(tokenizer: Any, request: Request, text: str, constraints: Sequence[str]) -> Exchange:
    """The exchange in which an engine has answered `request` with `text`, which repeats what the template opened."""
    prompt, opening = render(tokenizer, request)
    return Exchange(prompt, text.removeprefix(opening), tuple(constraints))
