"""The scorer: a batch is scored once, whoever asks and watches."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from keepif.rewards import KeepIFReward, Multipliers
from keepif.rewards.scorer import Scorer


def test_a_scorer_is_watched_by_another_for_a_while() -> None:
    scorer, seen = Scorer(), list[int]()
    scorer.watch(lambda scores, _: seen.append(len(scores)))

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), scorer.watched_by(interrupt):
        scorer.scores("any", ["a"], answer=["4"])
    scorer.scores("any", ["a", "b"], answer=["4"] * 2)
    assert seen == [2]


def test_the_same_list_again_is_another_batch() -> None:
    reward = KeepIFReward(Multipliers(bonus=0.0))
    assert reward([r"\boxed{4}"], answer=["4"]) != reward([r"\boxed{4}"], answer=["5"])
    completions = [r"\boxed{4}"]
    assert reward(completions, answer=["4"]) != reward(completions, answer=["5"])


def test_threads_that_share_a_reward_get_their_own_scores() -> None:
    reward = KeepIFReward()
    reward.scorer.watch(lambda *_: time.sleep(0.02))  # while one is at it, the other comes

    def ask(answer: str) -> list[float | None]:
        return [value for _ in range(10) for value in reward([answer], answer=["4"])]

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, [r"\boxed{4}", r"\boxed{5}"])) == [[1.0] * 10, [0.0] * 10]
