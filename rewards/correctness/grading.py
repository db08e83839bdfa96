"""Correctness: response and gold answer in, 1.0, 0.0 or None out."""

import logging
import re
from collections.abc import Iterable, Sequence
from typing import Any

from ..text.response import Response
from ..text.text import Text
from .announced import WORDS, announced_words
from .claims import gold_answer, stated_answers
from .equality import STYLE, fast_verdict
from .logic import logic_gold, logic_verdict
from .values import CHOICE, PLAIN, as_number, is_calculation, sides, too_large
from .workers import NoWorkerError, Pair, shared_grader

logger = logging.getLogger(__name__)

CACHED = 100_000
"""Verdicts kept: pairs repeat within groups and over epochs."""
MOST = 8
"""Different claims that an answer may make, chains included; more cost the workers time and state nothing."""

UNKNOWN = "unknown"
"""The verdict on a claim that no worker could give."""
LETTER = re.compile(r"\(?[A-Z]\)?")

Claims = dict[Pair, bool | str | None]
"""Claim and gold → the verdict; `None` where it is still to be found."""

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
    claims = [None if gold is None else _claims(r.answer, gold)
              for r, gold in zip(responses, answers, strict=True)]  # fmt: skip
    _settle([verdicts for verdicts in claims if verdicts])
    return [float(logic_verdict(r.answer_text, gold)) if exact else _judge(verdicts)
            for exact, verdicts, r, gold in zip(logic, claims, responses, golds, strict=True)]  # fmt: skip


def _readable(golds: Iterable[str]) -> set[str]:
    """The gold answers that can be graded against: numbers, plain sums, and what the workers can parse."""
    golds = dict.fromkeys(golds)
    tried = _settled(("", gold) for gold in golds if as_number(gold) is None and not PLAIN.fullmatch(gold))
    return {gold for gold in golds if tried.get(("", gold), False) is not None}


def _claims(answer: Text, gold: str) -> Claims:
    """What an answer section claims, each with the gold answer that it must equal and the fast verdict on it."""
    claims: Claims = {}
    for stated in _stated(answer, gold):
        parts = _sides(stated, gold)
        worked_out = as_number(gold) is None or not all(map(is_calculation, parts))
        claims |= {(part, gold): fast_verdict(part, gold) if worked_out else False for part in parts}
    return claims if len(claims) <= MOST else dict.fromkeys(claims, False)


def _stated(answer: Text, gold: str) -> list[str]:
    """The final answers that are stated, each in the form that `gold` has: a list, words, the letter of a choice."""
    stated = stated_answers(answer)
    if not stated and WORDS.fullmatch(STYLE.sub(r"\1", gold)) and (said := announced_words(answer)):
        return [said]
    if len(stated) > 1 and len(stated) == gold.count(",") + 1 and not gold.startswith(("(", "[")):
        return [", ".join(stated)]
    return [_of_choice(value, gold) for value in stated]


def _of_choice(stated: str, gold: str) -> str:
    """Of "(C) 12" the letter, if a letter is asked for, or else the 12."""
    choice = CHOICE.fullmatch(stated)
    return stated if choice is None else choice[1] if LETTER.fullmatch(STYLE.sub(r"\1", gold)) else choice[2]


def _sides(stated: str, gold: str) -> list[str]:
    """What a stated answer claims to be the gold answer: each side of a chain; an equation, where the gold is one."""
    if too_large(stated) or ("=" in gold and stated.count("=") <= gold.count("=")):
        return [stated]
    return sides(stated)


def _settle(claims: Sequence[Claims]) -> None:
    """Ask the workers for the verdicts that are missing: of each answer one at a time, and none behind a wrong one.

    So a completion full of claims that hang a parser costs the time limit once.
    """
    while open_claims := [(verdicts, pair) for verdicts in claims if (pair := _next(verdicts))]:
        found = _settled(pair for _, pair in open_claims)
        for verdicts, pair in open_claims:
            verdicts[pair] = UNKNOWN if found[pair] is None else found[pair]


def _next(claims: Claims) -> Pair | None:
    """The first claim without a verdict, if the verdict on the answer depends on it."""
    return None if False in claims.values() else next((pair for pair, found in claims.items() if found is None), None)


def _judge(claims: Claims | None) -> float | None:
    if claims is None:
        return None
    if not claims or False in claims.values():
        return 0.0
    return None if UNKNOWN in claims.values() else 1.0


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
