"""English word problems with small numbers, and their exact solutions, step by step."""

import random
from collections.abc import Callable
from dataclasses import dataclass

PEOPLE = (("Mia", "She"), ("Tom", "He"), ("Ana", "She"), ("Ben", "He"), ("Lily", "She"), ("Sam", "He"),
          ("Emma", "She"), ("Jack", "He"))  # fmt: skip
THINGS = ("apples", "pens", "cards", "coins", "shells", "books", "eggs", "stamps")
GAINS = ("finds {} more", "buys {} more", "gets {} from a friend", "picks up {} more")
LOSSES = ("gives {} away", "loses {}", "sells {}", "hands {} to a friend")
HOLDERS = ("boxes", "bags", "jars", "packs")
SMALLEST, LARGEST = 1, 50
"""Bounds of every number on the way."""


@dataclass(frozen=True)
class Result:
    """The result of an earlier step, counted from 0, as a number of a later one."""

    step: int


Step = tuple[int | Result, str, int | Result]
"""Two numbers and what is done with them: `+`, `-` or `*`."""


@dataclass(frozen=True)
class Story:
    """A word problem, the steps that solve it, and a sentence that closes it, with `{}` in the place of the number."""

    question: str
    closing: str
    steps: tuple[Step, ...]

    @property
    def answer(self) -> int:
        return self.results()[-1]

    def results(self, slip_at: int | None = None, slip: int = 1) -> list[int]:
        """What each step gives; step `slip_at` is off by `slip`, and later ones go on from there."""
        results: list[int] = []
        for number, (a, sign, b) in enumerate(self.steps):
            left, right = (results[one.step] if isinstance(one, Result) else one for one in (a, b))
            exact = {"+": left + right, "-": left - right, "*": left * right}[sign]
            results.append(exact + slip * (number == slip_at))
        return results

    def worked(self, slip_at: int | None = None, slip: int = 1) -> str:
        """The steps written out.

        >>> Story("", "", ((3, "*", 4), (9, "+", Result(0)))).worked()
        '3*4=12. 9+12=21.'
        """
        results = self.results(slip_at, slip)
        shown = [[str(results[n.step] if isinstance(n, Result) else n) for n in (a, b)] for a, _, b in self.steps]
        lines = zip(shown, self.steps, results, strict=True)
        return " ".join(f"{a}{sign}{b}={result}." for (a, b), (_, sign, _), result in lines)


def draw_story(rng: random.Random) -> Story:
    """A story of any pattern, all of whose numbers are small."""
    while True:
        story = rng.choice(PATTERNS)(rng)
        if all(SMALLEST <= result <= LARGEST for result in story.results()):
            return story


def _changes(rng: random.Random) -> Story:
    """Someone has some, and gets and loses more."""
    (name, they), thing, start = rng.choice(PEOPLE), rng.choice(THINGS), rng.randint(3, 20)
    sentences, steps = [f"{name} has {start} {thing}."], []
    for number in range(rng.randint(3, 4)):
        amount, gains = rng.randint(2, 9), rng.random() < 0.5
        event = rng.choice(GAINS if gains else LOSSES).format(amount)
        sentences.append(f"{they} {event}." if number == 0 else f"Then {they.lower()} {event}.")
        steps.append((Result(number - 1) if number else start, "+" if gains else "-", amount))
    asks = rng.choice((f"How many {thing} does {name} have now?", f"How many {thing} does {name} have in the end?"))
    return Story(" ".join([*sentences, asks]), f"{name} has {{}} {thing} now.", tuple(steps))


def _packs(rng: random.Random) -> Story:
    """Someone has some, gets packs of equal size, and then gets or loses a few more."""
    (name, they), thing, holder = rng.choice(PEOPLE), rng.choice(THINGS), rng.choice(HOLDERS)
    packs, each, start, amount = rng.randint(2, 4), rng.randint(2, 6), rng.randint(2, 12), rng.randint(2, 9)
    gains = rng.random() < 0.5
    event = rng.choice(GAINS if gains else LOSSES).format(amount)
    return Story(
        f"{name} has {start} {thing}. {they} buys {packs} {holder} with {each} {thing} each. "
        f"Then {they.lower()} {event}. How many {thing} does {name} have now?",
        f"{name} has {{}} {thing} now.",
        ((packs, "*", each), (start, "+", Result(0)), (Result(1), "+" if gains else "-", amount)),
    )


def _together(rng: random.Random) -> Story:
    """One has more or fewer than the other: how many have both?"""
    ((first, _), (second, _)), thing = rng.sample(PEOPLE, 2), rng.choice(THINGS)
    has, more, sign = rng.randint(5, 16), rng.randint(2, 9), rng.choice("+-")
    compared = f"{second} has {more} {'more' if sign == '+' else 'fewer'} {thing} than {first}."
    asks = rng.choice(("How many do they have together?", f"How many {thing} do they have in all?"))
    return Story(
        f"{first} has {has} {thing}. {compared} {asks}",
        f"Together they have {{}} {thing}.",
        ((has, sign, more), (has, "+", Result(0))),
    )


def _shopping(rng: random.Random) -> Story:
    """Several of one thing and one of another are paid for: what do they cost, or what is left?"""
    (name, they), count = rng.choice(PEOPLE), rng.randint(2, 4)
    many, one = rng.sample(("pen", "book", "cup", "hat", "toy"), 2)
    price, other = rng.randint(2, 6), rng.randint(2, 9)
    question = f"A {many} costs {price} dollars and a {one} costs {other} dollars. "
    question += f"{name} buys {count} {many}s and one {one}."
    bought: tuple[Step, ...] = ((count, "*", price), (Result(0), "+", other))
    if rng.random() < 0.5:
        return Story(f"{question} How many dollars does {they.lower()} pay?", f"{name} pays {{}} dollars.", bought)
    purse = rng.choice((30, 40, 50))
    return Story(
        f"{question} {they} had {purse} dollars. How many dollars are left?",
        f"{name} has {{}} dollars left.",
        (*bought, (purse, "-", Result(1))),
    )


def _days(rng: random.Random) -> Story:
    """So much a day for some days, and then some more."""
    (name, they), days, each, more = rng.choice(PEOPLE), rng.randint(2, 5), rng.randint(2, 7), rng.randint(2, 9)
    do, noun = rng.choice((("read", "pages"), ("run", "miles"), ("bake", "cakes"), ("plant", "trees")))
    return Story(
        f"{name} {do}s {each} {noun} a day for {days} days. On the next day {they.lower()} {do}s {more} {noun}. "
        f"How many {noun} does {name} {do} in all?",
        f"{name} {do}s {{}} {noun} in all.",
        ((each, "*", days), (Result(0), "+", more)),
    )


PATTERNS: tuple[Callable[[random.Random], Story], ...] = (_changes, _packs, _together, _shopping, _days)
