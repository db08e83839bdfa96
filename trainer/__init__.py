"""Trainer: a run in hand. `KeepIF` goes into a TRL trainer, `constrain` onto a data set."""

if __name__ == "trainer":
    raise ImportError("import keepif.trainer: this folder is that package (see [tool.setuptools] in pyproject.toml)")

from .data.constrain import RowError, constrain
from .data.logic_tasks import logic_dataset, logic_rows
from .data.trip_wires import add_trip_wires
from .plugin import KeepIF
from .preflight import ConfigError
from .reference.prepass import Prepass
from .reference.reference import Reference, ReferenceMismatchError

__all__ = [
    "ConfigError",
    "KeepIF",
    "Prepass",
    "Reference",
    "ReferenceMismatchError",
    "RowError",
    "add_trip_wires",
    "constrain",
    "logic_dataset",
    "logic_rows",
]
