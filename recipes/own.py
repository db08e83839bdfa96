"""The user's own modules: constraints that are defined outside this project, imported by name or by file."""

import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from .plainly import first_line

HELP = "Modules or .py files to import first: constraints of your own, which register themselves."


def import_own(names: Iterable[str]) -> None:
    """Import each module or file, once; a `ValueError` names the one that is not there or fails."""
    for name in names:
        try:
            _import_file(Path(name)) if name.endswith(".py") else import_module(name)
        except ImportError as error:
            raise ValueError(
                f"imports: {name}: {error}; a file is given by its path, such as checks/mine.py"
            ) from error
        except Exception as error:
            raise ValueError(f"imports: {name} fails with {type(error).__name__}: {first_line(error)}") from error


def _import_file(path: Path) -> None:
    """Import the file as a module of its name."""
    known = sys.modules.get(path.stem)
    if known and getattr(known, "__file__", None) == str(path.resolve()):
        return
    spec = spec_from_file_location(path.stem, path.resolve())
    if known or not path.is_file() or spec is None or spec.loader is None:
        raise ImportError(
            f"{path.stem} is the name of another module" if known else f"there is no file {path.resolve()}"
        )
    module = sys.modules[path.stem] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[path.stem]
        raise
