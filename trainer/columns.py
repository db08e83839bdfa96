"""A data set by some of its columns."""

from collections.abc import Collection
from typing import Any


def with_columns(dataset: Any, names: Collection[str]) -> Any:
    """`dataset` with its columns of these `names` alone, so that no image is decoded for the others."""
    columns = getattr(dataset, "column_names", None)
    transformed = columns and getattr(dataset, "format", {}).get("type") == "custom"  # by the user, from any column
    if transformed or not columns:
        return dataset
    return dataset.select_columns([name for name in columns if name in names])
