"""Constraint attention of an evaluation's samples."""

from collections.abc import Sequence
from dataclasses import replace
from math import isnan
from typing import Any

from ..evaluation.answering import MODES, PLAIN, Arm
from ..evaluation.benchmarks.benchmark import Sample
from ..evaluation.engines.generation import Request
from .readings import Exchange, exchange_of, read


def attended(model: Any, tokenizer: Any, arm: Arm, samples: Sequence[Sample], batch_size: int) -> list[Sample]:
    """The samples, each with its answer's mean share of attention on every type of constraint.

    Left as they are: samples of a remedy, which has asked otherwise; of items whose constraints do not stand in the
    prompt in their own words; and without an answer.
    """
    exchanges = {place: found for place, one in enumerate(samples) if (found := _exchange(tokenizer, arm, one))}
    readings = dict(zip(exchanges, read(model, tokenizer, [*exchanges.values()], batch_size), strict=True))
    measured = list(samples)
    for place, reading in readings.items():
        kinds = samples[place].item.constraint_types
        shares = [reading.mean(reading.share_of(row), "answer") for row in range(len(kinds))]
        found = {kind: share for kind, share in zip(kinds, shares, strict=True) if not isnan(share)}
        measured[place] = replace(samples[place], attention=found)
    return measured


def _exchange(tokenizer: Any, arm: Arm, sample: Sample) -> Exchange | None:
    item = sample.item
    if arm.mitigation != PLAIN or not item.instructions or len(item.instructions) != len(item.constraint_types):
        return None
    exchange = exchange_of(tokenizer, Request(item.messages, MODES[arm.thinking]), sample.text, item.instructions)
    stands = all(sentence.strip() in exchange.prompt for sentence in exchange.constraints)
    return exchange if stands and exchange.response else None
