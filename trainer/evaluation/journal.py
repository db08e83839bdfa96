"""The journal of an evaluation: every sample on disk as soon as it is made, and the settings it was made with."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..files import read_json, write_json

SETTINGS = "settings.json"
FILES = "samples-*.jsonl"

Row = dict[str, Any]


class JournalError(ValueError):
    """A journal that was made with other settings, or that cannot be read."""


class Journal:
    """This process's file of samples in `folder`: one JSON line each, appended a batch at a time.

    A batch is on disk when `append` returns. A kill can tear the last line, which is cut off when the file is next
    opened.
    """

    def __init__(self, folder: Path, rank: int = 0) -> None:
        self.path = folder / f"samples-{rank}.jsonl"
        folder.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab+") as file:
            file.seek(0)
            file.truncate(file.read().rfind(b"\n") + 1)

    def append(self, rows: Iterable[Row]) -> None:
        with self.path.open("ab") as file:
            file.write(b"".join(json.dumps(row).encode() + b"\n" for row in rows))
            file.flush()
            os.fsync(file.fileno())


def read(folder: Path) -> Iterator[Row]:
    """The rows of all processes that have written in `folder`, in no particular order.

    Raises:
        [`JournalError`]: for a line that is no row, except a file's last one, which a kill has torn.
    """
    for path in sorted(folder.glob(FILES)):
        *lines, _torn = path.read_bytes().split(b"\n")
        for number, line in enumerate(lines, 1):
            try:
                yield json.loads(line)
            except ValueError as error:
                raise JournalError(f"{path}, line {number} is no sample ({error}): delete that line") from None


def agree(folder: Path, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The settings of the journal in `folder` and of this run together, if they do not contradict each other."""
    stored: dict[str, Any] = (
        any(folder.glob("*.jsonl")) and read_json(folder / SETTINGS)
    ) or {}  # of a run that made nothing, none
    now = json.loads(json.dumps(settings))
    for name, value in now.items():
        if name in stored and stored[name] != value:
            difference = _difference(stored[name], value)
            raise JournalError(f"the samples in {folder} were made with another {name}: {difference}")
    return stored | now


def _difference(stored: Any, now: Any) -> str:
    """What differs between two values of a setting, and what to do about it."""
    if not isinstance(stored, dict):
        return f"{stored!r}, not {now!r}. Take another --output_dir, or go on with the settings they were made with"
    parts = {name: value for name, value in stored.items() if now.get(name) != value}
    differ = ", ".join(f"{name} {value}, not {now.get(name)}" for name, value in parts.items())
    flags = " ".join(f"--{name} {value}" for name, value in parts.items())
    why = " (for a greedy benchmark that depends on --samples)" if "temperature" in parts else ""
    return f"{differ}{why}. Take another --output_dir, or, for this benchmark alone, give {flags}"


def keep(folder: Path, settings: Mapping[str, Any]) -> None:
    """Store the settings."""
    write_json(folder / SETTINGS, settings)
