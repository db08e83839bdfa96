"""Where a command meets its user: what they can put right is one line, not a traceback."""

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
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


class Help(argparse.ArgumentDefaultsHelpFormatter):
    """A flag by its name in a file, not by the one with hyphens too, and its default if it has one."""

    def _format_action_invocation(self, action: argparse.Action) -> str:
        shown = copy(action)
        shown.option_strings = [name for name in action.option_strings if "-" not in name.lstrip("-")]
        return super()._format_action_invocation(shown)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return action.help if action.default is None else super()._get_help_string(action)


class Parser(TrlParser):
    """One whose errors are raised, and not printed below a page of usage, and whose help has a heading a class.

    The hundreds of flags in TRL's own classes are shown by `--help_all` alone.
    """

    def __init__(self, kinds: Sequence[Any], *, help_all: bool = False, **options: Any) -> None:
        super().__init__(kinds, formatter_class=Help, **options)
        elsewhere = [kind for kind in kinds if kind.__module__.startswith("trl.")]
        if not elsewhere:
            return
        names = ", ".join(kind.__name__ for kind in elsewhere)
        self.add_argument("--help_all", action="help", help=f"show TRL's flags too: {names}")
        hidden = {field.name for kind in elsewhere for field in fields(kind)}
        for action in self._actions:
            if action.dest in hidden and not help_all:
                action.help = argparse.SUPPRESS

    def _add_dataclass_arguments(self, dtype: Any) -> None:
        super()._add_dataclass_arguments(type(dtype.__name__, (dtype,), {"_argument_group_name": dtype.__name__}))

    def error(self, message: str) -> NoReturn:
        raise ValueError(message)


def parsed(kinds: Sequence[Any], argv: Sequence[str], usage: str, description: str) -> Sequence[Any]:
    """One object of each of the dataclasses `kinds`, from a command line and the file behind its `--config`.

    `usage` and `description` open its `--help`.
    """
    try:
        parser = Parser(kinds, help_all="--help_all" in argv, usage=usage, description=description)
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
