"""Grading workers: math-verify in long-lived processes that can be killed.

Untrusted LaTeX can freeze whoever parses it: `9^{9^{9^9}}` holds Python's lock for as long as it takes, so no thread
and no signal handler can stop it. Processes can. They are started with `Popen`, which works where `multiprocessing`
is refused: in TRL's daemonic rollout worker, and off the main thread.
"""

import atexit
import contextlib
import json
import logging
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
from typing import NoReturn

logger = logging.getLogger(__name__)

TIMEOUT = 3.0
"""Seconds of processor time one verdict may take; a candidate that takes longer is wrong."""
STARTUP = 120.0
"""Seconds a worker may take to import sympy on a busy machine."""
PATIENCE = 10
"""Times the limit before a worker is killed by the clock on the wall: it is stuck, or the machine far too busy."""
REST = 10
"""Times as long as starting workers in vain took, none is started again: at most a tenth of a run is lost to it."""
LAST = " last\n"
"""Ends the line of a verdict after which its worker leaves."""

Pair = tuple[str, str]

MATH_VERIFY = ("-m", "keepif.rewards.correctness.worker")
"""Python's arguments for the worker that grades answers."""


class NoWorkerError(RuntimeError):
    """No grading worker starts."""


class Worker:
    """One process and the pair it is busy with. It imports from where this process does."""

    def __init__(self, timeout: float, program: Sequence[str]) -> None:
        self.timeout = timeout
        self.process = subprocess.Popen(
            [sys.executable, *program, str(timeout), str(os.getpid())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))},
            text=True,
            errors="replace",
            bufsize=1,
        )
        self.ready = False
        self.job: int | None = None
        self.deadline = time.monotonic() + STARTUP

    def send(self, job: int, pair: Pair) -> None:
        self.job = job
        self.deadline = time.monotonic() + self.timeout * PATIENCE
        self.process.stdin.write(json.dumps(pair) + "\n")  # pyright: ignore[reportOptionalMemberAccess]

    def is_overdue(self) -> bool:
        """Whether a clock ended it: its own (SIGPROF), or ours."""
        return self.deadline < time.monotonic() or self._status() == -signal.SIGPROF

    def why_not_ready(self) -> str:
        """What it says of its end before it was ready."""
        if self.deadline < time.monotonic():
            return f"not ready after {STARTUP:g} s"
        status = self._status()
        said = "" if status is None else self.process.stderr.read().strip()  # pyright: ignore[reportOptionalMemberAccess]
        return said.split("\n")[-1] or f"ended with status {status}"

    def _status(self) -> int | None:
        """Its exit status; `None` for one that goes on though it has closed its pipe."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(1.0)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()


class Batch:
    """Pairs, and what has become of each."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self.pairs = pairs
        self.results: list[bool | None] = [None] * len(pairs)
        self.waiting = deque(range(len(pairs)))
        self.pending = len(pairs)
        self.retried: set[int] = set()

    def settle(self, job: int, verdict: bool | None) -> None:
        self.results[job] = verdict
        self.pending -= 1

    def lose(self, job: int) -> None:
        """Its worker died, perhaps not of this pair: it is tried once more, and then has no verdict."""
        if job in self.retried:
            self.settle(job, None)
        else:
            self.retried.add(job)
            self.waiting.append(job)


class Grader:
    """A pool of grading workers.

    Args:
        workers (`int`, *optional*, defaults to `2`): processes.
        timeout (`float`, *optional*, defaults to `3.0`): seconds of processor time one verdict may take.
        program (`Sequence[str]`, *optional*): what Python runs, by default math-verify; it calls `serve` of
            `keepif.rewards.correctness.worker` with its own verdict on two texts.
    """

    def __init__(self, workers: int = 2, timeout: float = TIMEOUT, program: Sequence[str] = MATH_VERIFY) -> None:
        self.size, self.timeout, self.program, self.pid = workers, timeout, program, os.getpid()
        self.workers: list[Worker] = []
        self.lock = threading.Lock()
        self.timeouts = self.deaths = 0
        self.resting_until, self.why_none = 0.0, ""
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

        `True` or `False`; `None` if the gold cannot be read or, for an empty candidate, not within the limits; and
        where two workers died of something else than the limits, such as the system's lack of memory.
        Takes at most (number of hanging pairs / workers) x (timeout + a start); on a busy machine more, up to
        `PATIENCE` times as much.

        Raises:
            [`NoWorkerError`]: where no worker starts; then at once, until it is worth another try.
        """
        with self.lock:
            if pairs and time.monotonic() < self.resting_until:
                raise NoWorkerError(self.why_none)
            deaths = self.deaths
            try:
                return self._verdicts(Batch(pairs))
            except BaseException:  # interrupted: a reply still to come must not go to a later pair
                self._drop([worker for worker in self.workers if worker.job is not None])
                raise
            finally:
                if self.deaths > deaths:
                    logger.warning(
                        "keepif: %d grading workers died, of no limit of theirs: is the machine out of memory?",
                        self.deaths - deaths,
                    )

    def _staff(self, wanted: int) -> bool:
        """Start the workers that are missing; whether there is any."""
        try:
            while len(self.workers) < wanted:
                self.workers.append(Worker(self.timeout, self.program))
        except (OSError, TypeError) as error:  # no interpreter, no processes left
            self.why_none = str(error)
        return bool(self.workers)

    def _drop(self, workers: list[Worker]) -> None:
        for worker in workers:
            self.workers.remove(worker)
            worker.kill()

    def _verdicts(self, batch: Batch) -> list[bool | None]:
        began, failed_starts = time.monotonic(), 0
        while batch.pending:
            if failed_starts > self.size:
                self._give_up(time.monotonic() - began)
            failed_starts += not self._staff(min(self.size, batch.pending))
            for worker in self.workers:
                if worker.ready and worker.job is None and batch.waiting:
                    self._hand_out(worker, batch)
            for worker, line in self._listen():
                if worker.ready:
                    self._take(worker, line, batch)
                elif line:
                    worker.ready, worker.deadline = True, float("inf")
                else:
                    failed_starts += 1
                    self.why_none = worker.why_not_ready()
                    self._drop([worker])
        return batch.results

    def _give_up(self, took: float) -> NoReturn:
        self.resting_until = time.monotonic() + REST * took
        self.why_none = f"no worker starts: python {' '.join(self.program)}: {self.why_none}"
        raise NoWorkerError(self.why_none)

    def _hand_out(self, worker: Worker, batch: Batch) -> None:
        try:
            worker.send(batch.waiting[0], batch.pairs[batch.waiting[0]])
            batch.waiting.popleft()
        except OSError:  # it died while idle: the next round replaces it
            worker.job, worker.deadline = None, 0.0

    def _take(self, worker: Worker, line: str, batch: Batch) -> None:
        """A verdict, or, with an empty line, a worker's end."""
        job, worker.job = worker.job, None
        if job is not None and line:
            batch.settle(job, json.loads(line.removesuffix(LAST)))
        elif job is not None and worker.is_overdue():
            self.timeouts += 1
            batch.settle(job, False if batch.pairs[job][0] else None)
        elif job is not None:
            self.deaths += 1
            batch.lose(job)
        worker.deadline = float("inf")
        if not line or line.endswith(LAST):
            self._drop([worker])

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
