"""Scored samples made up for tests."""

from typing import Any

from keepif.trainer.evaluation.benchmarks.benchmark import Count, Item, Sample


def scored(
    key: str, index: int, counts: dict[str, Count], by_type: dict[str, Count] | None = None, **more: Any
) -> Sample:
    """A sample of an item of which nothing but its key matters."""
    item = {name: more.pop(name) for name in ("defective", "control") if name in more}
    return Sample(Item(key, **item), index, counts=counts, by_type=by_type or {}, **more)
