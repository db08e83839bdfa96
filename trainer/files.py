"""JSON files: read if they are there, written all or nothing."""

import json
import logging
import os
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


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
    """Write it if that can be done: a full disk costs a warning, not the run."""
    try:
        write_json(path, value)
    except OSError as error:
        logger.warning("keepif: %s could not be written (%s); the run goes on without it", path, error)


def read_json(path: Path) -> Any:
    """The file's content, `None` where there is no file."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except ValueError:
        return {}
