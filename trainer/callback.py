"""The callback: a trainer's events become calls on the run; what the run says goes to disk and to the dashboard."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback

from keepif.rewards.rows import complain

from .files import keep_json
from .preflight import ConfigError, nothing_to_keep, too_many_cut
from .reference.prepass import Prepass, measure
from .report import dashboard, report
from .report.types import said
from .run import Run
from .tally import Tally

logger = logging.getLogger(__name__)

KEY = "keepif"
"""Where the state lies in `TrainerState.stateful_callbacks`, which every rank reads when a run is resumed."""
REPORT_EVERY, FIGURE_EVERY = 5.0, 60.0
"""Seconds between two reports, and between two of its figures, while the run goes on."""


class KeepIFCallback(TrainerCallback):
    """Moves the multipliers of `run` while `trainer` trains; a measured reference is stored at `path`.

    A reward call only adds up its own rank's scores. Ranks are added up after the step, where all of them meet anyway:
    one tick a generation batch, or one a step if a step accumulates several (`steps_per_generation` below
    `gradient_accumulation_steps`), of all its batches together.

    A `train()` that resumes no checkpoint begins the record and its report anew; multipliers go on from where an
    earlier `train()` of the same trainer has left them, as the policy does.
    """

    def __init__(self, run: Run, trainer: Any, path: Path) -> None:
        self.run, self.trainer, self.path = run, trainer, path
        self.reported = self.drawn = time.monotonic()
        self.out_of_reach: set[str] = set()
        run.rewards.scorer.watch(run.observe)

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Measure the reference, or take up the state of the checkpoint."""
        # First: Trackio keeps a config as it is when the first metric comes, and measuring brings one.
        dashboard.show_settings(self.trainer, "keepif", self.run.settings)
        self.run.begin()
        if stored := state.stateful_callbacks.get(KEY):
            waited = self.run.needs_reference
            self.run.restore(stored, Path(args.output_dir) / f"checkpoint-{state.global_step}")
            if waited and not self.run.needs_reference:
                self._keep_reference()
        if self.run.too_late(state.global_step):
            raise ConfigError(
                f"this run goes on at step {state.global_step}, but its reference is neither in the checkpoint nor at "
                f"{self.path}, and the policy before RL is no longer there to be measured: bring the file, or start "
                "anew"
            )
        if state.global_step:
            self.trainer.accelerator.print(
                f"keepif: the run goes on after step {state.global_step} of {state.max_steps}"
            )
        if self.run.needs_reference and self.run.prepass:
            self._measure(self.run.prepass)
        self._publish()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._tick(state)
        now, first = time.monotonic(), self.run.record.history["step"] == [state.global_step]
        if first or now - self.reported > REPORT_EVERY:
            self._report(state, finished=False)
        if first or now - self.drawn > FIGURE_EVERY or control.should_training_stop:  # then trackers will be closed
            self._draw(state, finished=False)
            dashboard.show_figure(self.trainer, Path(args.output_dir) / report.FIGURE, state.global_step)
            if worst := self.run.record.worst(self.run.scoring.held_out):
                dashboard.show_worst_type(self.trainer, worst[0], state.global_step)

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        """Forget what an evaluation was scored with: it lies between two steps, and must not move the controller.

        The model's mode does not tell: TRL leaves it in train mode after continuous batching.
        """
        self.run.collect()

    def on_predict(self, args: Any, state: Any, control: Any, metrics: Any, **kwargs: Any) -> None:
        """The same for a prediction."""
        self.run.collect()

    def on_save(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._report(state, finished=False)  # a run that ends here is resumed here, from the state of the last tick

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._report(state, finished=True)
        self._draw(state, finished=True)

    def _measure(self, prepass: Prepass) -> None:
        """The pre-pass, on all ranks together."""
        provenance = self.run.reference.provenance
        reference = measure(self.trainer, self.run.rewards.scorer, prepass, provenance, self.path)
        self.run.refer_to(reference)
        self._warn_of(reference.tally)

    def _warn_of(self, tally: Tally) -> None:
        """Say what the reference lacks, if anything."""
        if not self.trainer.accelerator.is_main_process:
            return
        if tally.unreadable:
            text = "keepif: in the reference, %d of %d completions are not scored, for their rows cannot be read"
            logger.warning(text, tally.unreadable, tally.completions)
        cut, empty = (tally.guarded[reason] / tally.completions for reason in ("truncated", "empty"))
        for problem in too_many_cut(cut, self.trainer.args.max_completion_length):
            text = "keepif: in the reference, %s; there they keep nothing, and lower the floor"
            logger.warning(text, problem.text)
        if cut == 1:
            return
        correctness = tally.correct / tally.graded if tally.graded else None
        compliance = tally.compliance / tally.constrained if tally.constrained else None
        for problem in nothing_to_keep(correctness, compliance, empty, self.run.floor):
            logger.warning("keepif: in the reference, %s", problem.text)

    def _tick(self, state: Any) -> None:
        """Add up the ranks and, if there was a generation batch, tick."""
        waited = self.run.needs_reference
        if not self.run.tick(state.global_step, gather_object([self.run.collect()])):
            return
        if waited and not self.run.needs_reference:
            self._keep_reference()
            self._warn_of(self.run.reference.tally)
        self._say_out_of_reach()
        self._publish()
        state.stateful_callbacks[KEY] = self.run.state()

    def _say_out_of_reach(self) -> None:
        """Name what is out of reach, the controller's `infeasible`, once, with what it would cost."""
        now = set(self.run.controller.infeasible)
        new, self.out_of_reach = sorted(now - self.out_of_reach), self.out_of_reach | now
        if self.trainer.accelerator.is_main_process:
            for kind in new:
                price = self.run.record.recent().price_of(kind)
                logger.warning("keepif: %s", said(kind, price))

    def _keep_reference(self) -> None:
        if self.trainer.accelerator.is_main_process:
            keep_json(self.path, self.run.reference.to_dict())

    def _publish(self) -> None:
        """Put the multipliers where the next batch is rewarded with them."""
        for function, weight in self.run.publish().items():
            self.trainer.reward_weights[self.trainer.reward_funcs.index(function)] = weight

    def _report(self, state: Any, *, finished: bool) -> None:
        self.reported = time.monotonic()
        self._leave(report.write, state, finished=finished)

    def _draw(self, state: Any, *, finished: bool) -> None:
        self.drawn = time.monotonic()
        self._leave(report.picture, state, finished=finished)

    def _leave(self, leave: Callable[[Path, dict[str, Any]], None], state: Any, *, finished: bool) -> None:
        """Write or draw the report so far."""
        if not self.trainer.accelerator.is_main_process:
            return
        folder = Path(self.trainer.args.output_dir)
        try:
            leave(folder, report.build(self.run, state.global_step, state.max_steps, finished=finished))
        except OSError as error:  # a full disk must not cost the run, nor fill its log
            complain(f"the report in {folder} could not be written ({error}); the run goes on without it")
        except Exception:  # nor must a broken font
            logger.exception("keepif: the report could not be written; the run goes on")
