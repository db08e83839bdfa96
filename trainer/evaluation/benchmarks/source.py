"""Where a benchmark's rows come from: a file, a folder of files, or a data set on the hub."""

import json
from pathlib import Path
from typing import Any

SUFFIXES = (".jsonl", ".json", ".parquet")


def read_rows(source: str | Path, pattern: str = "*.jsonl") -> list[dict[str, Any]]:
    """The rows of `source`, in order: of all files of a folder that match `pattern`, or of all splits on the hub.

    Args:
        source (`str` or `Path`): a `.jsonl`, `.json` or `.parquet` file, a folder, or a data set's name on the hub.
        pattern (`str`, *optional*, defaults to `"*.jsonl"`): which files of a folder are read, sorted by their names.

    Raises:
        `ValueError`: where there is no such file or data set, or a line is not JSON; with the file and the line.
    """
    path = Path(source)
    if path.is_dir():
        files = sorted(path.glob(pattern))
        if not files:
            raise ValueError(f"no file {pattern} in {path.resolve()}")
        return [row for file in files for row in _read(file)]
    if path.is_file():
        return _read(path)
    if path.suffix in SUFFIXES or path.is_absolute() or str(source).startswith("."):
        raise ValueError(f"there is no file {path.resolve()}")
    return _from_hub(str(source))


def _read(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".parquet":
        from pyarrow import parquet  # comes with datasets

        return parquet.read_table(path).to_pylist()
    text = path.read_text("utf-8")
    if path.suffix == ".json":
        try:
            found = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{path}: {error}") from None
        return found if isinstance(found, list) else [found]
    rows = []
    for number, line in enumerate(text.split("\n"), 1):  # splitlines() would also split at U+2028
        if line.strip():
            try:
                rows.append(json.loads(line))
            except ValueError as error:
                raise ValueError(f"{path}, line {number}: {error}") from None
    return rows


def _from_hub(name: str) -> list[dict[str, Any]]:
    from datasets import load_dataset

    try:
        splits = load_dataset(name)
    except OSError as error:  # no net, no such data set, no access to it
        said = str(error).partition("\n")[0]
        raise ValueError(f"{said}; give its file or folder as the source: --sources NAME=PATH") from None
    return [row for split in splits.values() for row in split.to_list()]
