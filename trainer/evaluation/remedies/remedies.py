"""The literature's remedies that need no training: other ways of asking for the same items.

Four are of "When Thinking Fails" (arXiv 2505.11423): few-shot examples, self-reflection, self-selective and
classifier-selective reasoning. Repeating the constraints and limiting the thinking are of MathIF (arXiv 2505.14810).
The papers' prompts are not published: the prompts here are ours.

Each remedy answers every item by itself, in at most two calls of the generator for all items together. Its response
is the last one made, its tokens are those of all calls, and an item one of whose calls failed is `None`, to be asked
again.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from keepif.rewards import Response
from keepif.rewards.text.response import DEFAULT_DELIMITERS, prompt_text

from ..benchmarks.benchmark import Item, Sample
from ..engines.generation import Generated, Generator, Request, Sampling
from .examples import EXAMPLES

FEW_SHOT = (
    "Here are {count} requests with responses that meet every requirement.\n\n{examples}\n\n"
    "Now respond to this request in the same manner.\n\n{request}"
)
REFLECT = (
    "Below is a request and a draft of the answer to it. Check the draft against the request, requirement by "
    "requirement: what it asks, and every rule it sets for the form of the answer. If the draft meets all of them, "
    "reply with the one word KEEP. If it does not, reply with the corrected answer and nothing else.\n\n"
    "### Request\n{request}\n\n{thinking}### Draft\n{draft}"
)
SELECT = (
    "Do not answer the request below. Decide only whether thinking it through step by step before answering would "
    "help to meet all its requirements, the rules for the form of the answer included. Reply with the one word YES "
    "or NO.\n\n### Request\n{request}"
)
KEEP = re.compile(r"[\W_]*keep[*_`'\"’”)]*[ \t]*(?:[.,:;!–—]|-(?!\w)|$)", re.IGNORECASE | re.MULTILINE)
"""The word alone, or with punctuation behind it, and no answer that begins with it: "Keep calm"."""
OPEN, CLOSE = DEFAULT_DELIMITERS.open, DEFAULT_DELIMITERS.close
SELECT_TOKENS = 16
"""Tokens that a YES or NO may take."""


@dataclass(frozen=True)
class Asking:
    """Whom a remedy asks, and how.

    Args:
        generator ([`Generator`]): answers requests.
        sampling ([`Sampling`]): how.
        thinking (`bool`, *optional*): whether the model is asked to think; the selective remedies choose that
            themselves.
        thinking_budget (`int`, *optional*): tokens after which the thinking is closed; half of the sampling's
            `max_tokens` by default.
        gate (`Callable`, *optional*): for each of many items, whether to think; see classifier.py.
    """

    generator: Generator
    sampling: Sampling
    thinking: bool | None = None
    thinking_budget: int | None = None
    gate: Callable[[Sequence[Item]], Sequence[bool]] | None = None

    def requests(self, items: Sequence[Item], seeds: Sequence[int]) -> list[Request]:
        """Each item as it stands."""
        return [Request(item.messages, self.thinking, seed=seed) for item, seed in zip(items, seeds, strict=True)]

    def answers(self, requests: Sequence[Request | None]) -> list[Generated | None]:
        """Answers in one call of the generator; `None` for no request, and where it failed."""
        asked = [request for request in requests if request is not None]
        found = iter(self.generator.generate(asked, self.sampling) if asked else [])
        return [None if request is None else next(found) for request in requests]


Remedy = Callable[[Asking, Sequence[Item], Sequence[int]], list[Generated | None]]
"""Takes what to ask, the items, and a seed for each; gives each item's response, or `None` where a call failed."""


def few_shot(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    """Corrective examples before the request: thinking that minds the constraints, answers that keep them.

    The examples stand in the request, because chat templates drop the thinking of earlier turns. A model that is
    told not to think is shown their answers only.
    """
    return asking.answers(
        [
            replace(
                request, messages=_with_prompt(item, _few_shot_prompt(asking.thinking, prompt_text(item.messages)))
            )
            for item, request in zip(items, asking.requests(items, seeds), strict=True)
        ]
    )


def _few_shot_prompt(thinking: bool | None, request: str) -> str:
    examples = [
        f"Request: {example.request}\nResponse: "
        + ("" if thinking is False else f"{OPEN}{example.thinking}{CLOSE}")
        + example.answer
        for example in EXAMPLES
    ]
    return FEW_SHOT.format(count=len(EXAMPLES), examples="\n\n".join(examples), request=request)


def self_reflection(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    """A second look: the model is shown the request, its thinking and its answer, and keeps or corrects the answer.

    A second look without an answer, empty or cut off in its thinking, keeps the first; so does one that says
    KEEP, in any case, whatever it says after that.
    """
    drafts = asking.answers(asking.requests(items, seeds))
    seconds = asking.answers(
        [
            draft and replace(request, messages=_with_prompt(item, _reflection_prompt(item, draft)))
            for item, request, draft in zip(items, asking.requests(items, seeds), drafts, strict=True)
        ]
    )
    return [_reflected(draft, second) for draft, second in zip(drafts, seconds, strict=True)]


def _reflection_prompt(item: Item, draft: Generated) -> str:
    response = Response.parse(draft.text)
    thinking = f"### Thinking\n{response.thinking.strip()}\n\n" if response.thinking else ""
    answer = response.answer_text.strip() or "(There is no answer.)"
    return REFLECT.format(request=prompt_text(item.messages), thinking=thinking, draft=answer)


def _reflected(draft: Generated | None, second: Generated | None) -> Generated | None:
    if draft is None or second is None:
        return None
    answer = Response.parse(second.text).answer_text.strip()
    kept = not answer or KEEP.match(answer)
    return _sum(draft, second, draft if kept else second)


def self_selective(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    """The model says from the request alone whether to think, YES or NO, and is then asked so.

    It is asked without thinking, where its template can do that; if it says neither, it thinks.
    """
    said = asking.answers(
        [
            Request(
                _with_prompt(item, SELECT.format(request=prompt_text(item.messages))), False, "", SELECT_TOKENS, seed
            )
            for item, seed in zip(items, seeds, strict=True)
        ]
    )
    answers = asking.answers(
        [
            word and replace(request, thinking=_says_yes(word.text))
            for request, word in zip(asking.requests(items, seeds), said, strict=True)
        ]
    )
    return [
        answer and word and _sum(word, answer, answer) for word, answer in zip(said, answers, strict=True)
    ]  # fmt: skip


def _says_yes(text: str) -> bool:
    answer = Response.parse(text).answer_text or text
    word = re.search(r"\b(yes|no)\b", answer, re.IGNORECASE)
    return word is None or word[0].lower() == "yes"


def classifier_selective(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    """A trained gate says from the request alone whether to think."""
    if asking.gate is None:
        raise ValueError(
            "classifier-selective reasoning needs a gate: train one with python -m keepif.recipes.evaluate.train_gate"
        )
    chosen = asking.gate(items)
    requests = zip(asking.requests(items, seeds), chosen, strict=True)
    return asking.answers([replace(request, thinking=thinks) for request, thinks in requests])


def constraint_repetition(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    """At the end of the thinking stands "Wait" and the constraints once more, and the model goes on from there.

    A response without thinking, or whose thinking never closed, has no such place, and an item that names no
    constraints has nothing to repeat: these stay as they are.
    """
    firsts = asking.answers(asking.requests(items, seeds))
    begun = [_reminded(item, first) for item, first in zip(items, firsts, strict=True)]
    return _continued(asking, items, seeds, firsts, begun)


def _reminded(item: Item, first: Generated | None) -> str:
    """The thinking with the constraints at its end; empty where that cannot be."""
    if first is None or not item.instructions:
        return ""
    thinking, closed, _ = first.text.partition(CLOSE)
    if not closed or not thinking.replace(OPEN, "").strip():
        return ""
    return f"{thinking.rstrip()}\n\nWait, {' '.join(item.instructions)}"


def thinking_budget(asking: Asking, items: Sequence[Item], seeds: Sequence[int]) -> list[Generated | None]:
    """Thinking that is not done within the budget is cut and closed, and the model goes on with its answer.

    Thought and answer together have the sampling's `max_tokens`. A response without thinking is not cut short.
    """
    limit = asking.sampling.max_tokens
    budget = limit // 2 if asking.thinking_budget is None else asking.thinking_budget
    if not 0 < budget < limit:
        raise ValueError(
            f"the thinking budget must leave tokens for the answer: found {budget} of max_tokens = {limit}"
        )
    firsts = asking.answers([replace(request, max_tokens=budget) for request in asking.requests(items, seeds)])
    begun = [_closed(first.text) if first and first.truncated else "" for first in firsts]
    return _continued(asking, items, seeds, firsts, begun, limit - budget)


def _closed(text: str) -> str:
    """`text`, which the limit cut, with its thinking closed where that is where it was cut."""
    return text if Response.parse(text).closed else text + CLOSE


def _continued(
    asking: Asking,
    items: Sequence[Item],
    seeds: Sequence[int],
    firsts: Sequence[Generated | None],
    begun: Sequence[str],
    max_tokens: int | None = None,
) -> list[Generated | None]:
    """Responses gone on with from `begun`; the first one where that is empty."""
    requests = asking.requests(items, seeds)
    more = asking.answers(
        [
            replace(request, begun=text, max_tokens=max_tokens) if text else None
            for request, text in zip(requests, begun, strict=True)
        ]
    )
    return [
        first if not text else first and rest and _sum(first, rest, replace(rest, text=text + rest.text))
        for first, text, rest in zip(firsts, begun, more, strict=True)
    ]


def _sum(first: Generated, second: Generated, last: Generated) -> Generated:
    """`last`, at the price of both."""
    return replace(last, tokens=first.tokens + second.tokens)


def _with_prompt(item: Item, prompt: str) -> tuple[dict[str, str], ...]:
    """The item's messages with `prompt` in the place of the last."""
    return (*(dict(message) for message in item.messages[:-1]), {"role": "user", "content": prompt})


SELECTIVE = ("self_selective", "classifier_selective")
"""Those that choose whether to think, which a model must be able to be asked for."""
REMEDIES: dict[str, Remedy] = {
    remedy.__name__: remedy
    for remedy in (
        few_shot, self_reflection, self_selective, classifier_selective, constraint_repetition, thinking_budget,
    )
}  # fmt: skip
"""The remedies by name."""
ABOUT_THINKING = {"self_selective", "classifier_selective", "constraint_repetition"}


def idle(name: str, samples: Sequence[Sample]) -> str | None:
    """Why the remedy `name` can have changed nothing in `samples`; `None` where it can."""
    if name == constraint_repetition.__name__ and not any(sample.item.instructions for sample in samples):
        return "the benchmark does not name its constraints apart from the request, so that none was repeated"
    if name in ABOUT_THINKING and not any(sample.thinking_tokens for sample in samples):
        return "no response thinks; on a model without a thinking mode this remedy changes nothing"
    return None
