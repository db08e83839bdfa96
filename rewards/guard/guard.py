"""The guard: what voids a completion's credit, whatever its checks say."""

import re
import zlib
from collections import Counter
from collections.abc import Collection, Sequence

from ..correctness.claims import stated_answers
from ..text.response import Response
from ..text.text import Text
from ..text.words import SEEN, others, words_of

LOOK = 20_000
"""Characters looked at for repetition, from the end, where loops are."""
SHORT = 200
"""Below so many characters repetition says nothing."""
FILLER = 0.20
"""Compressed size over size, below which a text is filler. The lowest of 1,383 correct published solutions is at 0.26;
spam drawn from five words lies below 0.16."""
NEARLY = 0.25
"""Compressed size over size by zlib's quickest compression, from which the best is not tried. The highest of 13,552
fillers is at 0.246 (tests/benchmarks/measure_guard.py, as the next)."""
SAMPLES, SAMPLE = 16, 125
"""Pieces of a long text, and their length in bytes, that are compressed first, with all of the text that lies between
them as known: so that the time for the whole is spent on few."""
VARIED = 0.28
"""Compressed size over size of the sample, from which the whole is not compressed. Of 11,910 fillers (loops of 3 to
12,000 characters, words drawn from up to 60, counters, alone and around real text) three are above, the highest at
0.312; of all the guard lets one pass."""
RECENT = 300
"""Words looked at for their variety, from the end, in eight times as many characters; 60 at least. Numbers of as many
digits are one word."""
VARIETY = 0.12
"""Share of different words among them, below which a text is filler. Of the 1,211 published solutions that have 60
words or more two lie below."""
EVEN, OFTEN = 1.3, 220
"""Variance over mean of how often each word occurs, numbers aside, below which words have been drawn at random; from
`OFTEN` words on, and for fewer, 100 at least, times the square of their share of it. Words drawn evenly are near 1,
however many there are to draw from. The lowest real solution, but for three that end in noise, is at 1.37 by that
scale; the lowest of GPT-4's answers to IFEval, but for a list of names, at 1.33."""
AS_ZEROS = bytes.maketrans(b"123456789", b"000000000")
RUN = 8
"""Words in a row that make a copy."""
COPIED = 0.7
"""Share of copied words from which a text is a copy."""
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u180e\u200b\u2060-\u2064\u2800\u3164\ufeff\uffa0"
    "\U000e0000-\U000e007f]"
)
"""Characters that nobody sees. Joiners, which some scripts and emoji need, are none of them."""
FEW_HIDDEN = 5
"""Hidden characters that a text may have."""
REFUSAL = re.compile(
    r"\W*(?:unfortunately,? |please,? |let['’]s )?(?:sorry,|as an? (?:ai|language model)|"
    r"skip (?:this|that|it|the question)|(?:i['’]?m|i am) (?:very |so |really )?(?:sorry|afraid|unable|not able)|"
    r"i (?:apologi[sz]e|can ?not|can['’]t|won['’]t|will not|(?:must )?decline|refuse|give up|have no idea|"
    r"(?:do not|don['’]t) (?:know|want|wish)|would (?:rather|prefer))|i['’]d (?:rather|prefer))\b",
    re.IGNORECASE,
)
"""How a refusal opens; what opens like one and goes on to state an answer is none."""
DECLINED = re.compile(
    r"[^.!?\n]{0,80}?\b(?:(?:can ?not|can['’]t|won['’]t|not|unable|refuse|decline|want|wish)(?: to)? "
    r"(?:answer|assist|comply|do|help|respond|solve)|rather not|decline|give up)"
    r"(?: (?:with|to|do|answer|that|this|it|you|the|your|any|such|question|problem|request|task))*+ ?(?:[.:!?\n]|\Z)",
    re.IGNORECASE,
)
"""A first sentence that refuses to answer, whatever is stated behind it."""
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
    - `"copied"`: most of the answer is copied from `prompt`, and it states no answer of its own;
    - `"refusal"`: the answer is short, opens with a refusal and states no answer, or its first sentence declines to.

    >>> guard(Response.parse("<think>so")), guard(Response.parse("42")), guard(Response.parse("p " * 500))
    ('unclosed', None, 'repetitive')
    """
    answer = response.answer
    found = (
        ("truncated", bool(end_ids) and token_ids is not None and not {*token_ids[-1:]} & {*end_ids}),
        ("unclosed", not response.closed),
        ("reopened", response.reopened),
        ("empty", not answer.stripped),
        ("hidden", is_hiding(answer)),
    )
    by_text = (("repetitive", is_filler), ("refusal", is_refusal))
    reason = next((name for name, holds in found if holds), None) or next(
        (name for name, is_so in by_text if is_so(answer)), None
    )
    return reason or ("copied" if prompt and is_copied(answer, Text(prompt)) else None)


def is_hiding(text: Text) -> bool:
    """Whether `text` has more characters that nobody sees than what is pasted brings along."""
    return text.visible is not text.raw and len(HIDDEN.findall(others(text.raw, SEEN))) > FEW_HIDDEN


def is_filler(text: Text) -> bool:
    """Whether `text` says almost nothing for its length.

    It compresses to a fifth, turns round in a few words, or has words as often as they are drawn at random.
    """
    encoded = text.raw[-LOOK:].encode("utf-8", "surrogatepass")
    if len(encoded) >= SHORT and not _is_varied(encoded) and _compresses(encoded):
        return True
    recent = text.lower[-8 * RECENT :].encode("utf-8", "surrogatepass").translate(AS_ZEROS)
    words = words_of(recent.decode("utf-8", "surrogatepass"))[-RECENT:]
    if len(words) < 60:
        return False
    counts = Counter(words)
    return len(counts) < VARIETY * len(words) or _is_even(counts)


def _is_even(counts: Counter[str]) -> bool:
    """Whether the words occur about as often as each other: in what is written some are everywhere, most are rare."""
    often = [count for word, count in counts.items() if word[0] != "0"]
    words = sum(often)
    if words < 100:
        return False
    dispersion = sum(count * count for count in often) / words - words / len(often)
    return dispersion < EVEN * min(1.0, words / OFTEN) ** 2


def _compresses(encoded: bytes) -> bool:
    """Whether it compresses to a fifth; the best compression is tried where the quickest comes near."""
    near = len(zlib.compress(encoded, level=1)) < NEARLY * len(encoded)
    return near and len(zlib.compress(encoded)) < FILLER * len(encoded)


def _is_varied(encoded: bytes) -> bool:
    """Whether a sample of a long text says too much that is new for the whole to be filler."""
    return len(encoded) >= 2 * SAMPLES * SAMPLE and sampled(encoded) >= VARIED


def sampled(encoded: bytes) -> float:
    """Compressed size over size of pieces spread over a text, where all that lies between them is known."""
    step = len(encoded) // SAMPLES
    known = b"".join(encoded[i + SAMPLE : i + step] for i in range(0, len(encoded), step))
    sample = b"".join(encoded[i : i + SAMPLE] for i in range(0, len(encoded), step))
    compressor = zlib.compressobj(level=1, zdict=known)
    return len(compressor.compress(sample) + compressor.flush()) / len(sample)


def is_copied(text: Text, prompt: Text) -> bool:
    """Whether most words of `text` stand in runs of eight or more that `prompt` has as well.

    What restates a question and goes on to state an answer is no copy; copies over and over are filler.
    """
    if len(text.raw) > 5 * len(prompt.raw):
        return False
    words, asked = (words_of(HIDDEN.sub("", said.lower)) for said in (text, prompt))
    if len(words) < RUN:
        return False
    runs = {tuple(asked[i : i + RUN]) for i in range(len(asked) - RUN + 1)}
    copied = reached = 0
    for i in range(len(words) - RUN + 1):
        if tuple(words[i : i + RUN]) in runs:
            copied += i + RUN - max(i, reached)
            reached = i + RUN
    return copied >= COPIED * len(words) and not {*stated_answers(text)} - {*stated_answers(prompt)}


def is_refusal(text: Text) -> bool:
    """Whether `text` is short and opens with a refusal: one that states no answer, or declines to state one."""
    if not REFUSAL.match(text.raw) or len(text.raw.split()) > REFUSED:
        return False
    return DECLINED.match(text.raw) is not None or not stated_answers(text)
