"""KeepIF in ms-swift: its reward as an ORM, and a callback that holds the floor."""

from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from swift.callbacks import TrainerCallback, callbacks_map  # pyright: ignore[reportMissingImports]
from swift.rewards import ORM, orms  # pyright: ignore[reportMissingImports]

from ..callback import KeepIFCallback
from ..facts import fitted
from ..plugin import KeepIF
from ..preflight import ConfigError


class KeepIFORM(ORM):
    """For `--reward_funcs keepif`. A subclass in a plugin file of your own may give [`KeepIF`] other `options`."""

    options: ClassVar[dict[str, Any]] = {}

    def __init__(self, args: Any = None, **kwargs: Any) -> None:
        super().__init__(args, **kwargs)
        # ms-swift samples in a way of its own: the reference is taken from the run's first batches.
        self.keepif = KeepIF(prepass=None, **self.options)
        self.trainer: Any = None

    def __call__(self, completions: Sequence[str], **columns: Any) -> list[float | None]:
        columns["prompts"] = [messages[:-1] for messages in columns["messages"]]
        columns["completion_ids"] = [*map(self.tokens, columns["response_token_ids"], columns["is_truncated"])]
        return self.keepif.reward(completions, log_metric=self._log, **columns)

    def tokens(self, ids: Sequence[Any], cut: bool) -> list[int]:
        """The tokens, of all turns; the end token, which ms-swift drops if it pads with it, is put back."""
        tokens = [*chain(*ids)] if ids and isinstance(ids[0], list) else [*ids]
        end = self.keepif.run.scoring.end_ids or ()
        return tokens if cut or not end or (tokens and tokens[-1] in end) else [*tokens, min(end)]

    def _log(self, name: str, value: float) -> None:
        if self.trainer:
            mode = "train" if self.trainer.model.training else "eval"
            self.trainer._metrics[mode][name].append(value)  # noqa: SLF001  # ms-swift has no log_metric


class HoldsFloor(TrainerCallback):
    """For `--callbacks keepif`: the controller, without which the ORM refuses to score."""

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        orm = next((reward for reward in self.trainer.reward_funcs if isinstance(reward, KeepIFORM)), None)
        if orm is None:
            raise ConfigError("KeepIF's ORM is not among the reward functions: add --reward_funcs keepif")
        orm.trainer, run = self.trainer, orm.keepif.run
        run.rewards.scorer.fit(fitted(self.trainer, run.scoring))
        # Added while the event is under way, it is called for it too.
        self.trainer.add_callback(KeepIFCallback(run, self.trainer, Path(args.output_dir) / "keepif-reference.json"))


orms["keepif"], callbacks_map["keepif"] = KeepIFORM, HoldsFloor
