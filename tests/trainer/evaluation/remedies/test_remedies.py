"""Remedies against generators whose answers are known: what is asked, what comes back, and what it cost."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import Response, constraints_of
from keepif.trainer.evaluation.benchmarks.benchmark import Item, Sample
from keepif.trainer.evaluation.engines.generation import Generated, Request, Sampling
from keepif.trainer.evaluation.remedies.examples import EXAMPLES, Example
from keepif.trainer.evaluation.remedies.remedies import KEEP, OPEN, REMEDIES, Policy, idle

LIMIT = 40
ITEM = Item(
    "1", ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is 6 * 7?"}), ("No commas.",)
)
Says = Callable[[Request], str | None]


class Fake:
    """Says what a function says, a word a token, cut at the limit; writes down what it was asked."""

    def __init__(self, says: Says) -> None:
        self.says, self.calls = says, list[list[Request]]()

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Generated | None]:
        self.calls.append(list(requests))
        return [self._one(request, sampling) for request in requests]

    def count(self, text: str) -> int:
        return len(text.split(" "))

    def _one(self, request: Request, sampling: Sampling) -> Generated | None:
        text = self.says(request)
        if text is None:
            return None
        words = text.split(" ")
        limit = min(request.max_tokens or sampling.max_tokens, sampling.max_tokens)
        return Generated(" ".join(words[:limit]), min(len(words), limit), len(words) > limit)


def remedied(name: str, says: Says, items: Sequence[Item] = (ITEM,), **policy: object) -> tuple[list, Fake]:
    fake = Fake(says)
    options = {"sampling": Sampling(max_tokens=LIMIT), "gate": lambda items: [False] * len(items)} | policy
    return REMEDIES[name](Policy(fake, **options), [Sample(item, i) for i, item in enumerate(items)]), fake


def always(text: str) -> Says:
    return lambda _: text


def asked(request: Request) -> str:
    return request.messages[-1]["content"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: next(iter(example.constraints)))
@pytest.mark.parametrize("reading", ["official", "math"])
def test_the_corrective_examples_are_correct(example: Example, reading: str) -> None:
    row = {"instruction_id_list": list(example.constraints), "kwargs": list(example.constraints.values())}
    answer = Response.parse(example.answer).answer
    assert all(constraint.holds(answer, reading) for constraint in constraints_of(row))


def test_few_shot_shows_examples_and_then_asks() -> None:
    [found], fake = remedied("few_shot", always("42"))
    [[request]] = fake.calls
    assert found == Generated("42", 1, False)
    assert request.messages[0] == ITEM.messages[0]
    assert all(f"{OPEN}{example.thinking}</think>{example.answer}" in asked(request) for example in EXAMPLES)
    assert asked(request).endswith("\n\nWhat is 6 * 7?")


def test_few_shot_shows_no_thinking_to_a_model_that_is_told_not_to_think() -> None:
    _, fake = remedied("few_shot", always("42"), thinking=False)
    assert OPEN not in asked(fake.calls[0][0])
    assert EXAMPLES[0].answer in asked(fake.calls[0][0])


KEPT = [
    "KEEP",
    "keep",
    "Keep.",
    "KEEP: it meets all",
    "**Keep** - it is fine",
    "KEEP\nIt meets all.",
    '"KEEP".',
    "(Keep)",
    "Keep —",
]
CORRECTED = [
    "43",
    "Keep calm and carry on",
    "Keep the first",
    "Keeper.",
    "KEEP-alive",
    "keep's",
    "To KEEP.",
    "It: KEEP",
]


@pytest.mark.parametrize("second", [*KEPT, "<think>Fine, is it?</think>\n**KEEP**.", "<think>It", "  "])
def test_reflection_keeps_a_draft(second: str) -> None:
    [found], fake = remedied(
        "self_reflection", lambda r: second if "### Draft" in asked(r) else "<think>a b</think>42"
    )
    assert found.text == "<think>a b</think>42"
    assert found.tokens == 2 + len(second.split(" "))
    assert "What is 6 * 7?" in asked(fake.calls[1][0])
    assert asked(fake.calls[1][0]).endswith("### Thinking\na b\n\n### Draft\n42")


@pytest.mark.parametrize("second", [*CORRECTED, "<think>KEEP</think>43"])
def test_reflection_takes_a_correction(second: str) -> None:
    [found], _ = remedied("self_reflection", lambda request: second if "### Draft" in asked(request) else "42")
    assert found.text == second


@given(
    st.text("*\"'`_ \n", max_size=4),
    st.sampled_from(["KEEP", "keep", "Keep"]),
    st.sampled_from(".:;!,\n"),
    st.text(),
)
def test_the_word_alone_keeps_whatever_follows(before: str, word: str, mark: str, rest: str) -> None:
    assert KEEP.match(f"{before}{word}{mark}{rest}".strip())
    assert not KEEP.match(f"{word} the {rest}")


@pytest.mark.parametrize(
    ("said", "thinks"),
    [("YES", True), ("no.", False), ("<think></think>No", False), ("<think>Well, no", False), ("Perhaps", True)],
)
def test_the_model_says_whether_to_think(said: str, thinks: bool) -> None:
    [found], fake = remedied("self_selective", lambda request: said if "YES or NO" in asked(request) else "4 2")
    assert found == Generated("4 2", 2 + len(said.split(" ")), False)
    assert fake.calls[0][0].thinking is False
    assert fake.calls[1] == [replace(fake.calls[1][0], messages=ITEM.messages, thinking=thinks)]


def test_a_gate_says_whether_to_think() -> None:
    items = [replace(ITEM, key=str(i)) for i in range(3)]
    gate = lambda items: [item.key == "1" for item in items]  # noqa: E731
    _, fake = remedied("classifier_selective", always("42"), items, gate=gate)
    assert [request.thinking for request in fake.calls[0]] == [False, True, False]
    with pytest.raises(ValueError, match="train_gate"):
        remedied("classifier_selective", always("42"), gate=None)


def test_the_constraints_are_repeated_at_the_end_of_the_thinking() -> None:
    first = "<think>It is 42.\n</think>So, 42"
    [found], fake = remedied("constraint_repetition", lambda r: " Right.</think>42" if r.prefix else first)
    prefix = "<think>It is 42.\n\nWait, No commas."
    assert [request.prefix for request in fake.calls[1]] == [prefix]
    assert found == Generated(f"{prefix} Right.</think>42", 6, False)
    assert Response.parse(found.text).answer_text == "42"


@pytest.mark.parametrize("first", ["So, 42", "<think></think>So, 42", "<think>It is"])
def test_without_a_thinking_that_ends_nothing_is_repeated(first: str) -> None:
    [found], fake = remedied("constraint_repetition", always(first))
    assert found.text == first
    assert len(fake.calls) == 1
    [found], fake = remedied("constraint_repetition", always("a</think>b"), [replace(ITEM, instructions=())])
    assert len(fake.calls) == 1


def test_thinking_beyond_the_budget_is_closed() -> None:
    [found], fake = remedied("thinking_budget", lambda r: "So 42" if r.prefix else "<think>a b c d", thinking_budget=3)
    assert found == Generated("<think>a b c</think>So 42", 5, False)
    assert [request.max_tokens for call in fake.calls for request in call] == [3, LIMIT - 3]


@pytest.mark.parametrize("first", ["<think>a</think>b c d", "a b c d"])
def test_what_is_no_thinking_goes_on_where_it_was_cut(first: str) -> None:
    [found], fake = remedied("thinking_budget", lambda r: " and more" if r.prefix else first, thinking_budget=2)
    assert fake.calls[1][0].prefix == " ".join(first.split(" ")[:2])
    assert found.text == " ".join(first.split(" ")[:2]) + " and more"
    [found], fake = remedied("thinking_budget", always(first))  # half of the limit is enough
    assert (found.text, len(fake.calls)) == (first, 1)


@pytest.mark.parametrize(
    ("name", "instructions", "thinking", "why"),
    [
        ("constraint_repetition", ("No commas.",), 9, None),
        ("constraint_repetition", (), 9, "does not name its constraints"),
        ("constraint_repetition", ("No commas.",), 0, "no response thinks"),
        ("self_selective", (), 0, "no response thinks"),
        ("self_selective", (), 9, None),
        ("few_shot", (), 0, None),
        ("none", (), 0, None),
    ],
)
def test_a_remedy_that_can_do_nothing_says_why(
    name: str, instructions: tuple[str, ...], thinking: int, why: str | None
) -> None:
    items = [replace(ITEM, instructions=()), replace(ITEM, instructions=instructions)]
    found = idle(name, [Sample(item, 0, "", 10, thinking * i) for i, item in enumerate(items)])
    assert found is why if why is None else why in (found or "")


@pytest.mark.parametrize("budget", [0, LIMIT])
def test_a_budget_leaves_tokens_for_the_answer(budget: int) -> None:
    with pytest.raises(ValueError, match=f"found {budget} of max_tokens = {LIMIT}"):
        remedied("thinking_budget", always(""), thinking_budget=budget)


texts = st.lists(st.sampled_from(["<think>", "</think>", "YES", "no", "KEEP", "42", "\n", " ", "{0}"])).map("".join)


@pytest.mark.parametrize("name", REMEDIES)
@settings(deadline=None)  # the first example loads what the others find loaded
@given(said=st.dictionaries(st.integers(0, 4), st.none() | st.text() | texts), again=st.none() | st.text() | texts)
def test_items_do_not_touch_each_other(name: str, said: dict[int, str | None], again: str | None) -> None:
    """Whatever is said: one answer an item, the same alone as among others, in two calls at most; failures stay."""

    def says(request: Request) -> str | None:
        number = request.seed % 5
        return again if request.prefix or "###" in asked(request) else said.get(number, "<think>a</think>b")

    samples = [Sample(replace(ITEM, key=str(i)), i) for i in range(5)]
    fake = Fake(says)
    policy = Policy(fake, Sampling(max_tokens=4), gate=lambda items: [True] * len(items))
    found = REMEDIES[name](policy, samples)
    assert len(fake.calls) <= 2
    assert found == [REMEDIES[name](policy, [sample])[0] for sample in samples]
    assert all(found[i] is None for i in range(5) if said.get(i, "") is None)
