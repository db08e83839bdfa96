"""What TRL is handed: the combined reward and its parts."""

import math
import pickle
from collections import defaultdict
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepif.rewards import (
    Delimiters,
    KeepIFReward,
    Multipliers,
    PartReward,
    Scoring,
    compliance_reward,
    correctness_reward,
    keepif_reward,
    length_reward,
)
from keepif.rewards.published.aggregations import fixed
from keepif.rewards.published.length_terms import LENGTH_TERMS
from keepif.rewards.reward import PARTS
from keepif.rewards.rows import complain
from keepif.rewards.scorer import Scorer

COLUMNS: dict[str, Any] = {
    "answer": ["4"] * 3,
    "instruction_id_list": [["punctuation:no_comma", "startend:quotation"]] * 3,
    "kwargs": [[{"num_words": None}, {}]] * 3,
    "prompts": ["What is 2 + 2?"] * 3,
    "trainer_state": object(),
    "some_other_column": [None] * 3,
}
COMPLETIONS = [r'"So it is \boxed{4}."', r"So, it is \boxed{4}.", r"So it is \boxed{5}."]
REWARDS = [keepif_reward, correctness_reward, compliance_reward, length_reward]


def test_a_batch_without_any_target_says_so_once(caplog: pytest.LogCaptureFixture) -> None:
    complain.cache_clear()
    assert keepif_reward(["So it is four."], topic=["sums"]) == [0.0]
    assert keepif_reward(["So it is five."], topic=["sums"]) == [0.0]
    assert caplog.text.count("neither a gold answer nor constraints in the columns (topic)") == 1


def test_parts_and_whole() -> None:
    assert correctness_reward(COMPLETIONS, **COLUMNS) == [1.0, 1.0, 0.0]
    assert compliance_reward(COMPLETIONS, **COLUMNS) == [1.0, 0.0, 0.5]
    assert length_reward(COMPLETIONS, completion_ids=[[1] * 30] * 3, budget=[20] * 3, **COLUMNS) == [-0.5, -0.5, 0.0]
    assert PartReward("joint")(COMPLETIONS, **COLUMNS) == [1.0, 0.0, 0.0]
    combined = KeepIFReward(Multipliers(0.4, 0.2, bonus=0.5), Scoring(budget=20))
    found = combined(COMPLETIONS, completion_ids=[[1] * 30] * 3, **COLUMNS)
    assert found == pytest.approx([(1 + 0.4 - 0.1 + 0.5 * 0.9) / 2.1, (1 - 0.1) / 2.1, 0.2 / 2.1])


def test_rows_without_constraints_or_gold() -> None:
    assert keepif_reward([r"\boxed{4}"], answer=["4"]) == [1.0]
    no_comma = {"constraint_name": [["punctuation:no_comma"]], "constraint_args": [[None]]}
    assert keepif_reward(["So it is four."], **no_comma) == [1.0]
    assert compliance_reward([r"\boxed{4}"], answer=["4"]) == [None]
    assert correctness_reward(["four"]) == [None]


@pytest.mark.parametrize("empty", [None, "", " ", math.nan, []])
def test_a_row_without_gold_earns_its_compliance_beside_rows_that_have_one(empty: Any) -> None:
    texts = ["So it is four.", "So, it is four.", r"So it is \boxed{4}."]
    assert keepif_reward(texts, answer=[empty, empty, "4"], **_no_comma(3)) == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("unreadable", [True, math.inf, ["4", "5"], {"of another": "kind"}])
def test_unreadable_gold_is_not_scored(unreadable: Any) -> None:
    texts = [r"So it is \boxed{4}.", r"So it is \boxed{5}."]
    assert keepif_reward(texts, answer=[unreadable, "5"], **_no_comma(2)) == [None, 1.0]


def test_a_broken_row_is_not_scored_and_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    columns = {"instruction_id_list": [["punctuation:no_comma"], ["no:such"]], "kwargs": [[None], [None]]}
    for reward in (keepif_reward, compliance_reward):
        assert reward(["So it is four."] * 2, **columns) == [1.0, None]
    assert "unknown instruction id 'no:such'" in caplog.text


CIRCULAR: list[Any] = []
CIRCULAR.append(CIRCULAR)


@pytest.mark.parametrize(
    ("ids", "kwargs"),
    [
        pytest.param("[" * 5000, None, id="endless brackets"),
        pytest.param(CIRCULAR, None, id="a circle"),
        pytest.param([{(1, 2): 3}], None, id="keys of another kind"),
        pytest.param(["length_constraints:number_words"], [{"num_words": math.nan, "relation": "at least"}], id="nan"),
        pytest.param(["length_constraints:number_words"], [{"num_words": math.inf, "relation": "at least"}], id="inf"),
        pytest.param(["keywords:existence"], [{"keywords": ["a{99999999999999999999}"]}], id="a huge repetition"),
        pytest.param(["keywords:existence"], [{"keywords": ["(" * 2000 + ")" * 2000]}], id="a deep pattern"),
    ],
)
def test_whatever_a_row_holds_no_call_raises(ids: Any, kwargs: Any) -> None:
    for reward in (keepif_reward, compliance_reward):
        assert reward(["So it is four."], instruction_id_list=[ids], kwargs=[kwargs]) == [None]


def test_columns_of_arrays() -> None:
    columns = {"answer": np.array([4, 5]), "budget": np.array([100, 1]), "completion_ids": np.ones((2, 2), int)}
    assert correctness_reward([r"\boxed{4}", r"\boxed{4}"], **columns) == [1.0, 0.0]
    assert length_reward([r"\boxed{4}", r"\boxed{5}"], **columns) == [0.0, -1.0]


@pytest.mark.parametrize("budget", [math.nan, "10", -3, True, [10], math.inf])
def test_an_unusable_budget_is_none(budget: Any, caplog: pytest.LogCaptureFixture) -> None:
    complain.cache_clear()
    for _ in range(2):
        assert length_reward([r"\boxed{4}"], completion_ids=[[1] * 30], budget=[budget], answer=["4"]) == [0.0]
    [complaint] = caplog.records  # once in a run, not once a batch
    assert "a budget must be a positive number of tokens" in complaint.getMessage()


@pytest.mark.parametrize("ids", [3, "ab", None, 1.5])
def test_unusable_token_ids_are_none(ids: Any) -> None:
    assert keepif_reward([r"\boxed{4}"], completion_ids=[ids], answer=["4"]) == [1.0]


def test_voided_completions_are_not_graded(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def grade(responses: Any, golds: Any, prompts: Any) -> list[float]:  # noqa: ARG001
        seen.extend(response.answer_text for response in responses)
        return [0.0] * len(golds)

    monkeypatch.setattr("keepif.rewards.score.correctness", grade)
    keepif_reward(["<think>a</think>4<think>", "It is 4."], answer=["4"] * 2)
    assert seen == ["", "It is 4."]


def test_gold_answers_as_ground_truth() -> None:
    assert keepif_reward([r"\boxed{4}", r"\boxed{5}"], ground_truth=["4", "4"]) == [1.0, 0.0]
    truth = "[{'instruction_id': ['punctuation:no_comma'], 'kwargs': [None]}]"
    assert keepif_reward(["So it is four.", "So, it is four."], ground_truth=[truth] * 2) == [1.0, 0.0]


def test_a_column_of_the_wrong_length_is_named() -> None:
    with pytest.raises(
        ValueError, match="'answer' must hold one entry for each of the 2 completions, found 1 entries"
    ):
        keepif_reward(["a", "b"], answer=["4"])
    with pytest.raises(ValueError, match="'answer' must hold one entry for each of the 2 completions, found a text"):
        keepif_reward(["a", "b"], answer="44")


def test_guarded_completions_earn_nothing() -> None:
    scoring = Scoring(delimiters=Delimiters(prefilled=True), end_ids={2}, budget=10)
    reward = KeepIFReward(Multipliers(0.4, 0.2, bonus=0.0), scoring)
    texts = [r"a</think>It is truly \boxed{4}", r"It is truly \boxed{4}", r"a</think>It is truly \boxed{4}"]
    found = reward(texts, completion_ids=[[1, 2], [1, 2], [1, 1]], answer=["4"] * 3, **_no_comma(3))
    assert found == pytest.approx([1.4 / 1.6, 0.0, -0.2 / 1.6])


def test_the_dashboard() -> None:
    metrics: dict[str, list[float]] = defaultdict(list)
    extra: dict[str, list[Any]] = {}
    keepif_reward(
        COMPLETIONS, log_metric=lambda name, value: metrics[name].append(value), log_extra=extra.__setitem__, **COLUMNS
    )
    assert metrics["keepif/correctness"] == [1.0, 1.0, 0.0]
    assert metrics["keepif/compliance"] == [1.0, 0.0, 0.5]
    assert metrics["keepif/joint"] == [1.0, 0.0, 0.0]
    assert metrics["keepif/type/punctuation:no_comma"] == [1.0, 0.0, 1.0]
    assert metrics["keepif/guard/empty"] == [0.0, 0.0, 0.0]
    assert all(len(column) == 3 for column in extra.values())
    assert extra["verdicts"][1] == "-punctuation:no_comma, -startend:quotation"


def test_the_dashboard_shows_lengths() -> None:
    logged = defaultdict(list)
    completions = [
        r"<think>six times seven</think>\boxed{42}",
        r"So it is \boxed{42}",
        r"So, then, it is \boxed{42}",
        r"<think>two words",  # guarded
        r"\boxed{4}, \boxed{2},",
    ]
    keepif_reward(completions, answer=["42"] * 5, log_metric=lambda name, value: logged[name].append(value))
    assert logged["keepif/thinking_words"] == [3, 0, 0, 2, 0]
    assert logged["keepif/answer_words"] == [2, 5, 6, 0, 4]


def test_parts_that_share_a_scorer_score_a_batch_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    batch = Scoring.batch
    monkeypatch.setattr(Scoring, "batch", lambda self, *args: (calls.append(1), batch(self, *args))[1])
    scorer, seen, metrics = Scorer(), [], []
    scorer.watch(lambda scores, prompts: seen.append((len(scores), prompts)))
    scorer.show({"keepif/lambda": 0.3})
    parts = [PartReward(part, scorer=scorer) for part in PARTS]
    for _ in range(2):
        completions = list(COMPLETIONS)
        for part in parts:
            part(completions, log_metric=lambda name, _: metrics.append(name), **COLUMNS)
    assert len(calls) == 2
    assert seen == [(3, COLUMNS["prompts"])] * 2
    assert metrics.count("keepif/lambda") == 2
    assert metrics.count("keepif/correctness") == 6


def test_a_published_aggregation_and_length_term() -> None:
    def halved(correct: Any, tokens: Any) -> list[float]:
        return [c / 2 * (len(tokens) == 2) for c in correct]

    reward = KeepIFReward(aggregation=fixed, length_term=halved)
    columns = {"answer": ["4"] * 3, "prompts": ["a", "a", "b"], **_no_comma(3)}
    completions = [r"So it is \boxed{4}.", r"So, it is \boxed{4}.", r"So it is \boxed{4}."]
    assert reward(completions, completion_ids=[[1]] * 3, **columns) == [1.5, 0.5, 1.0]


def test_a_length_term_below_zero_leaves_compliance_worth_keeping() -> None:
    reward = KeepIFReward(length_term=LENGTH_TERMS["cosine"])
    wrong = {"answer": ["5"] * 2, "prompts": ["a"] * 2, **_no_comma(2)}
    broken, kept = reward(["So, it is \\boxed{4}.", "So it is \\boxed{4}."], completion_ids=[[1]] * 2, **wrong)
    assert broken is not None
    assert kept is not None
    assert kept > broken


@pytest.mark.parametrize("reward", REWARDS)
def test_picklable_with_a_stable_name(reward: Any) -> None:
    copy = pickle.loads(pickle.dumps(reward))
    assert copy.__name__ == reward.__name__
    assert copy(COMPLETIONS, **COLUMNS) == reward(COMPLETIONS, **COLUMNS)


def test_names_are_distinct() -> None:
    assert len({reward.__name__ for reward in REWARDS}) == 4


def test_bad_options_are_refused() -> None:
    with pytest.raises(ValueError, match="budget must be a positive number of tokens"):
        Scoring(budget=-1)
    with pytest.raises(ValueError, match="reading must be 'math' or 'official'"):
        Scoring(reading="strict")  # pyright: ignore[reportArgumentType]
    with pytest.raises(ValueError, match="part must be one of"):
        PartReward("accuracy")


MESSAGE = st.dictionaries(st.sampled_from(["role", "content", "thinking"]), st.text() | st.none() | st.integers())
COMPLETION = (
    st.text() | st.none() | st.integers() | st.lists(MESSAGE) | st.text(alphabet="<think>/\\boxed{}4^ ", max_size=60)
)


@given(st.lists(COMPLETION, max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_completion_gets_a_finite_reward(completions: list[Any]) -> None:
    n = len(completions)
    for reward in REWARDS:
        found = reward(completions, completion_ids=[[1]] * n, answer=["4"] * n, **_no_comma(n))
        assert len(found) == n
        assert all(value is not None and math.isfinite(value) for value in found)


def _no_comma(n: int) -> dict[str, Any]:
    return {"instruction_id_list": [["punctuation:no_comma"]] * n, "kwargs": [[None]] * n}
