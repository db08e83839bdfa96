"""Response: a completion, split once into thinking and answer."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from .text import Text
from .words import contains, parted

THINKING_KEYS = ("reasoning_content", "thinking", "reasoning")


@dataclass(frozen=True)
class Delimiters:
    """What opens and closes the thinking. `prefilled`: the prompt already ends in `open`, as R1-style templates do."""

    open: str = "<think>"
    close: str = "</think>"
    prefilled: bool = False


DEFAULT_DELIMITERS = Delimiters()
_TAGS = "seed:think|think(?:ing)?|thoughts?|reasoning|reflection|analysis|scratchpad"
OPENING = re.compile(
    rf"\s*+(<(?:{_TAGS})>|\[think(?:ing)?\]|◁think▷|<\|channel>thought|<\|channel\|>analysis<\|message\|>|"
    r"<\|begin_of_thought\|>|<\|START_THINKING\|>|analysis(?=.*assistantfinal))",
    re.IGNORECASE | re.DOTALL,
)
"""How a completion begins that thinks first, in any model's form: "<reasoning>…"; not "So <reasoning>…"."""
CLOSES = {
    "<|channel>thought": "<channel|>",  # Gemma 4
    "<|channel|>analysis<|message|>": "<|channel|>final<|message|>",  # gpt-oss
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_thinking|>": "<|END_THINKING|>",  # Command A
    "analysis": "assistantfinal",  # gpt-oss, decoded without its special tokens
}
"""Opening → closing, if it is not the same with a slash."""
OPENS = {close: opening for opening, close in CLOSES.items()}
OTHERS = (
    re.compile(
        rf"<(?:/?\s?(?:{_TAGS})\s?|\|?channel\|?|\|(?:begin|end)_of_thought\||\|(?:start|end)_thinking\|)>",
        re.IGNORECASE,
    ),
    re.compile(r"\[/?think(?:ing)?\]", re.IGNORECASE),
    re.compile("◁/?think▷"),
)
"""What opens or closes the thinking of other models ("</thinking>", "[THINK]"; not "</b>"): with the default
delimiters it has no place in an answer. A pattern each: `re` soon finds what can begin with but one character."""
FINAL = "<|channel|>final<|message|>"
"""What stands before gpt-oss's answer."""
WRAPPED = re.compile(
    r"\s*+(?:<answer>((?:(?!</?answer>).)*+)</answer>|<\|START_RESPONSE\|>((?:(?!<\|END_RESPONSE\|>).)*+)<\|END_RESPONSE\|>)\s*+",
    re.IGNORECASE | re.DOTALL,
)
"""An answer all in one tag, as R1-Zero's template has it: "<answer>7</answer>"; not "It is <answer>7</answer>"."""


@dataclass(frozen=True)
class Response:
    """A completion as the rewards see it. Build it with [`Response.parse`].

    Attributes:
        thinking (`str` or `None`): the thinking section, `None` if there is none.
        answer_text (`str`): the answer section, as written; empty if the thinking never closed.
        closed (`bool`): whether the thinking, if any, was closed.
        reopened (`bool`): whether a thinking delimiter stands where none may: again after the first close, after
            text, or, of another model, in the answer.
    """

    thinking: str | None
    answer_text: str
    closed: bool = True
    reopened: bool = False

    @cached_property
    def answer(self) -> Text:
        """The answer section with its cached views."""
        return Text(self.answer_text)

    @classmethod
    def parse(cls, completion: Any, delimiters: Delimiters = DEFAULT_DELIMITERS) -> "Response":
        """Split `completion`: a string, or a message list as TRL hands it over. Never raises.

        Of a message list the last assistant message counts. Thinking may stand in the message's own field
        (`reasoning_content`, `thinking`, `reasoning`) or between the delimiters in its content. With the default
        delimiters the thinking of other models is known too. An `<answer>` around the whole answer is left out.

        >>> Response.parse("<think>1 + 1 = 2</think>It is 2.").answer_text
        'It is 2.'
        >>> Response.parse("1 + 1 = 2</think>It is 2.").thinking  # the template opened the thinking
        '1 + 1 = 2'
        >>> Response.parse([{"role": "assistant", "content": "Four.", "reasoning_content": "2 + 2"}]).thinking
        '2 + 2'
        >>> Response.parse("<reasoning>1 + 1</reasoning><answer>2</answer>").answer_text
        '2'
        >>> Response.parse("<think>1 + 1").closed
        False
        """
        thinking, content = _last_message(completion)
        used = _delimiters_of(content, thinking, delimiters)
        response = cls._split(content, used) if used else cls(thinking=thinking, answer_text=content)
        if delimiters.open == DEFAULT_DELIMITERS.open:
            answer = response.answer_text.removeprefix(FINAL)
            reopened = response.reopened or bool(_marks(answer))
            response = replace(response, answer_text=answer, reopened=reopened)
        wrapped = WRAPPED.fullmatch(response.answer_text)
        return replace(response, answer_text=wrapped[1] or wrapped[2] or "") if wrapped else response

    @classmethod
    def _split(cls, text: str, delimiters: Delimiters) -> "Response":
        before, close, after = parted(text, delimiters.close)
        if not close:
            head, opened, thinking = parted(text, delimiters.open)
            if opened or delimiters.prefilled:
                return cls(thinking=thinking if opened else head, answer_text="", closed=False)
            return cls(thinking=None, answer_text=text)
        reopened = contains(after, delimiters.open) or contains(after, delimiters.close)
        head, opened, thinking = parted(before, delimiters.open)
        reopened = reopened or contains(thinking, delimiters.open) or bool(opened and head.strip().strip("\ufeff"))
        answer = after.rpartition(delimiters.close)[2] if reopened else after
        return cls(thinking=thinking if opened else head, answer_text=answer, reopened=reopened)


def _delimiters_of(content: str, thinking: str | None, given: Delimiters) -> Delimiters | None:
    """What the thinking stands between in `content`: what was given or, if that is the default, another model's."""
    if contains(content, given.open) or contains(content, given.close):
        return given
    if thinking is not None:
        return None
    others = _others_delimiters(content, _marks(content)) if given.open == DEFAULT_DELIMITERS.open else None
    return others or (given if given.prefilled else None)


def _marks(text: str) -> list[str]:
    """What opens or closes the thinking of other models, wherever it stands."""
    return [mark[0] for other in OTHERS for mark in other.finditer(text)]


def _others_delimiters(text: str, marks: list[str]) -> Delimiters | None:
    """The delimiters of another model that `text`, with such marks, uses."""
    if opening := OPENING.match(text):
        return Delimiters(opening[1], CLOSES.get(opening[1].lower(), f"{opening[1][0]}/{opening[1][1:]}"))
    for mark in marks:
        opened = OPENS.get(mark.lower(), mark.replace("/", "", 1))
        if opened != mark:  # it closes what the template opened
            return Delimiters(opened, mark)
    return None


def prompt_text(prompt: Any) -> str:
    """A prompt's text: itself, or its last user message; empty for anything else."""
    if isinstance(prompt, str):
        return prompt
    messages = prompt if isinstance(prompt, Sequence) else []
    asked = [message for message in messages if isinstance(message, Mapping) and message.get("role") == "user"]
    return _content(asked[-1].get("content")) if asked else ""


def _last_message(completion: Any) -> tuple[str | None, str]:
    """(thinking field, content) of a completion in any of the forms trainers use; ("", "") parts where broken."""
    if isinstance(completion, str):
        return None, completion
    if isinstance(completion, Mapping):
        completion = [completion]
    if not isinstance(completion, Sequence):
        return None, ""
    messages = [message for message in completion if isinstance(message, Mapping)]
    spoken = [message for message in messages if message.get("role", "assistant") == "assistant"]
    if not spoken:
        return None, ""
    thinking = next((spoken[-1][key] for key in THINKING_KEYS if isinstance(spoken[-1].get(key), str)), None)
    return thinking, _content(spoken[-1].get("content"))


def _content(content: Any) -> str:
    """A message's content as text: a string, or the text blocks of a list."""
    if isinstance(content, str):
        return content
    if isinstance(content, Sequence):
        blocks = [block.get("text") if isinstance(block, Mapping) else block for block in content]
        return "".join(block for block in blocks if isinstance(block, str))
    return ""
