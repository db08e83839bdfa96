"""Layout: bullets, lists, highlights, sections and a title."""

import random
import re
from math import inf

from ..text.latex import FORMULA
from ..text.text import Text
from .base import Constraint, Counted, Example, Problem, constraint

# The published patterns start with `^\s*`, which is quadratic on blank lines. White space of the bullet's own line is
# enough: the lines before it are blank and hold no bullet. A line break as the first character finds a line's start
# many times faster than `^`; it is put in front of the text.
STAR_BULLET = re.compile(r"\n[^\S\n]*\*[^*].*")
DASH_BULLET = re.compile(r"\n[^\S\n]*-")
BULLET = re.compile(rf"\n[^\S\n]*+[*+•-][^\S\n]++[^\n\w{FORMULA}]*+[\w{FORMULA}]")

ITALIC = re.compile(r"\*[^\n*]*\*")
BOLD = re.compile(r"\*\*[^\n*]*\*\*")
HIGHLIGHT = re.compile(r"\*(?<![\w*]\*)(\*?)(?!\s)([^\n*]+)(?<!\s)\*\1(?![\w*])")
DOUBLE_BRACKET = re.compile("<<")
TITLE = re.compile(r"<<([^<>\n]+)>>")
SEPARATORS = ("...", "SEPARATOR", "!?!?")


@constraint("detectable_format:number_bullet_lists")
class BulletLists(Counted):
    """Exactly so many bullet points."""

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
        """Lines that start with a marker, a space and something said: "-5" and "---" do not count."""
        return len(BULLET.findall("\n" + text.prose.raw))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_bullets=rng.randint(2, 5))


@constraint("detectable_format:number_highlighted_sections")
class HighlightedSections(Counted):
    """At least so many highlighted passages."""

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
        """Words between stars as markdown reads them, outside formulas: products do not count."""
        if "*" not in text.prose.raw:
            return 0
        return sum(bool(re.search(r"\w", passage)) for _, passage in HIGHLIGHT.findall(text.prose.raw))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_highlights=rng.randint(1, 3))


@constraint("detectable_format:multiple_sections")
class MultipleSections(Counted):
    """At least so many numbered sections."""

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
        """Different numbers behind the marker at the start of a line, each followed by something said."""
        if self.section_spliter not in text.prose.raw:
            return 0
        mark = rf"\n[^\S\n]*[#*]*[^\S\n]*{re.escape(self.section_spliter)}[^\S\n]*(\d{{1,4}})\b"
        _, *rest = re.split(mark, "\n" + text.prose.raw)
        said = {number for number, content in zip(rest[::2], rest[1::2], strict=True) if Text(content).spoken}
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
        """With a word in it, outside formulas; a calculation is none."""
        return any(re.search(r"[^\W\d_]{2}", title) and "=" not in title for title in TITLE.findall(text.prose.raw))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls()


@constraint("format:list")
class ListBy(Counted):
    """A list with a given mark instead of bullets (IFBench)."""

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
        """Lines that begin with the mark and say something."""
        mark = self.sep.strip()
        lines = (line.lstrip() for line in text.prose.lines if mark in line)
        return sum(line.startswith(mark) and bool(Text(line[len(mark) :]).spoken) for line in lines)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(sep=rng.choice(SEPARATORS))
