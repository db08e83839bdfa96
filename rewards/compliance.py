"""Compliance: a response and its constraints in, verdicts, credits and their mean out."""

from collections.abc import Mapping, Sequence

from .constraints import Constraint, Reading
from .text.response import Response
from .text.text import Text


def verdicts(
    response: Response,
    constraints: Sequence[Constraint],
    reading: Reading = "math",
    judged: Mapping[tuple[str, str], bool | None] | None = None,
) -> list[bool | None]:
    """Each constraint's verdict on the answer section, in order; the thinking is never read.

    A soft constraint's verdict is the one in `judged`, by answer and question, or `None` if there is none.
    """
    return [
        (judged or {}).get((response.answer_text, constraint.judge_question))
        if constraint.judge_question
        else constraint.holds(response.answer, reading)
        for constraint in constraints
    ]


def strict_and_loose(text: str, constraints: Sequence[Constraint]) -> tuple[list[bool], list[bool]]:
    """IFEval's two verdicts on each constraint, in the reading `official` (Zhou et al., 2023, arXiv 2311.07911).

    Loose: it holds for the text as it is, without stars, or without its first line, its last, or both.

    >>> from keepif.rewards import make
    >>> strict_and_loose("Sure:\\n**Yes, 42.**", [make("startend:end_checker", {"end_phrase": "42."})])
    ([False], [True])
    """
    answers = [Text(variant) for variant in dict.fromkeys(loose_variants(text))]
    strict = [constraint.holds(answers[0], "official") for constraint in constraints]
    loose = [
        verdict or any(constraint.holds(answer, "official") for answer in answers[1:])
        for constraint, verdict in zip(constraints, strict, strict=True)
    ]
    return strict, loose


def loose_variants(text: str) -> list[str]:
    """The eight texts of which IFEval's loose verdict takes the kindest, `text` itself first."""
    lines = text.split("\n")
    shorter = ("\n".join(part).strip() for part in (lines[1:], lines[:-1], lines[1:-1]))
    return [variant for cut in (text, *shorter) for variant in (cut, cut.replace("*", ""))]


def credits_of(
    response: Response,
    constraints: Sequence[Constraint],
    kept: Sequence[bool],
    reading: Reading = "math",
    *,
    graded: bool = False,
) -> list[float]:
    """What each constraint earns: 1 if it is `kept`; else a composition may earn a part, and `graded` a count too."""
    return [
        constraint.credit(response.answer, reading, graded=graded)
        if not verdict and (graded or constraint.in_parts)
        else float(verdict)
        for constraint, verdict in zip(constraints, kept, strict=True)
    ]


def scaled(weights: Sequence[float] | None, count: int) -> list[float]:
    """A row's constraint weights, 1 on average; 1 each if it has none.

    >>> scaled([1.0, 3.0], 2), scaled(None, 2)
    ([0.5, 1.5], [1.0, 1.0])
    """
    if not weights:
        return [1.0] * count
    return [weight * count / sum(weights) for weight in weights]


def compliance(earned: Sequence[float], weights: Sequence[float] | None = None) -> float | None:
    """The mean credit, weighted or not; of plain constraints, the share kept. `None` if there are no constraints.

    Unweighted it is MathIF's soft accuracy of one response.
    """
    if not earned:
        return None
    weights = scaled(weights, len(earned))
    return sum(weight * credit for weight, credit in zip(weights, earned, strict=True)) / sum(weights)
