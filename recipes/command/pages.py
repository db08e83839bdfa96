"""The tables on pages that code makes: `python -m keepif.recipes.command.pages`, in the repository, writes them."""

import re
from pathlib import Path

from keepif.rewards.constraints import REGISTRY
from keepif.trainer.report.gauges import GAUGES

from ..experiments.tables import markdown
from .constraints import about, fields_of


def constraints() -> str:
    """One row a type."""
    rows = [
        [f"`{kind}`", ", ".join(f"`{field.name}`" for field in fields_of(definition)), about(definition)]
        for kind, definition in sorted(REGISTRY.items())
    ]
    return markdown(["id", "kwargs", "asks for"], rows)


def metrics() -> str:
    """One row a gauge."""
    rows = [[f"`{gauge.name}`", gauge.meaning, gauge.remedy] for gauge in GAUGES]
    return markdown(["metric", "meaning", "what to do"], rows)


def filled(text: str, name: str, table: str) -> str:
    """The text of a page with `table` between the markers of `name`."""
    inside = re.compile(f"(?<=<!-- {name} -->\n).*(?=\n<!-- /{name} -->)", re.DOTALL)
    return inside.sub(lambda _: table, text)


TABLES = {"constraints": (Path("rewards/README.md"), constraints), "metrics": (Path("trainer/README.md"), metrics)}
"""Marker → the page that it is on, and what makes its table."""

if __name__ == "__main__":
    for marker, (page, made) in TABLES.items():
        page.write_text(filled(page.read_text("utf-8"), marker, made()), "utf-8")
