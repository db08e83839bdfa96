"""The package `keepif`: its version, and the two names that most scripts need.

They are imported when they are asked for, so that `keepif.rewards` needs neither torch nor TRL.
"""

from importlib import import_module
from importlib.metadata import version
from typing import Any

__version__ = version("keepif")
_LATER = ("KeepIF", "constrain")


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("keepif.trainer"), name)


def __dir__() -> list[str]:
    return ["__version__", *_LATER]
