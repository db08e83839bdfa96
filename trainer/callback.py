"""The callback: ticks of the law, on all ranks alike, kept in the checkpoint and in the report."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accelerate.utils import gather_object
from transformers import TrainerCallback

from keepif.rewards import Score

from .controller import Sums
from .files import keep_json
from .preflight import ConfigError
from .reference.prepass import measure
from .reference.reference import Reference
from .report import dashboard, report
from .report.record import Record
from .report.tally import Tally

if TYPE_CHECKING:
    from .plugin import KeepIF

logger = logging.getLogger(__name__)

KEY = "keepif"
"""Where the state lies in `TrainerState.stateful_callbacks`, which every rank reads when a run is resumed."""
FIRST_BATCHES = 5
"""Ticks that the reference is taken from, where the run's own first batches serve."""
REPORT_EVERY = 60.0
"""Seconds between two reports, and figures on the dashboard, while the run goes on."""


class KeepIFCallback(TrainerCallback):
    """Moves `keepif`'s multipliers while `trainer` trains.

    A reward call only adds up its own rank's scores. Ranks are added up after the step, where all of them meet anyway:
    one tick a generation batch, or, where a step accumulates several (`steps_per_generation` below
    `gradient_accumulation_steps`), one a step, of all its batches together.

    A `train()` that resumes no checkpoint begins the record and its report anew; multipliers go on from where an
    earlier `train()` of the same trainer has left them, as the policy does.

    Args:
        keepif ([`KeepIF`]): whose multipliers.
        trainer: the TRL trainer it is attached to.
        reference ([`Reference`]): to be filled where one is needed and none was stored.
        path (`Path`): where it is to be stored.
    """

    def __init__(self, keepif: "KeepIF", trainer: Any, reference: Reference, path: Path) -> None:
        self.keepif, self.trainer, self.reference, self.path = keepif, trainer, reference, path
        self.tally = Tally()
        self.record = Record()
        self.referred = 0
        self.first: list[tuple[list[Any], list[Score]]] = []
        self.reported = time.monotonic()
        keepif.scorer.observer = self.observe

    def observe(self, scores: Sequence[Score], prompts: Sequence[Any]) -> None:
        """Add up one reward call; evaluations do not count."""
        if not self.trainer.model.training:
            return
        floor = self.keepif.floor
        if self.keepif.needs_reference:
            self.first.append((list(prompts), list(scores)))
        if floor and floor.ready:
            floors = [floor.of(prompt, list(score.kept)) for prompt, score in zip(prompts, scores, strict=True)]
        else:
            floors = [0.0] * len(scores)
        self.tally += Tally.of(scores, floors)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Measure the reference, or take up the state of the checkpoint."""
        # First: Trackio keeps a config as it is when the first metric comes, and measuring brings one.
        dashboard.show_settings(self.trainer, "keepif", self.keepif.settings)
        stored = state.stateful_callbacks.get(KEY)
        self.record, self.tally, self.first = Record(), Tally(), []
        if self.keepif.needs_reference:
            if state.global_step and (self.keepif.prepass or state.global_step > FIRST_BATCHES):
                raise ConfigError(
                    f"this run goes on at step {state.global_step}, but its reference is not at {self.path}, and the "
                    "policy before RL is no longer there to be measured: bring the file, or start anew"
                )
            if self.keepif.prepass:
                measure(self.trainer, self.keepif.scorer, self.keepif.prepass, self.reference, self.path)
                self.keepif.refer_to(self.reference)
        if stored:
            self.keepif.controller.restore(stored["controller"])
            self.record.restore(stored["record"])
        self.keepif.scorer.gauges = self.record.gauges(self.keepif.in_force, self.keepif.scoring.held_out)
        self.keepif.apply(self.trainer)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._tick(state)
        first = self.record.history["step"] == [state.global_step]
        due = time.monotonic() - self.reported > REPORT_EVERY
        if first or due or control.should_training_stop:  # at the train's end the trackers will be closed
            self._report(state, finished=False)
            dashboard.show_figure(self.trainer, Path(args.output_dir) / report.FIGURE, state.global_step)
            if worst := self.record.worst(self.keepif.scoring.held_out):
                dashboard.show_worst_type(self.trainer, worst[0], state.global_step)

    def _tick(self, state: Any) -> None:
        """Add up the ranks and, where there was a generation batch, tick."""
        found = gather_object([(self.tally, self.first)])
        tally = sum((part for part, _ in found), Tally())
        self.tally, self.first = Tally(), []
        if not tally.completions:
            return
        keepif, before = self.keepif, self.keepif.in_force
        known = keepif.floor is not None and keepif.floor.ready
        if known:
            shortfall = tally.floor - tally.compliance
            keepif.controller.tick(Sums(tally.constrained, shortfall, tally.completions, tally.tokens))
        self.record.add(state.global_step, tally, known, keepif.controller, before)
        if keepif.needs_reference:
            self._refer_to_first([batch for _, first in found for batch in first])
        keepif.scorer.gauges = self.record.gauges(keepif.in_force, keepif.scoring.held_out)
        keepif.apply(self.trainer)
        state.stateful_callbacks[KEY] = {"controller": keepif.controller.state(), "record": self.record.state()}

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._report(state, finished=True)

    def _refer_to_first(self, batches: Sequence[tuple[list[Any], list[Score]]]) -> None:
        for prompts, scores in batches:
            self.reference.add(prompts, scores)
        self.referred += 1
        if self.referred < FIRST_BATCHES:
            return
        if self.trainer.accelerator.is_main_process:
            keep_json(self.path, self.reference.to_dict())
        self.keepif.refer_to(self.reference)

    def _report(self, state: Any, *, finished: bool) -> None:
        self.reported = time.monotonic()
        if not self.trainer.accelerator.is_main_process:
            return
        try:
            found = report.build(self.keepif, self.record, self.reference, state, finished=finished)
            report.write(Path(self.trainer.args.output_dir), found)
        except Exception:  # a full disk or a broken font must not cost the run
            logger.exception("keepif: the report could not be written; the run goes on")
