"""Tables in markdown files: what stands between `<!-- NAME -->` and `<!-- /NAME -->` is made by code."""

import re
from pathlib import Path


def fill(path: Path, name: str, table: str) -> None:
    """Put `table` between the markers of `name` in the file at `path`."""
    text = path.read_text("utf-8")
    inside = re.compile(f"(?<=<!-- {name} -->\n).*(?=<!-- /{name} -->)", re.DOTALL)
    path.write_text(inside.sub(lambda _: table, text), "utf-8")


def inside(path: Path, name: str) -> str:
    """What stands between the markers of `name` in the file at `path`."""
    return path.read_text("utf-8").split(f"<!-- {name} -->\n")[1].split(f"<!-- /{name} -->")[0]
