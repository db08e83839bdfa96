"""Broken structure: no end, no answer, thinking where none may be."""

import pytest

from keepif.rewards import Delimiters, Response, guard


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
    ],
)
def test_sections(text: str, reason: str | None) -> None:
    assert guard(Response.parse(text)) == reason


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
