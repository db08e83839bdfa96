"""KeepIF: the two lines that go into an existing trainer."""

import logging
from typing import Any

from keepif.rewards import Delimiters, KeepIFReward, Multipliers, Scoring
from keepif.rewards.constraints import Reading
from keepif.rewards.grader import shared_grader

from . import preflight

logger = logging.getLogger(__name__)


class KeepIF:
    """A training-time regularizer that keeps instruction following while a model learns to reason.

        keepif = KeepIF(budget=2048)
        trainer = GRPOTrainer(model=model, reward_funcs=keepif.reward, args=args, train_dataset=constrain(dataset))
        keepif.attach(trainer)

    Args:
        lam (`float`, *optional*, defaults to `0.3`): λ, the multiplier of compliance.
        mu (`float`, *optional*, defaults to `0.2`): μ, the multiplier of the length penalty; 0 without a budget.
        budget (`int`, *optional*): tokens a correct completion may have before it pays for its length.
        reading (`str`, *optional*, defaults to `"math"`): the constraints' reading, `"math"` or `"official"`.
        delimiters ([`~keepif.rewards.Delimiters`], *optional*): what opens and closes the thinking.

    Raises:
        `ValueError`: for multipliers that would let a wrong completion outrank a correct one, and other bad options.
    """

    def __init__(
        self,
        *,
        lam: float = 0.3,
        mu: float = 0.2,
        budget: int | None = None,
        reading: Reading = "math",
        delimiters: Delimiters | None = None,
    ) -> None:
        scoring = Scoring(budget=budget, reading=reading, delimiters=delimiters or Delimiters())
        self.reward = KeepIFReward(Multipliers(lam, mu if budget else 0.0), scoring)

    def attach(self, trainer: Any) -> "KeepIF":
        """Check the trainer, tell the reward what only the trainer knows, and start the grading workers.

        Raises:
            [`~keepif.trainer.ConfigError`]: where the configuration would defeat the reward. What only weakens it is
                logged as a warning.
        """
        preflight.refuse(trainer, self.reward)
        for warning in preflight.warnings(trainer, self.reward):
            logger.warning("keepif: %s", warning)
        preflight.fitted(trainer, self.reward)
        shared_grader().warm()
        return self
