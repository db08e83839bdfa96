"""JSON files: read if they are there, written all or nothing."""

import json
import os
from pathlib import Path
from typing import Any

from keepif.rewards.rows import complain


def write_json(path: Path, value: Any) -> None:
    """Write all or nothing: who is killed here leaves the old file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial")  # runs that share a file may write it at once
    try:
        partial.write_text(json.dumps(value))
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)  # on a full disk it is there


def keep_json(path: Path, value: Any) -> None:
    """Write it if that can be done: a full disk costs one line of the log, not the run."""
    try:
        write_json(path, value)
    except OSError as error:
        complain(f"{path} could not be written ({error}); the run goes on without it")


def read_json(path: Path) -> Any:
    """The file's content, `None` where there is no file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
