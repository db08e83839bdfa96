"""One prompt looked at: words, curves, and the picture."""

from typing import Any

import pytest
from trl import ModelConfig

from keepif.recipes.models import load_model
from keepif.trainer.attention.figure import WIDTH, lines_of, prompt_figure
from keepif.trainer.attention.look import Look, look

CONSTRAINT = "Your answer should not contain any commas."
PROMPT = f"What is 3 + 4 - 2 + 6? {CONSTRAINT} Include keywords ['simple', 'problem'] in the response."


@pytest.fixture(scope="module")
def policy() -> tuple[Any, Any]:
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    return model.eval(), tokenizer


def test_words_add_up_and_curves_are_the_sentences(policy: tuple[Any, Any]) -> None:
    found = look("tiny", *policy, PROMPT, [])
    assert " ".join(word for word, _ in found.words) == PROMPT
    assert 0.9 < sum(share for _, share in found.words) <= 1  # the rest is the template's
    assert list(found.curves) == [
        "What is 3 + 4 - 2 + 6?",
        CONSTRAINT,
        "Include keywords ['simple', 'problem'] in the response.",
    ]
    assert {len(curve) for curve in found.curves.values()} == {len(found.tokens)}
    assert "".join(found.tokens) == found.response
    assert found.tokens[found.answer_from - 1] == "</think>"
    means = [found.mean(CONSTRAINT, answer) for answer in (False, True)]
    assert all(mean is not None and 0 < mean < 1 for mean in means)


def test_a_part_of_the_prompt_alone(policy: tuple[Any, Any]) -> None:
    assert list(look("tiny", *policy, PROMPT, [CONSTRAINT]).curves) == [CONSTRAINT]
    with pytest.raises(ValueError, match=r"'No verbs\.' does not stand in the prompt"):
        look("tiny", *policy, PROMPT, ["No verbs."])


def test_the_picture_has_a_column_a_model_and_no_line_is_too_long(policy: tuple[Any, Any]) -> None:
    one = look("tiny", *policy, PROMPT, [])
    long = Look("other", "It is $7.", [("word", 0.5), ("w" * 200, 0.5)], ["It", " is $7."], 0, {"word": [0.1, 0.2]})
    figure = prompt_figure([one, long])
    figure.savefig("/dev/null", format="png")
    assert [axes.get_title() for axes in figure.axes] == [
        "tiny: where its answer looks (darker: more)",
        "other: where its answer looks (darker: more)",
        "What it looks at while it writes",
        "What it looks at while it writes",
    ]
    assert all(column + len(piece) <= WIDTH for line in lines_of(long) for piece, _, column in line)
    assert long.mean("word", answer=False) is None
