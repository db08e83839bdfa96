"""Rows of a benchmark: where they are read from, and the one place where they are checked."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ...data.constrain import RowError
from .benchmark import Item

SUFFIXES = (".jsonl", ".json", ".parquet")

Row = Mapping[str, Any]


def items_of(
    benchmark: str, rows: Iterable[Row], fields: Sequence[str], build: Callable[[int, Row], Iterable[Item]]
) -> list[Item]:
    """The items that `build` makes of each row and its number. It refuses a row with a `ValueError`."""
    items: dict[str, Item] = {}
    for number, row in enumerate(rows):
        if missing := [field for field in fields if row.get(field) is None]:
            raise RowError(f"{benchmark} row {number}: no field {missing[0]!r}; it has {sorted(row)}")
        try:
            built = list(build(number, row))
        except ValueError as error:
            raise RowError(f"{benchmark} row {number}: {error}") from None
        for item in built:
            if item.key in items:
                raise RowError(f"{benchmark}: two rows are called {item.key!r}; give each its own, or leave one out")
            items[item.key] = item
    return list(items.values())


def as_user(content: str) -> tuple[Mapping[str, str], ...]:
    """A prompt as a conversation."""
    return ({"role": "user", "content": content},)


def read_rows(source: str | Path, pattern: str = "*.jsonl") -> list[dict[str, Any]]:
    """The rows of `source`, in order: of all files of a folder that match `pattern`, or of all splits on the hub.

    `source` is a `.jsonl`, `.json` or `.parquet` file, a folder, or a data set's name on the hub.
    """
    path = Path(source)
    if path.is_dir():
        files = sorted(path.glob(pattern))
        if not files:
            raise ValueError(f"no file {pattern} in {path.resolve()}")
        return [row for file in files for row in _rows_of_file(file)]
    if path.is_file():
        return _rows_of_file(path)
    if path.suffix in SUFFIXES or path.is_absolute() or str(source).startswith("."):
        raise ValueError(f"there is no file {path.resolve()}")
    return _rows_of_hub(str(source))


def _rows_of_file(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        from pyarrow import parquet  # comes with datasets

        return parquet.read_table(path).to_pylist()
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        rows = _parsed(text, str(path))
        return rows if isinstance(rows, list) else [rows]
    lines = enumerate(text.split("\n"), 1)  # splitlines() would also split at U+2028
    return [_parsed(line, f"{path}, line {number}") for number, line in lines if line.strip()]


def _parsed(text: str, place: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None


def _rows_of_hub(name: str) -> list[dict[str, Any]]:
    from datasets import load_dataset

    try:
        splits = load_dataset(name)
    except OSError as error:  # no net, no such data set, no access to it
        reason = str(error).partition("\n")[0]
        raise ValueError(f"{reason}; give its file or folder as the source: --sources NAME=PATH") from None
    return [row for split in splits.values() for row in split.to_list()]
