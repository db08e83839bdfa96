"""A W&B sweep file, read without W&B: the runs it asks for, and the command of each, as W&B's agent would start it."""

import itertools
import math
import os
import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..shipped import here_or_shipped

SWEEPS = Path(__file__).parents[1] / "sweeps"
BAYES = (
    "method: bayes chooses each run by the results of those before it, which is W&B's server's work: start it with "
    "'wandb sweep {path}' and 'wandb agent', or set method: random with a run_cap"
)
MACRO = re.compile(r"\$\{(\w+)\}")
VARIABLE = re.compile(r"\$\{envvar:([A-Z0-9_]*)\}")
COMMAND = ["${env}", "${interpreter}", "${program}", "${args}"]
"""W&B's, for a file without one."""

Values = dict[str, Any]
DISTRIBUTIONS: dict[str, Callable[[random.Random, Any, Any], Any]] = {
    "uniform": random.Random.uniform,
    "int_uniform": random.Random.randint,
    "log_uniform_values": lambda draws, low, high: math.exp(draws.uniform(math.log(low), math.log(high))),
}
"""By W&B's names; each draws between a `min` and a `max`."""


class SweepError(ValueError):
    """A sweep file that cannot be run here; the message names the field and says what to do."""


@dataclass(frozen=True)
class Sweep:
    """A sweep file that `keepif sweep` can run: the values of each run, and what starts one, with W&B's macros.

    `program` is what `${program}` stands for.
    """

    name: str
    runs: list[Values]
    command: list[str]
    program: str

    def command_of(self, values: Values) -> list[str]:
        """What starts the run of `values`."""
        flags = [f"--{name}={value}" for name, value in values.items()]
        macros = {
            "env": ["/usr/bin/env"],
            "interpreter": ["python"],
            "program": [self.program],
            "args": flags,
            "args_no_equals": [part for name, value in values.items() for part in (f"--{name}", str(value))],
            "args_no_boolean_flags": [
                f"--{name}" if value is True else f"--{name}={value}"
                for name, value in values.items()
                if value is not False
            ],
        }
        return [part for chunk in self.command for part in _expanded(chunk, macros)]


def _expanded(chunk: str, macros: Mapping[str, list[str]]) -> list[str]:
    chunk = VARIABLE.sub(lambda found: os.environ.get(found[1], found[1]), chunk)
    macro = MACRO.fullmatch(chunk)
    if macro is None:
        return [chunk]
    if macro[1] not in macros:
        raise SweepError(f"command: {chunk} is none of the macros {', '.join(macros)}")
    return macros[macro[1]]


def read(path: Path, count: int | None = None) -> Sweep:
    """The sweep in the file `path`, or in the one that ships under that name.

    `count` is how many runs a random search makes, by default the file's `run_cap`; the same number of runs begins
    with the same ones.
    """
    try:
        path = here_or_shipped(path, SWEEPS)
        sweep = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise SweepError(f"{path} cannot be read ({error})") from None
    if not isinstance(sweep, dict) or not isinstance(sweep.get("parameters"), dict):
        raise SweepError(f"{path} is no sweep file: it has no mapping 'parameters'")
    method, cap = sweep.get("method"), sweep.get("run_cap") if count is None else count
    if method == "bayes":
        raise SweepError(BAYES.format(path=path))
    if method not in ("grid", "random"):
        raise SweepError(f"{path}: method must be grid or random, found {method!r}")
    runs = (_grid if method == "grid" else _random)(sweep["parameters"])
    if cap is not None and not (isinstance(cap, int) and cap > 0):
        raise SweepError(f"{path}: run_cap, or --count, must be a number of runs, found {cap!r}")
    if cap is None and method == "random":
        raise SweepError(f"{path}: a random search has no end: give run_cap in the file, or --count")
    command = [str(chunk) for chunk in sweep.get("command") or COMMAND]
    return Sweep(path.stem, list(itertools.islice(runs, cap)), command, str(sweep.get("program")))


def _grid(parameters: Mapping[str, Any]) -> Iterator[Values]:
    choices = {name: _choices(name, limits) for name, limits in parameters.items()}
    if unlisted := [name for name, values in choices.items() if values is None]:
        name = unlisted[0]
        raise SweepError(f"parameters: a grid needs 'value' or 'values' for {name}, found {parameters[name]!r}")
    for values in itertools.product(*(values or [] for values in choices.values())):
        yield dict(zip(choices, values, strict=True))


def _random(parameters: Mapping[str, Any]) -> Iterator[Values]:
    for number in itertools.count():  # seeded run by run, so that a sweep that goes on draws what it drew before
        run: Values = {}
        for name, limits in parameters.items():
            try:
                run[name] = _draw(random.Random(f"{number} {name}"), name, limits)
            except (TypeError, ValueError) as error:
                raise SweepError(f"parameters: {name} cannot be drawn from {limits!r} ({error})") from None
        yield run


def _draw(draws: random.Random, name: str, limits: Any) -> Any:
    choices = _choices(name, limits)
    if choices is not None:
        return draws.choices(choices, limits.get("probabilities"))[0]
    low, high = limits.get("min"), limits.get("max")
    for end in (low, high):
        if isinstance(end, bool) or not isinstance(end, int | float):
            raise TypeError(f"min and max must be numbers, found {end!r}; YAML's is 1.0e-5")
    whole = isinstance(low, int) and isinstance(high, int)
    distribution = limits.get("distribution", "int_uniform" if whole else "uniform")
    if distribution not in DISTRIBUTIONS:
        raise ValueError(f"the distribution here is one of {', '.join(DISTRIBUTIONS)}, found {distribution!r}")
    return DISTRIBUTIONS[distribution](draws, low, high)


def _choices(name: str, limits: Any) -> list[Any] | None:
    """The values that `limits` lists; `None` if it lists none."""
    if not isinstance(limits, dict):
        raise SweepError(f"parameters: {name} must be a mapping with 'value', 'values' or 'min' and 'max'")
    values = [limits["value"]] if "value" in limits else limits.get("values")
    if values is not None and not (isinstance(values, list) and values):
        raise SweepError(f"parameters: {name} must list its values, found {values!r}")
    if "parameters" in limits or any(isinstance(value, list | dict) for value in values or []):
        raise SweepError(f"parameters: {name} must be a scalar flag, found {limits!r}")
    return values
