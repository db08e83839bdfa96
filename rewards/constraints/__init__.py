"""Constraints: one small definition per instruction type, found by its published id.

To add one, write one class in the file that looks at the same thing; see CONTRIBUTING.md. A class in a module of your
own, which the commands take with `--import`, does as well.
"""

from . import case, chain, content, counts, keywords, language, layout, length, paragraphs, selection, startend  # noqa: F401  # importing registers the definitions
from .base import (
    REGISTRY,
    Constraint,
    ConstraintError,
    Counted,
    Example,
    Problem,
    Reading,
    UnknownConstraintError,
    Worded,
    constraint,
)
from .composition import Composition
from .kwargs import ALIASES, known, make
from .question import Question

__all__ = [
    "ALIASES",
    "REGISTRY",
    "Composition",
    "Constraint",
    "ConstraintError",
    "Counted",
    "Example",
    "Problem",
    "Question",
    "Reading",
    "UnknownConstraintError",
    "Worded",
    "constraint",
    "known",
    "make",
]
