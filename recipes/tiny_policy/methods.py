"""What the ablation compares: ways of putting correctness and compliance together, by name."""

from functools import partial
from pathlib import Path
from typing import Any

from keepif.rewards import KeepIFParts
from keepif.rewards.published.aggregations import and_gate, fixed, gated, switching
from keepif.trainer import KeepIF
from keepif.trainer.facts import fitted

from .dual_ascent import DualAscent

BUDGET = 33
"""Tokens, for the runs with a budget: between the policy before RL (29) and KeepIF without a budget (40)."""

METHODS: dict[str, dict[str, Any]] = {
    "correctness only": {"floor": None, "aggregation": partial(fixed, weight=0.0)},
    "fixed 0.1": {"floor": None, "aggregation": partial(fixed, weight=0.1)},
    "fixed 0.3": {"floor": None, "aggregation": partial(fixed, weight=0.3)},
    "fixed 1": {"floor": None, "aggregation": partial(fixed, weight=1.0)},
    "fixed 3": {"floor": None, "aggregation": partial(fixed, weight=3.0)},
    "GDPO 1:1": {},
    "dual ascent": {},
    "dual ascent, mean": {},
    "gated 0.5": {"floor": None, "aggregation": partial(gated, weight=0.5)},
    "AND gate": {"floor": None, "aggregation": and_gate},
    "switching": {"aggregation": switching},
    "KeepIF": {},
    "KeepIF, mean": {"floor_by": "mean"},
    "KeepIF, no bonus": {"bonus": 0.0},
    "KeepIF, bonus 1": {"bonus": 1.0},
    "KeepIF, floor +5": {"slack": -0.05},
    "KeepIF, floor +10": {"slack": -0.10},
    "KeepIF, floor +15": {"slack": -0.15},
    "KeepIF, budget": {"budget": BUDGET},
}
"""Options of `KeepIF` by method; GDPO (arXiv 2601.05242) is TRL's own, on plain parts with the weights 1 and 1."""
GDPO = "GDPO 1:1"
BY_TYPE = {"dual ascent": True, "dual ascent, mean": False}
"""The methods of dual_ascent.py, and whether they hold each type."""


def rewards_of(method: str, reference: Path) -> tuple[Any, KeepIF | None]:
    """The reward functions of a method, and the KeepIF they belong to."""
    if method == GDPO:
        return KeepIFParts(parts=("correctness", "compliance")).reward_funcs, None
    if method in BY_TYPE:
        return DualAscent(reference, by_type=BY_TYPE[method]), None
    keepif = KeepIF(**METHODS[method], reference_file=reference)
    return keepif.reward, keepif


def attach(trainer: Any, keepif: KeepIF | None) -> None:
    """Attach KeepIF; other rewards are only told what the trainer knows."""
    if keepif:
        keepif.attach(trainer)
        return
    scorer = trainer.reward_funcs[0].scorer
    scorer.fit(fitted(trainer, scorer.scoring))
