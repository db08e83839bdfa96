"""One prompt looked at: which of its words an answer attends to, and how that goes while the model writes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from keepif.rewards import Text

from ..evaluation.engines.generation import Request, Sampling
from ..evaluation.engines.transformers_engine import TransformersGenerator
from .readings import exchange_of, read, read_words
from .spans import offsets

SAMPLING = Sampling(temperature=0.0, max_tokens=256)


@dataclass(frozen=True)
class Look:
    """What a model did with a prompt. Shares are of the attention on the prompt, its first token aside, in [0, 1].

    Attributes:
        model (`str`): its name.
        response (`str`): what it wrote, greedily.
        words (`list`): the prompt's words, each with its mean share over the answer (over the response if there is no
            answer). Words that share a token are one.
        tokens (`list[str]`): the response's.
        answer_from (`int`): the first of them that belongs to the answer.
        curves (`dict[str, list[float]]`): sentence → its share at each token.
    """

    model: str
    response: str
    words: list[tuple[str, float]]
    tokens: list[str]
    answer_from: int
    curves: dict[str, list[float]]

    def mean(self, sentence: str, answer: bool) -> float | None:
        """A sentence's mean share over the answer, or over the thinking; `None` if there is none."""
        curve = self.curves[sentence]
        values = curve[self.answer_from :] if answer else curve[: self.answer_from]
        return sum(values) / len(values) if values else None


def look(name: str, model: Any, tokenizer: Any, prompt: str, constraints: Sequence[str]) -> Look:
    """Let `model` respond to `prompt` and read its attention; without `constraints`, on each of its sentences."""
    sentences = [*constraints] or [sentence.strip() for sentence in Text(prompt).sentences]
    for sentence in sentences:
        if sentence.strip() not in prompt:
            raise ValueError(f"the constraint {sentence!r} does not stand in the prompt: give it as it stands there")
    request = Request(({"role": "user", "content": prompt},))
    [made] = TransformersGenerator(model, tokenizer).generate([request], SAMPLING)
    exchange = exchange_of(tokenizer, request, made.text if made else "", sentences)
    if not exchange.response:
        raise ValueError(f"{name} responds with nothing, so there is no attention to show")
    [reading] = read(model, tokenizer, [exchange])
    words, by_word = read_words(model, tokenizer, exchange, prompt.strip())
    section = "answer" if reading.answer_from < reading.share.shape[1] else "response"
    return Look(
        model=name,
        response=exchange.response,
        words=[(word, by_word.mean(by_word.share_of(row), section)) for row, word in enumerate(words)],
        tokens=[exchange.response[first:last] for first, last in offsets(tokenizer, exchange.response)[1]],
        answer_from=reading.answer_from,
        curves={sentence: reading.share_of(row).nanmean(0).tolist() for row, sentence in enumerate(sentences)},
    )
