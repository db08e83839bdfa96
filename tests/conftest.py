"""Shared by the tests: where real benchmark data stands, if it stands beside the checkout."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# `make test` draws no lots; `make thorough` explores, by --hypothesis-profile.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("exploring", deadline=None, print_blob=True)
settings.load_profile("repeatable")

SHARED = Path(__file__).parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """The path of a file or folder of the benchmark data; skips the test where the data is not there."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"no benchmark data at {path}")
        return path

    return find


@pytest.fixture(scope="session")
def benchmark(shared: Callable[[str], Path]) -> Callable[[str], list[dict[str, Any]]]:
    """Reads a .jsonl file of the benchmark data."""

    def read(name: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in shared(name).read_text("utf-8").split("\n") if line.strip()]

    return read
