"""`keepif.rewards` is pure and quick to import."""

import statistics
import subprocess
import sys
import time

import pytest


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, keepif.rewards\n"
        "heavy = ('torch', 'trl', 'transformers', 'sympy', 'numpy', 'datasets', 'langdetect')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


@pytest.mark.parametrize("name", ["keepif.rewards"])
def test_import_is_quick(name: str) -> None:
    """Under 100 ms beyond Python's own start on an idle machine; five times that here, where others may work."""

    def seconds(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - began

    extra = [seconds(f"import {name}") - seconds("pass") for _ in range(5)]
    assert statistics.median(extra) < 0.5
