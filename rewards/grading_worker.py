"""A grading process: reads `[candidate, gold]` lines, writes math-verify's verdicts. Started by `grader.py`.

It may be killed at any moment. The kernel kills it when one verdict takes longer than the limit (SIGALRM in its
default disposition needs no Python to run, so a big-integer power that holds the interpreter cannot outlive it) and
when it asks for more memory than it may have, so that it never outlives its parent either.
"""

import json
import logging
import signal
import sys
from typing import Any

MEMORY = 4 * 1024**3
"""Bytes of address space."""


def limit_memory() -> None:
    """Fail allocations beyond `MEMORY` where the system can."""
    try:
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    except (ImportError, ValueError, OSError):
        pass


NO_TIMEOUT: Any = None
"""math-verify's own timeouts are off: they need a signal handler, which a long computation keeps from running."""


def verdict(candidate: str, gold: str) -> bool | None:
    """math-verify's verdict on `candidate`; `None` where it cannot read `gold`; an empty candidate is wrong."""
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
        return bool(verify(target, said, timeout_seconds=NO_TIMEOUT))
    except Exception:  # noqa: BLE001  # whatever sympy raises on it: not the answer
        return False


def main() -> None:
    seconds = float(sys.argv[1])
    limit_memory()
    logging.disable(logging.CRITICAL)
    sys.set_int_max_str_digits(0)
    out = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints must not enter the protocol
    verdict("1", "1")  # imports everything before the first clock runs
    print("ready", file=out, flush=True)
    for line in sys.stdin:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        found = verdict(*json.loads(line))
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(json.dumps(found), file=out, flush=True)


if __name__ == "__main__":
    main()
