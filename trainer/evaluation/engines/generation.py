"""Where responses come from: one interface to transformers, vLLM and any OpenAI-compatible server."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn; `temperature` 0 is greedy. `seed` makes a draw repeatable, if the engine can."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 1024
    seed: int = 0


@dataclass(frozen=True)
class Request:
    """One response to be made.

    Attributes:
        messages (`tuple` of messages): the conversation so far.
        thinking (`bool` or `None`): whether the chat template is asked to think; `None` leaves it its default.
        prefix (`str`): how the response begins, thinking included; the model continues it as it stands.
        max_tokens (`int` or `None`): fewer tokens than the sampling allows.
        seed (`int`): tells several draws for the same conversation apart. With the sampling's seed it makes each one
            repeatable.
    """

    messages: tuple[Mapping[str, str], ...]
    thinking: bool | None = None
    prefix: str = ""
    max_tokens: int | None = None
    seed: int = 0

    def limit(self, sampling: Sampling) -> int:
        """Tokens that the response may have."""
        return sampling.max_tokens if self.max_tokens is None else min(self.max_tokens, sampling.max_tokens)


@dataclass(frozen=True)
class Generated:
    """What came after the prefix, in how many tokens, and whether the limit cut it.

    If the chat template itself has opened the thinking, `text` begins with that opening, so that it reads by itself;
    and so may a prefix, which is not opened twice.
    """

    text: str
    tokens: int
    truncated: bool


ENDED = frozenset({1})
"""The end tokens of [`last_tokens`]."""


def last_tokens(made: Iterable[Any]) -> list[list[int]]:
    """For each of `made` the token that stands for its last one: by it a `Scoring` recognises what was `truncated`."""
    return [[0] if one.truncated else [*ENDED] for one in made]


class Generator(Protocol):
    """Anything that makes responses."""

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Generated | None]:
        """One response a request, in order; `None` for one that failed, and stays to be made."""
        ...

    def count(self, text: str) -> int:
        """Tokens of `text`."""
        ...
