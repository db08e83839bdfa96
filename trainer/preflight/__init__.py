"""Preflight: what in a configuration would defeat or weaken the reward, said before the run instead of after it.

One list of checks over [`~keepif.trainer.facts.Facts`]: `KeepIF.attach` refuses and warns by it, and `keepif doctor`
prints it.
"""

import logging
from collections.abc import Iterator

from ..facts import Facts
from . import configuration, data, stated
from .measured import nothing_to_keep
from .problem import CHECKS, CUT, Check, ConfigError, Problem, too_many_cut

__all__ = [
    "CHECKS", "CUT", "Check", "ConfigError", "Problem", "configuration", "data", "nothing_to_keep", "problems",
    "refuse_or_warn", "stated", "too_many_cut",
]  # fmt: skip

logger = logging.getLogger(__name__)


def problems(facts: Facts) -> Iterator[Problem]:
    for check in CHECKS:
        yield from check(facts)


def refuse_or_warn(facts: Facts) -> None:
    """Raise a [`ConfigError`] for what cannot work, and log what weakens the reward."""
    for problem in problems(facts):
        if problem.fatal:
            raise ConfigError(problem.text)
        logger.warning("keepif: %s", problem.text)
