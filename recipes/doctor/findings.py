"""What the doctor's checks find, and how it is shown."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from rich.console import Group
from rich.table import Table
from rich.text import Text

from keepif.trainer.preflight import Problem

from ..dry_run import laid_out

COLOURS = {"fail": "red", "warn": "yellow", "ok": "green", "unknown": "dim"}
"""Of the levels in the table; what is to be looked at stands below it."""


class Finding(NamedTuple):
    """What a check found; `change` is what mends it, where one line does: a line of the recipe's YAML, or, in dashes,
    a flag of the launcher.
    """

    level: Literal["fail", "warn", "ok", "unknown", "look"]
    check: str
    text: str
    change: str = ""

    @classmethod
    def of(cls, check: str, problem: Problem) -> "Finding":
        """What preflight says; what is fatal to a run fails."""
        return cls("fail" if problem.fatal else "warn", check, problem.text, problem.change)


def table(findings: Sequence[Finding], title: str) -> Group:
    """The findings, and below them the first rows, and the lines to put into the recipe and into the launch."""
    shown = Table(title=title, title_justify="left")
    for column in ("", "check", "found"):
        shown.add_column(column, no_wrap=column != "found", overflow="fold")
    rows: dict[str, str] = {}
    for level, check, text, _ in findings:
        if level == "look":
            rows[check] = f"{rows.get(check, '')}\n{text}".strip()
        else:
            shown.add_row(Text(level, style=COLOURS[level]), check, Text(text))
    changes = list(dict.fromkeys(finding.change for finding in findings if finding.change))
    flags = [change for change in changes if change.startswith("--")]
    lines = [change for change in changes if change not in flags]
    below = [("To change in the recipe:", lines), ("To launch it with:", flags)]
    return Group(shown, laid_out(rows), *(Text("\n  ".join([heading, *what])) for heading, what in below if what))
