"""What voids credit, and how rarely it does so to real solutions."""

import random
from collections.abc import Callable
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
        ("<thinking>a</thinking>It is 42.", "reopened"),
        ("<think>a</think>It is 42. <reasoning>or 43</reasoning>", "reopened"),
        ("<THINK>a</THINK>It is 42.", "reopened"),
        ("[THINK]a[/THINK]It is 42.", "reopened"),
        ("<|channel|>analysis<|message|>a<|end|>It is 42.", "reopened"),
        (" \n<think>a</think>It is 42.", None),
        ("I was thinking: x < think, so it is 42.", None),
        ("keyword " * 200, "repetitive"),
        ("p p p " * 100, "repetitive"),
        ("\n" * 500 + "x", "repetitive"),
        ("a" * 5000, "repetitive"),
        ("* Done.\n" * 5, None),
        ("I'm sorry, but I cannot help with that.", "refusal"),
        ("As an AI language model, I do not do sums.", "refusal"),
        ("I cannot see a shortcut, so I add them up. " + "It takes a while and some care. " * 3 + r"\boxed{4}", None),
        ("We can't divide by zero, so there is no answer.", None),
        ("It\u200b is\u200b 42\u200b.\u200b\u200b\u200b", "hidden"),
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
        (f"{PROMPT} It is 7.", False),
        (f"{PROMPT} 7", False),
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
    solutions = [text for row in rows for text, right in zip(row["code"], row["score"], strict=True) if right]
    solutions += [row["answer"] for row in benchmark("math/gsm8k_test.jsonl")]
    guarded = [text for text in solutions if guard(Response.parse(text))]
    assert len(solutions) > 1500
    assert len(guarded) <= 0.005 * len(solutions)


def test_spam_is_guarded() -> None:
    rng = random.Random(0)
    words = ["call", "implement", "physical", "because", "root"]
    spam = [" ".join(rng.choices(words[: rng.randint(1, 3)], k=rng.randint(150, 600))) for _ in range(200)]
    few = [f"word{i}" for i in range(15)]
    spam += [" ".join(rng.choices(few, k=rng.randint(150, 600))) for _ in range(200)]
    assert sum(guard(Response.parse(text)) is not None for text in spam) >= 0.95 * len(spam)
