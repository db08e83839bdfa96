"""`keepif.rewards` is pure."""

import subprocess
import sys


def test_import_loads_nothing_heavy() -> None:
    code = (
        "import sys, keepif.rewards\n"
        "heavy = ('torch', 'trl', 'transformers', 'sympy', 'numpy', 'datasets', 'langdetect')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
