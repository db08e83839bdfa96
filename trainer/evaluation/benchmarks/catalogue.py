"""The benchmarks by name."""

from pathlib import Path
from typing import Any

from .benchmark import Benchmark
from .complexbench import ComplexBench
from .ifbench import IFBench
from .ifeval import IFEval
from .logicif import LogicIF
from .mathif import MathIF

BENCHMARKS: dict[str, type[Any]] = {kind.name: kind for kind in (MathIF, IFEval, IFBench, LogicIF, ComplexBench)}


def load(name: str, source: str | Path | None = None, **options: Any) -> Benchmark:
    """The benchmark `name`, with its rows out of `source`.

    Args:
        name (`str`): one of `BENCHMARKS`.
        source (`str` or `Path`, *optional*): a file, a folder or a data set's name on the hub; by default the
            published one on the hub.
        options: what else the benchmark takes; see its class.

    Raises:
        `ValueError`: for an unknown name, data that cannot be found, or a row that cannot be read.
    """
    if name not in BENCHMARKS:
        raise ValueError(f"no benchmark {name!r}; there are {', '.join(BENCHMARKS)}")
    return BENCHMARKS[name](source, **options)
