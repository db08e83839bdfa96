"""TRL's private doors, in the version that is installed: 1.0 to 1.16 have them all."""

import inspect

import pytest
import trl

from keepif.rewards import KeepIFReward
from keepif.rewards.rows import OWN_TOKENS

DOORS = ("_calculate_rewards", "_prepare_inputs", "_generate")


@pytest.mark.parametrize("kind", [trl.GRPOTrainer, trl.RLOOTrainer])
@pytest.mark.parametrize("door", DOORS)
def test_trl_has_the_door(kind: type, door: str) -> None:
    assert callable(getattr(kind, door, None)), f"{kind.__name__} of TRL {trl.__version__} has no {door}"


def test_generation_is_called_as_it_is_wrapped() -> None:
    assert list(inspect.signature(trl.GRPOTrainer._generate).parameters) == ["self", "prompts"]  # noqa: SLF001


def test_the_mask_of_own_tokens_counts() -> None:
    reward, seen = KeepIFReward(), []
    reward.scorer.watch(lambda scores, _: seen.extend(score.tokens for score in scores))
    ids = [[5, 6, 7], [5, 6, 7]]
    reward(completions=["4", "4"], completion_ids=ids, answer=["4", "4"], **{OWN_TOKENS: [[1, 0, 1], [0, 0, 0]]})
    reward(completions=["4", "4"], completion_ids=ids, answer=["4", "4"])
    assert seen == [2, 0, 3, 3]
    with pytest.raises(ValueError, match="'tool_mask' must hold one entry for each of the 2 completions"):
        reward(completions=["4", "4"], answer=["4", "4"], tool_mask=[[1]])
