"""Where responses come from: one interface before transformers, vLLM and any OpenAI-compatible server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn; `temperature` 0 is greedy. `seed` makes a draw repeatable, where the engine can."""

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
        begun (`str`): what the assistant has said already, thinking included, to be continued as it stands.
        max_tokens (`int` or `None`): fewer tokens than the sampling allows.
        seed (`int`): tells several draws for the same conversation apart; with the sampling's, it makes each one
            repeatable.
    """

    messages: tuple[Mapping[str, str], ...]
    thinking: bool | None = None
    begun: str = ""
    max_tokens: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class Generated:
    """What was said after `begun`, in how many tokens, and whether the limit cut it.

    Where the chat template itself has opened the thinking, `text` begins with that opening, so that it reads by
    itself; and so may `begun`, which is not opened twice.
    """

    text: str
    tokens: int
    truncated: bool


class Generator(Protocol):
    """Anything that answers requests, in order; `None` for one that failed, and stays to be done."""

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Generated | None]: ...
