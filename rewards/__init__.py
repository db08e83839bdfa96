"""Rewards: text in, numbers out. Pure: nothing here imports torch, trl or transformers."""

if __name__ == "rewards":
    raise ImportError("import keepif.rewards: this folder is that package (see [tool.setuptools] in pyproject.toml)")

from .combine import CAP, Multipliers, Pressure, combine
from .compliance import compliance, verdicts
from .constraints import Constraint, ConstraintError, make
from .correctness.grading import correctness
from .correctness.logic import logic_credit, logic_verdict
from .guard import guard
from .length import length_penalty
from .reward import (
    KeepIFParts,
    KeepIFReward,
    PartReward,
    compliance_reward,
    correctness_reward,
    keepif_reward,
    length_reward,
)
from .rows import constraints_of
from .score import Score, Scoring
from .text.response import Delimiters, Response
from .text.text import Text

__all__ = [
    "CAP",
    "Constraint",
    "ConstraintError",
    "Delimiters",
    "KeepIFParts",
    "KeepIFReward",
    "Multipliers",
    "PartReward",
    "Pressure",
    "Response",
    "Score",
    "Scoring",
    "Text",
    "combine",
    "compliance",
    "compliance_reward",
    "constraints_of",
    "correctness",
    "correctness_reward",
    "guard",
    "keepif_reward",
    "length_penalty",
    "length_reward",
    "logic_credit",
    "logic_verdict",
    "make",
    "verdicts",
]
