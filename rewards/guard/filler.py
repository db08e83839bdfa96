"""Filler: loops, a few words in circles, words drawn at random. All else that repeats itself is a gauge."""

import zlib
from collections import Counter
from itertools import pairwise
from math import sqrt

from ..text.text import LAST_WORDS, Text

TAIL = 8_000
"""Characters looked at for a loop, from the end, where loops are."""
SHORT = 200
"""Bytes below which compression says nothing."""
LOOP = 0.07
"""Compressed size over size, below which a text is a loop. Every published answer below it repeats one passage to its
end; the lowest that does not, an empty guitar tablature, is at 0.083, a 20 x 20 identity matrix at 0.074."""

CIRCLE = 3
"""Different words among the last ones, up to which a text goes in circles."""

DRAWN = 90
"""Words from which one can tell whether they were drawn at random."""
RECUR = 1.7
"""Words for each different one, from which an order would show: 250 draws out of 200 words are at 1.75."""
EVEN = 2.0
"""Variance over mean of the counts of words that come back, below which they come evenly: near 1 if drawn."""
CHANCE = 2.5
"""Standard deviations above chance, below which words have no order. If the other three hold: of 2,900 published
answers none is below, the nearest at 3.7; of 1,200 texts of evenly drawn words 1,180 are (recipes/results/guard)."""


def is_filler(text: Text) -> bool:
    """Whether `text` is a loop, goes in circles, or is made of words drawn at random."""
    return _loops(text.raw[-TAIL:]) or _circles(text) or _drawn(text)


def repeated_words(text: Text) -> float:
    """The share of the last 300 words that stand before among them, numbers of as many digits being one; 0 to 1.

    >>> repeated_words(Text("wait 1 wait 2")), repeated_words(Text("So it is 42."))
    (0.5, 0.0)
    """
    return 1 - len(text.last_counts) / len(text.last_words) if text.last_words else 0.0


def _loops(tail: str) -> bool:
    encoded = tail.encode("utf-8", "surrogatepass")
    most = LOOP * len(encoded)
    parts = (encoded[-len(encoded) // 5 :], encoded)  # if a fifth takes more, so does the whole
    return len(encoded) >= SHORT and all(len(zlib.compress(part, level=1)) < most for part in parts)


def _circles(text: Text) -> bool:
    return len(text.last_words) == LAST_WORDS and len(text.last_counts) <= CIRCLE


def _drawn(text: Text) -> bool:
    """Whether words come back often and evenly, and next to each other no more often than chance has it.

    What is written repeats its turns of phrase, and a list its lines. Two equal pairs of neighbours are expected as
    often as two equal words are, squared. Letters and numbers that stand alone are formulas'.
    """
    counts = {word: count for word, count in text.last_counts.items() if len(word) > 1 and word.isalpha()}
    total = sum(counts.values())
    if total < DRAWN or len(counts) < 2 or total < RECUR * len(counts):
        return False
    back = [count for count in counts.values() if count > 1]
    again = sum(count * (count - 1) for count in back)
    if again / sum(back) + 1 - sum(back) / len(back) >= EVEN:
        return False
    equal = again / total
    neighbours = Counter(pairwise(word for word in text.last_words if word in counts))
    pairs = sum(count * (count - 1) for count in neighbours.values())
    return pairs < equal**2 + CHANCE * max(1.0, sqrt(2) * equal)
