"""Plain dual ascent: the primal-dual baseline, as HIPO (arXiv 2603.16152) holds compliance, undamped and uncapped."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from keepif.rewards import Score
from keepif.rewards.scorer import Scorer
from keepif.trainer.files import read_json
from keepif.trainer.floor import Floor
from keepif.trainer.reference.reference import Reference

STEP = 0.1
"""What a batch with an error of 1 adds to a multiplier."""
MEAN = "mean"


class DualAscent:
    r"""The Lagrangian $c + \sum_k \lambda_k f_k$ as a reward; each batch moves λₖ by `STEP` times floor minus kept.

    Args:
        reference (`Path`): the file of the policy's reference, below which the floors lie.
        by_type (`bool`): whether each constraint type has a multiplier and a floor, or their mean has one.
    """

    def __init__(self, reference: Path, *, by_type: bool) -> None:
        self.__name__ = "dual_ascent"
        self.scorer = Scorer()
        self.by_type = by_type
        self.multipliers: dict[str, float] = {}
        self._reference = reference

    def __call__(self, completions: Sequence[Any], prompts: Sequence[Any], **call: Any) -> list[float]:
        """Reward a batch with the multipliers that those before it have left."""
        scores = self.scorer.scores(self.__name__, completions, prompts=prompts, **call)
        rewards = [
            (score.c or 0.0) + sum(self.multipliers.get(kind, 0.0) * kept for kind, kept in self._kept(score).items())
            for score in scores
        ]
        errors: dict[str, list[float]] = {}
        for kind, error in self._errors(prompts, scores):
            errors.setdefault(kind, []).append(error)
        for kind, found in errors.items():
            self.multipliers[kind] = max(0.0, self.multipliers.get(kind, 0.0) + STEP * sum(found) / len(found))
        return rewards

    @property
    def settings(self) -> dict[str, Any]:
        """What a run with it depends on."""
        return {"dual ascent": STEP, "by_type": self.by_type}

    @cached_property
    def _floor(self) -> Floor:
        floor, stored = Floor("reference"), read_json(self._reference)
        floor.refer_to(Reference.from_dict(stored, stored["provenance"], self._reference))
        return floor

    def _kept(self, score: Score) -> dict[str, float]:
        return score.earned if self.by_type else {MEAN: score.f or 0.0}

    def _errors(self, prompts: Sequence[Any], scores: Sequence[Score]) -> Iterator[tuple[str, float]]:
        """How far each completion is below each of its floors; negative above it."""
        for prompt, score in zip(prompts, scores, strict=True):
            kinds = [*score.verdicts]
            if self.by_type:
                yield from ((k, floor - score.verdicts[k]) for k, floor in self._floor.of_types(prompt, kinds).items())
            elif score.f is not None:
                yield MEAN, self._floor.of(prompt, kinds) - score.f
