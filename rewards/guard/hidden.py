"""Hidden characters: what nobody sees, beyond what a script, a formula or a flag needs."""

import re

from ..text.latex import FORMULA
from ..text.text import Text

INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\u00ad\u034f\u115f\u1160\u180e\u200b\u2060-\u2064\u2800\u3164\ufeff\uffa0"
    "\U000e0000-\U000e007f]"
)
"""Matches U+200B, a zero-width space; not U+200D, which joins emoji and letters."""

UNSPACED = "\u0e00-\u109f\u1780-\u17ff\u1a20-\u1aad\u3040-\u30ff\u3400-\u9fff"
"""Scripts without blanks between words: Thai, Lao, Tibetan, Burmese, Khmer, Tai Tham, kana, Han."""

NEEDED = re.compile(
    "\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f"  # the flag of England; not the same tags after a letter
    f"|(?<=[{UNSPACED}])[\u200b\u2060]|[\u200b\u2060](?=[{UNSPACED}])"  # between Thai words; not in "th\u200bus"
    "|^[^\\w\n]*[\u200b\ufeff]"  # after a pasted bullet, "• \u200bAdd"; not after a word
    r"|(?<=[^\W\d_])\xad(?=[^\W\d_])"  # a soft hyphen, "syl\xadlable"; not one at a blank
    "|(?<![^\\W\\d_]{2})[\u2061-\u2064]|[\u2061-\u2064](?![^\\W\\d_]{2})",  # "2\u2062x"; not "th\u2062us"
    re.MULTILINE,
)
"""Characters that nobody sees and that have a use where they stand."""

FEW = 5
"""Such characters without a use that a text may have. No published answer has one; pasted text brings a few along."""


def is_hiding(text: Text) -> bool:
    """Whether `text` has more than `FEW` characters that nobody sees and that have no use where they stand."""
    if text.visible is text.raw and FORMULA not in text.raw:
        return False
    return len(INVISIBLE.findall(NEEDED.sub("", text.raw))) > FEW
