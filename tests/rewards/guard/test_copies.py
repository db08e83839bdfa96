"""A copy of the prompt, and what only works on a text in it."""

import pytest

from keepif.rewards import Response, Scoring, guard

PROMPT = "Bob has 3 apples and buys 4 more of them. How many apples has he got? Do not use commas."


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        (PROMPT, True),
        (PROMPT.upper().replace(" ", "  "), True),
        (PROMPT.replace("buys", "gets"), True),
        (f"So. {PROMPT}", True),
        (f"{PROMPT} ok", True),
        (f"{PROMPT} It is seven, surely.", True),
        (f"{PROMPT}\u200b ok".replace("apples", "app\u200bles"), True),
        ("How many apples has he got? Do not use commas.", False),
        (f"{PROMPT} The answer is 7.", False),
        (rf"{PROMPT} \boxed{{7}}", False),
        (f"{PROMPT} He has the 3 of before and the 4 new ones, and so 3 + 4 = 7 in all.", False),
        ("Bob has 7 apples.", False),
        ("7", False),
    ],
)
def test_a_copied_prompt(text: str, copied: bool) -> None:
    assert (guard(Response.parse(text), prompt=PROMPT) == "copied") is copied
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": PROMPT}]
    for prompt in (PROMPT, messages):
        assert (Scoring().batch([text], None, {}, [prompt])[0].void == "copied") is copied
    assert guard(Response.parse(text)) is None


LIBRARY = "the library opens at ten on weekdays and closes late on friday because students need a quiet place to read."
BAKER = "Before the sun rose over the hills, the baker, who was tired, lit the oven and began to bake for the town."
STEPS = "boil the water in the large pot, add the salt and the pasta, drain the pasta when it is done, serve it warm."
SOUP = "The soup was cold and the waiter forgot our bread, but the cake made up for all of it in the end."


@pytest.mark.parametrize(
    ("prompt", "text"),
    [
        (f"Write the text below in capital letters. {LIBRARY}", LIBRARY.upper()),
        (f"{LIBRARY}\n\nWrite the text above in capital letters.", LIBRARY.upper()),
        (f"Rewrite the following sentence so that it has no commas: {BAKER}", BAKER.replace(",", "")),
        (f"Put each of these steps in a bullet: {STEPS}", "* " + STEPS.replace(", ", "\n* ")),
        (f'Is this review positive? Quote it first. "{SOUP}"', f'"{SOUP}" The tone is positive.'),
        (f"Correct the spelling: {SOUP.replace('waiter', 'waitre')}", SOUP),
        (f"Put the text in double quotation marks, and change no word of it: {BAKER}", f'"{BAKER}"'),
        (
            "Which set is it? (A) a circle (B) the perpendicular bisector of the segment between the two given points",
            "Answer: the perpendicular bisector of the segment between the two given points",
        ),
    ],
)
def test_an_edited_text_is_no_copy(prompt: str, text: str) -> None:
    assert guard(Response.parse(text), prompt=prompt) is None
    assert guard(Response.parse(prompt), prompt=prompt) == "copied"


def test_a_prompt_that_is_to_be_repeated_may_be_copied() -> None:
    repeat = {"instruction_id": "combination:repeat_prompt", "kwargs": {"prompt_to_repeat": PROMPT}}
    both = {"parts": [repeat, {"instruction_id": "punctuation:no_comma", "kwargs": {}}]}
    said = f"{PROMPT} It is seven."
    for instruction_id, kwargs, void in (
        (repeat["instruction_id"], repeat["kwargs"], None),
        ("composition:and", both, None),
        ("punctuation:no_comma", {}, "copied"),
    ):
        columns = {"instruction_id_list": [[instruction_id]], "kwargs": [[kwargs]]}
        assert Scoring().batch([said], None, columns, [PROMPT])[0].void == void
