"""`keepif metrics`: every gauge on a run's dashboard, what it means, and what to do about it."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from keepif.trainer.report.gauges import GAUGES


def show(console: Console) -> None:
    """The gauges on a screen: the meaning beside each, and below it what to do."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("metric", no_wrap=True)
    shown.add_column("meaning, and what to do")
    for gauge in GAUGES:
        remedy = Text(f"\n{gauge.remedy}", style="dim") if gauge.remedy else Text()
        shown.add_row(gauge.name, Text(gauge.meaning) + remedy)
    console.print(shown)
