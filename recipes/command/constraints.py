"""`keepif constraints`: list, search and show the constraint types, and check a text against one."""

import argparse
import json
import sys
import typing
from collections.abc import Sequence
from dataclasses import MISSING, Field, fields
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from keepif.rewards import Response, make
from keepif.rewards.constraints import ALIASES, REGISTRY, Constraint, Reading
from keepif.rewards.text.language import NAMES

from ..own import HELP, import_own

READINGS: tuple[Reading, ...] = ("math", "official")


def add_commands(parser: argparse.ArgumentParser) -> None:
    """`list`, `show` and `check`, with their options."""
    parser.set_defaults(imports=[])
    importing = argparse.ArgumentParser(add_help=False)
    importing.add_argument(
        "--import", dest="imports", action="append", default=argparse.SUPPRESS, metavar="MODULE", help=HELP
    )
    commands = parser.add_subparsers(dest="action", metavar="{list,show,check}")
    listed = commands.add_parser("list", parents=[importing], help="every type, or those in which all the words occur")
    listed.add_argument("words", nargs="*", help="words to search for, in ids, sentences and descriptions")
    shown = commands.add_parser(
        "show", parents=[importing], help="one type: its sentence, kwargs, readings and examples"
    )
    shown.add_argument("id", help="an instruction id, such as keywords:existence")
    checked = commands.add_parser(
        "check",
        parents=[importing],
        allow_abbrev=False,
        help="check a text on standard input: exit status 0 if the constraint is kept, 1 if it is not",
        epilog="further flags are its kwargs, see show, and --reading math (the default) or official: "
        "keepif constraints check keywords:existence --keywords alpha beta --reading official < answer.txt",
    )
    checked.add_argument("id", help="an instruction id")


def run(args: argparse.Namespace, options: Sequence[str] = ()) -> int:
    """Do what `args` ask for, `options` being the kwargs of the type to check; the exit status."""
    console = Console()
    try:
        import_own(args.imports)
        if args.action == "show":
            show(console, definition_of(args.id))
        elif args.action == "check":
            return check(console, args.id, options)
        else:
            listing(console, getattr(args, "words", []))
    except ValueError as error:
        Console(stderr=True).print(f"keepif constraints: {error}", markup=False, highlight=False, soft_wrap=True)
        return 2
    return 0


def definition_of(instruction_id: str) -> type[Constraint]:
    """The registered type; the error of an unknown id names the nearest."""
    instruction_id = ALIASES.get(instruction_id, instruction_id)
    if instruction_id not in REGISTRY:
        make(instruction_id)
    return REGISTRY[instruction_id]


def about(definition: type[Constraint]) -> str:
    """A type in a line."""
    return (definition.__doc__ or "").splitlines()[0]


def listing(console: Console, words: Sequence[str]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("id", no_wrap=True)
    table.add_column("asks for, and kwargs", overflow="fold")
    for instruction_id, definition in sorted(REGISTRY.items()):
        text = f"{instruction_id} {definition.sentence} {about(definition)}".lower()
        if all(word.lower() in text for word in words):
            kwargs = Text(" ".join(f"--{field.name}" for field in fields_of(definition)), style="dim")
            table.add_row(instruction_id, Group(Text(about(definition)), *([kwargs] if kwargs else [])))
    if table.row_count:
        console.print(table)
    found = "1 type" if table.row_count == 1 else f"{table.row_count} types"
    console.print(found + (f" with {' '.join(words)!r}" if words else ""), highlight=False)


def show(console: Console, definition: type[Constraint]) -> None:
    example = definition.example
    console.print(f"[bold]{definition.id}[/]: {about(definition)}", highlight=False)
    table = Table(show_header=False, box=None, padding=(0, 2, 0, 0))
    table.add_row("sentence", f"{definition.sentence} {definition.definition}".strip())
    for field in fields_of(definition):
        table.add_row(f"--{field.name}", kind_of(definition, field))
    for reading in READINGS:
        table.add_row(f"reading {reading}", told(definition, reading))
    table.add_row("example", f"kwargs {json.dumps(dict(example.kwargs))}")
    table.add_row("  kept by", example.passes)
    table.add_row("  not by", example.fails)
    console.print(table, markup=False, highlight=False)


def told(definition: type[Constraint], reading: Reading) -> str:
    """What the docstring of a reading's check says."""
    for name in (f"{reading}_count", reading):
        method = next((vars(kind)[name] for kind in definition.__mro__ if name in vars(kind)), None)
        if (
            method is not None
            and method.__doc__
            and method.__qualname__.split(".")[0] not in {"Constraint", "Counted"}
        ):
            return " ".join(method.__doc__.split())
    return "As the published check." if reading == "official" else "The same, outside formulas, boxes and code."


def check(console: Console, instruction_id: str, options: Sequence[str]) -> int:
    """Say whether the text on standard input keeps the constraint, in both readings."""
    kwargs = options_of(definition_of(instruction_id), options)
    deciding = kwargs.pop("reading")
    constraint = make(instruction_id, kwargs)
    response = Response.parse(sys.stdin.read())
    verdicts = {reading: constraint.holds(response.answer, reading) for reading in READINGS}
    console.print(constraint.description, markup=False, highlight=False, soft_wrap=True)
    for reading, kept in verdicts.items():
        console.print(f"{reading:>8}: {'kept' if kept else 'not kept'}", highlight=False)
    return 0 if verdicts[deciding] else 1


def options_of(definition: type[Constraint], given: Sequence[str]) -> dict[str, Any]:
    """The kwargs of a type and the deciding reading, from the command line."""
    parser = argparse.ArgumentParser(prog=f"keepif constraints check {definition.id}", allow_abbrev=False)
    parser.add_argument("--reading", choices=READINGS, default="math", help="the reading that decides")
    for field in fields_of(definition):
        several = typing.get_type_hints(definition)[field.name] == tuple[str, ...]
        number = int if field.type is int else str
        parser.add_argument(
            f"--{field.name}", nargs="+" if several else None, type=number, help=kind_of(definition, field)
        )
    return vars(parser.parse_args(given))


def fields_of(definition: type[Constraint]) -> tuple[Field[Any], ...]:
    return fields(definition)  # pyright: ignore[reportArgumentType]  # every registered type is a dataclass


def kind_of(definition: type[Constraint], field: Field[Any]) -> str:
    """What may stand in a kwarg, in words."""
    hint = typing.get_type_hints(definition)[field.name]
    if field.name == "language":
        return f"one of {' '.join(sorted(NAMES))}"
    if typing.get_origin(hint) is typing.Literal:
        words = " or ".join(repr(choice) for choice in typing.get_args(hint))
    else:
        words = {int: "a whole number", str: "a text", tuple[str, ...]: "one text or more"}.get(
            hint, "JSON, see example"
        )
    return words if field.default is MISSING else f"{words}, by default {field.default!r}"
