"""Texts that have made checks slow: runs of what patterns try again from every position."""

import random
from collections.abc import Iterator

UNITS = (
    "[", "<", ">", "*", "* ", "*a", "**", "***", "-", "- ", "-a\n", "\n", "\n\n", "\n ", " ", "\t", "a", "A", "a ",
    "A ", "we ", ".", ". ", "..", "!", "?!", "e.g. ", "a.b", "1.", "3.5 ", '"', "'", "''", "`", "```", "``a", "$",
    "$$", "$a ", "\\(", "\\[", "\\)", "{", "}", "\\boxed{", "\\begin{a}", "\\begin{a", "(", ")", ")]", "<<", "<<a",
    "<<a>>", ",", ":,", "Section 1 ", "Section ", "P.S.", "p. p. ", "My Answer:", "My answer is ", "root",
    "alpha beta ", "so ", "and, ", "!?!?", "é", "ж", "жa", "\u200b", "\u0301", "\u0301\u0323", "<!--",
    "-->", "。", "—", "\x1c", "\x85", "\u2028", "²", "İ", "ß", "\U0001f600",
    "&", "&#", "&#1", "1&#44;", "&amp;", "&#769;", "_", "_a", "a_", "__a", "\\text{", "\\text", "\\", "th**us",
    "</a", "<a>", "\x00", "\u115f", "\ufe0f", "ᴛ",
)  # fmt: skip
"""Repeated, each makes a text."""


def texts(length: int) -> Iterator[tuple[str, str]]:
    """(name, text) of about so many characters: a unit repeated, with or without an end; and noise."""
    for unit in UNITS:
        run = unit * (length // len(unit))
        yield f"{unit!r} repeated", run
        yield f"{unit!r} repeated, then x", run + "x\n"
    rng = random.Random(0)
    yield "pieces at random", "".join(rng.choices(UNITS, k=length // 3))
    yield "characters at random", "".join(chr(rng.randrange(32, 0x3000)) for _ in range(length))
