"""Compositions, written down and sampled, for the tests."""

import random
from typing import Any

from keepif.rewards import make
from keepif.rewards.constraints import REGISTRY, Constraint, Problem

KINDS = sorted(i for i in REGISTRY if i.startswith("composition:"))
NO_COMMA: dict[str, Any] = {"instruction_id": "punctuation:no_comma", "kwargs": {}}
LOWER: dict[str, Any] = {"instruction_id": "change_case:english_lowercase", "kwargs": None}
BULLETS: dict[str, Any] = {"instruction_id": "detectable_format:number_bullet_lists", "kwargs": {"num_bullets": 2}}
END: dict[str, Any] = {"instruction_id": "startend:end_checker", "kwargs": {"end_phrase": "That is all."}}


def word(*keywords: str) -> dict[str, Any]:
    return {"instruction_id": "keywords:existence", "kwargs": {"keywords": list(keywords)}}


def both(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"instruction_id": "composition:and", "kwargs": {"parts": list(parts)}}


def chain(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"instruction_id": "composition:chain", "kwargs": {"parts": list(parts)}}


def selection(then: dict[str, Any], otherwise: dict[str, Any], active: str = "then") -> dict[str, Any]:
    kwargs = {"quantity": "answer", "test": "even", "active": active, "then": then, "otherwise": otherwise}
    return {"instruction_id": "composition:selection", "kwargs": kwargs}


def made(data: dict[str, Any]) -> Constraint:
    return make(data["instruction_id"], data["kwargs"])


def problems(count: int, seed: int = 0) -> list[Problem]:
    rng = random.Random(seed)
    golds = (int(10 ** rng.uniform(0, 4)) for _ in range(count))
    said = (
        f"Bob has {gold % 7} pears{', and then 2 more' * (gold % 5)}{' now' * (gold % 3)}." for gold in range(count)
    )
    return [Problem(f"{text} How many?", str(gold)) for text, gold in zip(said, golds, strict=True)]


def sampled(instruction_id: str, count: int, seed: int = 0) -> list[Constraint]:
    rng = random.Random(seed)
    found = [REGISTRY[instruction_id].sample(rng, problem) for problem in problems(count, seed)]
    assert None not in found
    return [constraint for constraint in found if constraint is not None]
