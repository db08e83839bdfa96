"""verl's custom reward function, called as verl 0.9.1 (2026-11-28) calls it; and by its manager if verl is there."""

from typing import Any

import numpy as np
import pytest

from keepif.rewards.frameworks.verl import compute_score

NO_COMMA = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
RIGHT, COMMA = r"It is surely \boxed{4}", r"So, it is surely \boxed{4}"


def score(said: str, extra: dict[str, Any] | None, truth: Any = "4", **options: Any) -> dict[str, float]:
    """As NaiveRewardManager.run_single calls it in verl 0.9.1 (experimental/reward_loop/reward_manager/naive.py)."""
    call = {"data_source": "gsm8k", "solution_str": said, "ground_truth": truth, "extra_info": extra}
    return compute_score(**call, **options)


def test_a_completion_earns_for_the_answer_and_the_constraint() -> None:
    assert score(RIGHT, NO_COMMA) == {"score": 1.0, "acc": 1.0, "compliance": 1.0}
    assert score(COMMA, NO_COMMA, lam=0.5) == {"score": 0.5, "acc": 1.0, "compliance": 0.0}
    assert score(RIGHT, NO_COMMA, truth="5")["score"] < score(COMMA, NO_COMMA)["score"]


def test_constraints_come_as_parquet_has_them() -> None:
    extra = {"instruction_id_list": np.array(["punctuation:no_comma"], object), "kwargs": np.array([None], object)}
    assert score(COMMA, extra)["compliance"] == 0.0


def test_constraints_in_the_ground_truth() -> None:
    truth = '[{"instruction_id": ["punctuation:no_comma"], "kwargs": [null]}]'
    assert score(COMMA, None, truth) == {"score": 0.0, "acc": 0.0, "compliance": 0.0}
    assert score(RIGHT, None, truth) == {"score": 1.0, "acc": 0.0, "compliance": 1.0}


def test_the_ground_truth_goes_before_an_answer_in_extra_info() -> None:
    extra = {"answer": "so #### 5", "question": "What is 2 + 2?", "num_turns": None, "rollout_reward_scores": {}}
    assert score(RIGHT, extra) == {"score": 1.0, "acc": 1.0, "compliance": 1.0}


def test_the_question_is_no_answer() -> None:
    assert score(r"It is surely \boxed{2+2}", {"question": "What is 2+2?"})["acc"] == 0.0


def test_a_row_that_cannot_be_read_earns_nothing() -> None:
    assert score(RIGHT, {"instruction_id_list": ["no:such"], "kwargs": [{}]})["score"] == 0.0


def test_bad_multipliers_are_refused() -> None:
    with pytest.raises(ValueError, match=r"at most 0\.95"):
        score(RIGHT, NO_COMMA, lam=1.0)


def test_in_verls_own_reward_manager() -> None:
    pytest.importorskip("verl")
    from omegaconf import OmegaConf
    from tensordict import TensorDict
    from torch import ones, tensor
    from verl import DataProto  # pyright: ignore[reportMissingImports]
    from verl.trainer.ppo.reward import load_reward_manager  # pyright: ignore[reportMissingImports]

    class Decodes:
        def decode(self, ids: Any, **_: Any) -> str:
            return [RIGHT, COMMA][int(ids[0])]

    function = {"path": "pkg://keepif.rewards.frameworks.verl", "name": "compute_score", "reward_kwargs": {"lam": 0.5}}
    manager = {"source": "register", "name": "naive"}
    config = OmegaConf.create({"reward": {"custom_reward_function": function, "reward_manager": manager}})
    batch = DataProto(
        TensorDict({"responses": tensor([[0], [1]]), "attention_mask": ones(2, 2, dtype=int)}, batch_size=2),
        {
            "data_source": np.array(["gsm8k"] * 2, object),
            "reward_model": np.array([{"style": "rule", "ground_truth": "4"}] * 2, object),
            "extra_info": np.array([{**NO_COMMA}, {**NO_COMMA}], object),
        },
    )
    loaded = load_reward_manager(config, Decodes())
    scored = [loaded.loop.run_until_complete(loaded.run_single(batch[i : i + 1])) for i in range(2)]
    assert [one["reward_score"] for one in scored] == [1.0, 0.5]
    assert scored[1]["reward_extra_info"] == {"score": 0.5, "acc": 1.0, "compliance": 0.0}
