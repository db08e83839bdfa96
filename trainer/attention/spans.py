"""Which tokens of a prompt a sentence or a word is in."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

Span = tuple[int, int]
"""First character, and the one after the last."""


def offsets(tokenizer: Any, text: str) -> tuple[list[int], list[Span]]:
    """The ids of `text`, tokenised as a rendered chat template is, and the characters that each token stands for."""
    if not getattr(tokenizer, "is_fast", False):
        raise ValueError(
            f"{type(tokenizer).__name__} cannot say which characters a token stands for: take a fast tokenizer"
        )
    encoded = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
    return list(encoded["input_ids"]), [tuple(pair) for pair in encoded["offset_mapping"]]


def tokens_of(sentence: str, text: str, places: Sequence[Span]) -> list[int]:
    """The tokens that overlap `sentence`, wherever it stands in `text`; none if it does not.

    >>> tokens_of("No commas.", "Add 1, 2. No commas.", [(0, 3), (3, 8), (8, 12), (12, 20)])
    [2, 3]
    """
    spans = list(_occurrences(sentence.strip(), text))
    return [
        token
        for token, (start, end) in enumerate(places)
        if any(start < last and end > first for first, last in spans)
    ]


def _occurrences(sentence: str, text: str) -> Iterator[Span]:
    at = text.find(sentence) if sentence else -1
    while at >= 0:
        yield at, at + len(sentence)
        at = text.find(sentence, at + len(sentence))


def words_of(part: str, text: str, places: Sequence[Span]) -> list[tuple[str, list[int]]]:
    """The words of `part`, which stands in `text`, with their tokens; words that share a token are one.

    >>> words_of("What is 2?", "<user>What is 2?", [(0, 6), (6, 10), (10, 15), (15, 16)])
    [('What', [1]), ('is 2?', [2, 3])]
    """
    words: list[tuple[Span, list[int]]] = []
    begin = text.rindex(part)
    for match in re.finditer(r"\S+", part):
        first, last = begin + match.start(), begin + match.end()
        tokens = [token for token, (start, end) in enumerate(places) if start < last and end > first]
        if words and words[-1][1] and tokens and words[-1][1][-1] >= tokens[0]:
            (start, _), before = words.pop()
            first, tokens = start, sorted({*before, *tokens})
        words.append(((first, last), tokens))
    return [(text[first:last], tokens) for (first, last), tokens in words]
