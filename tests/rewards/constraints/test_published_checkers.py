"""The `official` reading against the published checkers themselves."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import regex
from hypothesis import assume, example, given, settings

from keepif.rewards import Text, make
from keepif.rewards.constraints import ALIASES, REGISTRY, Constraint
from keepif.rewards.text.treebank import word_tokens
from tests.helpers import published

MATHIF = [f"mathif/{s}_{n}.jsonl" for s in ("aime", "gsm8k", "math500", "minerva", "olympiad")
          for n in ("single", "double", "triple")]  # fmt: skip
IFTRAIN = {
    "count:count_increment_word", "first_word:first_word_answer", "keywords:start_end", "keywords:word_once",
    "last_word:last_word_answer", "paragraphs:paragraphs", "paragraphs:paragraphs2",
}  # fmt: skip


def official(constraint: Constraint, text: str) -> bool:
    return constraint.holds(Text(text), "official")


def known_difference(text: str) -> bool:
    """NLTK 3.10 replaced `re` by `regex`, whose word characters differ ("²" is none); `official` is NLTK 3.9's."""
    return re.findall(r"\w+", text) != regex.findall(r"\w+", text) or bool(re.search("[‘’“”«»]", text))


def agree(instruction_id: str, examples: int) -> None:
    @given(kwargs=published.KWARGS[instruction_id], text=published.TEXTS)
    @settings(max_examples=examples)
    def same_verdict(kwargs: dict[str, Any], text: str) -> None:
        assume(not known_difference(text))
        assert official(make(instruction_id, kwargs), text) == published.check(instruction_id, kwargs, text)

    same_verdict()


def test_every_type_has_a_peer() -> None:
    assert set(published.KWARGS) | IFTRAIN == {i for i in REGISTRY if not i.startswith("composition:")}


@pytest.mark.parametrize("instruction_id", sorted(published.KWARGS))
def test_fuzzed(instruction_id: str) -> None:
    agree(instruction_id, examples=100)


@pytest.mark.thorough
@pytest.mark.parametrize("instruction_id", sorted(published.KWARGS))
def test_fuzzed_thoroughly(instruction_id: str) -> None:
    """50,000 pairs of kwargs and text."""
    agree(instruction_id, examples=50_000 // len(published.KWARGS) + 1)


@given(text=published.TEXTS)
@example(text='```"')  # the quote stands behind a space that the rule for backticks left: it opens
@settings(max_examples=200)
def test_word_tokens_of_a_sentence(text: str) -> None:
    """IFTrain's `keywords:start_end` compares the first and the last of NLTK's word tokens."""
    from nltk.tokenize.destructive import NLTKWordTokenizer

    assume(not known_difference(text))
    assert word_tokens(text) == NLTKWordTokenizer().tokenize(text)


@pytest.mark.parametrize(
    ("instruction_id", "kwargs", "kept", "broken"),
    [
        ("keywords:word_once", {"keyword": "art"}, "A start.", "Art is a start."),
        ("count:count_increment_word", {"keyword1": "one", "keyword2": "two"}, "none two two", "one one two"),
        ("paragraphs:paragraphs", {}, "a **bold*** b", "a\n\nb"),
        ("paragraphs:paragraphs2", {}, "\n\na\n\nb", "a\n\n\n\nb"),
        ("first_word:first_word_answer", {"first_word": "so"}, " So it is", "So, it is"),
        ("last_word:last_word_answer", {"last_word": "done"}, "It is (done).", "It is done, $x$"),
        ("keywords:start_end", {}, "It is what we call it", "It is what we call it."),
        ("keywords:start_end", {}, "Yes. I say yes", '"Yes"'),
    ],
)
def test_iftrain(instruction_id: str, kwargs: dict[str, str], kept: str, broken: str) -> None:
    """Open-instruct's checkers, read at e6c3044: hidden "exactly once", substrings, punctuation and all."""
    assert official(make(instruction_id, kwargs), kept)
    assert not official(make(instruction_id, kwargs), broken)


@pytest.mark.parametrize("name", MATHIF)
def test_mathif_rows(benchmark: Callable[[str], list[dict[str, Any]]], name: str) -> None:
    """Every constraint of MathIF's 420 rows, on answers made to keep and to break it."""
    for row in benchmark(name):
        for instruction_id, kwargs in zip(row["constraint_name"], row["constraint_args"], strict=True):
            constraint = make(instruction_id, kwargs)
            for text in answers_to(row):
                expected = published.check(ALIASES.get(instruction_id, instruction_id), kwargs or {}, text)
                assert official(constraint, text) == expected, (row["id"], instruction_id, text[:80])


def answers_to(row: dict[str, Any]) -> Iterator[str]:
    """Answers to a MathIF row that between them keep and break each of its constraints."""
    answer = rf"So, the answer is \boxed{{{row['answer']}}}."
    words = [word for args in row["constraint_args"] for value in (args or {}).values()
             for word in (value if isinstance(value, list) else [str(value)])]  # fmt: skip
    yield answer
    yield row["answer"]
    yield " ".join([answer, *words])
    yield " ".join([row["question"], answer, *words])
    yield f'"{answer}"'
    yield answer.lower()
    yield answer.upper()
    yield "\n".join(f"* *{word}* {answer}" for word in words * 3)
    yield "\n".join(f"SECTION {i}\nSection {i}\n{answer}" for i in range(1, 6))
    yield "La respuesta correcta es cuarenta y dos porque seis por siete son cuarenta y dos."
    yield " ".join(f"{word} {word} {word}" for word in words) + " word" * 900 + (f" {words[-1]}" if words else "")


def test_identification_leaves_the_global_seed_alone() -> None:
    import langdetect

    before = langdetect.DetectorFactory.seed
    official(make("language:response_language", {"language": "en"}), "The answer is forty-two.")
    assert langdetect.DetectorFactory.seed == before
