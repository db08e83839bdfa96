"""The optional extras, of pyproject.toml, and how a user installs one: as the README does, from a clone."""


def install(extra: str) -> str:
    """The command for an extra, and where to run it.

    >>> install("plot")
    'pip install -e ".[plot]" in your clone of KeepIF'
    """
    return f'pip install -e ".[{extra}]" in your clone of KeepIF'
