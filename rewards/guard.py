"""The guard: what voids a completion's credit, whatever its checks say."""

import zlib
from collections.abc import Collection, Sequence

from .response import Response

LOOK = 20_000
"""Characters looked at for repetition, from the end, where loops are."""
SHORT = 200
"""Below so many characters repetition says nothing."""
FILLER = 0.20
"""Compressed size over size, below which a text is filler. The lowest of 1,383 correct published solutions is at 0.26;
spam drawn from five words lies below 0.16."""


REASONS = ("truncated", "unclosed", "reopened", "empty", "repetitive")


def guard(
    response: Response, token_ids: Sequence[int] | None = None, end_ids: Collection[int] | None = None
) -> str | None:
    """Why `response` earns nothing, or `None`.

    - `"truncated"`: it does not end in an end token (known only where both `token_ids` and `end_ids` are);
    - `"unclosed"`: the thinking was never closed, so there is no answer;
    - `"reopened"`: a thinking delimiter after the first close, two openings, text before the opening, or, in an answer
      whose delimiters are the default ones, another model's;
    - `"empty"`: nothing in the answer section;
    - `"repetitive"`: the answer is filler.

    >>> guard(Response.parse("<think>so")), guard(Response.parse("42")), guard(Response.parse("p " * 500))
    ('unclosed', None, 'repetitive')
    """
    if end_ids and token_ids is not None and not any(token in end_ids for token in token_ids[-1:]):
        return "truncated"
    if not response.closed:
        return "unclosed"
    if response.reopened:
        return "reopened"
    if not response.answer.stripped:
        return "empty"
    return "repetitive" if is_filler(response.answer_text) else None


def is_filler(text: str) -> bool:
    """Whether `text` says almost nothing for its length: it compresses to a fifth."""
    encoded = text[-LOOK:].encode("utf-8", "surrogatepass")
    return len(encoded) >= SHORT and len(zlib.compress(encoded)) < FILLER * len(encoded)
