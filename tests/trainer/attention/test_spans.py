"""Sentences and words found in prompts, through real chat templates."""

from typing import Any

import pytest
from trl import ModelConfig

from keepif.recipes.models import load_tokenizer
from keepif.trainer.attention.spans import offsets, tokens_of, words_of

QUESTION, CONSTRAINT = "What is 3 + 4?", "Use no commas."


def rendered(tokenizer: Any, content: str) -> str:
    return tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
    )


@pytest.mark.parametrize("model", ["tiny", "smollm2-135m"])
def test_the_tokens_of_a_sentence_are_its_own(model: str) -> None:
    tokenizer = load_tokenizer(ModelConfig(model_name_or_path=model))
    text = rendered(tokenizer, f"{QUESTION} {CONSTRAINT} It is for a child.")
    ids, places = offsets(tokenizer, text)
    assert (
        ids
        == tokenizer.apply_chat_template(
            [{"role": "user", "content": f"{QUESTION} {CONSTRAINT} It is for a child."}], add_generation_prompt=True
        ).input_ids
    )
    tokens = tokens_of(CONSTRAINT, text, places)
    assert tokens == list(range(tokens[0], tokens[-1] + 1))
    assert tokenizer.decode([ids[token] for token in tokens]).strip() == CONSTRAINT


def test_every_place_counts_and_none_may_be_found() -> None:
    places = [(at, at + 1) for at in range(11)]
    assert tokens_of("ab", "ab cd ab ab", places) == [0, 1, 6, 7, 9, 10]
    assert tokens_of(" ab ", "ab cd", places[:5]) == [0, 1]
    assert tokens_of("xy", "ab cd", places[:5]) == []
    assert tokens_of("", "ab cd", places[:5]) == []


def test_words_that_share_a_token_are_one() -> None:
    tokenizer = load_tokenizer(ModelConfig(model_name_or_path="smollm2-135m"))
    text = rendered(tokenizer, f"{QUESTION} {CONSTRAINT}")
    _, places = offsets(tokenizer, text)
    words = words_of(f"{QUESTION} {CONSTRAINT}", text, places)
    assert " ".join(word for word, _ in words) == f"{QUESTION} {CONSTRAINT}"
    tokens = [token for _, of_word in words for token in of_word]
    assert len(tokens) == len(set(tokens))


def test_a_tokenizer_without_offsets_is_refused() -> None:
    with pytest.raises(ValueError, match="take a fast tokenizer"):
        offsets(object(), "text")
