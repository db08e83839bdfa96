"""The benchmarks: their items, and how responses are scored. Every file here is imported, and registers its own."""

import inspect
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from .benchmark import BENCHMARKS, Benchmark

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")


def load(name: str, source: str | Path | None = None, **options: Any) -> Benchmark:
    """The benchmark `name`, with its rows out of `source`.

    Args:
        name (`str`): one of `BENCHMARKS`.
        source (`str` or `Path`, *optional*): a file, a folder or a data set's name on the hub; by default the
            published one on the hub.
        options: for all benchmarks; each takes those that its class names.

    Raises:
        `ValueError`: for an unknown name, data that cannot be found, or a row that cannot be read.
    """
    if name not in BENCHMARKS:
        raise ValueError(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    kind: Any = BENCHMARKS[name]
    parameters = inspect.signature(kind).parameters
    return kind(source, **{option: value for option, value in options.items() if option in parameters})
