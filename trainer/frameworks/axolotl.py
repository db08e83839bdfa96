"""KeepIF in Axolotl: a plugin that attaches."""

from typing import Any, ClassVar

from axolotl.integrations.base import BasePlugin  # pyright: ignore[reportMissingImports]

from ..plugin import KeepIF

keepif = KeepIF()
reward = keepif.reward
"""For `trl: reward_funcs:` in the recipe."""


class KeepIFPlugin(BasePlugin):
    """For `plugins:` in the recipe. With other options: a subclass in a module of your own, that names your `KeepIF`.

    keepif = KeepIF(slack=0.05)
    reward = keepif.reward

    class Plugin(KeepIFPlugin):
        keepif = keepif
    """

    keepif: ClassVar[KeepIF] = keepif

    def post_trainer_create(self, cfg: Any, trainer: Any) -> None:
        self.keepif.attach(trainer)
