"""Scoring that replaces what a model of no size writes by a script, the same for any number of ranks."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from accelerate import PartialState

from keepif.rewards import Score, Scoring


@dataclass(frozen=True)
class Scripted(Scoring):
    """Completion i of step t, counted over all ranks, is right and obeys by a coin with the seed (t, i)."""

    obeys: float = 0.5

    def batch(
        self,
        completions: Sequence[Any],
        completion_ids: Sequence[Any] | None,
        columns: Mapping[str, Any],
        prompts: Sequence[Any] | None = None,
    ) -> list[Score]:
        first = PartialState().process_index * len(completions)
        step = columns["trainer_state"].global_step
        texts = [self._text(random.Random(1_000 * step + first + i)) for i in range(len(completions))]
        return super().batch(texts, [[1] * (5 + i % 3) for i in range(len(texts))], columns)

    def _text(self, rng: random.Random) -> str:
        comma = "" if rng.random() < self.obeys else ","
        return f"So{comma} it is surely \\boxed{{{4 if rng.random() < 0.5 else 5}}}."
