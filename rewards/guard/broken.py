"""Broken structure: no end, no answer, or thinking where none may be."""

from collections.abc import Collection, Sequence

from ..text.response import Response


def fault(
    response: Response, token_ids: Sequence[int] | None = None, end_ids: Collection[int] | None = None
) -> str | None:
    """What is broken in the completion's structure, or `None`.

    - `"truncated"`: it does not end in an end token (known only if both `token_ids` and `end_ids` are);
    - `"unclosed"`: the thinking was never closed, so there is no answer;
    - `"reopened"`: a thinking delimiter after the first close, two openings, text before the opening, or another
      model's delimiters in the answer (only while ours are the default ones);
    - `"empty"`: nothing in the answer section.
    """
    if end_ids and token_ids is not None and (not token_ids or token_ids[-1] not in end_ids):
        return "truncated"
    if not response.closed:
        return "unclosed"
    if response.reopened:
        return "reopened"
    return None if response.answer.stripped else "empty"
