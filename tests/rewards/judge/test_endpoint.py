"""An endpoint against a real HTTP server on this machine: what it says, and every way in which it does not."""

import asyncio
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from keepif.rewards.judge.endpoint import Endpoint, Reply
from tests.helpers.chat_server import serving


def asked(*texts: str) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": text}] for text in texts]


def echo(body: dict[str, Any], _: int) -> Any:
    return "you said " + body["messages"][-1]["content"]


def test_replies_come_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "secret")

    def slowest_first(body: dict[str, Any], before: int) -> str:
        time.sleep(0.05 * (3 - int(body["messages"][0]["content"])))
        return echo(body, before)

    with serving(slowest_first) as server:
        endpoint = Endpoint(server.url, "m", api_key_env="SOME_KEY")
        replies = endpoint.chat(asked("0", "1", "2"), temperature=0.5, extra_body={"top_k": 3})
    assert replies == [Reply(f"you said {i}", 7, "stop") for i in range(3)]
    assert server.requests[0] | {"messages": []} == {"model": "m", "messages": [], "temperature": 0.5, "top_k": 3}
    assert server.authorization == ["Bearer secret"] * 3
    assert endpoint.chat([]) == []


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thinking_that_comes_apart(field: str) -> None:
    with serving(lambda *_: {"content": None, field: "so"}) as server:
        assert Endpoint(server.url, "m").chat(asked("x")) == [Reply("", 7, "stop", "so")]


def test_a_busy_server_is_asked_again() -> None:
    def busy_once(body: dict[str, Any], before: int) -> Any:
        return echo(body, before) if before else (429, {"Retry-After-Ms": "20"}, "{}")

    with serving(busy_once) as server:
        assert Endpoint(server.url, "m").chat(asked("a", "b")) == [Reply(f"you said {i}", 7, "stop") for i in "ab"]
    assert len(server.requests) == 4


MALFORMED: dict[str, Any] = {
    "no JSON": "{",
    "empty": "",
    "other JSON": '{"hello": 1}',
    "a list": "[1]",
    "null": "null",
    "no choices": '{"choices": []}',
    "choices of nothing": '{"choices": [null]}',
    "no text": '{"choices": [{"message": {"content": 3}, "finish_reason": "stop"}]}',
    "no message": '{"choices": [{"message": "yes", "finish_reason": "stop"}]}',
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_no_chat_completion_is_none(body: str, caplog: pytest.LogCaptureFixture) -> None:
    def malformed(request: dict[str, Any], before: int) -> Any:
        return (200, {}, body) if request["messages"][0]["content"] == "bad" else echo(request, before)

    with serving(malformed) as server:
        assert Endpoint(server.url, "m").chat(asked("good", "bad")) == [Reply("you said good", 7, "stop"), None]
    assert "1 of 2 requests" in caplog.text


def test_failures_are_none_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    def broken(body: dict[str, Any], before: int) -> Any:
        text = body["messages"][0]["content"]
        return (int(text), {"Retry-After-Ms": "1"}, "{}") if text.isdecimal() else echo(body, before)

    with serving(broken) as server:
        replies = Endpoint(server.url, "m", retries=2).chat(asked("a", "500", "b", "401", "400"))
        texts = [body["messages"][0]["content"] for body in server.requests]
    assert [reply and reply.text for reply in replies] == ["you said a", None, "you said b", None, None]
    assert (texts.count("500"), texts.count("401"), texts.count("400")) == (3, 1, 1)
    assert len([r for r in caplog.records if r.name.startswith("keepif")]) == 1
    assert "3 of 5 requests to m" in caplog.text


def test_a_server_that_hangs_or_drips_is_left() -> None:
    def hang(body: dict[str, Any], _: int) -> Any:
        return 5.0 if body["messages"][0]["content"] == "hang" else (200, {"Content-Length": 1000}, "  ")

    with serving(hang) as server:
        began = time.monotonic()
        assert Endpoint(server.url, "m", timeout=0.3, retries=1).chat(asked("hang", "drip")) == [None, None]
        assert time.monotonic() - began < 3
        assert len(server.requests) == 4


def test_a_server_that_is_down_does_not_get_the_whole_batch() -> None:
    with serving(lambda *_: (500, {}, "{}")) as server:
        found = Endpoint(server.url, "m", retries=0, concurrency=2).chat(asked(*map(str, range(100))))
    assert found == [None] * 100
    assert 4 <= len(server.requests) <= 6
    began = time.monotonic()
    assert Endpoint(server.url, "m", retries=1).chat(asked("x")) == [None]  # nobody listens there any more
    assert time.monotonic() - began < 10


def test_a_server_that_goes_down_does_not_get_the_rest() -> None:
    def one_reply(body: dict[str, Any], before: int) -> Any:
        return echo(body, before) if body["messages"][0]["content"] == "0" else 60.0

    with serving(one_reply) as server:
        endpoint = Endpoint(server.url, "m", timeout=0.2, retries=0, concurrency=2)
        found = endpoint.chat(asked(*map(str, range(100))))
    assert found == [Reply("you said 0", 7, "stop")] + [None] * 99
    assert 5 <= len(server.requests) <= 7


def test_requests_that_are_at_fault_themselves_keep_none_of_the_others() -> None:
    with serving(lambda body, _: (400, {}, "{}") if len(body["messages"][0]["content"]) > 1 else "y") as server:
        found = Endpoint(server.url, "m", concurrency=2).chat(asked(*["a filtered text"] * 20, "x"))
    assert found == [None] * 20 + [Reply("y", 7, "stop")]


def test_a_batch_ends_by_its_deadline(caplog: pytest.LogCaptureFixture) -> None:
    """Though the server never fails for long: of two requests it answers one."""

    def every_other(body: dict[str, Any], before: int) -> Any:
        return 60.0 if int(body["messages"][0]["content"]) % 2 else echo(body, before)

    with serving(every_other) as server:
        endpoint = Endpoint(server.url, "m", timeout=0.2, retries=0, concurrency=1)
        found = endpoint.chat(asked(*map(str, range(1000))), deadline=2.0)
        assert endpoint.chat(asked("0"), deadline=60.0) == [Reply("you said 0", 7, "stop")]
    assert found[:3] == [Reply("you said 0", 7, "stop"), None, Reply("you said 2", 7, "stop")]
    assert len(server.requests) < 100
    assert "TimeoutError: the batch has taken 2 s" in caplog.text


def test_no_more_at_once_than_allowed() -> None:
    def slow(body: dict[str, Any], before: int) -> str:
        time.sleep(0.05)
        return echo(body, before)

    with serving(slow) as server:
        endpoint = Endpoint(server.url, "m", concurrency=3)
        threads = [threading.Thread(target=endpoint.chat, args=(asked(*map(str, range(6))),)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(server.requests) == 12
    assert server.most_under_way == 3


def test_the_rate_limit_holds_over_batches_and_retries() -> None:
    """120 a minute: after a burst of 120 one each half a second, whatever asks."""

    def busy_last(body: dict[str, Any], before: int) -> Any:
        return (429, {"Retry-After-Ms": "1"}, "{}") if body["messages"][0]["content"] == "x" and not before else "y"

    with serving(busy_last) as server:
        endpoint = Endpoint(server.url, "m", per_minute=120, concurrency=20)
        assert None not in endpoint.chat(asked(*["first"] * 119))
        assert None not in endpoint.chat(asked("x", "x2"))
    assert len(server.times) == 122
    assert server.times[-1] - server.times[0] >= 0.9


def test_within_a_running_event_loop_and_in_a_copy() -> None:
    async def within(endpoint: Endpoint) -> list[Reply | None]:
        return endpoint.chat(asked("a"))

    with serving(echo) as server:
        endpoint = Endpoint(server.url, "m")
        assert asyncio.run(within(endpoint)) == endpoint.chat(asked("a")) == [Reply("you said a", 7, "stop")]
        assert pickle.loads(pickle.dumps(endpoint)).chat(asked("a")) == endpoint.chat(asked("a"))


def test_in_a_fork_and_interrupted() -> None:
    """A process that forks after its first request, and one that Ctrl-C reaches while it waits."""
    code = (
        "import os, sys\n"
        "from keepif.rewards.judge.endpoint import Endpoint\n"
        "endpoint = Endpoint(sys.argv[1], 'm')\n"
        "def said(text): return [r and r.text for r in endpoint.chat([[{'role': 'user', 'content': text}]])]\n"
        "print(said('parent'), flush=True)\n"
        "if not os.fork(): print(said('child'), flush=True); os._exit(0)\n"
        "os.wait()\n"
        "try: said('hang')\n"
        "except KeyboardInterrupt: print('interrupted', said('after'))\n"
    )

    def answer(body: dict[str, Any], before: int) -> Any:
        return 30.0 if body["messages"][0]["content"] == "hang" else echo(body, before)

    with serving(answer) as server:
        process = subprocess.Popen(
            [sys.executable, "-c", code, server.url], stdout=subprocess.PIPE, text=True, env={**os.environ}
        )
        try:
            while not any(body["messages"][0]["content"] == "hang" for body in server.requests):
                assert process.poll() is None
                time.sleep(0.05)
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=120)
        finally:
            process.kill()
    assert out.splitlines() == ["['you said parent']", "['you said child']", "interrupted ['you said after']"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"base_url": "localhost:8000"}, "base_url must begin with http"),
        ({"concurrency": 0}, "concurrency must be at least 1, found 0"),
        ({"per_minute": 0}, "per_minute must be at least 1"),
        ({"timeout": 0}, "timeout must be at least"),
        ({"retries": -1}, "retries must be at least 0"),
    ],
)
def test_bad_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Endpoint(**{"base_url": "http://localhost", "model": "m", **options})


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(ImportError, match=r'pip install -e "\.\[judge\]"'):
        Endpoint("http://localhost", "m")
