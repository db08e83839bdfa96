"""Responses from an OpenAI-compatible server: a provider's, or one's own vLLM, SGLang, llama.cpp, Ollama."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from keepif.rewards.judge.endpoint import Endpoint, Reply
from keepif.rewards.text.response import DEFAULT_DELIMITERS

from .generation import Generated, Request, Sampling
from .transformers_engine import limit_of

CHARACTERS = 4
"""Of English in a token, about: for servers that do not count."""


class ServerGenerator:
    """Answers requests through an endpoint.

    What a request asks beyond a plain chat goes into the fields that vLLM and SGLang know: `chat_template_kwargs` for
    thinking, `continue_final_message` for what is begun. Other servers may refuse them, and then these requests fail.
    Draws are the server's own: no seed is sent, since one seed for all items would make their draws alike. A server
    whose template opens the thinking should return it apart (vLLM's `--reasoning-parser`), or a response that was cut
    in its thinking reads as an answer. Whether its template minds the switch is not known here: the report says where
    samples have thought that should not, or none that should.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Generated | None]:
        found: list[Generated | None] = [None] * len(requests)
        alike: dict[str, list[int]] = defaultdict(list)
        options = [_options(request, sampling) for request in requests]
        for i, option in enumerate(options):
            alike[repr(option)].append(i)
        for group in alike.values():
            replies = self.endpoint.chat([_messages(requests[i]) for i in group], **options[group[0]])
            for i, reply in zip(group, replies, strict=True):
                found[i] = self._said(reply) if reply else None
        return found

    def count(self, text: str) -> int:
        """Tokens of `text`, estimated: the server's tokenizer is not here."""
        return round(len(text) / CHARACTERS)

    def _said(self, reply: Reply) -> Generated:
        """The reply, its thinking put back between the delimiters where the server returned it apart."""
        text = reply.text
        if reply.thinking is not None:
            cut = reply.finish_reason == "length" and not text
            text = DEFAULT_DELIMITERS.open + reply.thinking + ("" if cut else DEFAULT_DELIMITERS.close + text)
        tokens = self.count(text) if reply.tokens is None else reply.tokens
        return Generated(text, tokens, reply.finish_reason == "length")


def _messages(request: Request) -> list[dict[str, str]]:
    begun = [{"role": "assistant", "content": request.begun}] if request.begun else []
    return [*map(dict, request.messages), *begun]


def _options(request: Request, sampling: Sampling) -> dict[str, Any]:
    beyond: dict[str, Any] = {}
    if request.thinking is not None:
        beyond["chat_template_kwargs"] = {"enable_thinking": request.thinking}
    if request.begun:
        beyond |= {"continue_final_message": True, "add_generation_prompt": False}
    return {
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": limit_of(request, sampling),
    } | ({"extra_body": beyond} if beyond else {})
