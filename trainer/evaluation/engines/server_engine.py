"""Responses from an OpenAI-compatible server: a provider's, or one's own vLLM, SGLang, llama.cpp, Ollama."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from keepif.rewards.judge.endpoint import Endpoint, Reply
from keepif.rewards.text.response import DEFAULT_DELIMITERS

from .generation import Generated, Request, Sampling

CHARACTERS = 4
"""Of English in a token, roughly: for servers that do not count."""


class ServerGenerator:
    """Answers requests through an endpoint.

    What a request needs beyond a plain chat goes into the fields that vLLM and SGLang know: `chat_template_kwargs` for
    thinking, `continue_final_message` for a prefix. Other servers may refuse them, and then these requests fail.
    No seed is sent: one seed for all items would make their draws alike. A server whose template opens the thinking
    should return it apart (vLLM's `--reasoning-parser`), or a response that was cut in its thinking reads as an
    answer. Whether its template minds the switch is not known here: the report names arms that thought although they
    should not, or did not although they should.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint = endpoint

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Generated | None]:
        responses: list[Generated | None] = [None] * len(requests)
        options = [_options(request, sampling) for request in requests]
        alike: dict[str, list[int]] = defaultdict(list)
        for i, option in enumerate(options):
            alike[repr(option)].append(i)
        for group in alike.values():
            replies = self.endpoint.chat([_messages(requests[i]) for i in group], **options[group[0]])
            for i, reply in zip(group, replies, strict=True):
                responses[i] = self._generated(reply) if reply else None
        return responses

    def count(self, text: str) -> int:
        """Tokens of `text`, estimated: the server's tokenizer is not here."""
        return round(len(text) / CHARACTERS)

    def _generated(self, reply: Reply) -> Generated:
        """The reply, with its thinking between the delimiters if the server returned it apart."""
        text = reply.text
        if reply.thinking is not None:
            cut = reply.finish_reason == "length" and not text
            text = DEFAULT_DELIMITERS.open + reply.thinking + ("" if cut else DEFAULT_DELIMITERS.close + text)
        tokens = self.count(text) if reply.tokens is None else reply.tokens
        return Generated(text, tokens, reply.finish_reason == "length")


def _messages(request: Request) -> list[Mapping[str, str]]:
    prefix = [{"role": "assistant", "content": request.prefix}] if request.prefix else []
    return [*request.messages, *prefix]


def _options(request: Request, sampling: Sampling) -> dict[str, Any]:
    options = {"temperature": sampling.temperature, "top_p": sampling.top_p, "max_tokens": request.limit(sampling)}
    extra: dict[str, Any] = {}
    if request.thinking is not None:
        extra["chat_template_kwargs"] = {"enable_thinking": request.thinking}
    if request.prefix:
        extra |= {"continue_final_message": True, "add_generation_prompt": False}
    return options | ({"extra_body": extra} if extra else {})
