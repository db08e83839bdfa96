"""NLTK's word tokens (Penn Treebank conventions), as far as the published checks look at them.

The rules are those of `nltk.tokenize.word_tokenize` in NLTK 3.9, without its dependence on downloaded models.
"""

import re
from functools import lru_cache

RULES = (
    (re.compile(r"[«“‘„]|`+"), r" \g<0> "),
    (re.compile(r"(?<!\w)'(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w)", re.IGNORECASE), "' "),
    (re.compile(r"[»”’]|''"), r" \g<0> "),
    (re.compile(r"([:,])(\D|$)"), r" \1 \2"),
    (re.compile(r"\.{2,}|[;@#$%&?!\u2012-\u2015]"), r" \g<0> "),
    (re.compile(r"([^'])' "), r"\1 ' "),
    (re.compile(r"[*\"()\[\]{}<>]|--"), r" \g<0> "),
    (re.compile(r"\s+"), " "),
    (re.compile(r"([^' ])('[sSmMdD]|') "), r"\1 \2 "),
    (re.compile(r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) "), r"\1 \2 "),
    (re.compile(r"\b(can)(not)\b|\b(d)('ye)\b|\b(gim)(me)\b|\b(gon)(na)\b|\b(got)(ta)\b|\b(lem)(me)\b|"
                r"\b(more)('n)\b|\b(wan)(na)(?=\s)", re.IGNORECASE),
     lambda found: f" {' '.join(part for part in found.groups() if part)} "),
    (re.compile(r" ('t)(is|was)\b", re.IGNORECASE), r" \1 \2 "),
)  # fmt: skip
CONTRACTIONS = frozenset({"CANNOT", "GIMME", "GONNA", "GOTTA", "LEMME", "WANNA"})
FINAL_STOP = re.compile(r"([^.])\.(?=[\])}>\"'»”’ ]*+\s*$)")
OPENING_QUOTE = re.compile(r"^\"|(?<=[ (\[{<])(?:\"|'')")


def capital_tokens(text: str) -> int:
    """How many word tokens are all capitals. The rules look no further than the white space round a piece of text."""
    return sum(_capitals(piece) for piece in text.split() if not piece.islower())


@lru_cache(maxsize=65_536)
def _capitals(piece: str) -> int:
    if piece.isascii():
        if piece == piece.lower():
            return 0
        word = piece.strip('.,:;!?()[]{}*"$')
        if word.isalpha() and word.upper() not in CONTRACTIONS:
            return int(word.isupper())
    return sum(word.isupper() for word in _tokens(piece))


def sentence_tokens(sentence: str) -> list[str]:
    """The word tokens of one sentence: its closing full stop is one of its own, quotes are `` and ''."""
    words = _tokens(FINAL_STOP.sub(r"\1 . ", OPENING_QUOTE.sub(" `` ", sentence.replace("``", " `` "))))
    return ["''" if word == '"' else word for word in words]


def _tokens(text: str) -> list[str]:
    text = f" {text} "
    for cut, spaced in RULES:
        text = cut.sub(spaced, text)
    return text.split()
