"""What a reader sees of a text's characters: none that are invisible, and lookalikes as what they look like."""

import re
import unicodedata

from .latex import FORMULA
from .markup import OUTER_UNDERSCORES, entities_read
from .words import SEEN, others

MARKS = 10
"""Marks that may stand on one letter; normalising longer runs takes quadratic time."""
KEPT = SEEN + FORMULA.encode()
"""ASCII less the control characters that are taken out."""
IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e01ef]"
)
"""What Unicode calls ignorable beside control and format characters, and the blanks that look like nothing."""
ACCENT = re.compile(r"(?<=[A-Za-z])[\u0300-\u036f]")
"""An accent on a Latin letter."""
LOOKALIKES = str.maketrans(
    "ғаеорсухіјѕԁһԛԝѡɑսАВЕКМНОРСТУХІЈЅοΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "faeopcyxijsdhqwwauABEKMHOPCTYXIJSoABEZHIKMNOPTYX"
)
"""Letters of other alphabets → the Latin ones they look like."""
SMALL_CAPITALS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ", "abcdefghijklmnoprstuvwyz")
"""Letters that no word is written with but to look different."""
BEYOND_LATIN = re.compile(r"(?<![A-Za-z])[A-Za-z]*+(?=[^\x00-\x7f])[^\W\d_]++")
"""A word with letters beyond ASCII."""


def visible(text: str) -> str:
    """`text` without invisible characters, and with no more marks on a letter than anything written has."""
    if not (rare := others(text, KEPT)):
        return text
    kinds = {character: unicodedata.category(character) for character in set(rare)}
    hidden = [character for character, kind in kinds.items() if kind in {"Cf", "Cc"} or IGNORABLE.match(character)]
    if hidden:
        text = re.sub(f"[{re.escape(''.join(hidden))}]", "", text)
    marks = re.escape("".join(character for character, kind in kinds.items() if kind[0] == "M"))
    return re.sub(f"([{marks}]{{{MARKS}}})[{marks}]+", r"\1", text) if marks else text


def as_read(text: str) -> str:
    """`text`, which has no invisible characters, as a reader takes it.

    Entities, compatible forms and lookalikes as what they show, and no underscores around words.
    """
    if "&" in text:
        text = visible(entities_read(text))
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        beyond = {*map(ord, others(text))}
        if not SMALL_CAPITALS.keys().isdisjoint(beyond):
            text = text.translate(SMALL_CAPITALS)
        if not LOOKALIKES.keys().isdisjoint(beyond):
            text = BEYOND_LATIN.sub(_in_latin, text)
    return OUTER_UNDERSCORES.sub("", text) if "_" in text else text


def without_accents(text: str) -> str:
    """`text` in compatibility form, its Latin letters without accents."""
    return text if text.isascii() else ACCENT.sub("", unicodedata.normalize("NFKD", text))


def _in_latin(found: re.Match[str]) -> str:
    """A word of Latin letters and lookalikes, which nobody writes but to evade a check, in Latin letters alone."""
    word = found[0]
    return word.translate(LOOKALIKES) if not word.isascii() and re.search("[A-Za-z]", word) else word
