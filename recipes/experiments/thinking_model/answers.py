"""How the cold start's teacher writes an answer: in several wordings, and as it was asked to."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from keepif.rewards import Constraint

from ...stories import Story


@dataclass
class Writer:
    """What an answer is made of, and the random numbers that choose the wording."""

    rng: random.Random
    story: Story
    result: int

    def plain(self) -> str:
        """An answer that states the result."""
        closing, stated = self.story.closing.format(self.result), f"The answer is {self.result}."
        return self.rng.choice((stated, f"So the answer is {self.result}.", closing, f"{closing} {stated}"))

    def bullets(self, text: str, kwargs: dict[str, Any]) -> str:
        """The text as the last bullet point."""
        before = ["I read the story.", "I did the steps.", "I looked at the numbers.", "I checked them."]
        mark, count = self.rng.choice("*-"), kwargs["num_bullets"]
        return "\n".join(f"{mark} {line}" for line in [*self.rng.sample(before, 4), text][-count:])

    def paragraphs(self, text: str, kwargs: dict[str, Any]) -> str:
        """The text as the second paragraph."""
        first = ("I did the steps one by one.", "Here is what I found.", "First I read the story.")
        return f"{self.rng.choice(first)}\n\n***\n\n{text}"

    def keywords(self, text: str, kwargs: dict[str, Any]) -> str:
        words = " and ".join(kwargs.get("keywords") or [kwargs["keyword"]])
        return self.rng.choice(
            (f"{text} It is about {words}.", f"{text} I also say {words}.", f"With {words}: {text}")
        )

    def highlights(self, text: str, kwargs: dict[str, Any]) -> str:
        words = text.split(" ")
        for at in self.rng.sample(range(len(words)), min(kwargs["num_highlights"], len(words))):
            words[at] = f"*{words[at]}*"
        return " ".join(words)

    def title(self, text: str, kwargs: dict[str, Any]) -> str:
        title = self.rng.choice((self.story.question.split()[0], "Numbers", "A Small Sum", "The Answer", "Counting"))
        return f"<<{title}>>{self.rng.choice((' ', chr(10)))}{text}"

    def first_word(self, text: str, kwargs: dict[str, Any]) -> str:
        begun = self.rng.choice(("{} is how I begin.", "{} it is.", "{} comes first."))
        return f"{begun.format(kwargs['first_word'].capitalize())} {text}"

    def last_word(self, text: str, kwargs: dict[str, Any]) -> str:
        return f"{text} {self.rng.choice(('This is', 'It is', 'So it is'))} {kwargs['last_word']}."

    def postscript(self, text: str, kwargs: dict[str, Any]) -> str:
        remark = self.rng.choice(("This was fun.", "I checked it.", "Well done.", "Have a nice day."))
        return f"{text}{self.rng.choice((' ', chr(10)))}{kwargs['postscript_marker']} {remark}"

    def end(self, text: str, kwargs: dict[str, Any]) -> str:
        return f"{text} {kwargs['end_phrase']}"

    def lowercase(self, text: str, kwargs: dict[str, Any]) -> str:
        return text.lower()

    def capitals(self, text: str, kwargs: dict[str, Any]) -> str:
        return text.upper()

    def quotation(self, text: str, kwargs: dict[str, Any]) -> str:
        return f'"{text}"'


WRITERS: dict[str, Callable[[Writer, str, dict[str, Any]], str]] = {
    "detectable_format:number_bullet_lists": Writer.bullets,
    "paragraphs:paragraphs": Writer.paragraphs,
    "keywords:existence": Writer.keywords,
    "keywords:word_once": Writer.keywords,
    "detectable_format:number_highlighted_sections": Writer.highlights,
    "first_word:first_word_answer": Writer.first_word,
    "detectable_format:title": Writer.title,
    "detectable_content:postscript": Writer.postscript,
    "last_word:last_word_answer": Writer.last_word,
    "startend:end_checker": Writer.end,
    "change_case:english_lowercase": Writer.lowercase,
    "change_case:english_capital": Writer.capitals,
    "startend:quotation": Writer.quotation,
}
"""Constraint type → how a text is made to keep it, in the order in which it is done. By the published check, an answer
that only states the number keeps none of them."""


def written(rng: random.Random, story: Story, result: int, constraints: Sequence[Constraint]) -> str:
    """An answer that states `result` and tries to keep `constraints`.

    >>> from keepif.rewards import make
    >>> story = Story("", "Mia has {} pens now.", ())
    >>> written(random.Random(0), story, 7, [make("startend:quotation", {})])
    '"Mia has 7 pens now. The answer is 7."'
    """
    writer, asked = Writer(rng, story, result), {constraint.id: constraint.kwargs for constraint in constraints}
    text = writer.plain()
    for kind, write in WRITERS.items():
        if kind in asked:
            text = write(writer, text, asked[kind])
    return text
