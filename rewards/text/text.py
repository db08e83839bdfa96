"""Text: a string whose views (words, lines, prose, ...) are computed once and shared by every check."""

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from copy import copy
from functools import cache, cached_property
from itertools import accumulate, groupby, pairwise, tee
from math import inf

from .latex import FORMULA, masked_parts
from .markup import apart, as_markdown, closed, joined, squeezed, unwrapped
from .visible import as_read, visible, without_accents
from .words import SIGNS, UNSPACED, WORD_CHARACTERS, words_of

WORD = re.compile(rf"\w++(?:(?=['’.,-])(?:['’-]\w++|(?<=\d)[.,]\d++){{0,3}})?+|{FORMULA}")
"""A word of the `math` reading: letters, digits, underscores, joined by apostrophes or hyphens, three at most; "3.14"
is one, and so is a formula."""
ASCII_WORD = re.compile(WORD.pattern, re.ASCII)
"""The same in three quarters of the time."""
OTHER_SCRIPT = re.compile(f"[\u0300-\u036f\u0590-\u1cff{SIGNS}]")
"""Of Hebrew and what follows it in Unicode, where marks are parts of words or no blanks stand between them."""

OPENING = rf"[^\w\n{FORMULA}]*+(?:\(?(?:\d{{1,3}}|[A-Za-z]|[ivx]{{2,4}})[.)][^\w\n{FORMULA}]*+)?"
"""What Markdown, lists, quotes and brackets put before a line's first word: "## **", "- ", "2. ", "(b) ", nothing."""
SENTENCE_END = re.compile(
    r"[.?!…](?<![.?!…][.?!…])[.?!…]*+[\"'”’)\]*_»]*+(?=\s|$)|(?<=[a-z][a-z])\.(?=[A-Z][a-z])|"
    r"[。！？।॥۔؟።։။។](?<![。！？।॥۔؟።։။។][。！？।॥۔؟።։။។])[。！？।॥۔؟።։။។]*+"
)
ABBREVIATED = re.compile(
    r"\b(?:e\.g|i\.e|cf|vs|Eqs?|Figs?|No|Dr|Mr|Mrs|Ms|Prof|St|resp|approx|Thm|Prop|Def|Lem|Cor|Sec|Ex)\.$|"
    r"\b(?:Dr|Mrs?|Ms|Prof|[A-Z])\.\s?[A-Z]\.$|(?:^|\n)[^\w\n]*(?:\d{1,3}|\w)\.$|"
    r"(?:^|\n|[.!?]\s)[^\w\n]*(?:Step|Part|Case) (?:\d{1,3}|\w)\.$"
)
"""What a sentence does not end with: an abbreviation, initials, a list's mark at the start of a line, a heading."""
SHORT = re.compile(r"(?:^|[\s(])(?:[A-Za-z]{1,3}|(?:\w\.)+\w)$")
"""Behind which a full stop may shorten it: "3 lb.", "the U.S."; not "the sum."."""

INITIALS = re.compile(r"(?<=[\s(])[A-Z]\.\s?[A-Z]\.\s?[A-Z]")
"""Initials before a name: "J. K. Wong"; not "point A. B lies"."""
VOWEL = re.compile("[aeiouy]", re.IGNORECASE)
"""What a word has in Latin letters: "rhythm"; not "xqz"."""
LAST_WORDS = 300
WORD_CHARACTERS_WITH_ZEROS = WORD_CHARACTERS.translate(bytes.maketrans(b"123456789", b"0" * 9))


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

    def __reduce__(self) -> tuple[type["Text"], tuple[str]]:
        """What is sent to another process is the text: its views are made again there."""
        return Text, (self.raw,)

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
        return len(words_of(self.raw))

    @cached_property
    def word_line(self) -> str:
        """The words in lower case with single spaces between them, whatever stood there."""
        return " ".join(words_of(self.lower))

    @cached_property
    def last_words(self) -> list[str]:
        """The last 300 words in lower case, numbers of as many digits being one."""
        return words_of(self.raw[-8 * LAST_WORDS :].lower(), WORD_CHARACTERS_WITH_ZEROS)[-LAST_WORDS:]

    @cached_property
    def last_counts(self) -> Counter[str]:
        """How often each of them stands there."""
        return Counter(self.last_words)

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
        return words_in(self.raw)

    def prose_words(self, enough: float = inf) -> int:
        """How many `spoken` words the prose has; counting stops where there are `enough`."""
        count = 0
        for part in self.prose_parts():
            count += len(part.spoken)
            if count >= enough:
                break
        return count

    def says(self, count: int, beyond: frozenset[str] = frozenset()) -> bool:
        """Whether the prose has `count` words or more that say something and are not in `beyond` (in lower case)."""
        words = (word for part in self.prose_parts() for word in re.finditer(r"\w+", part.raw))
        said = (_says_how_much(word) for word in words if word[0].lower() not in beyond)
        return any(total >= count for total in accumulate(said))

    @cached_property
    def sentences(self) -> list[str]:
        """Sentences as a reader sees them: each has a word and ends with . ? or !, the last may be open.

        A full stop inside a number, after a list's number or after an abbreviation ends none.
        """
        found, start, searched, said, small = [], 0, 0, False, self.raw.islower()
        for end in [*SENTENCE_END.finditer(self.raw), None]:
            stop = end.end() if end else len(self.raw)
            said = said or WORD.search(self.raw, searched, stop) is not None
            searched = stop
            if end and (
                ABBREVIATED.search(self.raw, max(0, end.start() - 12), end.start() + 1)
                or (not small and _goes_on(self.raw, end))
            ):
                continue
            if said:
                found.append(self.raw[start:stop])
                start, said = stop, False
        return found

    def has_content(self, beyond: frozenset[str] = frozenset()) -> bool:
        """Whether it says something of its own, beside the words in `beyond` (in lower case).

        That takes a formula, two different words or one of three letters; one sign is enough beyond ASCII.
        """
        words = self.distinct - beyond
        return (
            len(words) > 1 or FORMULA in words
            or any(not word.isascii() or (len(word) > 2 and not word.isdigit()) for word in words)
        )  # fmt: skip

    @cached_property
    def distinct(self) -> frozenset[str]:
        """The different words in lower case, a masked formula among them."""
        return frozenset(word.lower() for word in self.spoken)

    @cached_property
    def prose(self) -> "Text":
        """The text with formulas, code, comments and invisible characters out of the way.

        In compatibility form (NFKC), and with Latin letters for what only looks like them in a Latin word.
        """
        return Text("".join([part.raw for part in self.prose_parts()]))

    def prose_parts(self) -> Iterator["Text"]:
        """The prose in parts that each end after a formula, where no word does; made when asked for, and kept."""
        return copy(self._prose_parts)

    @cached_property
    def _prose_parts(self) -> Iterator["Text"]:
        return tee(map(_shown_part, masked_parts(unwrapped(self.visible))), 1)[0]

    @cached_property
    def visible(self) -> str:
        """What is left without invisible characters."""
        return visible(self.raw)

    def shown(self, word: str) -> Iterator["Text"]:
        """The text as drawn, formulas, code and all: its words as they stand, and whole where marks stand in them.

        Only what may show `word`; what that needs is found in a fraction of the time.
        """
        if word in self.lower or not self.raw.isascii():
            yield self.drawn
        if word.replace("_", "") in self._squeezed or not self._closed.isascii():
            yield self._joined

    @cached_property
    def drawn(self) -> "Text":
        """The text with its formulas and its code as a reader sees them: without the names of commands."""
        return Text(as_read(apart(as_markdown(unwrapped(self.visible)))))

    @cached_property
    def _closed(self) -> str:
        return closed(self.visible)

    @cached_property
    def _squeezed(self) -> str:
        return squeezed(self._closed)

    @cached_property
    def _joined(self) -> "Text":
        return Text(without_accents(as_read(visible(joined(self._closed)))))


def _shown_part(part: str) -> Text:
    return Text(as_read(as_markdown(part)))


def _says_how_much(word: re.Match[str]) -> int:
    """1 for a word of two letters, or one that no formula uses: "a", "I", the s of it's; beyond ASCII each letter.

    Consonants alone say nothing.
    """
    letters = len(word[0]) if word[0].isalpha() else sum(map(str.isalpha, word[0]))
    if not word[0].isascii():
        return letters
    if not VOWEL.search(word[0]) and letters > 1:
        return 0
    joined = word.string[word.start() - 1 : word.start()] in {"'", "’"}
    return int(letters > 1 or word[0] in {"a", "A", "I", "i"} or (letters == 1 and joined))


def _goes_on(text: str, end: re.Match[str]) -> bool:
    """Whether the sentence goes on after a mark: "3 lb. of rice", "the U.S. team", "5! = 120"."""
    following = text[end.end() : end.end() + 4].strip()[:1]
    if end[0][0] == "!":
        return text[end.start() - 1 : end.start()].isdigit() and bool(following) and not following.isupper()
    if INITIALS.match(text, end.start() - 1):
        return True
    short = SHORT.search(text[max(0, end.start() - 8) : end.start()])
    return short is not None and (following.islower() or following.isdigit())


def told_once(pieces: Iterable[str]) -> int:
    """How many pieces say something, and not what the one before says: a refrain counts, an echo does not."""
    lines = [Text(piece).word_line for piece in pieces if Text(piece).has_content()]
    return sum(line != before for line, before in pairwise(["", *lines]))


def words_in(text: str) -> list[str]:
    """The words of a text in any script, as a reader counts them."""
    if text.isascii():
        return ASCII_WORD.findall(text)
    return (_mixed_word() if OTHER_SCRIPT.search(text) else WORD).findall(text)


@cache
def _mixed_word() -> re.Pattern[str]:
    """A word as above, of other scripts than ours as well; it takes ten times as long."""
    letter = rf"(?:(?![{SIGNS}{UNSPACED}])[\w{accents()}])"
    spaced = rf"{letter}++(?:['’-]{letter}++|(?<=\d)[.,]\d++){{0,3}}"
    return re.compile(rf"{spaced}|[{SIGNS}]|[{UNSPACED}{accents()}]{{1,4}}|{FORMULA}")


@cache
def accents() -> str:
    """Marks on letters, such as the vowels of Hindi and Arabic, as they stand between the brackets of a pattern."""
    kinds = groupby(range(0x300, 0x11A00), lambda i: unicodedata.category(chr(i))[0])
    runs = [[*run] for kind, run in kinds if kind == "M"]
    return "".join(f"{chr(run[0])}-{chr(run[-1])}" for run in runs)


def distinct(pieces: Iterable[str], beyond: frozenset[str] = frozenset()) -> int:
    """How many pieces say something of their own, each in other words than those before."""
    return len({Text(piece).word_line or piece for piece in pieces if Text(piece).has_content(beyond)})
