"""Grading workers end with their parent, and not before."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from keepif.rewards.correctness.workers import Grader


@pytest.fixture
def grader() -> Grader:
    return Grader(workers=2, timeout=1.0)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_workers_go_though_a_fork_holds_their_pipe() -> None:
    code = (
        "import os, sys, time\n"
        "from keepif.rewards.correctness.workers import Grader\n"
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
        "from keepif.rewards.correctness.workers import Grader\n"
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
        "from keepif.rewards.correctness.workers import shared_grader\n"
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
    _, said = parent.communicate(timeout=120)
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


def test_workers_of_a_large_parent_live_as_long_as_others() -> None:
    """A process that is started counts its parent's memory towards its own peak."""
    code = (
        "from keepif.rewards.correctness.workers import Grader\n"
        "ballast = b'x' * (3 * 2**29)\n"
        "grader = Grader(workers=1)\n"
        "grader.verdicts([('x', 'y')])\n"
        "first = grader.workers[0].process.pid\n"
        "grader.verdicts([('x', 'z'), ('y', 'z')])\n"
        "print(grader.workers[0].process.pid == first)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
