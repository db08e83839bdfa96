"""`keepif metrics`: every gauge on a run's dashboard, what it means, and what to do about it.

python -m keepif.recipes.command.metrics trainer/README.md    writes the table into that file
"""

import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from keepif.trainer.report.gauges import GAUGES

from .markers import fill


def table() -> str:
    """One row a gauge, as markdown."""
    rows = [f"| `{gauge.name}` | {gauge.meaning} | {gauge.remedy} |" for gauge in GAUGES]
    return "\n".join(["| metric | meaning | what to do |", "|---|---|---|", *rows]) + "\n"


def show(console: Console) -> None:
    """The gauges on a screen: the meaning beside each, and below it what to do."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("metric", no_wrap=True)
    shown.add_column("meaning, and what to do")
    for gauge in GAUGES:
        remedy = Text(f"\n{gauge.remedy}", style="dim") if gauge.remedy else Text()
        shown.add_row(gauge.name, Text(gauge.meaning) + remedy)
    console.print(shown)


if __name__ == "__main__":
    fill(Path(sys.argv[1]), "metrics", table())
