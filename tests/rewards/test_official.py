"""The `official` reading against published verdicts, and against the published checkers themselves."""

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import regex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from keepif.rewards import Text, make
from keepif.rewards.constraints import ALIASES, REGISTRY, Composition, Constraint

Read = Callable[[str], list[dict[str, Any]]]

MODELS = (
    "Qwen__Qwen2.5-0.5B-Instruct-GPTQ-Int4",
    "Qwen__Qwen2.5-32B-Instruct-GPTQ-Int4",
    "Qwen__Qwen2.5-7B-Instruct-GPTQ-Int4",
    "deepseek-ai__deepseek-llm-7b-chat",
    "gpt-4o-2024-08-06",
    "gpt-4o-mini-2024-07-18",
    "hugging-quants__Meta-Llama-3.1-8B-Instruct-AWQ-INT4",
    "o1-mini-2024-09-12",
)
MATHIF = [f"mathif/{s}_{n}.jsonl" for s in ("aime", "gsm8k", "math500", "minerva", "olympiad")
          for n in ("single", "double", "triple")]  # fmt: skip


def loose_variants(response: str) -> Iterator[str]:
    """IFEval's eight readings of a response: without its first or last line, and without stars."""
    lines = response.split("\n")
    for kept in (lines, lines[1:], lines[:-1], lines[1:-1]):
        text = response if kept is lines else "\n".join(kept).strip()
        yield text
        yield text.replace("*", "")


def official(constraint: Constraint, text: str) -> bool:
    return constraint.holds(Text(text), "official")


def disagreements(rows: list[dict[str, Any]], responses: dict[int, dict[str, Any]]) -> tuple[int, list[Any]]:
    checked, wrong = 0, []
    for row in rows:
        found = responses.get(row["key"])
        for i, instruction_id in enumerate(row["instruction_id_list"]):
            instruction_id = instruction_id.removeprefix("en:")
            if found is None or instruction_id not in REGISTRY or found["unstable"][i]:
                continue
            constraint, response = make(instruction_id, row["kwargs"][i]), found["response"] or ""
            strict = official(constraint, response)
            loose = any(official(constraint, text) for text in loose_variants(response))
            checked += 2
            if (strict, loose) != (found["strict"][i], found["loose"][i]):
                wrong.append((row["key"], instruction_id, strict, loose))
    return checked, wrong


@pytest.mark.parametrize("model", MODELS)
def test_published_verdicts(benchmark: Read, model: str) -> None:
    responses = {row["key"]: row for row in benchmark(f"ifeval_oracle/{model}.jsonl")}
    checked, wrong = disagreements(benchmark("ifeval_oracle/en_input_data.jsonl"), responses)
    assert checked > 1000
    assert wrong == []


def test_official_verdicts_on_gpt4(benchmark: Read) -> None:
    rows = benchmark("ifeval/input_data.jsonl")
    texts = {
        row["prompt"]: row["response"] for row in benchmark("ifeval/input_response_data_gpt4_20231107_145030.jsonl")
    }
    verdicts = {row["key"]: row for row in benchmark("ifeval/official_code_verdicts_gpt4.jsonl")}
    responses = {
        row["key"]: verdicts[row["key"]] | {"response": texts[row["prompt"]]} for row in rows if row["key"] in verdicts
    }
    checked, wrong = disagreements(rows, responses)
    assert checked > 1000
    assert wrong == []


# --- the published checkers ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def published() -> Callable[[str, dict[str, Any], str], bool]:
    """The published checkers (if-verifiable), as IFEval's strict accuracy uses them.

    Their word tokenizer is NLTK's without the sentence splitter in front, whose model NLTK does not ship; the splitter
    only decides which full stops are cut off, which no check of these 15 types looks at.
    """
    import langdetect
    import nltk
    from if_verifiable.ifeval.instructions_registry import INSTRUCTION_DICT  # pyright: ignore[reportMissingImports]
    from nltk.tokenize.destructive import NLTKWordTokenizer

    nltk.word_tokenize = NLTKWordTokenizer().tokenize
    langdetect.DetectorFactory.seed = 0

    def check(instruction_id: str, kwargs: dict[str, Any], text: str) -> bool:
        checker = INSTRUCTION_DICT[instruction_id](instruction_id)
        checker.build_description(**kwargs)
        return bool(text.strip()) and bool(checker.check_following(text))

    return check


PIECES = st.sampled_from(
    [
        "alpha",
        "Beta",
        "THE",
        "root",
        "answer",
        "42",
        "3.14",
        " ",
        "  ",
        "\n",
        "\n\n",
        ", ",
        ". ",
        "* ",
        "*",
        "**",
        "- ",
        "-5",
        "---",
        '"',
        "'s",
        "N'T",
        "Section 1",
        "SECTION 2",
        "\\boxed{42}",
        "$x$",
        "(0,1)",
        "thus",
        "\t",
        "Any other questions?",
        "What is it?",
        "la respuesta es",
        "é",
        "—",
        "…",
    ]
)
TEXTS = st.lists(PIECES, max_size=30).map("".join) | st.text(max_size=80)
RELATION = st.sampled_from(["less than", "at least"])
COUNT = st.integers(1, 6)
WORDS = st.lists(st.sampled_from(["alpha", "beta", "root", "thus", "a.c", "THE", "é"]), min_size=1, max_size=2)
KWARGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "keywords:existence": st.fixed_dictionaries({"keywords": WORDS}),
    "keywords:frequency": st.fixed_dictionaries(
        {"keyword": st.sampled_from(["root", "a"]), "frequency": COUNT, "relation": RELATION}
    ),
    "keywords:forbidden_words": st.fixed_dictionaries({"forbidden_words": WORDS}),
    "language:response_language": st.fixed_dictionaries({"language": st.sampled_from(["en", "es"])}),
    "length_constraints:number_words": st.fixed_dictionaries({"num_words": COUNT, "relation": RELATION}),
    "detectable_format:number_bullet_lists": st.fixed_dictionaries({"num_bullets": COUNT}),
    "detectable_format:number_highlighted_sections": st.fixed_dictionaries({"num_highlights": COUNT}),
    "detectable_format:multiple_sections": st.fixed_dictionaries(
        {"section_spliter": st.sampled_from(["Section", "SECTION"]), "num_sections": COUNT}
    ),
    "combination:repeat_prompt": st.just({"prompt_to_repeat": "What is it?"}),
    "startend:end_checker": st.fixed_dictionaries({"end_phrase": st.sampled_from(["Any other questions?", "42"])}),
    "startend:quotation": st.just({}),
    "change_case:capital_word_frequency": st.fixed_dictionaries(
        {"capital_frequency": COUNT, "capital_relation": RELATION}
    ),
    "change_case:english_capital": st.just({}),
    "change_case:english_lowercase": st.just({}),
    "punctuation:no_comma": st.just({}),
}


@pytest.mark.parametrize("instruction_id", sorted(i for i in REGISTRY if not issubclass(REGISTRY[i], Composition)))
def test_fuzzed_against_the_published_checker(
    instruction_id: str, published: Callable[[str, dict[str, Any], str], bool]
) -> None:
    @given(kwargs=KWARGS[instruction_id], text=TEXTS)
    @settings(max_examples=150, deadline=None)
    def agree(kwargs: dict[str, Any], text: str) -> None:
        # NLTK 3.10 replaced `re` by `regex`, whose word characters differ ("²" is none); `official` is NLTK 3.9's.
        assume(re.findall(r"\w+", text) == regex.findall(r"\w+", text))
        assert official(make(instruction_id, kwargs), text) == published(instruction_id, kwargs, text)

    agree()


@pytest.mark.parametrize("name", MATHIF)
def test_mathif_rows(benchmark: Read, name: str, published: Callable[[str, dict[str, Any], str], bool]) -> None:
    """Every constraint of MathIF's 420 rows, on answers made to keep and to break it."""
    for row in benchmark(name):
        for instruction_id, kwargs in zip(row["constraint_name"], row["constraint_args"], strict=True):
            constraint = make(instruction_id, kwargs)
            for text in answers_to(row):
                expected = published(ALIASES.get(instruction_id, instruction_id), kwargs or {}, text)
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
    assert "langdetect" in sys.modules
