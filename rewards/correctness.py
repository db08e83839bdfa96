"""Correctness: response and gold answer in, 1.0, 0.0 or None out."""

from collections.abc import Sequence
from typing import Any

from .answers import as_number, gold_answer, sides, stated_answers, too_large
from .grader import Pair, shared_grader
from .logic import logic_gold, logic_verdict
from .response import Response

CACHED = 100_000
"""Verdicts kept: pairs repeat within groups and over epochs."""

_verdicts: dict[Pair, bool | None] = {}


def correctness(responses: Sequence[Response], golds: Sequence[Any]) -> list[float | None]:
    r"""Whether each response's answer section states the gold answer, and nothing else, as its final answer.

    A response counts as correct where it states at least one final answer and every one it states is right: hedging
    over several, or an equation chain with a wrong side, is not. Answers in the thinking do not count. Where the gold
    is a logic task's, a JSON object of `output` and `stats`, the answer section is graded by [`logic_verdict`].

    Returns:
        `list[float | None]`: 1.0 or 0.0; `None` where the gold answer cannot be read.

    >>> correctness([Response.parse(r"<think>7?</think>It is \boxed{6}.")], ["6"])
    [1.0]
    """
    logic = [logic_gold(gold) is not None for gold in golds]
    answers = [None if exact else gold_answer(gold) for exact, gold in zip(logic, golds, strict=True)]
    claims = [[side for stated in stated_answers(r.answer_text) for side in _claims(stated, gold)]
              for r, gold in zip(responses, answers, strict=True)]  # fmt: skip
    _settle([("", gold) for gold in answers if gold is not None])
    _settle([(side, gold) for sides_, gold in zip(claims, answers, strict=True) if gold for side in sides_])
    judged = [_judge(sides_, gold) for sides_, gold in zip(claims, answers, strict=True)]
    return [float(logic_verdict(r.answer_text, gold)) if exact else mark
            for exact, mark, r, gold in zip(logic, judged, responses, golds, strict=True)]  # fmt: skip


def fast_verdict(candidate: str, gold: str) -> bool | None:
    r"""A verdict where none needs an algebra system; `None` where one does.

    It answers for identical texts, for plain numbers that are equal, and for integers that differ; on the last two
    math-verify agrees.

    >>> fast_verdict("0.5", r"\frac12"), fast_verdict("3", "7"), fast_verdict("x+1", "1+x")
    (True, False, None)
    """
    if candidate == gold:
        return True
    if too_large(candidate):
        return False
    ours, theirs = as_number(candidate), as_number(gold)
    if ours is None or theirs is None:
        return None
    if ours == theirs:
        return True
    return False if ours.denominator == theirs.denominator == 1 else None


def _claims(stated: str, gold: str | None) -> list[str]:
    """What a stated answer claims to be the gold answer: each side of a chain, unless the gold is an equation."""
    return [stated] if gold is None or "=" in gold else sides(stated)


def _judge(claims: list[str], gold: str | None) -> float | None:
    if gold is None or _verdict("", gold) is None:
        return None
    return float(bool(claims) and all(_verdict(claim, gold) for claim in claims))


def _verdict(candidate: str, gold: str) -> bool | None:
    if not candidate:
        return False if as_number(gold) is not None else _verdicts.get((candidate, gold))
    if _verdict("", gold) is None:
        return None
    fast = fast_verdict(candidate, gold)
    return fast if fast is not None else _verdicts.get((candidate, gold))


def _settle(pairs: list[Pair]) -> None:
    """Have the workers decide the pairs that the fast path leaves open, each once."""
    if len(_verdicts) > CACHED:
        _verdicts.clear()
    undecided = list(dict.fromkeys(pair for pair in pairs if pair not in _verdicts and _needs_worker(*pair)))
    if undecided:
        _verdicts.update(zip(undecided, shared_grader().verdicts(undecided), strict=True))


def _needs_worker(candidate: str, gold: str) -> bool:
    if not candidate:
        return as_number(gold) is None
    return fast_verdict(candidate, gold) is None and (
        as_number(gold) is not None or _verdicts.get(("", gold)) is not None
    )
