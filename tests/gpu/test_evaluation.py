"""The evaluation's engine on a GPU says what it says on a CPU."""

from collections.abc import Sequence
from typing import Any

import pytest
from trl import ModelConfig

from keepif.recipes.experiments.real_model.evaluation import ON_A_CPU, rows_at_once
from keepif.recipes.models import load_model
from keepif.recipes.tiny_policy.worlds import TINY
from keepif.trainer.evaluation.engines.generation import Generated, Request, Sampling
from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator
from tests.gpu.devices import CUDA, DEVICES

GREEDY, DRAWN = Sampling(temperature=0.0, max_tokens=64), Sampling(temperature=1.0, max_tokens=64)
ALIKE = 0.9
"""The share of responses that rounding leaves as they are, on a device that adds up in another order."""


def answers(device: str, sampling: Sampling, batch_size: int) -> list[Generated | None]:
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    generator = TransformersGenerator(model.to(device).eval(), tokenizer, batch_size)
    return generator.generate([Request(tuple(row["prompt"])) for row in TINY.held_out()[:40]], sampling)


def alike(ours: Sequence[Any], theirs: Sequence[Any]) -> float:
    return sum(one == other for one, other in zip(ours, theirs, strict=True)) / len(ours)


@pytest.mark.parametrize("device", DEVICES)
def test_greedy_answers_are_a_cpus(device: str) -> None:
    assert alike(answers(device, GREEDY, 40), answers("cpu", GREEDY, 40)) >= ALIKE


@pytest.mark.parametrize("device", DEVICES)
def test_what_is_drawn_does_not_depend_on_the_batch(device: str) -> None:
    drawn = answers(device, DRAWN, 40)
    assert alike(drawn, answers(device, DRAWN, 7)) >= ALIKE
    assert alike(drawn, answers(device, GREEDY, 40)) < ALIKE


@pytest.mark.parametrize("device", [CUDA])
def test_a_batch_fills_its_share_of_the_card(device: str) -> None:
    model, _ = load_model(ModelConfig(model_name_or_path="tiny"))
    assert rows_at_once(model, 64, at_once=1) == ON_A_CPU
    alone, shared = (rows_at_once(model.to(device), 64, at_once) for at_once in (1, 4))
    assert ON_A_CPU < shared == pytest.approx(alone / 4, abs=1)
