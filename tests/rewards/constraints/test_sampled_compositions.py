"""Compositions that are sampled: their sizes, their clashes, and answers that keep them."""

from collections.abc import Callable
from typing import Any

import pytest

from keepif.rewards import Text
from keepif.rewards.constraints import Composition
from tests.helpers.compositions import (
    BULLETS,
    END,
    KINDS,
    LOWER,
    NO_COMMA,
    both,
    chain,
    made,
    sampled,
    selection,
    word,
)


def test_depths_and_sizes() -> None:
    for instruction_id in KINDS:
        found = [sum(isinstance(node, Composition) for node in c.nodes()) for c in sampled(instruction_id, 300)]
        assert set(found) == {1, 2, 3}


def test_parts_of_an_and_do_not_clash() -> None:
    for constraint in sampled("composition:and", 300):
        parts: Any = constraint.parts  # pyright: ignore[reportAttributeAccessIssue]
        assert not any(one.clashes(other) for one in parts for other in parts if one is not other)


@pytest.mark.parametrize(
    ("data", "other", "clash"),
    [
        (both(LOWER, END), {"instruction_id": "change_case:english_capital", "kwargs": {}}, True),
        (selection(END, both(LOWER, BULLETS)), {"instruction_id": "change_case:english_capital", "kwargs": {}}, True),
        (both(NO_COMMA, LOWER), END, False),
        (both(NO_COMMA, LOWER), both(END, BULLETS), True),  # one of a type
        (both(NO_COMMA, LOWER), chain(word("a, b"), END), True),
        (chain(word("a"), END), {"instruction_id": "language:response_language", "kwargs": {"language": "th"}}, True),
        (both(chain(word("a"), END), BULLETS),
         {"instruction_id": "combination:repeat_prompt", "kwargs": {"prompt_to_repeat": "What is it?"}}, True),
        (selection(END, word("total")),
         {"instruction_id": "combination:repeat_prompt", "kwargs": {"prompt_to_repeat": "What is the total?"}}, True),
        (selection(END, word("total")), NO_COMMA, False),
    ],
)  # fmt: skip
def test_clashes(data: dict[str, Any], other: dict[str, Any], clash: bool) -> None:
    one, two = made(data), made(other)
    assert (one.clashes(two) or two.clashes(one)) is clash
    assert (two.clashes(one) or one.clashes(two)) is clash


WRITERS: dict[str, Callable[[Any], str]] = {
    "keywords:existence": lambda c: f"We say {' and '.join(c.keywords)} here.",
    "keywords:frequency": lambda c: (
        f"We {f'{c.keyword} or ' * c.frequency if c.relation == 'at least' else 'only'} say so."
    ),
    "keywords:forbidden_words": lambda _: "We say so here.",
    "detectable_format:number_bullet_lists": lambda c: "".join(
        f"* number {n} of them\n" for n in range(c.num_bullets)
    ),
    "detectable_format:number_highlighted_sections": lambda c: "*one of them* " * c.num_highlights,
    "detectable_format:multiple_sections": lambda c: "".join(
        f"{c.section_spliter} {number}\nWe go on.\n" for number in range(1, c.num_sections + 1)
    ),
    "startend:end_checker": lambda c: f"We say so. {c.end_phrase}",
    "startend:quotation": lambda _: '"We say so here."',
    "combination:repeat_prompt": lambda c: f"{c.prompt_to_repeat} We say so.",
    "change_case:english_lowercase": lambda _: "we say so here.",
    "change_case:english_capital": lambda _: "WE SAY SO HERE.",
    "change_case:capital_word_frequency": lambda c: (
        "We say SO. " + "NOW OR " * c.capital_frequency if c.capital_relation == "at least" else "we say so here."
    ),
    "keywords:word_once": lambda c: f"We say {c.keyword} here.",
    "keywords:letter_frequency": lambda c: (
        f"It is so in all. {f'b{c.letter}b ' * c.let_frequency}"
        if c.let_relation == "at least"
        else "It is so in all."
    ),
    "count:count_increment_word": lambda c: f"We say {c.keyword1} here, {c.keyword2} and {c.keyword2}.",
    "count:keywords_multiple": lambda c: f"We say so: {c.copied.replace(' ', ' if ')}.",
    "count:conjunctions": lambda _: "And we say it but it is, or so we say, yet not.",
    "count:unique_word_count": lambda c: words(c.N),
    "count:word_count_range": lambda c: words(c.min_words),
    "length_constraints:number_sentences": lambda c: " ".join(
        f"We say so {n} times." for n in range(c.num_sentences if c.relation == "at least" else 1)
    ),
    "length_constraints:number_paragraphs": lambda c: "\n***\n".join(
        f"We say so {n} times." for n in range(c.num_paragraphs)
    ),
    "length_constraints:nth_paragraph_first_word": lambda c: "\n\n".join([f"{c.first_word} so."] * c.num_paragraphs),
    "paragraphs:paragraphs": lambda _: "We say so.\n***\nWe do say so.",
    "paragraphs:paragraphs2": lambda _: "We say so.\n\nWe say so.",
    "detectable_content:postscript": lambda c: f"We say so.\n{c.postscript_marker} We do.",
    "detectable_format:title": lambda _: "<<So we say>>\nWe say so.",
    "format:list": lambda c: f"{c.sep} one of them\n{c.sep} two of them",
    "format:output_template": lambda _: "My Answer: so\nMy Conclusion: it is so\nFuture Outlook: it stays so",
    "first_word:first_word_answer": lambda c: f"{c.first_word} it is and it stays",
    "last_word:last_word_answer": lambda c: f"It is all {c.last_word}",
    "keywords:start_end": lambda _: "Sums we say are sums",
    "punctuation:no_comma": lambda _: "We say so here.",
    "length_constraints:number_words": lambda c: words(c.num_words if c.relation == "at least" else 3),
}


def words(count: int) -> str:
    return " ".join(f"word{chr(97 + n // 20)}{chr(97 + n % 20)}" for n in range(count))


def written(constraint: Any) -> str | None:
    """An answer that keeps a constraint without an And, and no more."""
    if constraint.id == "composition:chain":
        links = [written(part) for part in constraint.parts]
        return None if None in links else "\n".join(f"Part {i}\n{link}" for i, link in enumerate(links, 1))
    if constraint.id == "composition:selection":
        return written(constraint.branches[0])
    return WRITERS[constraint.id](constraint) if constraint.id in WRITERS else None


@pytest.mark.parametrize("instruction_id", ["composition:chain", "composition:selection"])
def test_what_is_sampled_can_be_kept(instruction_id: str) -> None:
    answers = [(c, answer) for c in sampled(instruction_id, 600) if (answer := written(c)) is not None]
    assert len(answers) > 150
    for constraint, answer in answers:
        assert constraint.holds(Text(answer)), (constraint.description, answer)


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (both(NO_COMMA, LOWER, END), "so we get 42. that is all."),
        (both(BULLETS, selection(word("alpha"), END, "otherwise")), "* We take alp.\n* It is 42. That is all."),
        (selection(word("alpha"), selection(both(NO_COMMA, word("beta")), chain(word("gamma"), END)), "otherwise"),
         "It is beta and 42."),
    ],
)  # fmt: skip
def test_answers_written_by_hand(data: dict[str, Any], answer: str) -> None:
    assert made(data).holds(Text(answer), "math")
    assert made(data).holds(Text(answer), "official") or "english" in str(data)


def test_descriptions_are_english() -> None:
    said = made(selection(both(NO_COMMA, END), chain(word("alpha"), BULLETS))).description
    assert said.startswith(
        "If your final answer is even, in your entire response, refrain from the use of any commas. "
    )
    assert 'Also, finish your response with this exact phrase "That is all.".' in said
    assert "Otherwise, write your answer in 2 parts" in said
    assert "In part 1, include keywords ['alpha'] in the response. In part 2, your answer must" in said
    for instruction_id in KINDS:
        assert not any("{" in constraint.description for constraint in sampled(instruction_id, 100))


def test_different_compositions_read_differently() -> None:
    a, b, c = word("alpha"), word("beta"), END
    forms = [both(selection(a, b), c), selection(a, both(b, c)), selection(both(a, c), b), both(chain(a, b), c),
             chain(a, both(b, c)), chain(both(a, b), c), selection(a, selection(b, c)), selection(selection(a, b), c),
             chain(selection(a, b), c), selection(a, chain(b, c))]  # fmt: skip
    assert len({made(form).description for form in forms}) == len(forms)
