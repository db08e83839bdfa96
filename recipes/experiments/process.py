"""Runs of the embedded policy, each in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from rich.progress import track

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
    told = (f"--method={method}", f"--seed={seed}", f"--steps={steps}")
    return start_module("keepif.recipes.tiny_policy.reinforce", folder, *told, *flags)


def start_module(module: str, folder: Path, *flags: str) -> subprocess.Popen[bytes]:
    """Start a module; its log goes to `folder`, which is its output_dir."""
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", module, f"--output_dir={folder}", *flags]
    with (folder / LOG).open("wb") as log:
        return subprocess.Popen(command, env=os.environ | ONE_CORE, stdout=log, stderr=subprocess.STDOUT)


def run_module(module: str, folder: Path, *flags: str) -> None:
    """The same to its end; raises a `RuntimeError` that names the log, if it fails."""
    if start_module(module, folder, *flags).wait():
        raise RuntimeError(f"{module} failed; its output is in {folder / LOG}")


def run_all(run: Callable[..., None], jobs: Sequence[tuple[Any, ...]]) -> None:
    """Call `run` with each of `jobs`, as many at once as there are cores."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        futures = [pool.submit(run, *job) for job in jobs]
        for future in track(as_completed(futures), "runs", total=len(jobs)):
            future.result()


def failed(folder: Path, method: str, seed: int) -> RuntimeError:
    return RuntimeError(f"the run of {method!r}, seed {seed}, failed; its output is in {folder / LOG}")
