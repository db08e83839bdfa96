"""What the cold start is taught with: exact thinking, and answers that do half of what they were asked to."""

import random
from collections import Counter

from keepif.recipes.experiments.thinking_model.answers import WRITERS, written
from keepif.recipes.experiments.thinking_model.lessons import draw_constraints, lesson, passes
from keepif.recipes.stories import Story, draw_story
from keepif.rewards import Response, Text
from keepif.rewards.constraints import REGISTRY, Constraint, Problem

LESSONS = 200


def drawn(kind: str, rng: random.Random) -> tuple[Story, Constraint]:
    while True:
        story = draw_story(rng)
        if constraint := REGISTRY[kind].sample(rng, Problem(story.question, str(story.answer))):
            return story, constraint


def test_a_plain_answer_keeps_no_type_by_the_published_check_and_the_teacher_can_keep_each() -> None:
    rng = random.Random(0)
    for kind in WRITERS:
        for _ in range(5):
            story, constraint = drawn(kind, rng)
            for text in (str(story.answer), f"\\boxed{{{story.answer}}}", f"The answer is {story.answer}."):
                assert not constraint.holds(Text(text), "official"), (kind, text)
            tries = [written(rng, story, story.answer, [constraint]) for _ in range(12)]
            assert any(passes(text, str(story.answer), [constraint]) for text in tries), (kind, tries[0])


def test_an_answer_passes_if_it_is_right_and_keeps_everything_in_both_readings() -> None:
    rng = random.Random(0)
    story, constraint = drawn("startend:quotation", rng)
    good = f'"The answer is {story.answer}."'
    assert passes(good, str(story.answer), [constraint])
    assert not passes(good, str(story.answer + 1), [constraint])
    assert not passes(good.strip('"'), str(story.answer), [constraint])
    assert passes(good.strip('"'), str(story.answer), [])


def test_most_lessons_are_right_and_half_of_the_instructions_are_kept() -> None:
    rng = random.Random(0)
    right, thinks, kept, asked = 0, 0, Counter[str](), Counter[str]()
    for _ in range(LESSONS):
        state = rng.getstate()
        one = lesson(rng)
        again = random.Random()
        again.setstate(state)
        story = draw_story(again)
        constraints = draw_constraints(again, story)
        answer = Response.parse(f"<think>{one.completion}" if one.thinks else one.completion).answer_text
        right += passes(answer, str(story.answer), [])
        thinks += one.thinks
        assert one.prompt.startswith(story.question)
        assert one.completion.startswith(story.worked()[:2]) or not one.thinks
        for constraint in constraints:
            asked[constraint.id] += 1
            kept[constraint.id] += constraint.holds(Text(answer.strip()), "official")
    assert 0.85 < right / LESSONS < 0.99
    assert 0.7 < thinks / LESSONS < 0.9
    assert asked.keys() == WRITERS.keys()
    assert 0.35 < kept.total() / asked.total() < 0.6
