"""Answering benchmarks: who answers what, what has been answered already, and the samples that come of it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from keepif.rewards import Response

from .benchmarks.benchmark import Item, Sample
from .engines.generation import Generated
from .journal import Journal, Row

MODES: dict[str, bool | None] = {"default": None, "on": True, "off": False}
"""Thinking modes and what the chat template is told."""
PLAIN = "none"
"""The mitigation that is none."""


@dataclass(frozen=True)
class Arm:
    """One way of answering one benchmark: a thinking mode of `MODES`, and a remedy or `PLAIN`."""

    benchmark: str
    thinking: str = "default"
    mitigation: str = PLAIN

    def holds(self, row: Row) -> bool:
        """Whether `row` of a journal is one of this arm's samples."""
        return (row["benchmark"], row["thinking"], row["mitigation"]) == (
            self.benchmark,
            self.thinking,
            self.mitigation,
        )


def arms_of(rows: Iterable[Row]) -> set[Arm]:
    """The arms that have samples in a journal."""
    return {Arm(row["benchmark"], row["thinking"], row["mitigation"]) for row in rows}


Draw = tuple[Item, int]
"""A sample to be made: its item and its number."""
Respond = Callable[[Sequence[Draw]], Sequence[Generated | None]]


def spread(items: Sequence[Item], limit: int | None) -> list[Item]:
    """About `limit` items at equal distances, so that a benchmark's parts are all there; the same ones in every run.

    Items that belong together (see [`Item`]) stay together; controls come along with theirs.
    """
    size = sum(not item.control for item in items)
    if limit is None or limit >= size:
        return list(items)
    units: dict[str, list[Item]] = {}
    for item in items:
        units.setdefault(item.key.partition("/")[0], []).append(item)
    parts, count = list(units.values()), max(1, limit * len(units) // size)
    return [item for i in range(count) for item in parts[i * len(parts) // count]]


def samples_of(arm: Arm, rows: Iterable[Row], items: Sequence[Item], samples: int) -> list[Sample]:
    """The samples of `arm` in the journal, `samples` of each of `items` at most, in their order."""
    by_key = {item.key: (at, item) for at, item in enumerate(items)}
    found: dict[tuple[int, int], Sample] = {}
    for row in rows:
        if arm.holds(row) and row["key"] in by_key and row["index"] < samples:
            at, item = by_key[row["key"]]
            said = (row[name] for name in ("index", "text", "tokens", "thinking_tokens", "truncated"))
            found.setdefault((row["index"], at), Sample(item, *said))
    return [found[place] for place in sorted(found)]


def missing(items: Sequence[Item], samples: int, made: Iterable[Sample]) -> list[Draw]:
    """What is still to be made, all items' first samples first, and the longest items of those."""
    done = {(sample.item.key, sample.index) for sample in made}
    longest = sorted(items, key=lambda item: -sum(len(message["content"]) for message in item.messages))
    return [(item, index) for index in range(samples) for item in longest if (item.key, index) not in done]


def answer(
    arm: Arm,
    draws: Sequence[Draw],
    respond: Respond,
    journal: Journal,
    batch_size: int,
    count: Callable[[str], int],
    advance: Callable[[int], Any],
) -> None:
    """Make `draws` and write them down, `batch_size` at a time. What fails is left out, and still missing.

    Args:
        respond (`Callable`): makes the responses to draws, in order; `None` for one that failed.
        count (`Callable`): a text's tokens.
        advance (`Callable`): told how many more have been tried.
    """
    for start in range(0, len(draws), batch_size):
        batch = draws[start : start + batch_size]
        made = respond(batch)
        journal.append(_row(arm, *draw, said, count) for draw, said in zip(batch, made, strict=True) if said)
        advance(len(batch))


def _row(arm: Arm, item: Item, index: int, said: Generated, count: Callable[[str], int]) -> Row:
    thinking = Response.parse(said.text).thinking
    return {
        **vars(arm),
        "key": item.key,
        "index": index,
        "text": said.text,
        "tokens": said.tokens,
        "thinking_tokens": count(thinking) if thinking else 0,
        "truncated": said.truncated,
    }
