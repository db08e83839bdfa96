"""Answering benchmarks: the arms of a run, the samples that it has, and how the missing ones are made."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keepif.rewards import Response

from .benchmarks.benchmark import Item, Sample
from .engines.generation import Generated
from .journal import Journal, Row

MODES: dict[str, bool | None] = {"default": None, "on": True, "off": False}
"""Thinking mode → what the chat template is told."""
PLAIN = "none"
"""The mitigation that is none."""
ANSWERED = ("index", "text", "tokens", "thinking_tokens", "truncated")
"""What the journal holds of a sample, beside its arm and its item's key."""


@dataclass(frozen=True)
class Arm:
    """One way of answering one benchmark: a thinking mode of `MODES`, and a remedy, as a journal's `mitigation`."""

    benchmark: str
    thinking: str = "default"
    mitigation: str = PLAIN


def arm_of(row: Row) -> Arm:
    """The arm that a row of a journal belongs to."""
    return Arm(row["benchmark"], row["thinking"], row["mitigation"])


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """About `limit` items at equal distances, so that a benchmark's parts are all there; the same ones in every run.

    Items of one unit stay together, controls with theirs.
    """
    size = sum(not item.control for item in items)
    if limit is None or limit >= size:
        return list(items)
    units: dict[str, list[Item]] = {}
    for item in items:
        units.setdefault(item.unit, []).append(item)
    parts, count = list(units.values()), max(1, limit * len(units) // size)
    return [item for i in range(count) for item in parts[i * len(parts) // count]]


def samples_of(arm: Arm, rows: Iterable[Row], items: Sequence[Item], each: int) -> list[Sample]:
    """The samples of `arm` in the journal, `each` of an item at most, in the order of `items`."""
    places = {item.key: place for place, item in enumerate(items)}
    by_place: dict[tuple[int, int], Sample] = {}
    for row in rows:
        if arm_of(row) == arm and row["key"] in places and row["index"] < each:
            place = places[row["key"]]
            by_place.setdefault((row["index"], place), Sample(items[place], *(row[name] for name in ANSWERED)))
    return [by_place[place] for place in sorted(by_place)]


def missing(items: Sequence[Item], each: int, made: Iterable[Sample]) -> list[Sample]:
    """The samples still to be made, `each` of an item: all items' first ones first, and of those the longest items."""
    done = {(sample.item.key, sample.index) for sample in made}
    longest = sorted(items, key=lambda item: -sum(len(message["content"]) for message in item.messages))
    return [Sample(item, index) for index in range(each) for item in longest if (item.key, index) not in done]


def answered(sample: Sample, response: Generated, count: Callable[[str], int]) -> Sample:
    """The sample with its response; `count` counts a text's tokens."""
    thinking = Response.parse(response.text).thinking
    return replace(sample, **vars(response), thinking_tokens=count(thinking) if thinking else 0)


def answer(
    arm: Arm,
    samples: Sequence[Sample],
    respond: Callable[[Sequence[Sample]], Sequence[Generated | None]],
    journal: Journal,
    batch_size: int,
    count: Callable[[str], int],
    advance: Callable[[int], Any],
) -> None:
    """Make `samples` and write them down, `batch_size` at a time. One that fails is left out, and still missing.

    `respond` makes the responses, `count` counts a text's tokens, and `advance` takes how many more have been tried.
    """
    for start in range(0, len(samples), batch_size):
        batch = samples[start : start + batch_size]
        made = zip(batch, respond(batch), strict=True)
        journal.append(_row(arm, answered(sample, response, count)) for sample, response in made if response)
        advance(len(batch))


def _row(arm: Arm, sample: Sample) -> Row:
    return {**vars(arm), "key": sample.item.key} | {name: getattr(sample, name) for name in ANSWERED}
