"""A command in processes of its own, killed in the midst of its work."""

import os
import signal
import subprocess
import time
from pathlib import Path


def kill_when(found: Path, process: subprocess.Popen[bytes]) -> None:
    """Kill the command and all that it has started once `found` is there."""
    while not found.exists() and process.poll() is None:
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
