"""A check of prompts: whether they state their constraints. A policy cannot know what stands in a column alone."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from textwrap import shorten
from typing import Any

from keepif.rewards import Text
from keepif.rewards.constraints import REGISTRY, Constraint, ConstraintError
from keepif.rewards.rows import READ, row_of
from keepif.rewards.text.language import is_other_than_english
from keepif.rewards.text.response import prompt_text

from ..columns import with_columns
from ..facts import Facts
from .problem import Problem, listed

STEM = 4
"""Letters by which words are taken for forms of one: "comma" and "commas"."""
COMMON = 5
"""Types in whose sentences a word stands, from which on it tells of none of them: "response", "words"."""
LOOKED_AT = 500
"""Rows of the data set that are looked at."""
FEW = 0.05
"""Share of the constraints that may leave no trace in their prompts without a word."""


@listed
def stated(facts: Facts) -> Iterator[Problem]:
    """Prompts must state their constraints, in whatever words: of many there must be some trace."""
    if facts.dataset is None or facts.streamed:
        return
    seen, missing = 0, list[tuple[int, Constraint]]()
    for number, row in enumerate(islice(with_columns(facts.dataset, {"prompt", *READ}), LOOKED_AT)):
        try:
            constraints = [constraint for constraint in row_of(row).constraints if not constraint.judge_question]
        except ConstraintError:  # which is a problem already
            return
        seen += len(constraints)
        missing += [(number, constraint) for constraint in without_trace(row.get("prompt"), constraints)]
    if len(missing) > FEW * seen:
        number, constraint = missing[0]
        yield Problem(
            f"row {number}: the prompt does not seem to state {constraint.id!r}, and so it is with {len(missing)} of "
            f"the {seen} constraints looked at: a policy cannot keep what only a column says. Write it into the "
            f"prompt: {shorten(constraint.description, 120)!r}. constrain() states only the constraints that it adds"
        )


def without_trace(prompt: Any, constraints: Sequence[Constraint]) -> list[Constraint]:
    """Those of a prompt's constraints of which no telling word and no kwarg stands in it; none if it is in another
    language than English.

    Published rows state theirs in many words: 4 of IFEval's 834 constraints leave no trace, 0 of MathIF's 842,
    ReasonIF's 195 and IFBench's 34. In MathIF's questions alone, two thirds of the same constraints leave none.
    """
    text = _text(prompt)
    there, types = _stems(text), Counter(stem for kind in REGISTRY.values() for stem in _stems(kind.sentence))
    telling = [{stem for stem in _stems(_words(constraint)) if types[stem] < COMMON} for constraint in constraints]
    lost = [constraint for constraint, stems in zip(constraints, telling, strict=True) if stems and not stems & there]
    return [] if lost and is_other_than_english(Text(text)) else lost


def _text(prompt: Any) -> str:
    """All messages of a prompt, the system's and earlier ones too."""
    if isinstance(prompt, str):
        return prompt
    return " ".join(prompt_text([{**message, "role": "user"}]) for message in prompt or ())


def _words(constraint: Constraint) -> str:
    return f"{constraint.description} {' '.join(map(str, constraint.kwargs.values()))}"


def _stems(text: str) -> set[str]:
    return {word[:STEM] for word in re.findall(r"\w+", text.lower())}
