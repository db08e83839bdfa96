"""The table of constraints, written into a markdown file from the registry.

python -m keepif.recipes.command.constraints_table rewards/README.md
"""

import sys
from pathlib import Path

from keepif.rewards.constraints import REGISTRY

from .constraints import about, fields_of
from .markers import fill


def table() -> str:
    """One row a type, as markdown."""
    lines = ["| id | kwargs | asks for |", "|---|---|---|"]
    for instruction_id, definition in sorted(REGISTRY.items()):
        kwargs = ", ".join(f"`{field.name}`" for field in fields_of(definition))
        lines.append(f"| `{instruction_id}` | {kwargs} | {about(definition)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    fill(Path(sys.argv[1]), "constraints", table())
