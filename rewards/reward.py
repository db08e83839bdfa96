"""What TRL is handed: one combined reward, and its three parts as rewards of their own."""

from collections.abc import Callable, Sequence
from typing import Any

from .combine import Multipliers, combine
from .guard import REASONS
from .score import Score, Scoring

LogMetric = Callable[[str, float], None]
LogExtra = Callable[[str, list[Any]], None]


class KeepIFReward:
    """Correctness, verified compliance and length as one scalar a completion: (c + λf − μp) / (1 + λ + μ).

    Give it to any TRL trainer that takes `reward_funcs`. It reads the columns `answer` or `solution`, and the
    constraints in any published form (`instruction_id_list` + `kwargs`, `constraint_name` + `constraint_args`,
    `ground_truth`); other columns are ignored. A row whose gold answer or constraints cannot be read is not scored
    (`None`, which TRL leaves out); rows without any gold answer are rewarded for compliance alone.

    Args:
        multipliers ([`Multipliers`], *optional*): λ and μ; λ + μ ≤ 0.95.
        scoring ([`Scoring`], *optional*): budget, reading, thinking delimiters, end tokens.

    >>> reward = KeepIFReward(Multipliers(lam=0.5))
    >>> reward(
    ...     completions=[r"It is \\boxed{4}, surely.", r"It is surely \\boxed{4}", r"It is surely \\boxed{5}"],
    ...     answer=["4"] * 3,
    ...     instruction_id_list=[["punctuation:no_comma"]] * 3,
    ...     kwargs=[[{}]] * 3,
    ... )
    [0.6666666666666666, 1.0, 0.3333333333333333]
    """

    def __init__(self, multipliers: Multipliers | None = None, scoring: Scoring | None = None) -> None:
        self.__name__ = "keepif"
        self.multipliers = multipliers or Multipliers()
        self.scoring = scoring or Scoring()

    def __call__(
        self,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        log_metric: LogMetric | None = None,
        log_extra: LogExtra | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Reward each completion, a string or a message list; side values go to TRL's two logging hooks."""
        scores = self.scoring.batch(completions, completion_ids, columns)
        if log_metric is not None:
            log_scores(scores, log_metric)
            log_metric("keepif/lambda", self.multipliers.lam)
            log_metric("keepif/mu", self.multipliers.mu)
        if log_extra is not None:
            log_extra("correctness", [score.c for score in scores])
            log_extra("compliance", [score.f for score in scores])
            log_extra("verdicts", [", ".join(_sign(*item) for item in score.kept.items()) for score in scores])
            log_extra("void", [score.void or "" for score in scores])
        return [None if s.unreadable else combine(s.c, s.f, s.p, self.multipliers) for s in scores]


class PartReward:
    """One part of the reward alone, for trainers that weigh or normalise the parts themselves.

    Args:
        part (`str`): `"correctness"`, `"compliance"` or `"length"` (the negative length penalty).
        scoring ([`Scoring`], *optional*): as for [`KeepIFReward`]; `"length"` needs its budget, or a `budget` column.
    """

    def __init__(self, part: str, scoring: Scoring | None = None) -> None:
        if part not in _PARTS:
            raise ValueError(f"part must be one of {', '.join(_PARTS)}, found {part!r}")
        self.__name__ = f"{part}_reward"
        self.part = part
        self.scoring = scoring or Scoring()

    def __call__(
        self, completions: Sequence[Any], completion_ids: Sequence[Sequence[int]] | None = None, **columns: Any
    ) -> list[float | None]:
        """This part for each completion; `None` where the row has no such part."""
        if self.part == "compliance":
            columns = {name: column for name, column in columns.items() if name not in {"answer", "solution"}}
        return [_PARTS[self.part](score) for score in self.scoring.batch(completions, completion_ids, columns)]


_PARTS: dict[str, Callable[[Score], float | None]] = {
    "correctness": lambda score: score.c,
    "compliance": lambda score: None if score.unreadable else score.f,
    "length": lambda score: None if score.unreadable else -score.p,
}

keepif_reward = KeepIFReward()
"""The combined reward with the default multipliers, for `trl grpo --reward_funcs keepif.rewards.keepif_reward`."""

correctness_reward = PartReward("correctness")
compliance_reward = PartReward("compliance")
length_reward = PartReward("length")


def log_scores(scores: Sequence[Score], log_metric: LogMetric) -> None:
    """The dashboard's values, one call a completion, so that TRL's averages are exact on any number of ranks."""
    for score in scores:
        if score.c is not None:
            log_metric("keepif/correctness", score.c)
        if score.f is not None:
            log_metric("keepif/compliance", score.f)
            log_metric("keepif/compliance_all", float(score.f == 1))
        if score.c is not None and score.f is not None:
            log_metric("keepif/joint", float(score.c == score.f == 1))
        for instruction_id, verdict in score.kept.items():
            log_metric(f"keepif/type/{instruction_id}", float(verdict))
        log_metric("keepif/length_penalty", score.p)
        log_metric("keepif/guarded", float(score.void is not None))
        log_metric("keepif/unreadable", float(score.unreadable))
        for reason in REASONS:
            log_metric(f"keepif/guard/{reason}", float(score.void == reason))


def _sign(instruction_id: str, kept: bool) -> str:
    return f"{'+' if kept else '-'}{instruction_id}"
