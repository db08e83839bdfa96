"""The literature's remedies that need no training: other ways of asking for the same items.

Four are of "When Thinking Fails" (arXiv 2505.11423): few-shot examples, self-reflection, self-selective and
classifier-selective reasoning. Repeating the constraints and limiting the thinking are of MathIF (arXiv 2505.14810).
The papers' prompts are not published: the prompts here are ours.

A remedy answers every sample by itself, in at most two calls of the generator for all samples together. Its response
is the last one made, its tokens are those of all calls. If one of its calls failed, a sample is `None`, to be made
again.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from keepif.rewards import Response
from keepif.rewards.text.response import DEFAULT_DELIMITERS, prompt_text

from ..answering import PLAIN
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
"""The word alone, or with punctuation after it: `**KEEP**.`, and not an answer that begins with it: `Keep calm`."""
YES_OR_NO = re.compile(r"\b(yes|no)\b", re.IGNORECASE)
"""One of the words: `NO.`, and not `none`."""
OPEN, CLOSE = DEFAULT_DELIMITERS.open, DEFAULT_DELIMITERS.close
SELECT_TOKENS = 16
"""Tokens that a YES or NO may take."""

Responses = list[Generated | None]
"""One for each sample or request; `None` if it failed, or was not wanted."""


@dataclass(frozen=True)
class Policy:
    """The policy that a remedy asks, and how.

    `thinking` is whether the model is asked to think; the selective remedies choose that themselves. After
    `thinking_budget` tokens, by default half of the sampling's `max_tokens`, the thinking is closed. `gate` says for
    each of many items whether to think; see gate.py.
    """

    generator: Generator
    sampling: Sampling
    thinking: bool | None = None
    thinking_budget: int | None = None
    gate: Callable[[Sequence[Item]], Sequence[bool]] | None = None

    def requests(self, samples: Sequence[Sample]) -> list[Request]:
        """Each sample's item as it stands."""
        return [Request(sample.item.messages, self.thinking, seed=sample.index) for sample in samples]

    def responses(self, requests: Iterable[Request | None]) -> Responses:
        """Responses in one call of the generator."""
        requests = list(requests)
        wanted = [request for request in requests if request is not None]
        made = iter(self.generator.generate(wanted, self.sampling) if wanted else [])
        return [None if request is None else next(made) for request in requests]


Remedy = Callable[[Policy, Sequence[Sample]], Responses]


def plain(policy: Policy, samples: Sequence[Sample]) -> Responses:
    """No remedy."""
    return policy.responses(policy.requests(samples))


def few_shot(policy: Policy, samples: Sequence[Sample]) -> Responses:
    """Corrective examples before the request: thinking that minds the constraints, answers that obey them.

    The examples are part of the request, because chat templates drop the thinking of earlier turns. A model that is
    told not to think is shown their answers only.
    """
    examples = "\n\n".join(
        f"Request: {example.request}\nResponse: "
        + ("" if policy.thinking is False else f"{OPEN}{example.thinking}{CLOSE}")
        + example.answer
        for example in EXAMPLES
    )
    return policy.responses(
        _reworded(request, FEW_SHOT.format(count=len(EXAMPLES), examples=examples, request=_text(request)))
        for request in policy.requests(samples)
    )


def self_reflection(policy: Policy, samples: Sequence[Sample]) -> Responses:
    """A second look: the model is shown the request, its thinking and its answer, and keeps or corrects the answer.

    The first answer stays if the second look has none, is empty or was cut off in its thinking, and if it says KEEP,
    in any case, whatever it says after that.
    """
    requests = policy.requests(samples)
    drafts = policy.responses(requests)
    seconds = policy.responses(
        draft and _reworded(request, _reflection_prompt(_text(request), draft))
        for request, draft in zip(requests, drafts, strict=True)
    )
    return [_reflected(draft, second) for draft, second in zip(drafts, seconds, strict=True)]


def _reflection_prompt(request: str, draft: Generated) -> str:
    response = Response.parse(draft.text)
    thinking = f"### Thinking\n{response.thinking.strip()}\n\n" if response.thinking else ""
    answer = response.answer_text.strip() or "(There is no answer.)"
    return REFLECT.format(request=request, thinking=thinking, draft=answer)


def _reflected(draft: Generated | None, second: Generated | None) -> Generated | None:
    if draft is None or second is None:
        return None
    answer = Response.parse(second.text).answer_text.strip()
    return _costing_both(draft, second, draft if not answer or KEEP.match(answer) else second)


def self_selective(policy: Policy, samples: Sequence[Sample]) -> Responses:
    """The model says from the request alone whether to think, YES or NO, and is then asked so.

    The question itself is asked without thinking, if its template can do that. If it says neither, it thinks.
    """
    requests = policy.requests(samples)
    choices = policy.responses(
        replace(_reworded(request, SELECT.format(request=_text(request))), thinking=False, max_tokens=SELECT_TOKENS)
        for request in requests
    )
    answers = policy.responses(
        choice and replace(request, thinking=_says_yes(choice.text))
        for request, choice in zip(requests, choices, strict=True)
    )
    return [
        answer and choice and _costing_both(choice, answer, answer)
        for choice, answer in zip(choices, answers, strict=True)
    ]


def _says_yes(text: str) -> bool:
    word = YES_OR_NO.search(Response.parse(text).answer_text or text)
    return word is None or word[0].lower() == "yes"


def classifier_selective(policy: Policy, samples: Sequence[Sample]) -> Responses:
    """A trained gate says from the request alone whether to think."""
    if policy.gate is None:
        raise ValueError(
            "classifier-selective reasoning needs a gate: train one with python -m keepif.recipes.evaluate.train_gate"
        )
    choices = policy.gate([sample.item for sample in samples])
    return policy.responses(
        replace(request, thinking=thinks) for request, thinks in zip(policy.requests(samples), choices, strict=True)
    )


def constraint_repetition(policy: Policy, samples: Sequence[Sample]) -> Responses:
    """The end of the thinking is "Wait" and the constraints once more, and the model goes on from there.

    A response without thinking, or whose thinking never closed, has no such place, and an item that names no
    constraints has nothing to repeat: these stay as they are.
    """
    firsts = plain(policy, samples)
    prefixes = [_reminder(sample.item, first) for sample, first in zip(samples, firsts, strict=True)]
    return _continued(policy, samples, firsts, prefixes)


def _reminder(item: Item, first: Generated | None) -> str:
    """The thinking with the constraints at its end; empty if that cannot be."""
    if first is None or not item.instructions:
        return ""
    thinking, closed, _ = first.text.partition(CLOSE)
    if not closed or not thinking.replace(OPEN, "").strip():
        return ""
    return f"{thinking.rstrip()}\n\nWait, {' '.join(item.instructions)}"


def thinking_budget(policy: Policy, samples: Sequence[Sample]) -> Responses:
    """Thinking that is not done within the budget is cut and closed, and the model goes on with its answer.

    Thinking and answer together have the sampling's `max_tokens`. A response without thinking is not cut short.
    """
    limit = policy.sampling.max_tokens
    budget = limit // 2 if policy.thinking_budget is None else policy.thinking_budget
    if not 0 < budget < limit:
        raise ValueError(
            f"the thinking budget must leave tokens for the answer: found {budget} of max_tokens = {limit}"
        )
    firsts = policy.responses(replace(request, max_tokens=budget) for request in policy.requests(samples))
    prefixes = [_closed(first.text) if first and first.truncated else "" for first in firsts]
    return _continued(policy, samples, firsts, prefixes, limit - budget)


def _closed(text: str) -> str:
    """`text`, which the limit cut, with its thinking closed if the cut is in it."""
    return text if Response.parse(text).closed else text + CLOSE


def _continued(
    policy: Policy,
    samples: Sequence[Sample],
    firsts: Responses,
    prefixes: Sequence[str],
    max_tokens: int | None = None,
) -> Responses:
    """Responses continued from their prefixes; the first one if its prefix is empty."""
    rests = policy.responses(
        replace(request, prefix=prefix, max_tokens=max_tokens) if prefix else None
        for request, prefix in zip(policy.requests(samples), prefixes, strict=True)
    )
    return [
        first if not prefix else first and rest and _costing_both(first, rest, replace(rest, text=prefix + rest.text))
        for first, prefix, rest in zip(firsts, prefixes, rests, strict=True)
    ]


def _costing_both(first: Generated, second: Generated, response: Generated) -> Generated:
    """`response`, with the tokens of both calls."""
    return replace(response, tokens=first.tokens + second.tokens)


def _text(request: Request) -> str:
    return prompt_text(request.messages)


def _reworded(request: Request, prompt: str) -> Request:
    """The request with `prompt` in the place of its last message."""
    return replace(request, messages=(*request.messages[:-1], {"role": "user", "content": prompt}))


SELECTIVE = ("self_selective", "classifier_selective")
"""Those that choose whether to think, which the chat template must be able to do."""
REMEDIES: dict[str, Remedy] = {PLAIN: plain} | {
    remedy.__name__: remedy
    for remedy in (
        few_shot, self_reflection, self_selective, classifier_selective, constraint_repetition, thinking_budget,
    )
}  # fmt: skip
"""The remedies by name, and none of them."""
ABOUT_THINKING = {"self_selective", "classifier_selective", "constraint_repetition"}


def idle(name: str, samples: Sequence[Sample]) -> str | None:
    """Why the remedy `name` can have changed nothing in `samples`; `None` if it can."""
    if name == constraint_repetition.__name__ and not any(sample.item.instructions for sample in samples):
        return "the benchmark does not name its constraints apart from the request, so that none was repeated"
    if name in ABOUT_THINKING and not any(sample.thinking_tokens for sample in samples):
        return "no response thinks; on a model without a thinking mode this remedy changes nothing"
    return None
