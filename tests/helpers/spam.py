"""Spam by kind, the same each time: what the guard voids, and what it leaves to the gauges."""

import random
import re
from collections.abc import Callable
from itertools import product

WORDS = [*map("".join, product("bdfgklmnpr", "aeiou", "lnrst"))]
EACH = 200
Draw = Callable[[random.Random], str]


def salad(vocabularies: tuple[int, int], words: tuple[int, int]) -> Draw:
    """Words drawn evenly from a vocabulary of a size in the range."""
    return lambda rng: " ".join(rng.choices(rng.sample(WORDS, rng.randint(*vocabularies)), k=rng.randint(*words)))


def zipf(rng: random.Random) -> str:
    weights = [1 / (1 + rank) for rank in range(100)]
    return " ".join(rng.choices(rng.sample(WORDS, 100), weights, k=rng.randint(150, 400)))


def passage(words: tuple[int, int], times: tuple[int, int]) -> Draw:
    """One passage over and over."""
    return lambda rng: (" ".join(rng.sample(WORDS, rng.randint(*words))) + ". ") * rng.randint(*times)


def each(form: str, count: tuple[int, int]) -> Draw:
    """`form` over and over, with another word or the next number each time."""
    return lambda rng: " ".join(
        form.format(word=rng.choice(WORDS), i=i, other=rng.choice(WORDS)) for i in range(rng.randint(*count))
    )


def with_numbers(draw: Draw) -> Draw:
    return lambda rng: re.sub(r"((?:\w+ ){4})", r"\g<1>17 ", draw(rng))


def answered(draw: Draw) -> Draw:
    """Behind an answer, and before a last sentence."""
    return lambda rng: rf"The answer is \boxed{{42}}. {draw(rng)} And so it is 42."


VOIDED: dict[str, Draw] = {
    "words drawn from 1 to 3": salad((1, 3), (150, 600)),
    "words drawn from 10 to 15": salad((10, 15), (150, 600)),
    "words drawn from 20 to 60": salad((20, 60), (220, 600)),
    "words drawn from 60 to 200": salad((60, 200), (220, 600)),
    "words drawn from 60 to 180, and numbers": with_numbers(salad((60, 180), (250, 400))),
    "words drawn from 20 to 60, behind an answer": answered(salad((20, 60), (220, 600))),
    "a word, 150 times or more": passage((1, 1), (150, 600)),
    "a few words, 60 times or more": passage((2, 8), (60, 200)),
    "a sentence, 40 times or more": passage((9, 15), (40, 80)),
    "a sentence, 40 times or more, behind an answer": answered(passage((9, 15), (40, 80))),
    "counting": each("{i}", (300, 600)),
    "a word and a counter": each("wait {i}", (300, 600)),
}
LEFT: dict[str, Draw] = {
    "words drawn by Zipf's law": zipf,
    "one word, then any other": each("the {word}", (60, 200)),
    "one form, any word": each("The {word} is fine.", (25, 100)),
    "one form, any two words": each("{word} is {other}.", (50, 100)),
    "a sentence, 3 to 9 times": passage((9, 15), (3, 9)),
    "a sentence, 10 to 39 times": passage((9, 15), (10, 39)),
    "words drawn from 20 to 60, below 90 of them": salad((20, 60), (50, 89)),
    "counting, below 300": each("{i}", (60, 280)),
    "a word and a counter, below 150 of them": each("wait {i}", (30, 140)),
}


def texts(draw: Draw, count: int = EACH) -> list[str]:
    rng = random.Random(0)
    return [draw(rng) for _ in range(count)]
