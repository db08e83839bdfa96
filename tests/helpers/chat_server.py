"""A chat server on this machine, which answers as a script tells it: what stands in for a paid service."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[dict[str, Any], int], Any]
"""Request body and how often it has come before → a text, a message, (status, headers, body), or seconds to hang."""


class ChatServer(ThreadingHTTPServer):
    """Serves `answer`; notes every request's body, headers and time."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer = answer
        self.requests: list[dict[str, Any]] = []
        self.authorization: list[str | None] = []
        self.times: list[float] = []
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1"


class Handler(BaseHTTPRequestHandler):
    server: ChatServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with self.server.lock:
            before = self.server.requests.count(body)
            self.server.requests.append(body)
            self.server.authorization.append(self.headers["Authorization"])
            self.server.times.append(time.monotonic())
            self.server.under_way += 1
            self.server.most_under_way = max(self.server.most_under_way, self.server.under_way)
        found = self.server.answer(body, before)
        if isinstance(found, float):
            time.sleep(found)
            found = "late"
        if not isinstance(found, tuple):
            found = 200, {}, json.dumps(completion(found))
        status, headers, text = found
        with self.server.lock:
            self.server.under_way -= 1
        try:
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", "Content-Length": len(text), **headers}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(text.encode())
        except OSError:
            pass  # whoever asked has gone

    def log_message(self, *args: Any) -> None:
        pass


def completion(message: str | dict[str, Any]) -> dict[str, Any]:
    """A chat completion of one message."""
    said = {"content": message} if isinstance(message, str) else message
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", **said}}
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    return {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage}


@contextmanager
def serving(answer: Answer) -> Iterator[ChatServer]:
    server = ChatServer(answer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
