"""From a request to the text that a model continues, by the tokenizer's chat template."""

import hashlib
from typing import Any

from keepif.rewards.text.response import DEFAULT_DELIMITERS

from .generation import Request, Sampling

OPEN, CLOSE = DEFAULT_DELIMITERS.open, DEFAULT_DELIMITERS.close


def render(tokenizer: Any, request: Request) -> tuple[str, str]:
    """The text that `request` continues, and the opening of the thinking that the template has put at its end.

    A prefix comes right after the generation prompt, where the model would have written it. (transformers'
    `continue_final_message` would put it where templates put a past message, which many strip of its thinking.)

    A template that opens the thinking although it was asked not to has no switch for it: what it opened is closed.
    """
    switch = {} if request.thinking is None else {"enable_thinking": request.thinking}
    prompt = tokenizer.apply_chat_template(
        [dict(message) for message in request.messages], tokenize=False, add_generation_prompt=True, **switch
    )
    opening = prompt[prompt.rindex(OPEN) :] if prompt.rstrip().endswith(OPEN) else ""
    if opening and request.thinking is False:
        prompt, opening = f"{prompt.rstrip()}\n\n{CLOSE}\n\n", ""
    if not request.prefix:
        return prompt, opening
    opened_twice = opening and request.prefix.lstrip().startswith(OPEN)
    return (prompt.removesuffix(opening) if opened_twice else prompt) + request.prefix, ""


def can_choose(tokenizer: Any) -> bool:
    """Whether a model can be asked to think or not to: whether its chat template then gives another prompt."""
    hello = ({"role": "user", "content": "Hello."},)
    return render(tokenizer, Request(hello, thinking=True)) != render(tokenizer, Request(hello, thinking=False))


def seed_of(sampling: Sampling, request: Request, prompt: str) -> int:
    """A draw's own seed, 56 bits: two conversations, or two draws for one, share no random numbers."""
    parts = repr((sampling.seed, request.seed, prompt)).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(parts).digest()[:7], "big")
