"""The table of constraints, written into a markdown file from the registry.

python -m keepif.recipes.command.constraints_table rewards/README.md
"""

import re
import sys
from pathlib import Path

from keepif.rewards.constraints import REGISTRY

from .constraints import about, fields_of

START, END = "<!-- constraints -->\n", "<!-- /constraints -->"


def table() -> str:
    """One row a type, as markdown."""
    lines = ["| id | kwargs | asks for |", "|---|---|---|"]
    for instruction_id, definition in sorted(REGISTRY.items()):
        kwargs = ", ".join(f"`{field.name}`" for field in fields_of(definition))
        lines.append(f"| `{instruction_id}` | {kwargs} | {about(definition)} |")
    return "\n".join(lines) + "\n"


def main(path: Path) -> None:
    text = path.read_text("utf-8")
    path.write_text(re.sub(f"(?<={START}).*(?={END})", lambda _: table(), text, flags=re.DOTALL), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
