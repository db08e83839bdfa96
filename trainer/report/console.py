"""What a run prints: one line a log. Trackers and trainer_state.json have every gauge."""

from collections.abc import Mapping
from typing import Any

from transformers import PrinterCallback, ProgressCallback

from ..run import Run

SHOWN = {
    "reward": "reward",
    "keepif/correctness": "correctness",
    "keepif/compliance": "compliance",
    "keepif/joint": "joint",
}
"""Gauge → its column."""
WORST = "worst type: above its floor"
HEADER_EVERY = 20
"""Lines below which the header is printed again."""


class Lines:
    """The logs of `run` as lines of a table of 80 columns, and every [`HEADER_EVERY`] lines its header."""

    def __init__(self, run: Run) -> None:
        self.run, self.printed = run, 0

    def of(self, step: int, logs: Mapping[str, Any]) -> str | None:
        """The line of a log; `None` for one that is not of completions."""
        before = "eval_" * ("eval_reward" in logs)
        if f"{before}reward" not in logs:
            return None
        cells = [
            f"{'-' if (value := logs.get(before + gauge)) is None else f'{value:.2f}':>{len(header)}}"
            for gauge, header in SHOWN.items()
        ]
        line = "  ".join([f"{step:>4}", *cells, "evaluation" if before else self._worst()]).rstrip()
        header = "  ".join([f"{'step':>4}", *SHOWN.values(), WORST])
        self.printed += 1
        return line if (self.printed - 1) % HEADER_EVERY else f"{header}\n{line}"

    def _worst(self) -> str:
        """The type that is furthest below its floor, or least above it, over the last ticks."""
        worst = self.run.record.worst(self.run.scoring.held_out)
        if worst is None:
            return ""
        kind, share = worst
        floor = self.run.record.recent().floor_of(kind)
        name = kind.rpartition(":")[2]
        return f"{name} kept {100 * share:.0f} %" if floor is None else f"{name} {100 * (share - floor):+.1f}"


class Progress(ProgressCallback):
    """transformers' progress bar, with a short line for a log."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self.lines = lines

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        line = self.lines.of(state.global_step, logs)
        if line is None:
            super().on_log(args, state, control, logs=logs, **kwargs)
        elif self.training_bar is not None:
            self.training_bar.write(line)


class Printer(PrinterCallback):
    """The same without a bar (`disable_tqdm`)."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        line = self.lines.of(state.global_step, logs)
        if line is None:
            super().on_log(args, state, control, logs=logs, **kwargs)
        elif state.is_local_process_zero:
            print(line)  # noqa: T201  # as transformers' own does


def shorten(trainer: Any, run: Run) -> None:
    """Print short lines instead of transformers' dictionaries of a hundred gauges; a callback of one's own stays."""
    for theirs, ours in ((ProgressCallback, Progress), (PrinterCallback, Printer)):
        for callback in [one for one in trainer.callback_handler.callbacks if type(one) is theirs]:
            trainer.remove_callback(callback)
            trainer.add_callback(ours(Lines(run)))
