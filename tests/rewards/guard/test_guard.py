"""What voids credit, and how rarely it does so to real solutions."""

import random
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from keepif.rewards import Delimiters, Response, Scoring, guard


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It is 42.", None),
        ("<think>a</think>It is 42.", None),
        ("", "empty"),
        ("<think>a</think> \n", "empty"),
        ("<think>a", "unclosed"),
        ("<think>a</think>b<think>c</think>d", "reopened"),
        (r"It is 3. <think>a</think>It is 42.", "reopened"),
        ("<thinking>a</thinking>It is 42.", None),
        ("<think>a</think>It is 42. <reasoning>or 43</reasoning>", "reopened"),
        ("<THINK>a</THINK>It is 42.", None),
        ("[THINK]a[/THINK]It is 42.", None),
        ("So <thinking>a</thinking>It is 42.", "reopened"),
        ("<think>a</think>[THINK]b[/THINK]It is 42.", "reopened"),
        ("<|channel|>analysis<|message|>a<|end|>It is 42.", "unclosed"),
        (" \n<think>a</think>It is 42.", None),
        ("I was thinking: x < think, so it is 42.", None),
        ("keyword " * 200, "repetitive"),
        ("p p p " * 100, "repetitive"),
        ("\n" * 500 + "x", "repetitive"),
        ("a" * 5000, "repetitive"),
        ("* Done.\n" * 5, None),
        (" ".join(map(str, range(300))), "repetitive"),
        (" ".join(f"wait {i}" for i in range(300)), "repetitive"),
        (" ".join(f"step{i}" for i in range(100)), "repetitive"),
        ("I'm sorry, but I cannot help with that.", "refusal"),
        ("I’m sorry, but I can’t help with that.", "refusal"),
        ("As an AI language model, I do not do sums.", "refusal"),
        ("I'd rather not.", "refusal"),
        ("I'm afraid I can't do that.", "refusal"),
        ("Skip this one please.", "refusal"),
        ("I have no idea what this is.", "refusal"),
        ("I do not want to answer this.", "refusal"),
        (r"I cannot answer that. \boxed{0}", "refusal"),
        (r"I'd rather not. \boxed{0}", "refusal"),
        ("I'm unable to answer the question: the answer is 0.", "refusal"),
        ("I'm sorry for the confusion. The answer is 42.", None),
        ("I apologize for the earlier mistake. #### 42", None),
        ("Unfortunately, I cannot simplify further. The answer is 42.", None),
        (r"I cannot do it by hand. \boxed{4}", None),
        (r"I'm sorry for the delay in my answer. \boxed{4}", None),
        ("I cannot see a shortcut, so I add them up. " + "It takes a while and some care. " * 3 + r"\boxed{4}", None),
        ("We can't divide by zero, so there is no answer.", None),
        ("It\u200b is\u200b 42\u200b.\u200b\u200b\u200b", "hidden"),
        ("It\x00 is\x01 42\x08.\x1a\x1b\x7f", "hidden"),
        ("It\u034f is\u2800 42\u3164.\u115f\u1160\uffa0", "hidden"),
        ("It is 42.\r\n\tSo\r\n\tit\r\n\tis\r\n.\f", None),
        ("\ufeffIt is 42.", None),
        ("Family: \U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 and so it is 42.", None),
    ],
)
def test_reasons(text: str, reason: str | None) -> None:
    assert guard(Response.parse(text)) == reason


PROMPT = "Bob has 3 apples and buys 4 more of them. How many apples has he got? Do not use commas."


@pytest.mark.parametrize(
    ("text", "copied"),
    [
        (PROMPT, True),
        (PROMPT.upper().replace(" ", "  "), True),
        ("How many apples has he got? Do not use commas.", True),
        (PROMPT.replace("buys", "gets"), True),
        (f"So. {PROMPT}", True),
        (f"{PROMPT} ok", True),
        (f"{PROMPT} It is seven, surely.", True),
        (f"{PROMPT}\u200b ok".replace("apples", "app\u200bles"), True),
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


def test_truncation_needs_the_end_tokens() -> None:
    response = Response.parse("It is 42.")
    assert guard(response, [5, 6], {2}) == "truncated"
    assert guard(response, [5, 2], {2}) is None
    assert guard(response, [5, 6], None) is None
    assert guard(response, None, {2}) is None
    assert guard(response, [], {2}) == "truncated"


def test_who_has_delimiters_of_their_own_may_write_the_others() -> None:
    answer = "[T]a[/T]It is <thinking>42</thinking>."
    assert guard(Response.parse(answer, Delimiters("[T]", "[/T]"))) is None


def test_real_solutions_are_left_alone(benchmark: Callable[[str], list[dict[str, Any]]]) -> None:
    rows = benchmark("math/qwen25math_math_cot.jsonl")
    solutions = [
        (text, row["question"]) for row in rows for text, right in zip(row["code"], row["score"], strict=True) if right
    ]
    solutions += [(row["answer"], row["question"]) for row in benchmark("math/gsm8k_test.jsonl")]
    guarded = [text for text, question in solutions if guard(Response.parse(text), prompt=question)]
    assert len(solutions) > 1500
    assert len(guarded) <= 0.005 * len(solutions)


WORDS = [*map("".join, product("bdfgklmnpr", "aeiou", "lnrst"))]


def salads(count: int, vocabularies: tuple[int, int], words: tuple[int, int]) -> list[str]:
    """Texts of words drawn evenly from vocabularies of a size in the range."""
    rng = random.Random(0)
    vocabulary = [rng.sample(WORDS, rng.randint(*vocabularies)) for _ in range(count)]
    return [" ".join(rng.choices(known, k=rng.randint(*words))) for known in vocabulary]


@pytest.mark.parametrize(
    ("vocabularies", "words"),
    [((1, 3), (150, 600)), ((10, 15), (150, 600)), ((20, 60), (220, 600)), ((60, 200), (220, 600))],
)
def test_spam_is_guarded(vocabularies: tuple[int, int], words: tuple[int, int]) -> None:
    spam = salads(200, vocabularies, words)
    assert sum(guard(Response.parse(text)) is not None for text in spam) >= 0.95 * len(spam)


def test_numbers_among_the_words_do_not_hide_that_they_are_drawn_at_random() -> None:
    spam = [re.sub(r"((?:\w+ ){4})", r"\g<1>17 ", text) for text in salads(100, (60, 180), (250, 400))]
    assert sum(guard(Response.parse(text)) is not None for text in spam) >= 0.95 * len(spam)
