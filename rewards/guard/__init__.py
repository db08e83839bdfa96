"""The guard: what voids a completion, whatever its checks say. It voids what is certain; a file for each idea.

It errs on the side of the writer: of real answers it voids at most 1 in 1,000 (recipes/results/guard). What only looks
odd is a gauge (`keepif/repeated_words`, `keepif/compliance_elsewhere`).
"""

from collections.abc import Collection, Sequence

from ..text.response import Response
from ..text.text import Text
from .broken import fault
from .copies import is_copied
from .filler import is_filler, repeated_words
from .hidden import INVISIBLE, is_hiding
from .refusals import is_refusal

REASONS = ("truncated", "unclosed", "reopened", "empty", "hidden", "repetitive", "refusal", "copied")

__all__ = ["INVISIBLE", "REASONS", "guard", "repeated_words"]


def guard(
    response: Response,
    token_ids: Sequence[int] | None = None,
    end_ids: Collection[int] | None = None,
    prompt: str = "",
) -> str | None:
    """Why `response` earns nothing, or `None`.

    - `"truncated"`, `"unclosed"`, `"reopened"`, `"empty"`: see [`~keepif.rewards.guard.broken.fault`];
    - `"hidden"`: more characters in the answer that nobody sees than its script, its formulas and its flags need;
    - `"repetitive"`: a loop, a few words in circles, or words drawn at random;
    - `"refusal"`: the answer is short and its first sentence declines to answer;
    - `"copied"`: the answer is `prompt` itself, from its first words to its last, and states no answer of its own.

    >>> guard(Response.parse("<think>so")), guard(Response.parse("42")), guard(Response.parse("p " * 500))
    ('unclosed', None, 'repetitive')
    """
    broken = fault(response, token_ids, end_ids)
    if broken:
        return broken
    answer = response.answer
    for reason, holds in (("hidden", is_hiding), ("repetitive", is_filler), ("refusal", is_refusal)):
        if holds(answer):
            return reason
    return "copied" if prompt and is_copied(answer, Text(prompt)) else None
