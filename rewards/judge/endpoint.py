"""Endpoint: one OpenAI-compatible chat server, asked many things at once, that can fail without failing a run."""

import asyncio
import logging
import os
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..extras import install

logger = logging.getLogger(__name__)

Conversation = Sequence[Mapping[str, str]]

HOPELESS = 2
"""Times `concurrency` requests of a batch that fail in a row, after which the rest is not sent."""
REFUSED = 400
"""The status of a request at fault itself; it says nothing of the server."""

_starting = threading.Lock()


@dataclass(frozen=True)
class Reply:
    """What the server said.

    Attributes:
        text (`str`): the message's content, with the thinking if the server leaves it there.
        tokens (`int` or `None`): completion tokens, if the server counts them.
        finish_reason (`str` or `None`): `"stop"`, `"length"`, ...
        thinking (`str` or `None`): the thinking, if the server returns it apart (`reasoning_content`, `reasoning`).
    """

    text: str
    tokens: int | None
    finish_reason: str | None
    thinking: str | None = None


@dataclass
class Endpoint:
    """One OpenAI-compatible chat endpoint: a provider's, or one's own vLLM, SGLang, llama.cpp, Ollama.

    It can be called from any thread, also where an event loop runs already, and pickled.

    Args:
        base_url (`str`): with its version: `"http://localhost:8000/v1"`.
        model (`str`): the model's name there.
        api_key_env (`str`, *optional*, defaults to `"OPENAI_API_KEY"`): the environment variable that holds the key;
            a server that needs none is sent "none".
        concurrency (`int`, *optional*, defaults to `8`): requests under way at once.
        per_minute (`int`, *optional*): requests a minute at most, retries included, of this process: each rank of a
            run has a limit of its own.
        timeout (`float`, *optional*, defaults to `60`): seconds that one try may take, from connection to last byte.
        retries (`int`, *optional*, defaults to `4`): further tries after a time-out, a lost connection, a 408, 409,
            429 or 5xx, with exponential waits, or as long as the server's `Retry-After` says.

    Raises:
        `ImportError`: where the extra `judge` is not installed.
        `ValueError`: for an option out of range.
    """

    base_url: str
    model: str
    api_key_env: str = "OPENAI_API_KEY"
    concurrency: int = 8
    per_minute: int | None = None
    timeout: float = 60
    retries: int = 4

    def __post_init__(self) -> None:
        if not str(self.base_url).startswith(("http://", "https://")):
            raise ValueError(f"base_url must begin with http:// or https://, found {self.base_url!r}")
        least = {"concurrency": 1, "per_minute": 1, "retries": 0, "timeout": 0.001}
        for name, bound in least.items():
            value = getattr(self, name)
            if value is not None and not value >= bound:
                raise ValueError(f"{name} must be at least {bound}, found {value!r}")
        try:
            import aiolimiter  # noqa: F401
            import openai  # noqa: F401
        except ImportError as error:
            raise ImportError(f"an endpoint needs {error.name}: {install('judge')}") from None
        self._session: _Session | None = None

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_session": None}

    def chat(
        self, conversations: Sequence[Conversation], deadline: float | None = None, **sampling: Any
    ) -> list[Reply | None]:
        """One reply to each conversation, in order; `None` for a request that failed after its retries.

        Failures are counted and logged, once a batch. Where `HOPELESS` x `concurrency` requests fail in a row, the
        server is down and the rest of the batch fails unsent.

        Args:
            conversations (`Sequence`): message lists, each message with `role` and `content`.
            deadline (`float`, *optional*): seconds that the batch may take; what is not answered by then has failed.
            sampling (*optional*): `temperature`, `max_tokens` and whatever else the server's chat completions take;
                what OpenAI's do not know goes into `extra_body`.
        """
        with _starting:
            if self._session is None or self._session.pid != os.getpid():  # a fork has no thread of its parent's
                self._session = _Session(self)
            session = self._session
        return session.run(conversations, deadline, sampling)


class _Session:
    """An endpoint's connections and its place in the rate limit, which belong to one event loop in one thread."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.endpoint, self.pid = endpoint, os.getpid()
        self.loop = asyncio.new_event_loop()
        self.client = _client(endpoint)
        self.slots = asyncio.Semaphore(endpoint.concurrency)
        threading.Thread(target=self.loop.run_forever, name="keepif-endpoint", daemon=True).start()

    def run(
        self, conversations: Sequence[Conversation], deadline: float | None, sampling: Mapping[str, Any]
    ) -> list[Reply | None]:
        batch = asyncio.run_coroutine_threadsafe(self._batch(conversations, deadline, sampling), self.loop)
        try:
            return batch.result()
        except BaseException:  # interrupted: what is under way is called off
            batch.cancel()
            raise

    async def _batch(
        self, conversations: Sequence[Conversation], deadline: float | None, sampling: Mapping[str, Any]
    ) -> list[Reply | None]:
        failures: list[Exception] = []
        in_a_row, hopeless = 0, HOPELESS * self.endpoint.concurrency
        end = None if deadline is None else self.loop.time() + deadline

        async def one(conversation: Conversation) -> Reply | None:
            nonlocal in_a_row
            try:
                async with asyncio.timeout_at(end), self.slots:
                    if in_a_row >= hopeless:
                        return None
                    found = await self._ask(conversation, sampling)
            except TimeoutError:
                found = TimeoutError(f"the batch has taken {deadline:g} s")
            if isinstance(found, Reply):
                in_a_row = 0
                return found
            in_a_row += getattr(found, "status_code", None) != REFUSED
            failures.append(found)
            return None

        replies = await asyncio.gather(*map(one, conversations))
        if failures:
            logger.warning(
                "keepif: %d of %d requests to %s at %s failed; the last: %s: %s",
                replies.count(None), len(replies), self.endpoint.model, self.endpoint.base_url,
                type(failures[-1]).__name__, str(failures[-1])[:300],
            )  # fmt: skip
        return replies

    async def _ask(self, conversation: Conversation, sampling: Mapping[str, Any]) -> Reply | Exception:
        """The reply, or why there is none."""
        import openai

        try:
            messages: Any = [dict(message) for message in conversation]
            completion = await self.client.chat.completions.create(
                model=self.endpoint.model, messages=messages, **sampling
            )
        except (openai.OpenAIError, ValueError) as error:  # ValueError: it is no JSON
            return error
        try:
            return _reply(completion)
        except (AttributeError, IndexError, TypeError):  # it is some other JSON: openai checks no types
            return ValueError(f"no chat completion: {completion}")


def _reply(completion: Any) -> Reply:
    choice = completion.choices[0]
    message, usage = choice.message, completion.usage
    thinking = getattr(message, "reasoning_content", None) or getattr(message, "reasoning", None)
    if not isinstance(message.content, str | None):
        raise TypeError(message.content)
    return Reply(message.content or "", usage.completion_tokens if usage else None, choice.finish_reason, thinking)


def _client(endpoint: Endpoint) -> Any:
    """OpenAI's client, which retries and waits; each try, a retry too, takes its place in the rate limit."""
    import httpx2
    import openai
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(endpoint.per_minute, 60) if endpoint.per_minute else None

    class Limited(openai.DefaultAsyncHttpxClient):
        async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
            if limiter:
                await limiter.acquire()
            try:  # httpx' own limit is on each read: a server that drips would never reach it
                async with asyncio.timeout(endpoint.timeout):
                    return await super().send(request, **options)
            except TimeoutError:
                raise httpx2.ReadTimeout(f"no answer in {endpoint.timeout:g} s", request=request) from None

    return openai.AsyncOpenAI(
        base_url=endpoint.base_url,
        api_key=os.environ.get(endpoint.api_key_env) or "none",
        timeout=endpoint.timeout,
        max_retries=endpoint.retries,
        http_client=Limited(timeout=endpoint.timeout),
    )
