"""Text: a string whose views (words, lines, prose, ...) are computed once and shared by every check."""

import re
import unicodedata
from functools import cached_property

from .latex import FORMULA, mask_formulas

WORD = re.compile(rf"\w+(?:['’-]\w+)*|{FORMULA}")
"""A word of the `math` reading: letters, digits, underscores, joined by apostrophes or hyphens; a formula is one."""


class Text:
    """A text and its cached views.

    >>> text = Text("Hence, $x^2$ is 4.")
    >>> text.words
    ['Hence', 'x', '2', 'is', '4']
    >>> text.prose.spoken
    ['Hence', '￼', 'is', '4']
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
    def words(self) -> list[str]:
        r"""Maximal `\w+` runs: IFEval's words ("don't" is two, `\frac{1}{2}` three)."""
        return re.findall(r"\w+", self.raw)

    @cached_property
    def spoken(self) -> list[str]:
        """Words as a reader counts them: "don't" is one, a masked formula is one."""
        return WORD.findall(self.raw)

    @cached_property
    def prose(self) -> "Text":
        """The text with formulas, code and invisible characters out of the way, in compatibility form (NFKC)."""
        masked = mask_formulas(self.raw)
        if masked.isascii():
            return Text(masked)
        visible = "".join(c for c in masked if c in "\n\t" or unicodedata.category(c) not in {"Cf", "Cc"})
        return Text(unicodedata.normalize("NFKC", visible))
