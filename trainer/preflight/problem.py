"""What a check says, and the list of all checks."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ..facts import Facts

CUT = 0.25
"""Share of completions that may be cut at max_completion_length without a word."""


class ConfigError(ValueError):
    """A configuration under which the reward cannot do its work; the message names the setting to change."""


class Problem(NamedTuple):
    """What is wrong, the line of a recipe's YAML that mends it, if one line does, and whether a run is refused."""

    text: str
    change: str = ""
    fatal: bool = False


Check = Callable[[Facts], Iterator[Problem]]
CHECKS: list[Check] = []
"""All checks, in the order in which they are made."""


def listed(check: Check) -> Check:
    CHECKS.append(check)
    return check


def too_many_cut(cut: float, limit: int | None) -> Iterator[Problem]:
    """Whether so many completions were cut at `limit` tokens, max_completion_length, that the run learns from few."""
    if limit and cut > CUT:
        nothing = ", so that nothing would be learned" if cut == 1 else ""
        yield Problem(
            f"{100 * cut:.0f} % of the sampled completions were cut at {limit} tokens; those earn nothing{nothing}: "
            "raise max_completion_length",
            change=f"max_completion_length: {2 * limit}",
            fatal=cut == 1,
        )
