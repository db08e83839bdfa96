"""What trackers show of a run beside TRL's metrics and completions: its settings, its figure, its worst type."""

import json
import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from transformers.integrations import TensorBoardCallback

logger = logging.getLogger(__name__)

FIGURE, WORST = "keepif/figure", "keepif/worst_type_name"


def show_settings(trainer: Any, name: str, settings: Mapping[str, Any]) -> None:
    """Put `settings` into the run's config as `name`, in every tracker of `report_to`; as a text in TensorBoard."""
    named = {name: dict(settings)}
    _each(
        trainer,
        {
            "wandb": lambda wandb: wandb.run.config.update(named, allow_val_change=True),
            "trackio": lambda trackio: trackio.config.update(named, allow_val_change=True),
            "tensorboard": lambda writer: writer.add_text(name, json.dumps(settings)),
        },
    )


def show_figure(trainer: Any, path: Path, step: int, name: str = FIGURE) -> None:
    """Log the picture at `path`, if there is one, in every tracker of `report_to`, at `step`, as `name`."""
    if not path.exists():
        return
    at = {"train/global_step": step}
    _each(
        trainer,
        {
            "wandb": lambda wandb: wandb.log({name: wandb.Image(str(path)), **at}),
            "trackio": lambda trackio: trackio.log({name: trackio.Image(path), **at}),
            "tensorboard": lambda writer: writer.add_image(name, _pixels(path), step, dataformats="HWC"),
        },
    )


def show_worst_type(trainer: Any, kind: str, step: int) -> None:
    """Log the type that `keepif/worst_type` is the share of, by name, in every tracker of `report_to`, at `step`."""
    at = {"train/global_step": step}
    _each(
        trainer,
        {
            "wandb": lambda wandb: wandb.log({WORST: kind, **at}),
            "trackio": lambda trackio: trackio.log({WORST: trackio.Markdown(kind), **at}),
            "tensorboard": lambda writer: writer.add_text(WORST, kind, step),
        },
    )


def _each(trainer: Any, acts: Mapping[str, Callable[[Any], None]]) -> None:
    """Run each tracker's act on the main process; what a tracker cannot take costs a line in the log, not the run."""
    if not trainer.accelerator.is_main_process:
        return
    for name, act in acts.items():
        try:
            if name in trainer.args.report_to and (tracker := _begun(trainer, name)):
                act(tracker)
        except Exception:
            logger.exception("keepif: %s could not show it; the run goes on", name)


def _begun(trainer: Any, name: str) -> Any:
    """The tracker as transformers has begun it: a module with a run in it, or TensorBoard's writer; `None` if not."""
    if name == "wandb":
        import wandb

        return wandb if wandb.run else None
    if name == "trackio":
        import trackio

        return trackio if trackio.context_vars.current_run.get() else None
    callbacks = trainer.callback_handler.callbacks
    return next((callback.tb_writer for callback in callbacks if isinstance(callback, TensorBoardCallback)), None)


def _pixels(path: Path) -> Any:
    from matplotlib.image import imread  # which is there, since the picture is

    return (imread(path) * 255).astype("uint8")
