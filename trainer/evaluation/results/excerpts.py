"""A few samples as they were written, so that a number can be seen for what it counts."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from keepif.rewards.rows import gold_of

from ..benchmarks.benchmark import Sample

LINES = 3
"""About as many has a part of a sample at most; what is longer loses its middle."""
WIDEST = len("verdicts")
"""Of the names of the parts."""


def picked(samples: Sequence[Sample]) -> dict[str, Sample]:
    """What becomes of a response → the first that it became of: at most one of each kind."""
    first: dict[str, Sample] = {}
    for sample in samples:
        if not (sample.item.control or sample.unjudged) and (kind := _kind(sample)):
            first.setdefault(kind, sample)
    return dict(sorted(first.items(), reverse=True))  # wrong, right and not as asked, right and as asked


def _kind(sample: Sample) -> str:
    """Whether it is right and, if it is or nobody can say, whether it keeps all its constraints."""
    correct, graded = sample.counts.get("accuracy", (0, 0))
    if graded and not correct:
        return "wrong"
    asked = ("as asked" if _keeps_all(sample) else "not as asked") if sample.by_type else ""
    return ", ".join(part for part in ("right" if graded else "", asked) if part)


def _keeps_all(sample: Sample) -> bool:
    return all(kept == of for kept, of in sample.by_type.values())


def excerpt(sample: Sample, width: int) -> Table:
    """A sample for a screen of `width` columns."""
    gold = gold_of(sample.item.row)
    parts = {
        "prompt": sample.item.messages[-1]["content"],
        "gold": "" if gold is None else str(gold),
        "response": sample.text,
        "verdicts": ", ".join(
            f"{kind.rpartition(':')[2]} {'kept' if kept == of else 'not kept'}"
            for kind, (kept, of) in sample.by_type.items()
        ),
    }
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=WIDEST, no_wrap=True)
    table.add_column(overflow="fold")
    for name, text in parts.items():
        if text:
            table.add_row(name, Text(without_middle(text, LINES * (width - WIDEST - 2))))
    return table


def without_middle(text: str, most: int) -> str:
    """The text on one line without its middle, if it is longer than `most` characters.

    >>> without_middle("a question, and at its end what is asked", 20)
    'a questi … is asked'
    """
    text = " ".join(text.split())
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half].rstrip()} … {text[-half:].lstrip()}"
