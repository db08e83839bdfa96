"""What TRL is handed: one combined reward, or its parts as rewards of their own."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any

from .batch import Scorer
from .combine import Multipliers, combine
from .published.adapt_think import BeforeRL, adapt_think
from .published.aggregations import Aggregation
from .rows import GOLD_COLUMNS, READ
from .score import Score, Scoring

LengthTerm = Callable[[Sequence[float], Sequence[int]], list[float]]


class KeepIFReward:
    """Correctness, verified compliance and length as one scalar a completion; the formula is [`combine`]'s.

    Give it to any TRL trainer that takes `reward_funcs`. It reads the gold answer and the constraints under any
    published name and in any published form (see rows.py); other columns are ignored. A row whose gold answer or
    constraints cannot be read is not scored (`None`, which TRL leaves out); a row without a gold answer is rewarded
    for compliance alone.

    Args:
        multipliers ([`Multipliers`], *optional*): λ, μ and ν; λ + μ ≤ 0.95.
        scoring ([`Scoring`], *optional*): budget, reading, thinking delimiters, end tokens.
        aggregation (`Callable`, *optional*): a published aggregation in place of the line above.
        length_term (`Callable`, *optional*): a published length term in the place of p.
        no_thinking (`float`, *optional*): δ, what a correct completion without thinking earns on top, where
            correctness stays at the reference's: see [`adapt_think`]. It waits for `reference`, what the policy did
            before RL. An answer that is longer than the reference's ever were is one that thinks.

    >>> reward = KeepIFReward(Multipliers(lam=0.5, bonus=0.5))
    >>> reward(
    ...     completions=[r"It is \\boxed{4}, surely.", r"It is surely \\boxed{4}", r"It is surely \\boxed{5}"],
    ...     answer=["4"] * 3,
    ...     instruction_id_list=[["punctuation:no_comma"]] * 3,
    ...     kwargs=[[{}]] * 3,
    ... )
    [0.5, 1.0, 0.25]
    """

    def __init__(
        self,
        multipliers: Multipliers | None = None,
        scoring: Scoring | None = None,
        aggregation: Aggregation = combine,
        length_term: LengthTerm | None = None,
        no_thinking: float | None = None,
    ) -> None:
        self.__name__ = "keepif"
        self.multipliers = multipliers or Multipliers()
        self.scorer = Scorer(scoring)
        self.aggregation = aggregation
        self.length_term = length_term
        self.no_thinking = no_thinking
        self.reference: BeforeRL | None = None

    @property
    def waits(self) -> bool:
        """Whether the bonus for not thinking waits for a reference."""
        return self.no_thinking is not None and self.reference is None

    def __call__(self, completions: Sequence[Any], **call: Any) -> list[float | None]:
        """Reward each completion, a string or a message list; `call` is whatever else TRL passes to a reward."""
        scores = self.scorer.scores(self.__name__, completions, **call)
        weights, added = self.multipliers, self._added(scores, call.get("prompts") or [""] * len(scores))
        return [
            None if s.unreadable else self.aggregation(s.c, s.f, 0.0 if self.length_term else s.p, weights) + more
            for s, more in zip(scores, added, strict=True)
        ]

    def _added(self, scores: Sequence[Score], prompts: Sequence[Any]) -> list[float]:
        """What each completion earns beside the aggregation, by what its group earns."""
        added = [0.0] * len(scores)
        if self.length_term is not None:
            added = beyond_correctness(scores, prompts, self.length_term)
        if self.no_thinking is not None and self.reference is not None:
            bonus = without_thinking(scores, prompts, self.no_thinking, self.reference)
            added = [before + more for before, more in zip(added, bonus, strict=True)]
        return added


class PartReward:
    """One part of the reward alone, for trainers that weigh or normalise the parts themselves.

    Args:
        part (`str`): `"correctness"`; `"joint"`, compliance where correct; `"compliance"`; or `"length"`, the negative
            length penalty.
        scoring ([`Scoring`], *optional*): as for [`KeepIFReward`]; `"length"` needs its budget, or a `budget` column.
        scorer ([`~keepif.rewards.batch.Scorer`], *optional*): one to share with the other parts, which are then
            scored together.
    """

    def __init__(self, part: str, scoring: Scoring | None = None, scorer: Scorer | None = None) -> None:
        if part not in PARTS:
            raise ValueError(f"part must be one of {', '.join(PARTS)}, found {part!r}")
        self.__name__ = f"{part}_reward"
        self.part = part
        self.scorer = scorer or Scorer(scoring)
        self.shared = scorer is not None
        # Alone, a part is not the one to log; and compliance needs no grading.
        self._unused = {"log_metric", "log_extra"} | ({*GOLD_COLUMNS} - {*READ} if part == "compliance" else set())

    def __call__(self, completions: Sequence[Any], **call: Any) -> list[float | None]:
        """This part for each completion; `None` where the row has no such part."""
        if not self.shared:
            call = {name: value for name, value in call.items() if name not in self._unused}
        return [PARTS[self.part](score) for score in self.scorer.scores(self.part, completions, **call)]


def _joint(score: Score) -> float | None:
    return None if score.unreadable or score.c is None or score.f is None else score.c * score.f


PARTS: dict[str, Callable[[Score], float | None]] = {
    "correctness": lambda score: None if score.unreadable else score.c,
    "joint": _joint,
    "compliance": lambda score: None if score.unreadable else score.f,
    "length": lambda score: None if score.unreadable else -score.p,
}
"""The parts, in the order of the weights 1, ν, λ, μ."""

keepif_reward = KeepIFReward()
"""The combined reward with the default multipliers, for `trl grpo --reward_funcs keepif.rewards.keepif_reward`."""

correctness_reward = PartReward("correctness")
compliance_reward = PartReward("compliance")
length_reward = PartReward("length")


def beyond_correctness(scores: Sequence[Score], prompts: Sequence[Any], term: LengthTerm) -> list[float]:
    """What a published length term adds to each correctness, group by group of one prompt."""
    added: list[float] = []
    for _, group in _groups(scores, prompts):
        correct = [score.c or 0.0 for score in group]
        values = term(correct, [score.tokens for score in group])
        added += [value - c for value, c in zip(values, correct, strict=True)]
    return added


def without_thinking(
    scores: Sequence[Score], prompts: Sequence[Any], delta: float, reference: BeforeRL
) -> list[float]:
    """[`adapt_think`]'s bonus for each completion, group by group of one prompt."""
    added: list[float] = []
    for prompt, group in _groups(scores, prompts):
        longest = reference.longest_answer(prompt)  # or reasoning in the answer would be paid for not thinking
        thought = [score.thinking_words > 0 or score.answer_words > longest for score in group]
        added += adapt_think([score.c or 0.0 for score in group], thought, reference.accuracy(prompt), delta=delta)
    return added


def _groups(scores: Sequence[Score], prompts: Sequence[Any]) -> Iterator[tuple[Any, list[Score]]]:
    """Each prompt with the scores of its group."""
    for prompt, pairs in groupby(zip(prompts, scores, strict=True), key=lambda pair: pair[0]):
        yield prompt, [score for _, score in pairs]
