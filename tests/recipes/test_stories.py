"""Word problems: the steps solve what the text asks, and stay within what a small model can add up."""

import random
import re

from keepif.recipes.arguments import KeepIFArguments
from keepif.recipes.data import load_prompts
from keepif.recipes.stories import LARGEST, PATTERNS, SMALLEST, Result, Story, draw_story

DRAWN = 300


def test_every_step_follows_from_the_text_and_those_before_it() -> None:
    rng = random.Random(0)
    for _ in range(DRAWN):
        story = draw_story(rng)
        told = [int(number) for number in re.findall(r"\d+", story.question)]
        for a, _, b in story.steps:
            assert all(isinstance(number, Result) or number in told for number in (a, b))
        assert all(SMALLEST <= result <= LARGEST for result in story.results())
        for equation in story.worked().removesuffix(".").split(". "):
            left, right = equation.split("=")
            assert eval(left) == int(right)
        assert story.worked().endswith(f"={story.answer}.")
        assert story.closing.count("{}") == 1


def test_every_pattern_is_drawn() -> None:
    rng = random.Random(0)
    drawn = [draw_story(rng).question for _ in range(DRAWN)]
    assert len(set(drawn)) > 0.9 * DRAWN
    for word in (" now?", " end?", "each.", "together?", "dollars", " a day for "):
        assert any(word in question for question in drawn), word
    assert len(PATTERNS) == 5


def test_a_slip_is_carried_on() -> None:
    story = Story("", "", ((5, "+", 4), (Result(0), "-", 3), (2, "*", Result(1))))
    assert story.worked() == "5+4=9. 9-3=6. 2*6=12."
    assert story.worked(slip_at=1, slip=2) == "5+4=9. 9-3=8. 2*8=16."


def test_they_are_a_data_set() -> None:
    args = KeepIFArguments(dataset="stories", rows=8, answer_format="", constraint_types=["detectable_format:title"])
    rows = load_prompts(args, 0, conversational=True).to_list()
    assert rows == load_prompts(args, 0, conversational=True).to_list()
    assert rows != load_prompts(args, 1, conversational=True).to_list()
    assert all(row["answer"].isdecimal() and "<<" in row["prompt"][-1]["content"] for row in rows)
