"""Grading workers: math-verify in long-lived processes that can be killed.

Untrusted LaTeX can freeze whoever parses it: `9^{9^{9^9}}` holds Python's lock for as long as it takes, so no thread
and no signal handler can stop it. Processes can. They are started with `Popen`, which works where `multiprocessing`
is refused: in TRL's daemonic rollout worker, and off the main thread.
"""

import atexit
import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from functools import cache

TIMEOUT = 3.0
"""Seconds of processor time one verdict may take; a candidate that takes longer is wrong."""
STARTUP = 120.0
"""Seconds a worker may take to import sympy on a busy machine."""
PATIENCE = 10
"""Times the limit before a worker is killed by the clock on the wall: it is stuck, or the machine far too busy."""

Pair = tuple[str, str]

MATH_VERIFY = ("-m", "keepif.rewards.grading_worker")
"""Python's arguments for the worker that grades answers."""


class NoWorkerError(RuntimeError):
    """No grading worker starts."""


class Worker:
    """One process and the pair it is busy with."""

    def __init__(self, timeout: float, program: Sequence[str]) -> None:
        self.timeout = timeout
        self.process = subprocess.Popen(
            [sys.executable, *program, str(timeout), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            bufsize=1,
        )
        self.ready = False
        self.job: int | None = None
        self.deadline = time.monotonic() + STARTUP

    def send(self, job: int, pair: Pair) -> None:
        self.job = job
        self.deadline = time.monotonic() + self.timeout * PATIENCE
        self.process.stdin.write(json.dumps(pair) + "\n")  # pyright: ignore[reportOptionalMemberAccess]

    @property
    def overdue(self) -> bool:
        """Whether a clock ended it: its own (SIGPROF), or ours."""
        return self.deadline < time.monotonic() or self.process.wait() == -signal.SIGPROF

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


class Grader:
    """A pool of grading workers.

    Args:
        workers (`int`, *optional*, defaults to `2`): processes.
        timeout (`float`, *optional*, defaults to `3.0`): seconds of processor time one verdict may take.
        program (`Sequence[str]`, *optional*): what Python runs, by default math-verify; it calls `serve` of
            `keepif.rewards.grading_worker` with its own verdict on two texts.
    """

    def __init__(self, workers: int = 2, timeout: float = TIMEOUT, program: Sequence[str] = MATH_VERIFY) -> None:
        self.size, self.timeout, self.program, self.pid = workers, timeout, program, os.getpid()
        self.workers: list[Worker] = []
        self.lock = threading.Lock()
        self.timeouts = 0
        atexit.register(self.close)

    def warm(self) -> None:
        """Start the workers without waiting for them."""
        with self.lock:
            self._staff(self.size)

    def close(self) -> None:
        """Kill the workers. The next verdict starts new ones. A forked child, at its exit, has none to kill."""
        while self.workers and os.getpid() == self.pid:
            self.workers.pop().kill()

    def verdicts(self, pairs: Sequence[Pair]) -> list[bool | None]:
        """The program's verdicts on (candidate, gold) pairs, in order; by default math-verify's.

        `True` or `False`; `None` where the gold cannot be read or, for an empty candidate, not within the limit.
        Takes at most (number of hanging pairs / workers) x (timeout + a start); on a busy machine more, up to
        `PATIENCE` times as much.

        Raises:
            [`NoWorkerError`]: where no worker starts.
        """
        with self.lock:
            try:
                return self._verdicts(pairs)
            except BaseException:  # interrupted: a reply still to come must not go to a later pair
                self._drop([worker for worker in self.workers if worker.job is not None])
                raise

    def _staff(self, wanted: int) -> bool:
        """Start the workers that are missing; whether there is any."""
        with contextlib.suppress(OSError, TypeError):  # no interpreter, no processes left
            while len(self.workers) < wanted:
                self.workers.append(Worker(self.timeout, self.program))
        return bool(self.workers)

    def _drop(self, workers: list[Worker]) -> None:
        for worker in workers:
            self.workers.remove(worker)
            worker.kill()

    def _verdicts(self, pairs: Sequence[Pair]) -> list[bool | None]:
        results: list[bool | None] = [None] * len(pairs)
        waiting = deque(range(len(pairs)))
        pending = len(pairs)
        failed_starts = 0
        retried: set[int] = set()
        while pending:
            if failed_starts > self.size:
                raise NoWorkerError(
                    f"no worker starts: python {' '.join(self.program)}; is what it imports installed?"
                )
            failed_starts += not self._staff(min(self.size, pending))
            for worker in self.workers:
                if worker.ready and worker.job is None and waiting:
                    self._hand_out(worker, waiting, pairs)
            for worker, line in self._listen():
                if line and not worker.ready:
                    worker.ready, worker.deadline = True, float("inf")
                    continue
                failed_starts += not worker.ready
                job, worker.job = worker.job, None
                if job is not None and not line and not worker.overdue and job not in retried:
                    retried.add(job)  # it died of something else: perhaps not of this pair
                    waiting.append(job)
                elif job is not None:
                    pending -= 1
                    results[job] = json.loads(line) if line else self._overdue(pairs[job])
                worker.deadline = float("inf")
                if not line:
                    self._drop([worker])
        return results

    def _hand_out(self, worker: Worker, waiting: deque[int], pairs: Sequence[Pair]) -> None:
        try:
            worker.send(waiting[0], pairs[waiting[0]])
            waiting.popleft()
        except OSError:  # it died while idle: the next round replaces it
            worker.job, worker.deadline = None, 0.0

    def _overdue(self, pair: Pair) -> bool | None:
        self.timeouts += 1
        return False if pair[0] else None

    def _listen(self) -> list[tuple[Worker, str]]:
        """Workers that said a line, and, with an empty line, those that died or are past their deadline."""
        with selectors.DefaultSelector() as selector:
            for worker in self.workers:
                selector.register(worker.process.stdout, selectors.EVENT_READ, worker)  # pyright: ignore[reportArgumentType]
            patience = min((worker.deadline for worker in self.workers), default=0.0) - time.monotonic()
            ready = selector.select(max(0.0, min(patience, 1.0)))
        said = [(key.data, key.data.process.stdout.readline()) for key, _ in ready]
        heard = {id(worker) for worker, _ in said}
        late = [w for w in self.workers if id(w) not in heard and w.deadline < time.monotonic()]
        return said + [(worker, "") for worker in late]


def shared_grader() -> Grader:
    """The process's own pool, shared by every reward in it; a forked child gets a new one."""
    return _grader_of(os.getpid())


@cache
def _grader_of(pid: int) -> Grader:  # noqa: ARG001  # the key
    return Grader()
