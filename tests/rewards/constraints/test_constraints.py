"""Every registered constraint: its examples, its kwargs, its vacuous passes; and the upstream bugs we do not have."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import ConstraintError, Text, make
from keepif.rewards.constraints import REGISTRY, Constraint, Problem

IDS = sorted(REGISTRY)
READINGS = ("official", "math")


def example_of(instruction_id: str) -> Constraint:
    return make(instruction_id, REGISTRY[instruction_id].example.kwargs)


def holds(instruction_id: str, text: str, reading: str = "math", **kwargs: object) -> bool:
    return make(instruction_id, kwargs).holds(Text(text), reading)  # pyright: ignore[reportArgumentType]


IFEVAL = {
    "change_case:capital_word_frequency", "change_case:english_capital", "change_case:english_lowercase",
    "combination:repeat_prompt", "combination:two_responses", "detectable_content:number_placeholders",
    "detectable_content:postscript", "detectable_format:constrained_response", "detectable_format:json_format",
    "detectable_format:multiple_sections", "detectable_format:number_bullet_lists",
    "detectable_format:number_highlighted_sections", "detectable_format:title", "keywords:existence",
    "keywords:forbidden_words", "keywords:frequency", "keywords:letter_frequency", "language:response_language",
    "length_constraints:nth_paragraph_first_word", "length_constraints:number_paragraphs",
    "length_constraints:number_sentences", "length_constraints:number_words", "punctuation:no_comma",
    "startend:end_checker", "startend:quotation",
}  # fmt: skip
NEVER_SAMPLED = {
    "combination:two_responses", "detectable_content:number_placeholders", "detectable_format:constrained_response",
    "detectable_format:json_format",
}  # fmt: skip
"""No answer to a problem of mathematics is wanted in these forms."""


def test_ifeval_is_complete() -> None:
    assert len(IFEVAL) == 25
    assert set(IDS) >= IFEVAL


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize("instruction_id", IDS)
def test_examples(instruction_id: str, reading: str) -> None:
    constraint, example = example_of(instruction_id), REGISTRY[instruction_id].example
    assert constraint.holds(Text(example.passes), reading)  # pyright: ignore[reportArgumentType]
    assert not constraint.holds(Text(example.fails), reading)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("instruction_id", IDS)
def test_sentence_has_no_hole(instruction_id: str) -> None:
    assert "{" not in example_of(instruction_id).description


@pytest.mark.parametrize("instruction_id", IDS)
def test_kwargs_come_back(instruction_id: str) -> None:
    constraint = example_of(instruction_id)
    assert make(instruction_id, constraint.kwargs) == constraint


@pytest.mark.parametrize("instruction_id", IDS)
def test_samples_can_be_built_and_fit_the_problem(instruction_id: str) -> None:
    rng = random.Random(0)
    for _ in range(50):
        sampled = REGISTRY[instruction_id].sample(rng, Problem("What is 6 times 7?", "42"))
        assert (sampled is None) == (instruction_id in NEVER_SAMPLED)
        if sampled:
            assert make(instruction_id, sampled.kwargs) == sampled


@pytest.mark.parametrize("text", ["", " \n", "42", r"\boxed{42}", "$42$"])
@pytest.mark.parametrize("instruction_id", [i for i in IDS if i != "startend:quotation"])
def test_nothing_said_keeps_nothing(instruction_id: str, text: str) -> None:
    assert not example_of(instruction_id).holds(Text(text), "math")


HOSTILE = st.text() | st.text(alphabet="*-_\"'$\\{}[]<>boxed Section12\n,.!?", max_size=300)


def holds_or_not(instruction_id: str, examples: int) -> None:
    @given(text=HOSTILE)
    @settings(max_examples=examples)
    def verdicts(text: str) -> None:
        for reading in READINGS:
            constraint = example_of(instruction_id)
            verdict = constraint.holds(Text(text), reading)  # pyright: ignore[reportArgumentType]
            graded = constraint.credit(Text(text), reading, graded=True)  # pyright: ignore[reportArgumentType]
            assert verdict in {True, False}
            assert 0 <= graded <= 1
            assert verdict == (graded == 1)

    verdicts()


@pytest.mark.parametrize("instruction_id", IDS)
def test_checks_never_raise(instruction_id: str) -> None:
    holds_or_not(instruction_id, examples=60)


@pytest.mark.thorough
@pytest.mark.parametrize("instruction_id", IDS)
def test_checks_never_raise_thoroughly(instruction_id: str) -> None:
    holds_or_not(instruction_id, examples=10_000)


@pytest.mark.parametrize(
    ("relation", "text", "graded"),
    [
        ("at least", "one two three four", 1.0),
        ("at least", "one two three", 0.75),
        ("at least", r"\boxed{42}", 0.25),
        ("at least", "", 0.0),
        ("less than", "one two three four", 2 / 3),
        ("less than", "one " * 9, 0.0),
        ("less than", r"\boxed{42}", 0.0),  # silence is not kept, and not nearly kept
    ],
)
def test_a_missed_count_can_be_graded(relation: str, text: str, graded: float) -> None:
    words = make("length_constraints:number_words", {"num_words": 4, "relation": relation})
    assert words.credit(Text(text), graded=True) == pytest.approx(graded)
    assert words.credit(Text(text)) == float(graded == 1)


# --- kwargs ---------------------------------------------------------------------------------------------------------


def test_kwargs_as_parquet_ships_them() -> None:
    padded = {"num_bullets": 3.0, "keywords": None, "relation": None}
    assert make("detectable_format:number_bullet_lists", padded).kwargs == {"num_bullets": 3}


def test_mathifs_alias() -> None:
    kwargs = {"num_words": 5, "relation": "at least"}
    assert make("length_constraint_checkers:number_words", kwargs).id == "length_constraints:number_words"


@pytest.mark.parametrize(
    ("instruction_id", "kwargs", "message"),
    [
        ("keywords:existense", {}, "did you mean keywords:existence"),
        ("keywords:existence", {}, "'keywords' is missing; it must be a non-empty list of words"),
        ("keywords:existence", {"keywords": "alpha"}, "must be a non-empty list of words, found 'alpha'"),
        ("keywords:existence", {"keywords": ["a("]}, "'a\\(' is no valid pattern"),
        ("keywords:frequency", {"keyword": "a", "frequency": 2, "relation": "more than"}, "'less than' or 'at least'"),
        ("detectable_format:number_bullet_lists", {"num_bullets": 2.5}, "a whole number, 0 or more, found 2.5"),
        ("punctuation:no_comma", {"n": 1}, "unknown kwarg 'n'; it takes none"),
        ("language:response_language", {"language": "xx"}, "'xx' is none of"),
    ],
)
def test_errors_say_what_was_found(instruction_id: str, kwargs: dict[str, object], message: str) -> None:
    with pytest.raises(ConstraintError, match=message):
        make(instruction_id, kwargs)


# --- the `math` reading closes what the published checks leave open --------------------------------------------------


@pytest.mark.parametrize(
    ("instruction_id", "kwargs", "text", "official", "math"),
    [
        ("keywords:existence", {"keywords": ["art"]}, "We start here with 42.", True, False),
        ("keywords:existence", {"keywords": ["a.c"]}, "The letters abc are here.", True, False),
        (
            "keywords:frequency",
            {"keyword": "pine", "frequency": 1, "relation": "at least"},
            "pineapple pie",
            True,
            False,
        ),
        ("keywords:forbidden_words", {"forbidden_words": ["x"]}, "Take $x = 2$ and go on.", False, True),
        ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "-5 is the result", True, False),
        ("detectable_format:number_bullet_lists", {"num_bullets": 1}, "* Done.\n---", False, True),
        ("detectable_format:number_highlighted_sections", {"num_highlights": 1}, "It is 2*3*4.", True, False),
        (
            "detectable_format:multiple_sections",
            {"section_spliter": "Section", "num_sections": 2},
            "See Section 3 and Section 3.",
            True,
            False,
        ),
        ("change_case:english_capital", {}, r"THE FINAL ANSWER IS \boxed{42}.", False, True),
        ("change_case:english_lowercase", {}, r"the area of the triangle is $ABC$ as stated.", False, True),
        (
            "change_case:capital_word_frequency",
            {"capital_frequency": 1, "capital_relation": "at least"},
            "Take X and go on.",
            True,
            False,
        ),
        ("punctuation:no_comma", {}, r"The answer is $(0,1)$ as stated.", False, True),
        ("punctuation:no_comma", {}, "The answer is one\uff0ctwo as stated.", True, False),
        ("startend:quotation", {}, '""', True, False),
        ("startend:quotation", {}, "“The answer is 42.”", False, True),
        ("startend:end_checker", {"end_phrase": "That is all."}, "It is 42. **That is all.**", False, True),
        ("language:response_language", {"language": "th"}, "42", True, False),
        (
            "length_constraints:number_words",
            {"num_words": 5, "relation": "less than"},
            r"So it's $\frac{1}{2}$.",
            False,
            True,
        ),
        ("combination:repeat_prompt", {"prompt_to_repeat": "What is it?"}, "What is it?", True, False),
    ],
)
def test_the_two_readings_differ_where_they_should(
    instruction_id: str, kwargs: dict[str, object], text: str, official: bool, math: bool
) -> None:
    assert holds(instruction_id, text, "official", **kwargs) is official
    assert holds(instruction_id, text, "math", **kwargs) is math


# --- bugs that published re-implementations have shipped -------------------------------------------------------------


def test_less_than_can_fail() -> None:  # tinker-cookbook #891
    assert not holds("length_constraints:number_words", "one two three four", num_words=3, relation="less than")


def test_repeat_prompt_can_fail() -> None:  # tinker-cookbook #897
    assert not holds("combination:repeat_prompt", "It is 42.", prompt_to_repeat="What is it?")


def test_capital_is_not_title_case() -> None:  # tinker-cookbook #898, #899
    assert not holds("change_case:english_capital", "The Final Answer Is Forty.")


@pytest.mark.parametrize("reading", READINGS)
def test_language_verdicts_do_not_change(reading: str) -> None:  # langdetect unseeded, lm-evaluation-harness #4213
    found = {holds("language:response_language", "Hello world", reading, language="en") for _ in range(20)}
    assert len(found) == 1


def test_blank_lines_are_not_quadratic() -> None:
    text = Text("\n" * 200_000 + "x")  # takes the published pattern minutes
    assert not make("detectable_format:number_bullet_lists", {"num_bullets": 1}).holds(text, "official")


LONG = "What is the total, " + "and so on " * 30 + "if Bob has 3 apples?"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("punctuation:no_comma", {}), ("combination:repeat_prompt", {"prompt_to_repeat": LONG})),
        (
            ("length_constraints:number_words", {"num_words": 50, "relation": "less than"}),
            ("combination:repeat_prompt", {"prompt_to_repeat": LONG}),
        ),
        (
            ("keywords:forbidden_words", {"forbidden_words": ["total"]}),
            ("keywords:existence", {"keywords": ["total"]}),
        ),
        (
            ("keywords:frequency", {"keyword": "total", "frequency": 1, "relation": "less than"}),
            ("combination:repeat_prompt", {"prompt_to_repeat": LONG}),
        ),
        (
            ("change_case:capital_word_frequency", {"capital_frequency": 2, "capital_relation": "less than"}),
            ("detectable_format:multiple_sections", {"section_spliter": "SECTION", "num_sections": 3}),
        ),
        (("language:response_language", {"language": "th"}), ("keywords:existence", {"keywords": ["total"]})),
        (
            ("language:response_language", {"language": "hi"}),
            ("change_case:capital_word_frequency", {"capital_frequency": 5, "capital_relation": "at least"}),
        ),
    ],
)
def test_what_no_answer_can_keep_together_clashes(one: tuple, other: tuple) -> None:
    assert make(*one).clashes(make(*other))
    assert not make("startend:quotation").clashes(make(*one))


def test_case_clashes() -> None:
    capital, lower = make("change_case:english_capital"), make("change_case:english_lowercase")
    assert capital.clashes(lower)
    assert lower.clashes(capital)
