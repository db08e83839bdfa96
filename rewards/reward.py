"""What TRL is handed: one combined reward, or its parts as rewards of their own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from typing import Any

from .combine import Multipliers, combine
from .published.adapt_think import BeforeRL, adapt_think
from .published.aggregations import Aggregation, Traits, traits_of, unwrapped
from .published.length_terms import ONE_BY_ONE
from .rows import GOLD_COLUMNS, READ
from .score import Score, Scoring
from .scorer import Scorer

LengthTerm = Callable[[Sequence[float], Sequence[int]], list[float]]
RewardFunction = Callable[..., list[float | None]]


class KeepIFReward:
    """Correctness, verified compliance and length as one scalar a completion; the formula is [`combine`]'s.

    Give it to any TRL trainer that takes `reward_funcs`. It reads the gold answer and the constraints under any
    published name and in any published form (see rows.py); other columns are ignored. A row whose gold answer or
    constraints cannot be read is not scored (`None`, which TRL leaves out); a row without a gold answer is rewarded
    for compliance alone.

    Args:
        multipliers ([`Multipliers`], *optional*): λ, μ and ν; λ + μ ≤ 0.95.
        scoring ([`Scoring`], *optional*): budget, reading, thinking delimiters, end tokens.
        aggregation (`Callable`, *optional*): a published aggregation in place of [`combine`].
        length_term (`Callable`, *optional*): a published length term in place of p.
        no_thinking (`float`, *optional*): δ, what a correct completion without thinking earns on top, if correctness
            stays at the reference's: see [`adapt_think`]. It is not paid before [`KeepIFReward.refer_to`] has told
            what the policy did before RL. An answer longer than any of the reference's counts as thinking.

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
        self.scorer = Scorer(scoring)
        self.multipliers = multipliers or Multipliers()
        self.aggregation = aggregation
        self.length_term = length_term
        self.no_thinking = no_thinking
        self.reference: BeforeRL | None = None

    def __call__(self, completions: Sequence[Any], **call: Any) -> list[float | None]:
        """Reward each completion, a string or a message list; `call` is whatever else TRL passes to a reward."""
        scores = self.scorer.scores(self.__name__, completions, **call)
        added = self._added(scores, call.get("prompts") or [""] * len(scores))
        if self.length_term:
            scores = [replace(score, p=0.0) for score in scores]
        return [
            None if score.unreadable else self.aggregation(score, self.multipliers) + more
            for score, more in zip(scores, added, strict=True)
        ]

    def _added(self, scores: Sequence[Score], prompts: Sequence[Any]) -> list[float]:
        """What each completion earns on top of the aggregation, by comparison with its group."""
        added = [0.0] * len(scores)
        if self.length_term is not None:
            added = beyond_correctness(scores, prompts, self.length_term)
        if self.no_thinking is not None and self.reference is not None:
            bonus = without_thinking(scores, prompts, self.no_thinking, self.reference)
            added = [before + more for before, more in zip(added, bonus, strict=True)]
        return added

    @property
    def reward_funcs(self) -> list[RewardFunction]:
        """The reward functions, in the order in which TRL gets them."""
        return [self]

    @property
    def traits(self) -> Traits:
        """What the aggregation does with the multipliers."""
        return traits_of(self.aggregation)

    @property
    def compares_groups(self) -> bool:
        """Whether a completion's reward depends on the others of its prompt."""
        term = self.length_term
        return self.no_thinking is not None or (term is not None and unwrapped(term) not in ONE_BY_ONE)

    @property
    def waits(self) -> bool:
        """Whether a part of the reward is off until there is a reference."""
        return self.no_thinking is not None and self.reference is None

    @property
    def settings(self) -> dict[str, Any]:
        """The options, as a report shows them."""
        term = _name(self.length_term) if self.length_term else None
        return {"aggregation": _name(self.aggregation), "length_term": term, "no_thinking": self.no_thinking}

    def use(self, multipliers: Multipliers) -> Mapping[RewardFunction, float]:
        """Reward the next batch with `multipliers`; what the trainer's `reward_weights` must be for that."""
        self.multipliers = multipliers
        return {}

    def refer_to(self, reference: BeforeRL) -> None:
        """Take in what the policy did before RL."""
        self.reference = reference


@dataclass(frozen=True)
class Part:
    """A part of the reward: its value for a completion, `None` if there is none, and its weight."""

    value: Callable[[Score, Multipliers], float | None]
    weight: Callable[[Multipliers], float]


PARTS = {
    "correctness": Part(lambda score, _: score.c, lambda _: 1.0),
    "joint": Part(
        lambda score, _: None if score.c is None or score.f is None else score.c * score.f, lambda m: m.bonus
    ),
    "compliance": Part(lambda score, m: None if score.f is None else m.share_of_most(score), lambda m: m.most),
    "length": Part(lambda score, _: -score.p, lambda m: m.mu),
}


class PartReward:
    """One part of the reward alone, for trainers that weigh or normalise the parts themselves.

    Args:
        part (`str`): `"correctness"`; `"joint"`, compliance if correct; `"compliance"`; or `"length"`, the negative
            length penalty, for which a row needs a `budget` column.
        scorer ([`~keepif.rewards.scorer.Scorer`], *optional*): one to share with other parts, which are then scored
            together, and logged.
    """

    def __init__(self, part: str, scorer: Scorer | None = None) -> None:
        if part not in PARTS:
            raise ValueError(f"part must be one of {', '.join(PARTS)}, found {part!r}")
        self.__name__ = f"{part}_reward"
        self.part = part
        self.multipliers = Multipliers()
        self.scorer = scorer or Scorer()
        # Alone, a part is not the one to log; and compliance needs no grading.
        gold = {*GOLD_COLUMNS} - {*READ} if part == "compliance" else set()
        self._unused: set[str] = set() if scorer else {"log_metric", "log_extra"} | gold

    def __call__(self, completions: Sequence[Any], **call: Any) -> list[float | None]:
        """This part for each completion; `None` if the row has no such part."""
        call = {name: value for name, value in call.items() if name not in self._unused}
        scores = self.scorer.scores(self.part, completions, **call)
        return [None if score.unreadable else self._value(score) for score in scores]

    def _value(self, score: Score) -> float | None:
        value = PARTS[self.part].value(score, self.multipliers)
        return None if value is None else self.multipliers.loudness(score) * value


class KeepIFParts:
    """The parts of the reward as functions of their own, which the trainer weighs; else as [`KeepIFReward`].

    Args:
        scoring ([`Scoring`], *optional*): as for [`KeepIFReward`].
        parts (`Sequence[str]`, *optional*): names of [`PartReward`]; all by default.
    """

    traits = Traits()
    compares_groups = False
    waits = False

    def __init__(self, scoring: Scoring | None = None, parts: Sequence[str] = tuple(PARTS)) -> None:
        self.scorer = Scorer(scoring)
        self.parts = [PartReward(part, self.scorer) for part in parts]

    @property
    def reward_funcs(self) -> list[RewardFunction]:
        return [*self.parts]

    @property
    def settings(self) -> dict[str, Any]:
        return {"aggregation": "parts", "length_term": None, "no_thinking": None}

    def use(self, multipliers: Multipliers) -> Mapping[RewardFunction, float]:
        for part in self.parts:
            part.multipliers = multipliers
        return {part: PARTS[part.part].weight(multipliers) for part in self.parts}

    def refer_to(self, reference: BeforeRL) -> None:
        """No part depends on it."""


Rewards = KeepIFReward | KeepIFParts
"""What a run has for rewards: one scalar, or parts. Both answer to the same names."""

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


def _name(function: Callable[..., Any]) -> str:
    """A function's name, with the keywords of a partial one."""
    keywords = f" {function.keywords}" if isinstance(function, partial) else ""
    return unwrapped(function).__name__ + keywords
