"""Grading workers: nothing a model writes hangs them, or outlives them."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from keepif.rewards.grader import Grader, NoWorkerError

HANGING = [
    r"9^{9^{9^9}}",
    r"9^{9^{9}}",
    r"2^{1000000000}",
    r"(10!)!",
    r"\frac{1}{" * 45 + "2" + "}" * 45,
    r"\sum_{k=1}^{10^9} k^k",
    r"\int_0^1 e^{\sin x^2}\cos(x^x) dx",
    r"7^{7^{7^7}} \mod 10",
    r"\binom{10^8}{5 \cdot 10^7}",
    ",".join(str(i) for i in range(250)),
]


@pytest.fixture
def grader() -> Grader:
    return Grader(workers=2, timeout=1.0)


def test_hanging_strings_cost_bounded_time(grader: Grader) -> None:
    grader.verdicts([("1", "1")])  # started
    began = time.monotonic()
    found = grader.verdicts([(text, "7") for text in HANGING] + [("x+1", "1+x"), ("x+2", "1+x")])
    # Each kill costs a restart too, and a busy machine stretches both; unbounded, the first would take hours.
    assert time.monotonic() - began < 4 * (len(HANGING) * (1.0 + 4.0) / 2 + 2)
    assert found[-2:] == [True, False]
    assert not any(found[:-2])
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
    with pytest.raises(NoWorkerError):
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


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_go_though_a_fork_holds_their_pipe() -> None:
    code = (
        "import os, sys, time\n"
        "from keepif.rewards.grader import Grader\n"
        "g = Grader(1, 2.0); g.verdicts([('x', 'x')])\n"
        "if os.fork() == 0: os.close(1); time.sleep(30); os._exit(0)\n"
        "print(g.workers[0].process.pid, flush=True); os._exit(0)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, timeout=60, check=True)
    assert _gone(int(run.stdout))


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("ended", "busy"),
    [(None, False), (signal.SIGINT, True), (signal.SIGTERM, True), (signal.SIGKILL, True), (signal.SIGKILL, False)],
)
def test_no_worker_outlives_its_parent(ended: signal.Signals | None, busy: bool) -> None:
    """However a real process ends that grades: by itself, by Ctrl-C, by `kill`, by the kernel."""
    rest = "g.verdicts([(r'9^{9^{9^9}}', '7')] * 100)\n" if busy else "import time; time.sleep(60)\n"
    code = (
        "from keepif.rewards.grader import Grader\n"
        "g = Grader(2, 1.0); g.verdicts([('x', 'x'), ('y', 'y')])\n"
        "print(*(worker.process.pid for worker in g.workers), flush=True)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code + (rest if ended else "")],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True,
    )  # fmt: skip
    assert parent.stdout is not None
    workers = [int(pid) for pid in parent.stdout.readline().split()]
    assert workers
    if ended:
        time.sleep(0.5)
        os.kill(parent.pid, ended)
    parent.wait(20)
    parent.stdout.close()
    assert all(map(_gone, workers))
    assert not _in_session(parent.pid)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_ctrl_c_reaches_parent_and_workers_alike() -> None:
    """A terminal sends it to the whole group of processes."""
    code = (
        "from keepif.rewards.grader import shared_grader\n"
        "g = shared_grader(); g.verdicts([('x', 'x')]); print(flush=True)\n"
        "g.verdicts([(r'9^{9^{9^9}}', '7')] * 100)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    assert parent.stdout is not None
    parent.stdout.readline()
    time.sleep(0.5)
    os.killpg(parent.pid, signal.SIGINT)
    _, said = parent.communicate(timeout=20)
    assert said.rstrip().endswith("KeyboardInterrupt")
    assert not _in_session(parent.pid)


def test_a_forked_child_leaves_its_parents_workers_alone(grader: Grader) -> None:
    grader.verdicts([("x", "x")])
    child = os.fork()
    if not child:
        grader.close()
        os._exit(len(grader.workers))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    worker = grader.workers[0].process.pid
    assert grader.verdicts([("x+1", "1+x")]) == [True]
    assert grader.workers[0].process.pid == worker
    grader.close()


def _in_session(leader: int) -> list[int]:
    """The processes that a session has left after half a minute."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdecimal()]
    return [pid for pid in pids if (_stat(pid) or [""] * 4)[3] == str(leader) and not _gone(pid)]


def _gone(pid: int) -> bool:
    """Whether a process ends within half a minute: one that is busy has its seconds of processor time first."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and _alive(pid):
        time.sleep(0.1)
    return not _alive(pid)


def _alive(pid: int) -> bool:
    found = _stat(pid)
    return bool(found) and found[0] != "Z"


def _stat(pid: int) -> list[str]:
    """State, parent, group and session of a process; nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:4]
    except (FileNotFoundError, ProcessLookupError):
        return []
