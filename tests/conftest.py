"""Shared by the tests: where real benchmark data stands, if it stands beside the checkout."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def benchmark() -> Callable[[str], list[dict[str, Any]]]:
    """Reads a .jsonl file of the benchmark data; skips the test where the data is not there."""

    def read(name: str) -> list[dict[str, Any]]:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"no benchmark data at {path}")
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]

    return read
