"""Text: a string whose views (words, lines, prose, ...) are computed once and shared by every check."""

import re
import unicodedata
from collections.abc import Collection
from functools import cached_property
from itertools import islice

from .latex import FORMULA, mask_formulas

WORD = re.compile(rf"\w+(?:['’-]\w+)*|{FORMULA}")
"""A word of the `math` reading: letters, digits, underscores, joined by apostrophes or hyphens; a formula is one."""

COMMENT = re.compile(r"<!--(?:(?!<!--|-->).)*+-->", re.DOTALL)
MARKS = 10
"""Marks that may stand on one letter; normalising longer runs takes quadratic time."""
KEPT = frozenset(f"\n\t{FORMULA}")
"""Control characters that are not taken out."""
WORD_CHARACTERS = bytes(i if chr(i).isalnum() or i == ord("_") else ord(" ") for i in range(128)) + bytes(128)
"""A table that leaves ASCII's word characters and turns all others into spaces."""
SPOKEN_CHARACTERS = bytes(i if chr(i) in f"'-{FORMULA}" else word for i, word in enumerate(WORD_CHARACTERS))
"""The same, but for joiners and formulas."""
LOOSE_JOINER = re.compile(rb"['-](?:(?<!\w['-])|(?!\w))")
"""An apostrophe or hyphen that joins no words."""
SENTENCE_END = re.compile(
    r"[.?!…](?<![.?!…][.?!…])[.?!…]*+[\"'”’)\]*_»]*+(?=\s|$)|[。！？](?<![。！？][。！？])[。！？]*+"
)
ABBREVIATED = re.compile(
    r"(?:\b(?:e\.g|i\.e|cf|vs|Eqs?|Figs?|No|Dr|Mr|Mrs|Ms|Prof|St|resp|approx)|(?:^|\n)[^\S\n]*[\w*#]{1,4})\.$"
)
"""Before a full stop that ends no sentence: an abbreviation, or a list's number or letter at the start of a line."""

LOOKALIKES = str.maketrans(
    "аеорсухіјѕԁһԛԝАВЕКМНОРСТУХІЈЅοΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijsdhqwABEKMHOPCTYXIJSoABEZHIKMNOPTYX"
)
"""Cyrillic and Greek letters → the Latin ones they look like."""
LETTERS = re.compile(r"[^\W\d_]+")


class Text:
    """A text and its cached views.

    >>> text = Text("Hence, $x^2$ is 4.")
    >>> text.word_count
    5
    >>> text.prose.spoken
    ['Hence', '\\x1a', 'is', '4']
    """

    def __init__(self, raw: str) -> None:
        self.raw = raw

    def __repr__(self) -> str:
        return f"Text({self.raw!r})"

    @cached_property
    def stripped(self) -> str:
        return self.raw.strip()

    @cached_property
    def lower(self) -> str:
        return self.raw.lower()

    @cached_property
    def lines(self) -> list[str]:
        return self.raw.split("\n")

    @cached_property
    def word_count(self) -> int:
        r"""How many maximal `\w+` runs there are, IFEval's words: "don't" is two, `\frac{1}{2}` three."""
        if self.raw.isascii():
            return len(self.raw.encode("ascii").translate(WORD_CHARACTERS).split())
        return len(re.findall(r"\w+", self.raw))

    @cached_property
    def word_line(self) -> str:
        """The words in lower case with single spaces between them, whatever stood there."""
        if self.raw.isascii():
            return b" ".join(self.lower.encode("ascii").translate(WORD_CHARACTERS).split()).decode("ascii")
        return " ".join(re.findall(r"\w+", self.lower))

    def without(self, vocabulary: Collection[str], run: int) -> "Text":
        """The text less every stretch of `run` words or more that are all in `vocabulary` (in lower case)."""
        kept, position, stretch = [], 0, []
        for word in [*re.finditer(r"\w+", self.raw), None]:
            if word and word[0].lower() in vocabulary:
                stretch.append(word)
                continue
            if len(stretch) >= run:
                kept.append(self.raw[position : stretch[0].start()])
                position = stretch[-1].end()
            stretch = []
        return Text(" ".join([*kept, self.raw[position:]]))

    @cached_property
    def spoken(self) -> list[str]:
        """Words as a reader counts them: "don't" is one, a masked formula is one."""
        return WORD.findall(self.raw)

    @cached_property
    def spoken_count(self) -> int:
        """How many `spoken` words there are; counted several times faster where the text is ASCII."""
        if not self.raw.isascii():
            return len(self.spoken)
        joined = LOOSE_JOINER.sub(b" ", self.raw.encode("ascii")).replace(FORMULA.encode(), f" {FORMULA} ".encode())
        return len(joined.translate(SPOKEN_CHARACTERS).split())

    def says(self, count: int, beyond: frozenset[str] = frozenset()) -> bool:
        """Whether there are `count` words or more other than those in `beyond` (in lower case); x and 2 are none."""
        words = re.finditer(r"\w+", self.raw)
        said = (word for word in words if word[0].lower() not in beyond and _says_something(word))
        return sum(1 for _ in islice(said, count)) == count

    @cached_property
    def lower_words(self) -> frozenset[str]:
        """The different words in lower case, without masked formulas."""
        return frozenset(word.lower() for word in set(self.spoken)) - {FORMULA}

    @cached_property
    def sentences(self) -> int:
        """How many sentences a reader counts: each says something and ends with . ? or !, the last may be open.

        A full stop inside a number, after a list's number or after an abbreviation ends none.
        """
        count, start, said = 0, 0, False
        for end in SENTENCE_END.finditer(self.raw):
            said = said or WORD.search(self.raw, start, end.start()) is not None
            start = end.end()
            if said and not ABBREVIATED.search(self.raw, max(0, end.start() - 12), start):
                count, said = count + 1, False
        return count + (said or WORD.search(self.raw, start) is not None)

    @cached_property
    def prose(self) -> "Text":
        """The text with formulas, code, comments and invisible characters out of the way.

        In compatibility form (NFKC), and with Latin letters for what only looks like them in a Latin word.
        """
        masked = mask_formulas(COMMENT.sub(" ", self.raw) if "<!--" in self.raw else self.raw)
        if self.raw.isascii():
            return Text(masked)
        text = unicodedata.normalize("NFKC", _visible(masked))
        return Text(text if LOOKALIKES.keys().isdisjoint(map(ord, set(text))) else LETTERS.sub(_in_latin, text))


def _says_something(word: re.Match[str]) -> bool:
    """Whether a word has two letters, or is one that no formula uses: "a", "I", one outside ASCII, the s of it's."""
    letters = sum(map(str.isalpha, word[0]))
    joined = word.string[word.start() - 1 : word.start()] in {"'", "’"}
    return letters > 1 or word[0] in {"a", "A", "I", "i"} or (letters == 1 and (joined or not word[0].isascii()))


def _visible(text: str) -> str:
    """`text` without invisible characters, and with no more marks on a letter than anything written has."""
    kinds = {character: unicodedata.category(character) for character in set(text)}
    hidden = [character for character, kind in kinds.items() if kind in {"Cf", "Cc"} and character not in KEPT]
    if hidden:
        text = re.sub(f"[{re.escape(''.join(hidden))}]", "", text)
    marks = re.escape("".join(character for character, kind in kinds.items() if kind[0] == "M"))
    return re.sub(f"([{marks}]{{{MARKS}}})[{marks}]+", r"\1", text) if marks else text


def _in_latin(found: re.Match[str]) -> str:
    """A word of Latin letters and lookalikes, which nobody writes but to evade a check, in Latin letters alone."""
    word = found[0]
    return word.translate(LOOKALIKES) if not word.isascii() and re.search("[A-Za-z]", word) else word
