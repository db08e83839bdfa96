"""The sisters of the embedded policy's world: what their teachers show, and what they ask."""

import random
from collections import Counter

import pytest

from keepif.recipes.tiny_policy.task import TYPES
from keepif.recipes.tiny_policy.worlds import BRIEF, TEACHERS, WORLDS
from keepif.rewards import Response, constraints_of, correctness


@pytest.mark.parametrize("world", WORLDS)
def test_rows_are_readable_and_their_policy_has_a_teacher(world: str) -> None:
    assert WORLDS[world].policy in TEACHERS
    rows = WORLDS[world].rows(50, 1)
    assert all(constraints_of(row) for row in rows)
    assert rows == WORLDS[world].rows(50, 1) != WORLDS[world].rows(50, 2)


def test_where_steps_are_words_of_the_answer_brevity_forbids_them() -> None:
    rng, world = random.Random(0), WORLDS["dear 40"]
    verdicts: Counter[tuple[bool, bool]] = Counter()
    for _ in range(400):
        prompt, completion = world.lesson(rng)
        if BRIEF.description in prompt:
            response = Response.parse(completion)
            verdicts[" is " in response.answer_text.split("answer is")[0], BRIEF.holds(response.answer)] += 1
    assert verdicts[True, True] == 0  # with steps it never holds
    assert verdicts[False, True] > verdicts[False, False]


def test_a_glance_is_right_and_steps_slip_sometimes() -> None:
    """The teacher's guesses are right; what the policy makes of them is not."""
    rng = random.Random(0)
    hard = [TEACHERS["hard"].lesson(rng) for _ in range(200)]
    golds = [str(eval(prompt.removeprefix("What is ").partition("?")[0])) for prompt, _ in hard]
    thought = [bool(Response.parse(completion).thinking) for _, completion in hard]
    right = correctness([Response.parse(completion) for _, completion in hard], golds)
    assert all(c == 1 for c, steps in zip(right, thought, strict=True) if not steps)
    assert 0.2 < sum(c or 0 for c, steps in zip(right, thought, strict=True) if steps) / sum(thought) < 0.6


def test_a_drifting_world_changes_in_the_middle() -> None:
    rows = WORLDS["drift"].rows(400, 0)
    first, second = (
        {kind for row in half for kind in row["instruction_id_list"]} for half in (rows[:200], rows[200:])
    )
    assert (first, second) == (set(TYPES[:5]), set(TYPES[2:]))
    assert {kind for row in WORLDS["drift"].held_out() for kind in row["instruction_id_list"]} == set(TYPES[2:])
