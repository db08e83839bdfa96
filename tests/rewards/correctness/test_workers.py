"""Grading workers: nothing a model writes hangs them, or outlives them."""

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from keepif.rewards import Response, correctness
from keepif.rewards.correctness.workers import MATH_VERIFY, Grader, NoWorkerError, Pair
from tests.helpers.hanging import hanging

MODULE = sys.modules[Grader.__module__]

SERVE = "from keepif.rewards.correctness import worker as w\n"
"""The head of a program that is no math-verify."""


@pytest.fixture
def grader() -> Grader:
    return Grader(workers=2, timeout=1.0)


def graded_by(program: str, pairs: list[Pair], workers: int = 1) -> tuple[list[bool | None], int, int]:
    """A program's verdicts, how often it was too slow, and how often it died."""
    grader = Grader(workers, 1.0, ("-c", SERVE + program))
    found = grader.verdicts(pairs)
    grader.close()
    return found, grader.timeouts, grader.deaths


def childrens_time() -> float:
    """Seconds of processor time of the processes that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_hanging_strings_cost_bounded_time_and_keep_the_order(grader: Grader) -> None:
    """The time-out for each of them and two seconds, on two workers; in processor time, which no busy machine adds to.

    Each time-out costs a start as well.
    """
    texts, began = hanging(), childrens_time()
    grader.verdicts([("1", "1"), ("1", "1")])
    grader.close()
    start = (childrens_time() - began) / 2
    began = childrens_time()
    found = grader.verdicts([pair for text in texts for pair in ((text, "7"), ("x+1", "1+x"))])
    grader.close()
    starts = grader.timeouts + grader.size
    assert childrens_time() - began < len(texts) * grader.timeout + 2 * grader.size + 1.5 * starts * start
    assert found == [False, True] * len(texts)
    assert (grader.timeouts, grader.deaths) == (len(texts), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_an_expression_that_asks_for_too_much_memory_is_wrong() -> None:
    """It would be right, had it the memory."""
    hungry = "2^{80000000} - 2^{80000000} + 7"
    pairs = [("x+1", "1+x"), (hungry, "7"), ("x+2", "1+x"), (hungry, "7"), ("x+1", "1+x")]
    plenty = Grader(1, 60.0)
    assert plenty.verdicts(pairs[:2]) == [True, True]
    plenty.close()
    little = (
        "w.verdict('1', '1'); import resource\n"
        "pages = int(open('/proc/self/statm').read().split()[0])\n"
        "w.MEMORY = pages * resource.getpagesize() + 2**24\n"
        "w.serve(w.verdict)\n"
    )
    assert graded_by(little, pairs)[0] == [True, False, False, False, True]


def test_a_program_that_asks_for_too_much_memory_goes_on() -> None:
    greedy = "w.serve(lambda candidate, gold: bool(bytearray(10 ** int(candidate or gold))))"
    found = graded_by(greedy, [("1", "1"), ("15", "1"), ("", "15"), ("2", "1"), ("", "1")])
    assert found == ([True, False, None, True, True], 0, 0)


def test_a_worker_that_has_grown_is_replaced() -> None:
    """One that has not says "2" after "1"."""
    count = "n = iter('12345')\nw.GROWN = {}\nw.serve(lambda c, g: c == 'c' and next(n) == '1')"
    pairs = [("c", "1")] * 3
    assert graded_by(count.format(0), pairs) == ([True, True, True], 0, 0)
    assert graded_by(count.format(2**40), pairs) == ([True, False, False], 0, 0)


def test_a_worker_that_dies_leaves_its_pair_without_a_verdict(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    dies = (
        f"import os\nmark = {str(tmp_path / 'mark')!r}\n"
        "def verdict(candidate, gold):\n"
        "    if candidate == 'die' or candidate == 'once' and not os.path.exists(mark):\n"
        "        open(mark, 'w').close(); os.kill(os.getpid(), 9)\n"
        "    return True\n"
        "w.serve(verdict)\n"
    )
    assert graded_by(dies, [("a", "1"), ("once", "1"), ("b", "1")]) == ([True, True, True], 0, 1)
    assert graded_by(dies, [("a", "1"), ("die", "1"), ("b", "1")], workers=2) == ([True, None, True], 0, 2)
    assert "1 grading workers died" in caplog.text
    assert "2 grading workers died" in caplog.text


@pytest.mark.parametrize(("gold", "expected"), [(None, None), (False, 0.0)])
def test_a_claim_whose_workers_died_is_wrong_but_not_for_good(
    monkeypatch: pytest.MonkeyPatch, gold: bool | None, expected: float | None
) -> None:
    """Nor is a gold answer unreadable for good."""
    dying = SimpleNamespace(verdicts=lambda pairs: [None if claim else gold for claim, _ in pairs])
    unseen = ([Response.parse(r"\boxed{\frac{u+1}{v}}")], [r"\frac{1+u}{v}"])
    with monkeypatch.context() as patched:
        patched.setattr(sys.modules[correctness.__module__], "shared_grader", lambda: dying)
        assert correctness(*unseen) == [expected]
    assert correctness(*unseen) == [1.0]
    sys.modules[correctness.__module__]._cache.clear()  # noqa: SLF001


def test_a_worker_that_closes_its_pipe_and_goes_on_is_killed() -> None:
    mute = (
        "import os, time\n"
        "def verdict(candidate, gold):\n"
        "    if candidate == 'mute': os.close(0); os.close(1); time.sleep(10**6)\n"
        "    return True\n"
        "w.serve(verdict)\n"
    )
    assert graded_by(mute, [("a", "1"), ("mute", "1"), ("b", "1")]) == ([True, None, True], 0, 2)


def test_workers_that_hang_at_their_start_are_not_waited_for_again(
    grader: Grader, monkeypatch: pytest.MonkeyPatch
) -> None:
    grader.program = ("-c", "import time; time.sleep(10**6)")
    monkeypatch.setattr(MODULE, "STARTUP", 0.1)
    with pytest.raises(NoWorkerError, match=r"python -c import time.*: not ready after 0.1 s"):
        grader.verdicts([("x", "x")])
    assert not grader.workers
    grader.program = MATH_VERIFY  # from now on they would start
    monkeypatch.setattr(MODULE, "STARTUP", 120.0)
    with pytest.raises(NoWorkerError, match="not ready after"):
        grader.verdicts([("x", "x")])
    grader.resting_until = time.monotonic()
    assert grader.verdicts([("x+1", "1+x")]) == [True]
    grader.close()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("import no_such_module", "No module named 'no_such_module'"),
        ("import sys; sys.exit(3)", "ended with status 3"),
    ],
)
def test_why_no_worker_starts(grader: Grader, program: str, why: str) -> None:
    grader.program = ("-c", program)
    with pytest.raises(NoWorkerError, match=why):
        grader.verdicts([("x", "x")])


def test_workers_import_from_where_their_parent_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere.py").write_text(SERVE + "w.serve(lambda c, g: True)\n")
    monkeypatch.syspath_prepend(tmp_path)
    grader = Grader(1, 1.0, ("-m", "elsewhere"))
    assert grader.verdicts([("3", "7")]) == [True]
    grader.close()


def test_unreadable_gold(grader: Grader) -> None:
    assert grader.verdicts([("1", r"\frac{"), ("", "7"), ("", r"9^{9^{9^9}}")])[1] is False
    grader.close()


def test_killed_workers_are_replaced(grader: Grader) -> None:
    grader.verdicts([("x", "x"), ("y", "y")])
    for worker in grader.workers:
        worker.process.kill()
    assert grader.verdicts([("x+1", "1+x"), ("x+2", "1+x")]) == [True, False]
    grader.close()


def test_works_off_the_main_thread(grader: Grader) -> None:
    found: list[bool | None] = []
    thread = threading.Thread(target=lambda: found.extend(grader.verdicts([("x+1", "1+x"), (r"9^{9^{9^9}}", "7")])))
    thread.start()
    thread.join(60)
    assert found == [True, False]
    grader.close()


def test_works_in_a_daemonic_process() -> None:
    code = (
        "import multiprocessing as m\n"
        "from keepif.rewards import Response, correctness\n"
        "def work(q): q.put(correctness([Response.parse(r'\\boxed{x+1}')], ['1+x']))\n"
        "if __name__ == '__main__':\n"
        "    q = m.get_context('fork').Queue()\n"
        "    p = m.get_context('fork').Process(target=work, args=(q,), daemon=True)\n"
        "    p.start(); print(q.get(timeout=60))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert run.stdout.strip() == "[1.0]", run.stderr


def test_an_interrupted_call_leaves_no_verdict_to_the_next(grader: Grader, monkeypatch: pytest.MonkeyPatch) -> None:
    grader.verdicts([("1", "1"), ("1", "1")])  # started

    def interrupted() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(grader, "_listen", interrupted)
        with pytest.raises(KeyboardInterrupt):
            grader.verdicts([("x+1", "1+x"), ("x+1", "1+x")])
    assert grader.verdicts([("x+2", "1+x"), ("x+3", "1+x")]) == [False, False]
    grader.close()


@pytest.mark.parametrize("missing", ["", "/no/such/python", None])
def test_without_an_interpreter_nothing_is_scored(
    grader: Grader, monkeypatch: pytest.MonkeyPatch, missing: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", missing)
    grader.warm()
    with pytest.raises(NoWorkerError, match="no worker starts: python -m keepif"):
        grader.verdicts([("x+1", "1+x")])


def test_the_clock_is_the_workers_own(grader: Grader) -> None:
    """A machine too busy to run a worker does not make its candidate wrong."""
    grader.verdicts([("x", "x")])
    worker = grader.workers[0].process.pid
    os.kill(worker, signal.SIGSTOP)
    threading.Timer(grader.timeout + 2.0, os.kill, (worker, signal.SIGCONT)).start()
    assert grader.verdicts([("x+1", "1+x")]) == [True]
    assert grader.workers[0].process.pid == worker
    grader.close()
