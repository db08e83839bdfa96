"""Fuzzing: what a model may write, put together by hypothesis, against what must hold of any text.

A few hundred texts in `make test`, tens of thousands in `make thorough`.
"""

import re
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import KeepIFReward, Multipliers, Response, Scoring, guard
from keepif.rewards.constraints import REGISTRY
from keepif.rewards.correctness.claims import gold_answer, stated_answers
from keepif.rewards.correctness.equality import BASED, DOUBT, SEVERAL, fast_verdict
from keepif.rewards.correctness.values import as_number, normalised
from keepif.rewards.correctness.workers import shared_grader
from keepif.rewards.guard import REASONS
from keepif.rewards.score import Score
from keepif.rewards.text.latex import FORMULA, boxes
from keepif.rewards.text.response import DEFAULT_DELIMITERS, OTHERS, Delimiters
from keepif.rewards.text.text import Text
from tests.helpers.grading import boxed, mask_formulas
from tests.helpers.shapes import UNITS

SECONDS = 2.0
"""Of processor time, for a text of some 50,000 characters at most."""

PIECES = (
    *UNITS, "<think>", "</think>", "<thinking>", "[/THINK]", "<|channel|>", "The answer is ", "the final answer: ",
    "答案是", "#### ", "<answer>", "</answer>", r"\boxed{7}", r"\boxed 5", r"\fbox{", r"\frac{1}{2}",
    "Or 3.", "answer", r"\text{and so, we add them}", "7", "3.5", "1,234", "=", " or ", "Alternatively ",
    "It is not true that ", "{,}", "I'm sorry, ", r"\left(", "\ud800", "\x00", "%", "\\", r"\\", "because ",
    "<!-- root -->",
)  # fmt: skip
TIMES = st.sampled_from([1, 1, 1, 1, 2, 3, 40, 2_000])
RUNS = st.builds(lambda piece, times: piece * times, st.sampled_from(PIECES), TIMES)
TEXTS = st.lists(RUNS | st.text(max_size=20), max_size=12).map("".join)
COMPLETIONS = TEXTS | st.builds("<think>{}</think>{}".format, TEXTS, TEXTS)


def fuzzed(*strategies: st.SearchStrategy[Any], few: int = 100, many: int = 12_000) -> Any:
    """A test of a few examples, and under the marker `thorough` one of many."""

    def two(check: Any) -> Any:
        @pytest.mark.parametrize("examples", [few, pytest.param(many, marks=pytest.mark.thorough)])
        def test(examples: int) -> None:
            settings(max_examples=examples, deadline=None)(given(*strategies)(check))()

        test.__doc__ = check.__doc__
        return test

    return two


@fuzzed(COMPLETIONS, st.sampled_from([DEFAULT_DELIMITERS, Delimiters(prefilled=True), Delimiters("[T]", "[/T]")]))
def test_sections_make_up_the_completion(text: str, delimiters: Delimiters) -> None:
    began = time.process_time()
    response = Response.parse(text, delimiters)
    assert time.process_time() - began < SECONDS
    thinking, answer = response.thinking, response.answer_text
    if not text.endswith(answer):
        assert text.rstrip().lower().endswith(f"{answer}</answer>".lower())
    elif delimiters.open not in text and delimiters.close not in text and any(o.search(text) for o in OTHERS):
        assert text.startswith(thinking or "") or (thinking or "") in text.removesuffix(answer)
    elif not response.closed:
        assert answer == ""
        assert delimiters.close not in text
        assert text.endswith(thinking or "")
    elif thinking is None:
        assert answer == text
    elif delimiters.open in text and not response.reopened:
        head, _, rest = text.partition(delimiters.open)
        assert not head.strip()
        assert rest == thinking + delimiters.close + answer
    elif not response.reopened:
        assert text == thinking + delimiters.close + answer
    else:
        assert text.endswith(answer)
        assert thinking in text


@fuzzed(COMPLETIONS, TEXTS, st.lists(st.integers(0, 3), max_size=3))
def test_the_guard_is_sure_of_itself(text: str, prompt: str, ids: list[int]) -> None:
    """Its reasons do not depend on how often it is asked, and more knowledge only finds more."""
    response, began = Response.parse(text), time.process_time()
    reason = guard(response)
    assert time.process_time() - began < SECONDS
    assert reason is None or reason in REASONS
    assert guard(Response.parse(text)) == reason
    assert guard(response, prompt=prompt) == reason or (reason is None and guard(response, prompt=prompt) == "copied")
    assert guard(response, ids, {2}) == (reason if ids[-1:] == [2] else "truncated")
    if reason is None:
        assert guard(Response(thinking=None, answer_text=response.answer_text)) is None


@fuzzed(TEXTS)
def test_extraction_is_bounded(text: str) -> None:
    for read in (boxed, lambda text: stated_answers(Text(text)), gold_answer, normalised, mask_formulas):
        began = time.process_time()
        read(text)
        assert time.process_time() - began < SECONDS, read
    assert len(mask_formulas(text)) <= len(text) + 2 * text.count("$") + 2
    assert mask_formulas(text).count(FORMULA) <= len(text)


@fuzzed(TEXTS)
def test_boxes_are_the_same_where_the_search_begins_later(text: str) -> None:
    for said in (text, f"İ{text}", rf"{text}İ\FrameBox{{7}}", rf"{text} \boxed 5"):
        assert list(boxes(said, said.lower())) == list(boxes(said))


CONSTRAINTS = [(i, dict(REGISTRY[i].example.kwargs)) for i in sorted(REGISTRY)]


@fuzzed(
    st.lists(st.tuples(COMPLETIONS, TEXTS, st.sampled_from(["7", "x+1", ""])), min_size=1, max_size=3),
    few=60,
    many=5_000,
)
def test_any_batch_is_scored(rows: list[tuple[str, str, str]]) -> None:
    """Every constraint on any text, graded against a gold answer: a number from 0 to 1, or none."""
    scoring = Scoring(budget=10, end_ids={2})
    reward, seen = KeepIFReward(Multipliers(0.3, 0.2), scoring), list[Score]()
    reward.scorer.watch(lambda scores, _: seen.extend(scores))
    texts, prompts, golds = (list(column) for column in zip(*rows, strict=True))
    ids = [[instruction_id for instruction_id, _ in CONSTRAINTS]] * len(rows)
    kwargs = [[given for _, given in CONSTRAINTS]] * len(rows)
    rewards = reward(
        texts, prompts=prompts, answer=golds, completion_ids=[[5] * len(text) + [2] for text in texts],
        instruction_id_list=ids, kwargs=kwargs,
    )  # fmt: skip
    for found, score in zip(rewards, seen, strict=True):
        assert found is None if score.unreadable else -1 <= found <= 1
        assert score.f is not None
        assert 0 <= score.f <= 1
        if score.void:
            assert not score.c
            assert score.f == 0
            assert not any(score.verdicts.values())


DIGITS = st.integers(-10_000, 10_000) | st.sampled_from([0, 1, -1, 10, 10**6, 10**12, 7, 12345678])
DECIMALS = st.decimals(-1000, 1000, places=3).map(str) | st.decimals(-2, 2, places=8).map(str)
SMALL = st.integers(1, 60)
WORD = st.sampled_from(["east", "East", "seat", "Tuesday", "even", "odd", "no solution", "no  Solution", "north-west"])
FORMS = (
    DIGITS.map(str)
    | DIGITS.map("{:,}".format)
    | DECIMALS
    | st.builds(r"\frac{{{}}}{{{}}}".format, DIGITS, SMALL)
    | st.builds("{}/{}".format, DIGITS, SMALL)
    | st.builds(r"{}\frac{{{}}}{{{}}}".format, SMALL, SMALL, SMALL)
    | st.builds(r"{} \times 10^{{{}}}".format, DECIMALS, st.integers(-5, 5))
    | st.builds(r"{}e{}".format, SMALL, st.integers(-5, 5))
    | st.builds(r"{}_{}".format, SMALL, st.integers(2, 9))
    | st.builds(r"{}\%".format, SMALL)
    | st.builds(r"\${}".format, DIGITS)
    | st.builds(r"({}, {})".format, SMALL, SMALL)
    | st.builds(r"x={}".format, DIGITS)
    | st.builds(r"\sqrt{{{}}}".format, SMALL)
    | st.builds(r"{}\pi".format, SMALL)
    | st.builds(str.format, st.sampled_from([r"\text{{{}}}", r"\mathrm{{{}}}", "{}"]), WORD)
    | st.sampled_from(["x+1", "1+x", "xy", "yx", r"\{1,2\}", "(1,2]", r"\infty", "A", "B", "3 or 7", "7 and 3", ""])
)
WRITINGS = (
    "{n}/{d}", r"\frac{{{n}}}{{{d}}}", r"\dfrac{{{n}}}{{{d}}}", "{q:.1f}", "{q:.3f}", "{q:.6f}", "{q:.8f}", "{q:.12f}",
    "{q:.6e}", r"{q:.4f} \times 10^{{0}}", "{whole:,}", r"{whole} \frac{{{rest}}}{{{d}}}", "{whole} {rest}/{d}",
)  # fmt: skip


def written(form: str, n: int, d: int) -> str:
    return form.format(n=n, d=d, q=n / d, whole=n // d, rest=n % d)


FORM = st.sampled_from(WRITINGS)
DENOMINATOR = st.sampled_from([1, 2, 3, 4, 7, 8, 10, 16, 1000])
ALIKE = st.builds(
    lambda one, other, n, more, d: (written(one, n, d), written(other, n + more, d)),
    FORM, FORM, st.integers(0, 5_000), st.sampled_from([0, 0, 0, 1]), DENOMINATOR,
)  # fmt: skip
PAIRS = st.tuples(FORMS, FORMS) | ALIKE


PRODUCT_THERE = re.compile(r"\d+\s+\d+/\d+|\d+\s*\\frac\{0\}\{\d+\}")
"""Mixed numbers that math-verify multiplies: to it "7 1/2" is 7/2."""


def explained(candidate: str, gold: str, equal: bool) -> bool:
    """Whether we disagree with math-verify on purpose; `equal` is our verdict.

    On what offers several values, or one "about" another; on the base of a number, which it drops; on words, which it
    multiplies out; on some mixed numbers; on decimals, which it rounds, and which in scientific notation it
    multiplies out inexactly: to it 2.01 times 10^2 is not 201.
    """
    ours, theirs = as_number(candidate), as_number(gold)
    near = ours is not None and theirs is not None and ours != theirs and abs(ours - theirs) < 1e-4
    inexact = ours is not None and ours == theirs and r"\times 10^" in candidate + gold and "." in candidate + gold
    stricter = DOUBT.search(candidate) or SEVERAL.search(candidate) or (BASED.fullmatch(candidate) and "_" in gold)
    return bool(
        (stricter and not equal)
        or (inexact and equal)
        or same_letters(candidate, gold, equal)
        or PRODUCT_THERE.search(candidate)
        or PRODUCT_THERE.search(gold)
        or (near and "." in candidate + gold)
    )


STYLE = re.compile(r"\\(?:text\w*|math(?:bf|it|rm|sf|tt)|mbox|operatorname)\s*\{([^{}]*)\}")
"""A command of style and its argument: matches `\\text{ab}`; not `\\frac{a}{b}`."""


def same_letters(candidate: str, gold: str, equal: bool) -> bool:
    """Whether two words are one product of letters, though not one word; or, where we call them equal, one word."""
    one, other = (re.sub(r"\W", "", STYLE.sub(r"\1", value)).casefold() for value in (candidate, gold))
    return one.isalpha() and sorted(one) == sorted(other) and equal == (one == other)


@fuzzed(st.lists(PAIRS, min_size=40, max_size=40), few=5, many=400)
def test_the_fast_path_says_what_math_verify_says(pairs: list[tuple[str, str]]) -> None:
    read = [(normalised(one), normalised(other)) for one, other in pairs]
    fast = {pair: verdict for pair in read if pair[1] and (verdict := fast_verdict(*pair)) is not None}
    slow = shared_grader().verdicts(list(fast))
    differ = [
        (pair, ours, theirs)
        for (pair, ours), theirs in zip(fast.items(), slow, strict=True)
        if theirs is not None and ours is not theirs and not explained(*pair, ours)
    ]
    assert not differ, differ
