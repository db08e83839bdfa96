"""Correctness: response and gold answer in, 1.0, 0.0 or None out."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from .answers import gold_answer, stated_answers
from .grader import NoWorkerError, Pair, shared_grader
from .logic import logic_gold, logic_verdict
from .response import Response
from .values import as_number, sides, too_large
from .verdict import fast_verdict

logger = logging.getLogger(__name__)

CACHED = 100_000
"""Verdicts kept: pairs repeat within groups and over epochs."""
MOST = 8
"""Different claims that an answer may make, chains included; more cost the workers time and state nothing."""

_cache: dict[Pair, bool | None] = {}


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
    readable = _readable(gold for gold in answers if gold is not None)
    answers = [gold if gold in readable else None for gold in answers]
    claims = [None if gold is None else _claims(r.answer_text, gold)
              for r, gold in zip(responses, answers, strict=True)]  # fmt: skip
    slow = _settled(pair for verdicts in claims if verdicts for pair in _undecided(verdicts))
    return [float(logic_verdict(r.answer_text, gold)) if exact else _judge(verdicts, slow)
            for exact, verdicts, r, gold in zip(logic, claims, responses, golds, strict=True)]  # fmt: skip


def _readable(golds: Iterable[str]) -> set[str]:
    """The gold answers that can be graded against: numbers, and what the workers can parse."""
    golds = dict.fromkeys(golds)
    tried = _settled(("", gold) for gold in golds if as_number(gold) is None)
    return {gold for gold in golds if tried.get(("", gold), False) is not None}


def _claims(answer: str, gold: str) -> dict[Pair, bool | None]:
    """What an answer section claims, each with the gold answer that it must equal and the fast verdict on it."""
    claims = dict.fromkeys(side for stated in stated_answers(answer) for side in _sides(stated, gold))
    return {(claim, gold): fast_verdict(claim, gold) if len(claims) <= MOST else False for claim in claims}


def _sides(stated: str, gold: str) -> list[str]:
    """What a stated answer claims to be the gold answer: each side of a chain; an equation, where the gold is one."""
    if too_large(stated) or ("=" in gold and stated.count("=") <= gold.count("=")):
        return [stated]
    return sides(stated)


def _undecided(claims: dict[Pair, bool | None]) -> list[Pair]:
    """The claims on which a verdict depends that only the workers can give: none where one is wrong already."""
    return [] if False in claims.values() else [pair for pair, verdict in claims.items() if verdict is None]


def _judge(claims: dict[Pair, bool | None] | None, slow: dict[Pair, bool | None]) -> float | None:
    if claims is None:
        return None
    if not claims or False in claims.values():
        return 0.0
    found = {slow[pair] if verdict is None else verdict for pair, verdict in claims.items()}
    return 0.0 if False in found else None if None in found else 1.0


def _settled(pairs: Iterable[Pair]) -> dict[Pair, bool | None]:
    """The workers' verdicts, each asked for once. A claim on which there is none is wrong, but asked about again."""
    pairs = list(dict.fromkeys(pairs))
    found = {pair: _cache[pair] for pair in pairs if pair in _cache}
    unknown = [pair for pair in pairs if pair not in found]
    if unknown:
        try:
            verdicts = dict(zip(unknown, shared_grader().verdicts(unknown), strict=True))
        except NoWorkerError as error:  # nothing to remember: the next batch tries again
            logger.error("keepif: %s; %d rows or claims are not scored", error, len(unknown))  # noqa: TRY400
            return found | dict.fromkeys(unknown)
        if len(_cache) > CACHED:
            _cache.clear()
        _cache.update((pair, verdict) for pair, verdict in verdicts.items() if verdict is not None)
        found |= {(claim, gold): False if verdict is None and claim else verdict
                  for (claim, gold), verdict in verdicts.items()}  # fmt: skip
    return found
