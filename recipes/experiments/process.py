"""Runs of the embedded policy, each in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

LOG = "log.txt"
# One thread each: two processes that both use both cores are ten times slower.
ONE_CORE = {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}


def slug(name: str) -> str:
    """A name as a folder is called.

    >>> slug("KeepIF, floor +5")
    'keepif__floor__5'
    """
    return "".join(letter if letter.isalnum() else "_" for letter in name.lower())


def start(folder: Path, method: str, seed: int, steps: int, *flags: str) -> subprocess.Popen[bytes]:
    """Start [`reinforce`](../tiny_policy/reinforce.py); its results and its log go to `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "keepif.recipes.tiny_policy.reinforce", f"--output_dir={folder}"]
    command += [f"--method={method}", f"--seed={seed}", f"--steps={steps}", *flags]
    with (folder / LOG).open("wb") as log:
        return subprocess.Popen(command, env=os.environ | ONE_CORE, stdout=log, stderr=subprocess.STDOUT)


def run_module(module: str, folder: Path, *flags: str) -> None:
    """Run a module to its end; its log goes to `folder`, which is its output_dir.

    Raises:
        `RuntimeError`: if it fails; the message names the log.
    """
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", module, f"--output_dir={folder}", *flags]
    with (folder / LOG).open("wb") as log:
        if subprocess.call(command, env=os.environ | ONE_CORE, stdout=log, stderr=subprocess.STDOUT):
            raise RuntimeError(f"{module} failed; its output is in {folder / LOG}")


def failed(folder: Path, method: str, seed: int) -> RuntimeError:
    return RuntimeError(f"the run of {method!r}, seed {seed}, failed; its output is in {folder / LOG}")
