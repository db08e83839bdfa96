"""What the experiments' tables are made of."""

from collections.abc import Iterable, Sequence
from statistics import fmean


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as Markdown."""
    line, *lines = (f"| {' | '.join(cells)} |" for cells in (head, *rows))
    return "\n".join([line, "|---" * len(head) + "|", *lines])


def spread(values: Sequence[float], sign: str = "") -> str:
    """The mean over the seeds and, of several, the lowest and the highest."""
    mean = f"{fmean(values):{sign}.1f}"
    return mean if len(values) == 1 else f"{mean} ({min(values):{sign}.1f} to {max(values):{sign}.1f})"
