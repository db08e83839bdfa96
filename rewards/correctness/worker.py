"""A grading process: reads `[candidate, gold]` lines, writes verdicts on them, math-verify's. `workers.py` starts it.

It may be killed at any moment. The kernel kills it when one verdict takes more processor time than the limit: SIGPROF
in its default disposition needs no Python to run, so a big-integer power that holds the interpreter cannot outlive it.
What asks for more memory than it may have is wrong, and a worker that has grown leaves. It leaves when its parent is
gone.
"""

import contextlib
import json
import logging
import os
import re
import resource
import select
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psutil

from .workers import LAST

MEMORY = 4 * 1024**3
"""Bytes of address space."""
GROWN = MEMORY // 4
"""Bytes that a worker still holds after a verdict for that to be its last: the next has fresh memory."""
WATCH = 1.0
"""Seconds between two looks at whether the parent lives."""


def limit_memory() -> None:
    """Fail allocations beyond `MEMORY` where the system can."""
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def has_grown() -> bool:
    """Whether this process holds more memory than `GROWN`. (Its peak would count its parent's memory too.)"""
    return psutil.Process().memory_info().rss > GROWN


SMALL = 1e-3
"""Numbers below it must agree to a millionth of themselves."""
INEQUALITY = re.compile(r"[<>]|\\[lg]eq?(?![a-z])")
"""An interval written out: `x > 2`; math-verify reads it as one if it is the gold."""
OR = re.compile(r"\s*(?:\\text\s*\{\s*or\s*\}|\bor\b|\\cup|\\lor)\s*")
"""Between two intervals written out: `x < 2 \text{ or } x > 5`."""
NO_TIMEOUT: Any = None
"""math-verify's own timeouts are off: they need a signal handler, which a long computation keeps from running."""


def verdict(candidate: str, gold: str) -> bool | None:
    """math-verify's verdict on `candidate`; `None` if it cannot read `gold`; an empty candidate is wrong."""
    from math_verify import LatexExtractionConfig, parse, verify

    try:
        target = parse(f"\\boxed{{{gold}}}", parsing_timeout=NO_TIMEOUT)
    except Exception:  # noqa: BLE001  # whatever sympy raises: this gold cannot be read
        target = []
    if not target:
        return None
    if not candidate:
        return False
    try:  # as one formula: math-verify's other reading takes the last number of a text that is none
        said = parse(f"\\boxed{{{candidate}}}", [LatexExtractionConfig()], parsing_timeout=NO_TIMEOUT)
        equal = verify(target, said, timeout_seconds=NO_TIMEOUT) or (
            INEQUALITY.search(candidate)
            and (
                verify(said, target, timeout_seconds=NO_TIMEOUT)
                or verify(target, union(candidate), timeout_seconds=NO_TIMEOUT)
            )
        )
        return bool(equal) and not far_apart(said[0], target[0])
    except Exception:  # noqa: BLE001  # whatever sympy raises on it: not the answer
        return False


def union(candidate: str) -> Any:
    """The set that inequalities joined by "or" make together."""
    from math_verify import LatexExtractionConfig, parse
    from sympy import Union

    parts = (f"\\boxed{{{part}}}" for part in OR.split(candidate))
    read: Any = [parse(part, [LatexExtractionConfig()], parsing_timeout=NO_TIMEOUT)[0] for part in parts]
    return Union(*(inequality.as_set() for inequality in read))


def far_apart(value: Any, target: Any) -> bool:
    """Whether two small numbers differ, which math-verify compares by their difference, not by their ratio."""
    from sympy import Expr

    if not (isinstance(value, Expr) and isinstance(target, Expr) and value.is_number and target.is_number):
        return False
    ours, theirs = value.evalf(), target.evalf()
    return bool(abs(theirs) < SMALL and abs(ours - theirs) > SMALL**2 * abs(theirs))


def lines(parent: int) -> Iterator[str]:
    """Standard input's lines, until it ends or `parent` has: a process it forked may hold the pipe open for long."""
    while os.getppid() == parent:
        if select.select([sys.stdin], [], [], WATCH)[0]:  # one line at a time is sent, so that none waits in a buffer
            line = sys.stdin.readline()
            if not line:
                return
            yield line


def serve(verdict: Callable[[str, str], bool | None]) -> None:
    """Answer lines with `verdict` until the parent is gone."""
    seconds, parent = float(sys.argv[1]), int(sys.argv[2])
    limit_memory()
    logging.disable(logging.CRITICAL)
    sys.set_int_max_str_digits(0)
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not enter the protocol
    verdict("1", "1")  # imports everything before the first clock runs
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # what was said until here tells why none starts
    print("ready", file=out, flush=True)
    for line in lines(parent):
        signal.setitimer(signal.ITIMER_PROF, seconds)
        candidate, gold = json.loads(line)
        try:
            found = verdict(candidate, gold)
        except MemoryError:
            found = False if candidate else None
        signal.setitimer(signal.ITIMER_PROF, 0)
        print(json.dumps(found), file=out, end=LAST if has_grown() else "\n", flush=True)


if __name__ == "__main__":
    serve(verdict)
