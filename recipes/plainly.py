"""Where a command meets its user: what they can put right is one line, not a traceback."""

import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, NoReturn

import yaml
from trl import TrlParser


@contextmanager
def plainly(command: str) -> Iterator[None]:
    """What this project refuses on purpose, or does not find on disk or net, is one line on stderr and exit code 2.

    An error that another package raises, or of another kind, is a bug and keeps its traceback. All processes of a
    launch end alike; one on each machine says why.
    """
    try:
        yield
    except (ValueError, ImportError, OSError) as error:
        if not (isinstance(error, OSError) or _ours(error)):
            raise
        if os.environ.get("LOCAL_RANK", "0") == "0":
            sys.stderr.write(f"{command}: {' '.join(str(error).split())}\n")
        sys.exit(2)


class Parser(TrlParser):
    """One whose errors are raised, and not printed below a page of usage, and whose help has a heading a class."""

    def _add_dataclass_arguments(self, dtype: Any) -> None:
        super()._add_dataclass_arguments(type(dtype.__name__, (dtype,), {"_argument_group_name": dtype.__name__}))

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def parsed(kinds: Sequence[Any], argv: Sequence[str], usage: str, description: str) -> Sequence[Any]:
    """One object of each of the dataclasses `kinds`, from a command line and the file behind its `--config`.

    `usage` and `description` open its `--help`.
    """
    try:
        parser = Parser(kinds, usage=usage, description=description)
        *args, unknown = parser.parse_args_and_config(argv, return_remaining_strings=True)
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(str(error)) from error
    if unknown:
        raise ValueError(f"unknown arguments: {' '.join(unknown)}{_meant(unknown, kinds)}")
    return args


def _meant(unknown: Sequence[str], kinds: Sequence[Any]) -> str:
    """The nearest arguments that there are."""
    names = [field.name for kind in kinds for field in fields(kind)]
    asked = [argument.lstrip("-").partition("=")[0] for argument in unknown if argument.startswith("--")]
    near = [f"--{name}" for argument in asked for name in get_close_matches(argument, names, n=1)]
    return f"; did you mean {' '.join(near)}?" if near else ""


def _ours(error: BaseException) -> bool:
    """Whether a line of this project raised it."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return str(frame.f_globals.get("__package__")).startswith("keepif.")  # __name__ can be "__main__"


def first_line(error: BaseException) -> str:
    """An error in a line; its class if it says nothing."""
    return str(error).strip().split("\n")[0] or type(error).__name__
