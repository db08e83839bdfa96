"""Correctness: response and gold answer in, 1.0, 0.0 or None out."""

import logging
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

from ..text.response import Response
from ..text.text import Text
from .announced import LAST, WORDS, announced_words
from .claims import gold_answer, stated_answers
from .equality import SPELLED, fast_verdict
from .form import restates, unfinished
from .logic import logic_gold, logic_verdict
from .parts import choice, elements, sides
from .values import PLAIN, TEXT, as_number, normalised, too_large
from .workers import NoWorkerError, Pair, shared_grader

logger = logging.getLogger(__name__)

CACHED = 100_000
"""Verdicts kept: pairs repeat within groups and over epochs."""
MOST = 8
"""Different claims that an answer may make, chains included; more cost the workers time and state nothing."""

LETTERS = re.compile(
    r"(?:(?i:option|choice)\s+)\(?([A-Z])\b|\(([A-Z])\)|\*\*([A-Z])\*\*|"
    r"(?i:option|choice)\s+is:?\s+[*(]{0,3}([A-Z])(?=[).:*]|\s*\Z)"
)
"""The letter of a choice in a sentence: "Option C is correct", "the correct choice is C."; not "A circle"."""
LISTED = re.compile(r"=|(?<![A-Za-z])(?:or|and)(?![A-Za-z])")
"""What joins or names the values of a list: "x = 1, x = 2", "3 or -3"; not "3, -3"."""
AT_HEAD = re.compile(r"[\s*_\"'`]*([^\W\d_]+(?:[ '’-][^\W\d_]+){0,3}?)[*_\"'`]*(?=[,.;!]|\s*\Z)")
"""The words that an answer section begins with, to the first mark: "Yes, because"; not "so that we get"."""
UNKNOWN = "unknown"
"""The verdict on a claim that no worker could give."""

Claims = dict[Pair, bool | str | None]
"""Claim and gold → the verdict; `None` while it is still to be found."""

_cache: dict[Pair, bool | None] = {}


def correctness(
    responses: Sequence[Response], golds: Sequence[Any], prompts: Sequence[str] | None = None
) -> list[float | None]:
    r"""Whether each response's answer section states the gold answer, and nothing else, as its final answer.

    A response counts as correct if it states at least one final answer and every one it states is right: hedging over
    several, or an equation chain with a wrong side, is not. It must be in the form that the gold shows: what is left
    to be worked out is no answer, nor is an expression of the prompt's, if prompts are given. Answers in the thinking
    do not count. If the gold is a logic task's, a JSON object of `output` and `stats`, the answer section is graded by
    [`logic_verdict`].

    Returns:
        `list[float | None]`: 1.0 or 0.0; `None` if the gold answer cannot be read.

    >>> correctness([Response.parse(r"<think>7?</think>It is \boxed{6}.")], ["6"])
    [1.0]
    >>> correctness([Response.parse(r"\boxed{\sqrt{8}}")], [r"2\sqrt{2}"], [r"Simplify $\sqrt{8}$."])
    [0.0]
    """
    logic = [logic_gold(gold) is not None for gold in golds]
    answers = [None if is_logic else gold_answer(gold) for is_logic, gold in zip(logic, golds, strict=True)]
    readable = _readable(gold for gold in answers if gold is not None)
    answers = [gold if gold in readable else None for gold in answers]
    rows = zip(responses, answers, prompts or [""] * len(responses), strict=True)
    claims = [None if gold is None else _claims(response.answer, gold, prompt) for response, gold, prompt in rows]
    _settle([verdicts for verdicts in claims if verdicts])
    return [float(logic_verdict(response.answer_text, gold)) if is_logic else _verdict_on(verdicts)
            for is_logic, verdicts, response, gold in zip(logic, claims, responses, golds, strict=True)]  # fmt: skip


def _readable(golds: Iterable[str]) -> set[str]:
    """The gold answers that can be graded against: numbers, plain sums, and what the workers can parse."""
    golds = dict.fromkeys(golds)
    tried = _ask_workers(("", gold) for gold in golds if as_number(gold) is None and not PLAIN.fullmatch(gold))
    return {gold for gold in golds if tried.get(("", gold), False) is not None}


def _claims(answer: Text, gold: str, prompt: str) -> Claims:
    """What an answer section claims, each with the gold answer that it must equal and the fast verdict on it."""
    claims: Claims = {}
    for stated in _stated(answer, gold):
        for value, target in _of_choice(stated, gold):
            parts = _sides(value, target)
            done = _is_done(value, parts, target, prompt)
            claims |= {(part, target): fast_verdict(part, target) if done else False for part in parts}
    return claims if len(claims) <= MOST else dict.fromkeys(claims, False)


def _is_done(value: str, parts: Sequence[str], gold: str, prompt: str) -> bool:
    """Whether a value has the form of the gold: one of its sides, if it is a chain, and it isn't the prompt's own."""
    if value == gold or too_large(value):
        return True
    rational = "rational" in prompt.lower()
    return not restates(value, gold, prompt) and any(
        not unfinished(part, gold, rational) and not restates(part, gold, prompt) for part in parts
    )


def _stated(answer: Text, gold: str) -> Sequence[str]:
    """The final answers that are stated, each in the form that `gold` has: a list, words, the letter of a choice."""
    if _in_words(gold) and not re.search(r"boxed|####", answer.raw) and (words := _words(answer, gold)):
        return [words]
    stated, wanted = stated_answers(answer), elements(gold)
    if len(wanted) == 1 or stated == [gold]:
        return stated
    is_list = len(stated) == 1 and "=" not in gold and LISTED.search(stated[0])
    values = elements(stated[0]) if is_list else stated
    if len(values) != len(wanted):
        return stated
    is_tuple = gold[:1] == "(" and ")" not in gold[:-1]
    return [f"({', '.join(values)})" if is_tuple else ", ".join(values)]


@lru_cache(maxsize=4096)
def _in_words(gold: str) -> bool:
    """Whether a gold answer is words, or the letter of a choice."""
    words = TEXT.sub(r"\1", gold)
    return choice(gold) is not None or (WORDS.fullmatch(words) is not None and SPELLED.search(words) is not None)


def _words(answer: Text, gold: str) -> str | None:
    """The words, or the letter, that an answer section states if the gold is such; `None` if it states several."""
    if choice(gold):
        letters = {next(filter(None, groups)) for groups in LETTERS.findall(answer.raw[-LAST:])}
        return letters.pop() if len(letters) == 1 else None
    if words := announced_words(answer):
        return normalised(words)
    head = AT_HEAD.match(answer.raw) if len(answer.raw) <= LAST else None
    return head[1] if head else None


def _of_choice(stated: str, gold: str) -> list[Pair]:
    """A claim and what it must equal: of choices, letter and letter, value and value, as far as both name them."""
    named, wanted = choice(stated), choice(gold)
    if wanted is None:
        return [(normalised(named[1]) if named and named[1] else stated, gold)]
    if named is None or (wanted[1] and stated == wanted[1]):
        return [(stated, wanted[0] if stated == wanted[0] else normalised(wanted[1]) or wanted[0])]
    both = [(normalised(named[1]), normalised(wanted[1]))] if named[1] and wanted[1] else []
    return [(named[0].upper(), wanted[0].upper()), *both]


def _sides(stated: str, gold: str) -> list[str]:
    """What a stated answer claims to be the gold answer: each side of a chain; an equation, if the gold is one."""
    if too_large(stated) or ("=" in gold and stated.count("=") <= gold.count("=")):
        return [stated]
    return sides(stated)


def _settle(claims: Sequence[Claims]) -> None:
    """Ask the workers for the verdicts that are missing: of each answer one at a time, and none after a wrong one.

    So a completion full of claims that hang a parser costs the time limit once.
    """
    while open_claims := [(verdicts, pair) for verdicts in claims if (pair := _next(verdicts))]:
        settled = _ask_workers(pair for _, pair in open_claims)
        for verdicts, pair in open_claims:
            verdicts[pair] = UNKNOWN if settled[pair] is None else settled[pair]


def _next(claims: Claims) -> Pair | None:
    """The first claim without a verdict, if the verdict on the answer depends on it."""
    return (
        None if False in claims.values() else next((pair for pair, verdict in claims.items() if verdict is None), None)
    )


def _verdict_on(claims: Claims | None) -> float | None:
    if claims is None:
        return None
    if not claims or False in claims.values():
        return 0.0
    return None if UNKNOWN in claims.values() else 1.0


def _ask_workers(pairs: Iterable[Pair]) -> dict[Pair, bool | None]:
    """The workers' verdicts, each asked for once. A claim on which there is none is wrong, but asked about again."""
    pairs = list(dict.fromkeys(pairs))
    settled = {pair: _cache[pair] for pair in pairs if pair in _cache}
    unknown = [pair for pair in pairs if pair not in settled]
    if unknown:
        try:
            verdicts = dict(zip(unknown, shared_grader().verdicts(unknown), strict=True))
        except NoWorkerError as error:  # nothing to remember: the next batch tries again
            logger.error("keepif: %s; %d rows or claims are not scored", error, len(unknown))  # noqa: TRY400
            return settled | dict.fromkeys(unknown)
        if len(_cache) > CACHED:
            _cache.clear()
        _cache.update((pair, verdict) for pair, verdict in verdicts.items() if verdict is not None)
        settled |= {(claim, gold): False if verdict is None and claim else verdict
                  for (claim, gold), verdict in verdicts.items()}  # fmt: skip
    return settled
