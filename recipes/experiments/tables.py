"""What the experiments' tables are made of, and how they are left."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

from rich.console import Console

from keepif.trainer.files import write_json

if TYPE_CHECKING:  # a table needs no matplotlib
    from matplotlib.figure import Figure


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as Markdown."""
    line, *lines = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    return "\n".join([line, "|---" * len(head) + "|", *lines])


def spread(values: Sequence[float], sign: str = "") -> str:
    """The mean over the seeds and, of several, the lowest and the highest."""
    mean = f"{fmean(values):{sign}.1f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):{sign}.1f} to {max(values):{sign}.1f})"


def leave(folder: Path, name: str, numbers: Any, table: str, figures: "Mapping[str, Figure]") -> None:
    """Leave numbers, table and figures in `folder`, and show the table."""
    write_json(folder / f"{name}.json", numbers)
    (folder / f"{name}.md").write_text(f"{table}\n")
    console = Console()
    console.print(table, markup=False, soft_wrap=True)
    for drawn, figure in figures.items():
        figure.savefig(folder / f"{drawn}.png", dpi=150)
        console.print(f"figure: {folder / drawn}.png", soft_wrap=True)
