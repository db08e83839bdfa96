"""Compositions: their formulas, their branches, their kwargs, and answers that keep what is sampled."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import ConstraintError, Scoring, Text, constraints_of, make
from keepif.rewards.constraints import REGISTRY, Composition, Constraint, Problem
from keepif.rewards.constraints.composition import nodes
from keepif.rewards.constraints.condition import Condition, value_of

KINDS = sorted(i for i in REGISTRY if i.startswith("composition:"))
NO_COMMA: dict[str, Any] = {"instruction_id": "punctuation:no_comma", "kwargs": {}}
LOWER: dict[str, Any] = {"instruction_id": "change_case:english_lowercase", "kwargs": None}
BULLETS: dict[str, Any] = {"instruction_id": "detectable_format:number_bullet_lists", "kwargs": {"num_bullets": 2}}
END: dict[str, Any] = {"instruction_id": "startend:end_checker", "kwargs": {"end_phrase": "That is all."}}


def word(*keywords: str) -> dict[str, Any]:
    return {"instruction_id": "keywords:existence", "kwargs": {"keywords": list(keywords)}}


def both(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"instruction_id": "composition:and", "kwargs": {"parts": list(parts)}}


def chain(*parts: dict[str, Any]) -> dict[str, Any]:
    return {"instruction_id": "composition:chain", "kwargs": {"parts": list(parts)}}


def selection(then: dict[str, Any], otherwise: dict[str, Any], active: str = "then") -> dict[str, Any]:
    kwargs = {"quantity": "answer", "test": "even", "active": active, "then": then, "otherwise": otherwise}
    return {"instruction_id": "composition:selection", "kwargs": kwargs}


def made(data: dict[str, Any]) -> Constraint:
    return make(data["instruction_id"], data["kwargs"])


def problems(count: int, seed: int = 0) -> list[Problem]:
    rng = random.Random(seed)
    golds = (int(10 ** rng.uniform(0, 4)) for _ in range(count))
    said = (
        f"Bob has {gold % 7} pears{', and then 2 more' * (gold % 5)}{' now' * (gold % 3)}." for gold in range(count)
    )
    return [Problem(f"{text} How many?", str(gold)) for text, gold in zip(said, golds, strict=True)]


def sampled(instruction_id: str, count: int, seed: int = 0) -> list[Constraint]:
    rng = random.Random(seed)
    found = [REGISTRY[instruction_id].sample(rng, problem) for problem in problems(count, seed)]
    assert None not in found
    return [constraint for constraint in found if constraint is not None]


# --- credits, computed by hand ---------------------------------------------------------------------------------------

FOUR = [word("alpha"), word("beta"), word("gamma"), word("delta")]


def parts_saying(*words: str) -> str:
    return "\n".join(f"Part {number}\nIt says {said} here." for number, said in enumerate(words, 1))


@pytest.mark.parametrize(
    ("data", "text", "credit"),
    [
        (both(*FOUR), "alpha, beta and delta", 3 / 4),
        (both(NO_COMMA, END), "It is 42, as stated.", 0),
        (chain(*FOUR), parts_saying("alpha", "beta", "gamma", "delta"), 1),
        (chain(*FOUR), parts_saying("alpha", "x", "gamma", "delta"), (1 + 0 + 1 / 2 + 1 / 2) / 4),
        (chain(*FOUR), parts_saying("x", "beta", "x", "delta"), (0 + 1 / 2 + 0 + 1 / 4) / 4),
        (chain(*FOUR), parts_saying("beta", "alpha", "gamma", "delta"), (1 / 4 + 1 / 4) / 4),
        (selection(END, word("beta")), "So it is 42. That is all.", 1),
        (selection(END, word("beta")), "So it is beta. That is all.", 0),  # both branches: none was chosen
        (selection(END, word("beta"), "otherwise"), "So it is beta.", 1),
        (selection(END, NO_COMMA), "So it is 42. That is all.", 1),  # no comma shows nothing: its absence is not asked
        (selection(both(word("alpha"), END), word("beta")), "So it is alpha.", 1 / 2),
        (both(chain(word("alpha"), word("beta")), NO_COMMA), parts_saying("x", "beta"), (1 / 4 + 1) / 2),
        (chain(both(word("alpha"), word("beta")), selection(word("gamma"), END)), parts_saying("beta", "gamma"),
         (1 / 2 + 1 / 2 * 1) / 2),
        (both(selection(chain(word("alpha"), word("beta")), END), LOWER), "Part 1: it is alpha\nPart 2: x", 1 / 4),
    ],
)  # fmt: skip
def test_credits(data: dict[str, Any], text: str, credit: float) -> None:
    constraint = made(data)
    assert constraint.credit(Text(text)) == credit
    assert constraint.holds(Text(text)) == (credit == 1)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Part 1\nthe total is\nPart 2\nis 42. That is all.", True),
        ("**Part 1:** the total is\n\n### PART 2\nis 42. That is all.", True),
        ('"Part 1\nthe total is\nPart 2\nis 42. That is all."', True),
        ("Part 2\nis 42. That is all.\nPart 1\nthe total", False),
        ("Part 1\nthe total is 42. That is all.", False),
        ("First the work.\nPart 1\nthe total is\nPart 2\nis 42. That is all.", False),
        ("Part 1\nthe sum\nPart 2\nthe total is 42. That is all.", False),
        ("Part 1 and part 2: the total is 42. That is all.", False),
        ("Part 1\nthe total is\nPart 12\nis 42. That is all.", False),
    ],
)
def test_a_chain_is_kept_in_its_order(text: str, kept: bool) -> None:
    assert made(chain(word("total"), END)).holds(Text(text)) is kept


def test_compliance_is_the_mean_credit() -> None:
    columns = {"instruction_id_list": [[NO_COMMA["instruction_id"], "composition:and"]],
               "kwargs": [[{}, both(word("alpha"), word("beta"))["kwargs"]]]}  # fmt: skip
    score = Scoring().batch(["It is alpha."], None, columns)[0]
    assert score.f == (1 + 1 / 2) / 2
    assert score.kept == {"punctuation:no_comma": True, "composition:and": False}
    assert Scoring().batch(["<think>alpha"], None, columns)[0].f == 0


PIECES = st.lists(st.sampled_from(["Part 1", "Part 2\n", "alpha", "That is all.", "* x\n", "$", ",", " "])).map(
    "".join
)


@given(text=st.text() | PIECES, seed=st.integers(0, 200))
@settings(max_examples=200)
@pytest.mark.parametrize("reading", ["official", "math"])
def test_any_text_is_credited(reading: Any, text: str, seed: int) -> None:
    for constraint in (
        sampled(KINDS[seed % 3], 1, seed)[0],
        made(selection(chain(word("alpha"), END), both(BULLETS, LOWER))),
    ):
        credit = constraint.credit(Text(text), reading)
        assert 0 <= credit <= 1
        assert (credit == 1) == constraint.holds(Text(text), reading)


SILENT = [
    both(NO_COMMA, LOWER),
    chain(NO_COMMA, LOWER),
    selection(NO_COMMA, END),
    chain(LOWER, both(NO_COMMA, LOWER)),
]


@pytest.mark.parametrize("text", ["42", r"\boxed{42}", "$42$", "", "part 1: 42\npart 2: 42"])
@pytest.mark.parametrize("data", SILENT, ids=["and", "chain", "selection", "nested"])
def test_silence_earns_nothing(data: dict[str, Any], text: str) -> None:
    if not (text.startswith("part") and data["instruction_id"] != "composition:chain"):  # there it is four words
        assert made(data).credit(Text(text)) == 0


# --- conditions and branches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "value"),
    [("answer", -137), ("digit sum", 11), ("digits", 3), ("question words", 7), ("question numbers", 2)],
)
def test_quantities(quantity: Any, value: int) -> None:
    problem = Problem("Take 1,500 from x2 and 3.5 away.", "-137")
    assert value_of(quantity, problem) == value
    for bound, above in ((200, False), (0, value > 0)):
        assert Condition(quantity, "greater than", bound).holds(problem) is above
    assert Condition(quantity, "odd").holds(problem) is (value % 2 == 1)


@pytest.mark.parametrize("answer", ["", "1/2", "0.5", "x+1", "(1,2)"])
def test_only_integers_have_parity(answer: str) -> None:
    problem = Problem("How many?", answer)
    assert Condition("answer", "even").holds(problem) is None
    assert Condition("question numbers", "even").holds(problem) is None
    assert Condition.sample(random.Random(0), problem, True).quantity == "question words"


def test_branches_are_balanced_and_true() -> None:
    rng, active = random.Random(0), []
    tests: dict[str, list[bool]] = {}
    for problem in problems(2000):
        constraint: Any = REGISTRY["composition:selection"].sample(rng, problem)
        then = Condition(constraint.quantity, constraint.test, constraint.bound).holds(problem)
        assert constraint.active == ("then" if then else "otherwise")
        active.append(then)
        tests.setdefault(constraint.test, []).append(then is True)
    assert 0.45 < sum(active) / len(active) < 0.55
    assert all(0.40 < sum(found) / len(found) < 0.60 for found in tests.values())
    assert all(len(found) > 200 for found in tests.values())


# --- what is sampled -------------------------------------------------------------------------------------------------


def leaves(constraint: Constraint) -> list[Constraint]:
    return [node for node in nodes(constraint) if not isinstance(node, Composition)]


def test_depths_and_sizes() -> None:
    for instruction_id in KINDS:
        found = [sum(isinstance(node, Composition) for node in nodes(c)) for c in sampled(instruction_id, 300)]
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
        f"We {f'{c.keyword} ' * c.frequency if c.relation == 'at least' else 'only'} say so."
    ),
    "keywords:forbidden_words": lambda _: "We say so here.",
    "detectable_format:number_bullet_lists": lambda c: "* one of them\n" * c.num_bullets,
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
        "We say SO. " + "NOW " * c.capital_frequency if c.capital_relation == "at least" else "we say so here."
    ),
    "keywords:word_once": lambda c: f"We say {c.keyword} here.",
    "keywords:letter_frequency": lambda c: (
        f"It is so in all. {c.letter * c.let_frequency}" if c.let_relation == "at least" else "It is so in all."
    ),
    "count:count_increment_word": lambda c: f"We say {c.keyword1} here, {c.keyword2} and {c.keyword2}.",
    "count:keywords_multiple": lambda c: f"We say so: {c.copied}.",
    "count:conjunctions": lambda _: "And we say it but so, or yet not.",
    "count:unique_word_count": lambda c: " ".join(f"word{number}" for number in range(c.N)),
    "count:word_count_range": lambda c: "We say so " + "here " * (c.min_words - 3),
    "length_constraints:number_sentences": lambda c: (
        "We say so. " * (c.num_sentences if c.relation == "at least" else 1)
    ),
    "length_constraints:number_paragraphs": lambda c: "\n***\n".join(["We say so."] * c.num_paragraphs),
    "length_constraints:nth_paragraph_first_word": lambda c: "\n\n".join([f"{c.first_word} so."] * c.num_paragraphs),
    "paragraphs:paragraphs": lambda _: "We say so.\n***\nWe say so.",
    "paragraphs:paragraphs2": lambda _: "We say so.\n\nWe say so.",
    "detectable_content:postscript": lambda c: f"We say so.\n{c.postscript_marker} We do.",
    "detectable_format:title": lambda _: "<<So>>\nWe say so.",
    "format:list": lambda c: f"{c.sep} one\n{c.sep} two",
    "format:output_template": lambda _: "My Answer: so\nMy Conclusion: so\nFuture Outlook: so",
    "first_word:first_word_answer": lambda c: f"{c.first_word} it is and it stays",
    "last_word:last_word_answer": lambda c: f"It is all {c.last_word}",
    "keywords:start_end": lambda _: "Sums we say are sums",
    "punctuation:no_comma": lambda _: "We say so here.",
    "length_constraints:number_words": lambda c: "We say so " * (c.num_words if c.relation == "at least" else 1),
}


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


# --- kwargs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("instruction_id", KINDS)
def test_sampled_kwargs_come_back(instruction_id: str, tmp_path: Path) -> None:
    found = sampled(instruction_id, 60)
    rows = [{"instruction_id_list": [c.id, "keywords:existence"],
             "kwargs": [c.kwargs, {"keywords": ["alpha"]}]} for c in found]  # fmt: skip
    path = str(tmp_path / "rows.parquet")
    Dataset.from_list(rows).to_parquet(path)
    for form in (rows, Dataset.from_list(rows), Dataset.from_parquet(path, cache_dir=str(tmp_path))):
        assert [constraints_of(row)[0] for row in form] == found  # pyright: ignore[reportArgumentType]
    assert [made(json.loads(json.dumps({"instruction_id": c.id, "kwargs": c.kwargs}))) for c in found] == found


def test_parts_as_text_and_as_mappings_are_the_same() -> None:
    inner = both(NO_COMMA, {**END, "kwargs": json.dumps(END["kwargs"])})
    text = {
        "parts": json.dumps([LOWER, BULLETS, {**inner, "kwargs": {"parts": json.dumps(inner["kwargs"]["parts"])}}])
    }
    assert make("composition:and", text) == made(both(LOWER, BULLETS, inner))


def nested(depth: int) -> dict[str, Any]:
    return both(NO_COMMA, nested(depth - 1)) if depth else LOWER


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({}, "composition:and: kwarg 'parts' is missing; it must be a non-empty list, or its JSON text"),
        ({"parts": "["}, "composition:and: kwarg 'parts' must be a non-empty list, or its JSON text"),
        ({"parts": {"first": NO_COMMA}}, "'parts' must be a non-empty list, or its JSON text"),
        ({"parts": ["punctuation:no_comma"]}, "'parts', part 1 must be a mapping, .*, found 'punctuation:no_comma'"),
        ({"parts": [NO_COMMA, {**END, "kwargs": "end"}]}, "'parts', part 2 must be a mapping"),
        ({"parts": [NO_COMMA]}, "it needs two parts or more and at most 8 plain ones in all, found 1 and 1"),
        ({"parts": [NO_COMMA] * 9}, "found 9 and 9"),
        ({"parts": [both(*[NO_COMMA] * 5), both(*[NO_COMMA] * 4)]}, "found 2 and 9"),
        (
            {"parts": [NO_COMMA, both(LOWER, {**END, "kwargs": {}})]},
            "'parts', part 2: composition:and: kwarg 'parts', part 2: startend:end_checker: kwarg 'end_phrase' is",
        ),
        ({"parts": [NO_COMMA, word("(")]}, "'parts', part 2: keywords:existence: keyword '\\(' is no valid pattern"),
        ({"parts": [NO_COMMA, selection(END, LOWER, "else")]}, "kwarg 'active' must be 'then' or 'otherwise'"),
        ({"parts": [NO_COMMA, selection(END, "x")]}, "kwarg 'otherwise' must be a mapping, .*, found 'x'"),  # pyright: ignore[reportArgumentType]
        ({"parts": [NO_COMMA, chain(END, both(LOWER, chain(END, LOWER)))]}, "a chain within a chain"),
        (nested(5)["kwargs"], "compositions stand at most 4 deep in one another"),
        (nested(200)["kwargs"], "compositions stand at most 4 deep in one another"),
        ({"parts": "[" * 100_000}, "must be a non-empty list"),
    ],
)
def test_errors_name_the_path(kwargs: dict[str, Any], message: str) -> None:
    with pytest.raises(ConstraintError, match=message):
        make("composition:and", kwargs)


def test_four_deep_is_fine() -> None:
    assert made(nested(4)).holds(Text("so it is 42."))


def test_hostile_columns_are_refused_in_words() -> None:
    with pytest.raises(ConstraintError, match="neither JSON nor a Python literal"):
        constraints_of({"instruction_id_list": ["composition:and"], "kwargs": ["[" * 100_000]})
