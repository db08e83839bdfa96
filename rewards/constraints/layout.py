"""Layout: bullets, lists, highlights, sections and a title."""

import random
import re
from math import inf

from ..text.text import OPENING, Text, distinct
from .base import Constraint, Counted, Example, Problem, constraint

# The published patterns start with `^\s*`, which is quadratic on blank lines. White space of the bullet's own line is
# enough: the lines before it are blank and hold no bullet. A line break as the first character finds a line's start
# many times faster than `^`; it is put in front of the text.
STAR_BULLET = re.compile(r"\n[^\S\n]*\*[^*].*")
DASH_BULLET = re.compile(r"\n[^\S\n]*-")
BULLET = re.compile(r"\n[^\S\n]*+[\"“„«>]*[^\S\n]*+(?:(?:[*•–-]|\+(?!\s*\d))[^\S\n]|\*(?=\w)(?![^\n]*\*))([^\n]*)")
"""A bullet point and what it says: "- so", "*so", "“* so"; not "-5", "*so* it is"."""

ITALIC = re.compile(r"\*[^\n*]*\*")
BOLD = re.compile(r"\*\*[^\n*]*\*\*")
HIGHLIGHT = re.compile(r"(?<![A-Za-z0-9_*])(\*{1,3})(?![\s*])([^\n*]+)(?<!\s)\1(?![A-Za-z0-9_*])")
"""Words between stars, as Markdown reads them: *so*, ***so***, 它**是**; not 2*3*4."""
SHORT = re.compile(r"[aAI]|[^\W\d_]{2}")
EXAMPLE = frozenset({"highlighted", "section"})
"""The instruction's own."""
DOUBLE_BRACKET = re.compile("<<")
TITLE = re.compile(
    r"\n[^\w\n<]*+(?:\d+[.)][^\w\n<]*+)?(?:\w+:?[^\w\n<]+)?<<\s*([^\n]{1,999}?)\s*>>([^\w\n]*+(?=\n|$))?"
)
"""A title at the start of a line, and what else is there: "# <<A sum>>", "Title: <<a = b>>"; not "has <<3>>"."""
NAMED = re.compile("<<([A-Z][^\n<>=]{1,99})>>")
"""A name in a sentence: "our <<Sloop on Sale>>!"; not "has <<3*4=12>>", "is <<forty two>>"."""
LETTER = re.compile(r"[^\W\d_]")
NUMBER = r"(\d{1,4}|[IVX]{1,5}|(?i:one|two|three|four|five|six|seven|eight|nine|ten))\b"
"""How sections are numbered."""
SEPARATORS = ("...", "SEPARATOR", "!?!?")


@constraint("detectable_format:number_bullet_lists")
class BulletLists(Counted):
    """Exactly `num_bullets` bullet points."""

    num_bullets: int

    sentence = (
        "Your answer must contain exactly {num_bullets} bullet points. Use the markdown bullet points such as:\n"
        "* This is point 1. \n* This is point 2"
    )
    example = Example({"num_bullets": 2}, passes="* Add 2.\n* Get 42.", fails="* Add 2 and get 42.")

    @property
    def allowed(self) -> tuple[int, float]:
        return self.num_bullets, self.num_bullets

    def official_count(self, text: Text) -> int:
        """Lines that start with `*` and with `-`: "---" and "-5" count, `**bold` does not."""
        lines = "\n" + text.raw
        stars = len(STAR_BULLET.findall(lines)) if "*" in lines else 0
        return stars + (len(DASH_BULLET.findall(lines)) if "-" in lines else 0)

    def math_count(self, text: Text) -> int:
        """Lines that start with a marker and say something that no other says: "-5" and "---" do not count."""
        return distinct(BULLET.findall("\n" + text.prose.raw), self.wording.words)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_bullets=rng.randint(2, 5))


@constraint("detectable_format:number_highlighted_sections")
class HighlightedSections(Counted):
    """At least `num_highlights` highlighted passages."""

    num_highlights: int

    sentence = "Highlight at least {num_highlights} sections in your answer with markdown, i.e. *highlighted section*."
    example = Example({"num_highlights": 1}, passes="The answer is *forty-two*.", fails="The answer is 6 * 7 = 42.")

    @property
    def allowed(self) -> tuple[int, float]:
        return self.num_highlights, inf

    def official_count(self, text: Text) -> int:
        """Anything between two stars on a line: "2*3*4" counts one, and bold text is counted in both patterns."""
        if "*" not in text.raw:
            return 0
        italic = sum(bool(found.strip("*").strip()) for found in ITALIC.findall(text.raw))
        if "**" not in text.raw:
            return italic
        return italic + sum(bool(found[2:-2].strip()) for found in BOLD.findall(text.raw))

    def math_count(self, text: Text) -> int:
        """Passages between stars, as Markdown reads them, that say something: products do not count.

        Of the shortest words different ones count.
        """
        passages = [said for _, said in HIGHLIGHT.findall(text.prose.raw)]
        short = {said.lower() for said in passages if SHORT.fullmatch(said)}
        return len(short) + sum(Text(said).has_content(EXAMPLE) for said in passages if said.lower() not in short)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_highlights=rng.randint(1, 3))


@constraint("detectable_format:multiple_sections")
class MultipleSections(Counted):
    """At least `num_sections` numbered sections."""

    section_spliter: str
    num_sections: int

    sentence = (
        "Your response must have {num_sections} sections. Mark the beginning of each section with {section_spliter} "
        "X, such as:\n{section_spliter} 1\n[content of section 1]\n{section_spliter} 2\n[content of section 2]"
    )
    example = Example(
        {"section_spliter": "Section", "num_sections": 2},
        passes="Section 1\nAdd 2.\nSection 2\nGet 42.",
        fails="Section 1\nAdd 2 and get 42.",
    )
    cased = True

    @property
    def copied(self) -> str:
        return "\n".join(f"{self.section_spliter} {i}" for i in range(1, self.num_sections + 1))

    @property
    def allowed(self) -> tuple[int, float]:
        return self.num_sections, inf

    def official_count(self, text: Text) -> int:
        """Mentions of the marker with a number: "see Section 3 and Section 3" has two sections."""
        marker = self.section_spliter.strip()
        if marker.isalnum():
            return len(re.findall(rf"{marker}\s?\d+", text.raw)) if marker in text.raw else 0
        return len(re.split(rf"\s?{marker}\s?\d+\s?", text.raw)) - 1

    def math_count(self, text: Text) -> int:
        """Different numbers after the marker at the start of a line, each followed by something said."""
        mark = re.compile(
            rf"\n{OPENING}(?:\w+:? (?=[^\n]*\d\W*\n))?(?i:{re.escape(self.section_spliter.strip())})[^\S\n]*"
            rf"{NUMBER}(?! [a-z])"  # "Section 1 of the book"
        )
        _, *rest = mark.split("\n" + text.prose.raw)
        said = {number for number, content in zip(rest[::2], rest[1::2], strict=True) if Text(content).has_content()}
        return len(said)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(section_spliter=rng.choice(("Section", "SECTION")), num_sections=rng.randint(2, 4))


@constraint("detectable_format:title")
class Title(Constraint):
    """A title in double angular brackets."""

    sentence = "Your answer must contain a title, wrapped in double angular brackets, such as <<poem of joy>>."
    example = Example({}, passes="<<A short sum>>\nThe answer is 42.", fails="A short sum\nThe answer is 42.")

    def official(self, text: Text) -> bool:
        """Anything between two and two brackets on a line: GSM8K's `<<16-3=13>>` is a title."""
        return DOUBLE_BRACKET.search(text.raw) is not None and any(self._titled(line) for line in text.lines)

    @staticmethod
    def _titled(line: str) -> bool:
        start, end = line.find("<<"), line.rfind(">>")
        return 0 <= start <= end - 3 and bool(line[start : end + 2].lstrip("<").rstrip(">").strip())

    def math(self, text: Text) -> bool:
        """At the start of a line, with words of its own; without any letter it has the line for itself.

        Within a sentence it begins with a capital letter, as names do.
        """
        titles = TITLE.finditer("\n" + text.prose.raw)
        return any(
            Text(title[1]).has_content(self.wording.words) and (LETTER.search(title[1]) or title[2] is not None)
            for title in titles
        ) or any(Text(name).has_content(self.wording.words) for name in NAMED.findall(text.prose.raw))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls()


@constraint("format:list")
class ListBy(Counted):
    """A list whose items begin with `sep` instead of a bullet (IFBench)."""

    sep: str

    sentence = "Answer with a list of items, instead of bullet points use {sep}."
    example = Example({"sep": "!?!?"}, passes="!?!? Add 2.\n!?!? Get 42.", fails="* Add 2.\n* Get 42.")

    @property
    def allowed(self) -> tuple[int, float]:
        return 2, inf

    @property
    def copied(self) -> str:
        return self.sep

    def official_count(self, text: Text) -> int:
        """Occurrences anywhere."""
        return text.raw.count(self.sep)

    def math_count(self, text: Text) -> int:
        """Lines and sentences that begin with the mark and say something that no other says."""
        mark = rf"(?:\n(?:[^\w\n]|\d{{1,3}}[.)])*?|[.!?;:]\s){re.escape(self.sep.strip())}"
        _, *items = re.split(mark, "\n" + text.prose.raw)
        return distinct(item.partition("\n")[0] for item in items)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(sep=rng.choice(SEPARATORS))
