"""Splitting completions, in every form that trainers and templates hand over."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.rewards import Delimiters, Response

ASSISTANT = {"role": "assistant"}
PREFILLED = Delimiters(prefilled=True)


@pytest.mark.parametrize(
    ("completion", "thinking", "answer"),
    [
        pytest.param("It is 2.", None, "It is 2.", id="no thinking"),
        pytest.param("<think>1 + 1</think>It is 2.", "1 + 1", "It is 2.", id="both tags"),
        pytest.param("1 + 1</think>It is 2.", "1 + 1", "It is 2.", id="opened by the template"),
        pytest.param("<think></think>2", "", "2", id="empty thinking"),
        pytest.param([ASSISTANT | {"content": "<think>a</think>b"}], "a", "b", id="messages"),
        pytest.param([ASSISTANT | {"content": "b", "reasoning_content": "a"}], "a", "b", id="reasoning_content"),
        pytest.param([ASSISTANT | {"content": "b", "thinking": "a"}], "a", "b", id="thinking key"),
        pytest.param(
            [{"role": "tool", "content": "x"}, ASSISTANT | {"content": "b"}, {"role": "user", "content": "c"}],
            None,
            "b",
            id="last assistant message",
        ),
        pytest.param([ASSISTANT | {"content": [{"type": "text", "text": "b"}]}], None, "b", id="blocks"),
        pytest.param(ASSISTANT | {"content": "b"}, None, "b", id="a bare message"),
    ],
)
def test_split(completion: object, thinking: str | None, answer: str) -> None:
    response = Response.parse(completion)
    assert (response.thinking, response.answer_text) == (thinking, answer)
    assert response.closed
    assert not response.reopened


@pytest.mark.parametrize(
    ("completion", "thinking"),
    [
        ("◁think▷so, 2◁/think▷b", "so, 2"),
        ("so, 2◁/think▷b", "so, 2"),
        ("<|START_THINKING|>so, 2<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>", "so, 2"),
        ("<|START_THINKING|>so, 2<|END_THINKING|>b", "so, 2"),
        ("<seed:think>so, 2</seed:think>b", "so, 2"),
        ("<|channel>thought\nso, 2<channel|>b", "\nso, 2"),
        ("<|channel|>analysis<|message|>so, 2<|channel|>final<|message|>b", "so, 2"),
        ("<|channel|>final<|message|>b", None),
        ("analysisWe add.assistantfinalb", "We add."),
        ("<|begin_of_thought|>so, 2<|end_of_thought|>b", "so, 2"),
        ("[THINK]so, 2[/THINK]b", "so, 2"),
        ("\n<THOUGHT>so, 2</THOUGHT>b", "so, 2"),
        ("so, 2</analysis>b", "so, 2"),
        ("<reasoning>so, 2</reasoning>\n<answer>b</answer>\n", "so, 2"),
        ("<think>so, 2</think><answer>b</answer>", "so, 2"),
    ],
)
def test_the_thinking_of_other_models(completion: str, thinking: str | None) -> None:
    assert Response.parse(completion) == Response(thinking=thinking, answer_text="b")


@pytest.mark.parametrize(
    "text", ["analysis of it", "So <answer>b</answer>", "<answer>a</answer><answer>b</answer>", "[think twice]"]
)
def test_what_only_looks_like_another_models_thinking(text: str) -> None:
    assert Response.parse(text) == Response(thinking=None, answer_text=text)


def test_of_two_forms_of_thinking_the_second_has_no_place() -> None:
    assert Response.parse("<think>a</think><thinking>b</thinking>c").reopened
    assert Response.parse("<thinking>a</thinking>b<reasoning>c</reasoning>d").reopened


@pytest.mark.parametrize("broken", [None, [], {}, 3, [None], [ASSISTANT], [ASSISTANT | {"content": None}], [[]]])
def test_broken_completions_are_empty(broken: object) -> None:
    assert Response.parse(broken).answer_text == ""


@pytest.mark.parametrize("text", ["<think>1 + 1", "so <think>", "<think>"])
def test_unclosed_thinking_has_no_answer(text: str) -> None:
    response = Response.parse(text)
    assert not response.closed
    assert response.answer_text == ""


def test_prefilled_thinking_that_never_closes_is_no_answer() -> None:
    assert Response.parse("1 + 1 is 2").answer_text == "1 + 1 is 2"
    assert not Response.parse("1 + 1 is 2", PREFILLED).closed


@pytest.mark.parametrize(
    "text", ["<think>a</think>b</think>c", "<think>a</think>b<think>c", "<think>a<think>b</think>c"]
)
def test_a_second_delimiter_is_seen(text: str) -> None:
    assert Response.parse(text).reopened


def test_own_delimiters() -> None:
    response = Response.parse("[T]a[/T]b", Delimiters("[T]", "[/T]"))
    assert (response.thinking, response.answer_text) == ("a", "b")


@given(st.text() | st.lists(st.dictionaries(st.sampled_from(["role", "content"]), st.text() | st.none())))
def test_never_raises_and_invents_nothing(completion: object) -> None:
    response = Response.parse(completion)
    assert response.answer_text in str(completion) or not isinstance(completion, str)


@given(st.text(), st.text())
def test_thinking_and_answer_come_back(thinking: str, answer: str) -> None:
    if "<think>" in thinking + answer or "</think>" in thinking + answer:
        return
    response = Response.parse(f"<think>{thinking}</think>{answer}")
    assert (response.thinking, response.answer_text) == (thinking, answer)


def test_a_response_that_was_read_can_be_sent_to_another_process() -> None:
    response = Response.parse("<think>so</think>Hence, $x^2$ is 4.")
    assert "Hence" in response.answer.prose.raw
    assert pickle.loads(pickle.dumps(response)).answer.prose.raw == response.answer.prose.raw
