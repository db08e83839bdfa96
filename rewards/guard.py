"""The guard: what voids a completion's credit, whatever its checks say."""

import re
import zlib
from collections.abc import Collection, Sequence

from .response import Response
from .words import others, words_of

LOOK = 20_000
"""Characters looked at for repetition, from the end, where loops are."""
SHORT = 200
"""Below so many characters repetition says nothing."""
FILLER = 0.20
"""Compressed size over size, below which a text is filler. The lowest of 1,383 correct published solutions is at 0.26;
spam drawn from five words lies below 0.16."""
SAMPLES, SAMPLE = 16, 125
"""Pieces of a long text, and their length in bytes, that are compressed first, with all of the text that lies between
them as known: so that the time for the whole is spent on few."""
VARIED = 0.28
"""Compressed size over size of the sample, from which the whole is not compressed. The highest of 1,176 fillers (loops
of 3 to 12,000 characters, words drawn from up to 60, alone and around real text) is at 0.275."""
RECENT = 300
"""Words looked at for their variety, from the end; 60 at least."""
VARIETY = 0.12
"""Share of different words among them, below which a text is filler. The lowest of the 1,038 correct published
solutions that have 60 words or more is at 0.17."""
RUN = 8
"""Words in a row that make a copy."""
HIDDEN = re.compile("[\u00ad\u180e\u200b\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
"""Characters that nobody sees. Joiners, which some scripts and emoji need, are none of them."""
FEW_HIDDEN = 5
"""Hidden characters that a text may have."""
REFUSAL = re.compile(
    r"\W*(?:(?:i'?m|i am) (?:very |so |really )?(?:sorry|unable|not able)|sorry,|i apologi[sz]e|i don't know|"
    r"as an? (?:ai|language model)|(?:unfortunately,? )?i (?:can ?not|can't|won't|will not|must decline|refuse))\b",
    re.IGNORECASE,
)
REFUSED = 60
"""Words that a refusal has at most: a longer text that opens like one goes on to answer."""

REASONS = ("truncated", "unclosed", "reopened", "empty", "hidden", "repetitive", "copied", "refusal")


def guard(
    response: Response,
    token_ids: Sequence[int] | None = None,
    end_ids: Collection[int] | None = None,
    prompt: str = "",
) -> str | None:
    """Why `response` earns nothing, or `None`.

    - `"truncated"`: it does not end in an end token (known only where both `token_ids` and `end_ids` are);
    - `"unclosed"`: the thinking was never closed, so there is no answer;
    - `"reopened"`: a thinking delimiter after the first close, two openings, text before the opening, or, in an answer
      whose delimiters are the default ones, another model's;
    - `"empty"`: nothing in the answer section;
    - `"hidden"`: characters in it that nobody sees;
    - `"repetitive"`: the answer is filler;
    - `"copied"`: every word of the answer is copied from `prompt`;
    - `"refusal"`: the answer is short, opens with a refusal and states nothing in a box.

    >>> guard(Response.parse("<think>so")), guard(Response.parse("42")), guard(Response.parse("p " * 500))
    ('unclosed', None, 'repetitive')
    """
    text = response.answer_text
    found = (
        ("truncated", bool(end_ids) and token_ids is not None and not {*token_ids[-1:]} & {*end_ids}),
        ("unclosed", not response.closed),
        ("reopened", response.reopened),
        ("empty", not response.answer.stripped),
    )
    by_text = (("hidden", is_hiding), ("repetitive", is_filler), ("refusal", is_refusal))
    reason = next((name for name, holds in found if holds), None) or next(
        (n for n, is_so in by_text if is_so(text)), None
    )
    return reason or ("copied" if prompt and is_copied(text, prompt) else None)


def is_hiding(text: str) -> bool:
    """Whether `text` has more characters that nobody sees than what is pasted brings along."""
    return not text.isascii() and len(HIDDEN.findall(others(text))) > FEW_HIDDEN


def is_filler(text: str) -> bool:
    """Whether `text` says almost nothing for its length: it compresses to a fifth, or turns round in a few words."""
    encoded = text[-LOOK:].encode("utf-8", "surrogatepass")
    if len(encoded) >= SHORT and not _is_varied(encoded) and len(zlib.compress(encoded)) < FILLER * len(encoded):
        return True
    words = words_of(text[-10 * RECENT :].lower())[-RECENT:]
    return len(words) >= 60 and len(set(words)) < VARIETY * len(words)


def _is_varied(encoded: bytes) -> bool:
    """Whether a sample, spread over a long text, says too much that is new for the whole to be filler."""
    step = len(encoded) // SAMPLES
    if step < 2 * SAMPLE:
        return False
    known = b"".join(encoded[i + SAMPLE : i + step] for i in range(0, len(encoded), step))
    sample = b"".join(encoded[i : i + SAMPLE] for i in range(0, len(encoded), step))
    compressor = zlib.compressobj(level=1, zdict=known)
    return len(compressor.compress(sample) + compressor.flush()) >= VARIED * len(sample)


def is_copied(text: str, prompt: str) -> bool:
    """Whether every word of `text` stands in a run of eight or more that `prompt` has as well."""
    words, asked = (words_of(said.lower()) for said in (text[-LOOK:], prompt))
    if not RUN <= len(words) <= 2 * len(asked):
        return False
    runs = {tuple(asked[i : i + RUN]) for i in range(len(asked) - RUN + 1)}
    reached = 0  # words up to here are copied
    for i in range(len(words) - RUN + 1):
        if i > reached:
            return False
        if tuple(words[i : i + RUN]) in runs:
            reached = i + RUN
    return reached == len(words)


def is_refusal(text: str) -> bool:
    """Whether `text` is short, opens with a refusal and has no box."""
    return REFUSAL.match(text) is not None and len(text.split()) <= REFUSED and "\\boxed" not in text
