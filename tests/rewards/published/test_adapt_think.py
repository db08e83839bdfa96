"""The bonus for not thinking: AdaptThink's formula, and what may not change under it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf
from statistics import fmean
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import KeepIFReward, Multipliers
from keepif.rewards.published.adapt_think import adapt_think

groups = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.booleans()), min_size=1, max_size=8)
shares = st.floats(0, 1)


@dataclass(frozen=True)
class Before:
    """What the policy did before RL, by prompt; the same on all, by default."""

    share: float
    longest: float = inf
    shares: Mapping[str, float] = field(default_factory=dict)

    def accuracy(self, prompt: str) -> float:
        return self.shares.get(prompt, self.share)

    def longest_answer(self, prompt: str) -> float:
        return self.longest


def published(correct: list[float], thought: list[bool], reference: float, delta: float) -> list[float]:
    """AdaptThink's advantages (arXiv 2505.13417): 1[no thinking]·δ + R − mean R of the reference."""
    return [delta * (not thinks) + c - reference for c, thinks in zip(correct, thought, strict=True)]


@given(groups, shares, st.floats(0.01, 2))
def test_paid_where_no_accuracy_is_lost(group: Any, reference: float, delta: float) -> None:
    correct, thought = [c for c, _ in group], [thinks for _, thinks in group]
    bonus = adapt_think(correct, thought, reference, delta=delta)
    without = [c for c, thinks in zip(correct, thought, strict=True) if not thinks]
    assert all(value == 0 for value, c, thinks in zip(bonus, correct, thought, strict=True) if thinks or not c)
    paid = [value for value, c, thinks in zip(bonus, correct, thought, strict=True) if c and not thinks]
    if paid:
        assert paid == [delta if fmean(without) >= reference else 0.0] * len(paid)
        advantages = published(correct, thought, reference, delta)
        gains = [gain for gain, thinks in zip(advantages, thought, strict=True) if not thinks]
        assert fmean(gains) > 0 or not any(paid)  # AdaptThink's own condition, which lets δ of accuracy go


def reward_of(delta: float, lam: float, reference: float) -> KeepIFReward:
    reward = KeepIFReward(Multipliers(lam=lam), no_thinking=delta)
    reward.refer_to(Before(reference))
    return reward


@given(st.floats(0.001, 1e3), st.floats(0, 0.95), shares)
def test_a_correct_completion_outranks_a_wrong_one(delta: float, lam: float, reference: float) -> None:
    """The worst correct one, which thought and obeyed nothing, and the best wrong one, which did neither."""
    completions = [r"<think>2 + 2</think>So, \boxed{4}", r"So it is surely \boxed{5}", r"So it is surely \boxed{4}"]
    columns = {"answer": ["4"] * 3, "instruction_id_list": [["punctuation:no_comma"]] * 3, "kwargs": [[{}]] * 3}
    right, wrong, skipped = reward_of(delta, lam, reference)(completions, prompts=["2 + 2"] * 3, **columns)
    assert right is not None
    assert wrong is not None
    assert skipped is not None
    assert skipped > right > wrong


def test_each_prompt_has_a_reference_of_its_own() -> None:
    reward = KeepIFReward(no_thinking=0.25)
    call: dict[str, Any] = {"prompts": ["easy", "easy", "hard", "hard"], "answer": ["4"] * 4}
    completions = [r"\boxed{4}", r"\boxed{5}"] * 2
    assert reward.waits
    before = reward(completions, **call)
    reward.refer_to(Before(0.0, shares={"easy": 0.5, "hard": 0.9}))
    assert not reward.waits
    assert reward(completions, **call) == [before[0] + 0.25, *before[1:]]


def test_voided_and_unreadable_completions_get_none() -> None:
    reward = reward_of(0.25, 0.3, 0.0)
    found = reward([r"<think>\boxed{4}", ""], prompts=["a"] * 2, answer=["4"] * 2)
    assert found == [0.0, 0.0]
    assert reward([r"\boxed{4}"], prompts=["a"], answer=[["4", "5"]]) == [None]


@pytest.mark.parametrize("text", [r"</think>\boxed{4}", r"<think> </think>\boxed{4}", r"\boxed{4}"])
def test_an_empty_thinking_is_none(text: str) -> None:
    paid, free = reward_of(0.25, 0.3, 0.0), KeepIFReward(Multipliers(lam=0.3))
    call: dict[str, Any] = {"prompts": ["a"], "answer": ["4"]}
    assert paid([text], **call) == [free([text], **call)[0] + 0.25]


IN_ENGLISH = (
    "First we let Anna have x apples and Ben twice as many. Carl gives three to Ben who then has four times "
    "what is left. That leads to an equation whose solution is six. Next we find how many are green and split them."
)
REASONED = [
    IN_ENGLISH,
    IN_ENGLISH.replace(" ", "-"),
    IN_ENGLISH.replace(" ", "_"),
    IN_ENGLISH.replace(" ", "\u3000"),
    "设甲有苹果若干个，则乙有两倍。丙给乙三个之后，乙的个数是甲的四倍，于是列出方程，移项得到六。再考虑第二问，把青苹果平均分成两堆。",
    "まず、甲が持っているりんごの個数を文字でおくと、乙はその二倍を持っている。方程式を立てて解くと六を得る。検算しても矛盾しない。",
    "ให้แอนนามีแอปเปิลจำนวนหนึ่งและเบนมีสองเท่า คาร์ลให้เบนสามผลแล้วเบนมีสี่เท่าของที่เหลือ จึงได้สมการซึ่งมีคำตอบเป็นหก",
    IN_ENGLISH.replace(" ", ""),
]


@pytest.mark.parametrize("reasoning", REASONED)
def test_reasoning_in_the_answer_is_thinking_in_any_script(reasoning: str) -> None:
    """The reference's longest answer has 16 words, and these have some 40, whatever joins them."""
    paid, free = reward_of(0.25, 0.3, 0.0), KeepIFReward(Multipliers(lam=0.3))
    paid.reference = Before(0.0, longest=16)
    call: dict[str, Any] = {"prompts": ["a"], "answer": ["4"]}
    assert (
        paid([rf"{reasoning} \boxed{{4}}"], **call)
        == free([rf"{reasoning} \boxed{{4}}"], **call)
        == [free([r"\boxed{4}"], **call)[0]]
    )
    assert paid([r"So it is \boxed{4}"], **call) == [free([r"So it is \boxed{4}"], **call)[0] + 0.25]
