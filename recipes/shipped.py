"""Files that come with KeepIF, found by their names alone."""

from pathlib import Path


def here_or_shipped(path: Path, folder: Path) -> Path:
    """`path`, or the file of that name in `folder`, whose files come with KeepIF."""
    if path.exists():
        return path
    if (folder / path).exists():
        return folder / path
    names = ", ".join(sorted(file.name for file in folder.glob("*.yaml")))
    here = path if path.is_absolute() else f"./{path}"
    raise ValueError(f"there is no {here}, and none of that name comes with KeepIF, which has {names}")
