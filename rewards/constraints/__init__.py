"""Constraints: one small definition per instruction type, found by its published id.

To add one, write one class in the file that looks at the same thing; see CONTRIBUTING.md.
"""

from . import case, keywords, language, layout, length, startend  # noqa: F401  # importing registers the definitions
from .base import ALIASES, REGISTRY, Constraint, ConstraintError, Example, Problem, Reading, make
from .schema import constraints_of

__all__ = [
    "ALIASES",
    "REGISTRY",
    "Constraint",
    "ConstraintError",
    "Example",
    "Problem",
    "Reading",
    "constraints_of",
    "make",
]
