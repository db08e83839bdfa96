"""Layout: bullets, highlights and sections."""

import random
import re

from ..text import Text
from .base import Constraint, Example, Problem, constraint

# The published patterns start with `^\s*`, which is quadratic on blank lines. Whitespace of the bullet's own line
# is enough: the lines before it are blank and hold no bullet.
STAR_BULLET = re.compile(r"^[^\S\n]*\*[^\*].*$", re.MULTILINE)
DASH_BULLET = re.compile(r"^[^\S\n]*-.*$", re.MULTILINE)
BULLET = re.compile(r"^[^\S\n]*[*+•-][^\S\n]+\S", re.MULTILINE)

ITALIC = re.compile(r"\*[^\n\*]*\*")
BOLD = re.compile(r"\*\*[^\n\*]*\*\*")
HIGHLIGHT = re.compile(r"(?<![\w*])(\*{1,2})(?!\s)([^\n*]+)(?<!\s)\1(?![\w*])")


@constraint("detectable_format:number_bullet_lists")
class BulletLists(Constraint):
    """Exactly so many bullet points."""

    num_bullets: int

    sentence = (
        "Your answer must contain exactly {num_bullets} bullet points. Use the markdown bullet points such as:\n"
        "* This is point 1. \n* This is point 2"
    )
    example = Example({"num_bullets": 2}, passes="* Add 2.\n* Get 42.", fails="* Add 2 and get 42.")

    def official(self, text: Text) -> bool:
        """Lines that start with `*` and with `-`: "---" and "-5" count, `**bold` does not."""
        return len(STAR_BULLET.findall(text.raw)) + len(DASH_BULLET.findall(text.raw)) == self.num_bullets

    def math(self, text: Text) -> bool:
        """Lines that start with a marker, a space and something said: "-5" and "---" do not count."""
        return len(BULLET.findall(text.prose.raw)) == self.num_bullets

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_bullets=rng.randint(2, 5))


@constraint("detectable_format:number_highlighted_sections")
class HighlightedSections(Constraint):
    """At least so many highlighted passages."""

    num_highlights: int

    sentence = "Highlight at least {num_highlights} sections in your answer with markdown, i.e. *highlighted section*."
    example = Example({"num_highlights": 1}, passes="The answer is *forty-two*.", fails="The answer is 6 * 7 = 42.")

    def official(self, text: Text) -> bool:
        """Anything between two stars on a line: "2*3*4" counts one, and bold text is counted in both patterns."""
        italic = sum(bool(found.strip("*").strip()) for found in ITALIC.findall(text.raw))
        bold = sum(bool(found.removeprefix("**").removesuffix("**").strip()) for found in BOLD.findall(text.raw))
        return italic + bold >= self.num_highlights

    def math(self, text: Text) -> bool:
        """Words between stars as markdown reads them, outside formulas: products do not count."""
        marked = HIGHLIGHT.findall(text.prose.raw)
        return sum(bool(re.search(r"\w", passage)) for _, passage in marked) >= self.num_highlights

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(num_highlights=rng.randint(1, 3))


@constraint("detectable_format:multiple_sections")
class MultipleSections(Constraint):
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

    @property
    def copied(self) -> str:
        return "\n".join(f"{self.section_spliter} {i}" for i in range(1, self.num_sections + 1))

    def official(self, text: Text) -> bool:
        """Mentions of the marker with a number: "see Section 3 and Section 3" has two sections."""
        return len(re.split(rf"\s?{self.section_spliter}\s?\d+\s?", text.raw)) - 1 >= self.num_sections

    def math(self, text: Text) -> bool:
        """Different numbers behind the marker at the start of a line, each followed by something said."""
        mark = rf"^[^\S\n]*[#*]*[^\S\n]*{re.escape(self.section_spliter)}[^\S\n]*(\d{{1,4}})\b"
        return len(set(re.findall(mark, text.prose.raw, re.MULTILINE))) >= self.num_sections

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(section_spliter=rng.choice(("Section", "SECTION")), num_sections=rng.randint(2, 4))
