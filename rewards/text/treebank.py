"""NLTK's word tokens (Penn Treebank conventions), as the published checks look at them.

The rules are those of `NLTKWordTokenizer` in NLTK 3.10, one by one and in its order, without its downloaded models.
"""

import re
from functools import lru_cache

CONTRACTIONS = ("(can)(not)", "(d)('ye)", "(gim)(me)", "(gon)(na)", "(got)(ta)", "(lem)(me)", "(more)('n)")
"""Words that are two tokens; "wanna" is one at the end of a text."""
RULES = tuple(
    (re.compile(cut), spaced)
    for cut, spaced in (
        # opening quotes: “a, ``a, "a, 'a
        (r"[«“‘„]|`+", r" \g<0> "),
        (r'^"', "``"),
        (r"``", r" \g<0> "),
        (r"([ (\[{<])(?:\"|'')", r"\1 `` "),
        (r"(?i)(?<!\w)'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", r"\g<0> "),
        # the text's last full stop, other punctuation, brackets
        (r"([^.])(\.)([\])}>\"'»”’ ]*+)\s*$", r"\1 \2 \3 "),
        (r"([:,])(\D)", r" \1 \2"),
        (r"[:,]$", r" \g<0> "),
        (r"\.{2,}|[;@#$%&\u2012-\u2015?!]", r" \g<0> "),
        (r"([^'])' ", r"\1 ' "),
        (r"[*\]\[(){}<>]|--", r" \g<0> "),
        # closing quotes: a”, a'', a", a's, a'll
        (r"^|$(?!\n)", " "),
        (r"[»”’]|''", r" \g<0> "),
        ('"', " '' "),
        (r"\s+", " "),
        (r"([^' ])('[sSmMdD]|') ", r"\1 \2 "),
        (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", r"\1 \2 "),
        *((rf"(?i)\b{parts}\b", r" \1 \2 ") for parts in CONTRACTIONS),
        (r"(?i)\b(wan)(na)(?=\s)", r" \1 \2 "),
        (r"(?i) ('t)(is)\b", r" \1 \2 "),
        (r"(?i) ('t)(was)\b", r" \1 \2 "),
    )
)
"""What is cut, and how it is spaced."""


def word_tokens(text: str) -> list[str]:
    """The word tokens of one sentence: its closing full stop is one of its own, quotes are `` and ''."""
    for cut, spaced in RULES:
        text = cut.sub(spaced, text)
    return text.split()


def capital_tokens(text: str) -> int:
    """How many word tokens are all capitals. The rules look no further than the white space round a piece of text."""
    return sum(_capitals(piece) for piece in text.split() if not piece.islower())


@lru_cache(maxsize=65_536)
def _capitals(piece: str) -> int:
    return sum(word.isupper() for word in word_tokens(piece))
