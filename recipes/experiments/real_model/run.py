"""The processes of the comparison on a real model: a policy each, until all have ended or time is over."""

import fcntl
import gc
import multiprocessing
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.context import SpawnProcess
from typing import Any

import torch

from .evaluation import Sets, evaluate, stored
from .plan import Plan, Run
from .training import train

LOG = "log.txt"
LOOK_EVERY = 0.2
"""Seconds between two looks at the processes."""
EVALUATION = 0.25
"""The share of the time that is kept for the evaluations of arms whose training the clock has ended."""


@dataclass(frozen=True)
class Clock:
    """When trainings end, with a checkpoint, and when everything does (seconds since 1970)."""

    training: float
    everything: float

    @classmethod
    def of(cls, minutes: float | None) -> "Clock":
        if minutes is None:
            return cls(float("inf"), float("inf"))
        now = time.time()
        return cls(now + (1 - EVALUATION) * 60 * minutes, now + 60 * minutes)


def is_done(plan: Plan, run: Run, sets: Sets) -> bool:
    """Whether `run` is trained to its end and measured on all sets."""
    trained = not run.trains or run.reached(plan.steps) == plan.steps
    return trained and all(stored(plan, run, name, asked) for name, asked in sets.items())


def run_all(plan: Plan, sets: Sets, clock: Clock, ended: Callable[[], Any]) -> None:
    """Every run that is not done, `plan.at_once` at a time; `ended` is called as each ends.

    What has not ended with the clock is stopped: it goes on, another time, from its last checkpoint.

    Raises:
        `RuntimeError`: at the end, for the runs that failed.
    """
    waiting = [run for run in plan.runs() if not is_done(plan, run, sets)]
    running: list[tuple[SpawnProcess, Run]] = []
    failed: list[Run] = []
    try:
        while (waiting or running) and time.time() < clock.everything:
            over = time.time() >= clock.training
            waiting = [run for run in waiting if not (over and run.trains and run.reached(plan.steps) < plan.steps)]
            while waiting and len(running) < plan.at_once:
                run = waiting.pop(0)
                running.append((_start(plan, run, sets, clock), run))
            time.sleep(LOOK_EVERY)
            for process, run in [one for one in running if not one[0].is_alive()]:
                running.remove((process, run))
                failed += [run] * (process.exitcode != 0)
                ended()
    finally:
        for process, _ in running:
            process.terminate()
            process.join()
    if failed:
        logs = ", ".join(f"{run.policy!r}, seed {run.seed} (see {run.folder / LOG})" for run in failed)
        raise RuntimeError(f"failed: {logs}")


def _start(plan: Plan, run: Run, sets: Sets, clock: Clock) -> SpawnProcess:
    run.folder.mkdir(parents=True, exist_ok=True)
    process = multiprocessing.get_context("spawn").Process(target=_complete, args=(plan, run, sets, clock.training))
    process.start()
    return process


def _complete(plan: Plan, run: Run, sets: Sets, until: float) -> None:
    """One run, in a process of its own: train and measure what is not there yet.

    The log is locked for as long as any process writes to it: a run that has outlived a killed command is waited for.
    """
    with (run.folder / LOG).open("ab") as log:
        for stream in (1, 2):
            os.dup2(log.fileno(), stream)
    fcntl.flock(1, fcntl.LOCK_EX)
    if run.trains:
        train(plan, run, until)
        let_go()
    evaluate(plan, run, sets)


def let_go() -> None:
    """Give back the GPU's memory that nothing refers to."""
    gc.collect()
    torch.cuda.empty_cache()
