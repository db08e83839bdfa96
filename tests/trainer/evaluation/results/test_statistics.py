"""Intervals, paired differences and the best of k: against brute force, and what they cover."""

from dataclasses import replace
from itertools import combinations
from statistics import fmean

import numpy as np
import pytest

from keepif.rewards.constraints import REGISTRY
from keepif.trainer.evaluation.benchmarks.benchmark import Item, Sample, numbers
from keepif.trainer.evaluation.benchmarks.constraint_classes import CLASS_OF, CLASSES
from keepif.trainer.evaluation.results.report import by_attention
from keepif.trainer.evaluation.results.statistics import best_of, interval, named, of_class, of_type, paired
from tests.helpers.samples import scored

RIGHT = named("right")


def outcomes(table: np.ndarray, below: np.ndarray | None = None) -> list[Sample]:
    """Items x samples of numerators, and perhaps of denominators."""
    below = np.ones_like(table) if below is None else below
    return [
        scored(str(item), sample, {"right": (float(table[item, sample]), float(below[item, sample]))})
        for item in range(table.shape[0])
        for sample in range(table.shape[1])
    ]


def test_intervals_are_those_of_a_bootstrap_by_hand() -> None:
    """Ratios of sums, whole items drawn: the percentiles of an own bootstrap of the same draws."""
    rng = np.random.default_rng(3)
    below = rng.integers(1, 4, size=(30, 2))
    a, b = rng.binomial(below, 0.6), rng.binomial(below, 0.4)
    by_hand = []
    for weights in np.random.default_rng(0).multinomial(30, np.full(30, 1 / 30), size=2000):
        drawn = [item for item, times in enumerate(weights) for _ in range(times)]
        total = sum(below[item].sum() for item in drawn)
        by_hand.append(sum(a[item].sum() for item in drawn) / total - sum(b[item].sum() for item in drawn) / total)
    found = paired(outcomes(a, below), outcomes(b, below), RIGHT)
    assert found is not None
    assert (found["low"], found["high"]) == pytest.approx(np.quantile(by_hand, [0.025, 0.975]), abs=1e-12)
    assert found["difference"] == pytest.approx((a.sum() - b.sum()) / below.sum())
    alone = interval(outcomes(a, below), RIGHT)
    assert alone["low"] < alone["share"] < alone["high"]


def test_attention_on_what_was_kept_and_on_what_was_not() -> None:
    """Three items: on the kept .6 and .4, on the others .2 and .2; nothing where it was not measured."""
    kept, below = [1, 0, 1, 0, 1], [1, 1, 1, 2, 1]
    shares = [{"a": 0.6}, {"a": 0.2}, {"a": 0.4}, {"a": 0.2}, {}]
    samples = [
        replace(Sample(Item(key=str(at // 2))), by_type={"a": (kept[at], below[at])}, attention=shares[at])
        for at in range(5)
    ]
    found = by_attention(samples)["a"]
    assert (found["kept"]["share"], found["not_kept"]["share"]) == pytest.approx((0.5, 0.2))
    assert found["difference"]["difference"] == pytest.approx(0.3)
    assert 0.2 - 1e-9 <= found["difference"]["low"] < 0.3 < found["difference"]["high"] <= 0.4 + 1e-9
    assert by_attention(samples[:1])["a"]["difference"] is None


def test_coverage() -> None:
    """Items of very different difficulty, four samples each: about 95 % of the intervals hold the true difference."""
    rng = np.random.default_rng(1)
    quantiles = np.sin(np.pi / 2 * (np.arange(10_000) + 0.5) / 10_000) ** 2  # of Beta(1/2, 1/2)
    truth = np.clip(quantiles + 0.1, 0, 1).mean() - 0.5
    held, widths, unpaired = 0, [], []
    for run in range(100):
        hard = rng.beta(0.5, 0.5, size=60)
        a, b = (outcomes(rng.binomial(1, np.clip(hard + s, 0, 1)[:, None], size=(60, 4))) for s in (0.1, 0.0))
        found = paired(a, b, RIGHT)
        assert found is not None
        held += found["low"] <= truth <= found["high"]
        if run < 5:
            widths.append(found["high"] - found["low"])
            unpaired.append(sum((one["high"] - one["low"]) ** 2 for one in (interval(a, RIGHT), interval(b, RIGHT))))
    assert 90 <= held <= 99
    assert fmean(widths) < 0.7 * fmean(np.sqrt(unpaired))  # pairing is what it is for


def test_units_and_items_of_one_run() -> None:
    """Cases of one function are drawn together, and only what both runs have is compared."""
    one = [scored(f"f{i}/{j}", 0, {"right": (float(i % 2), 1)}) for i in range(40) for j in range(5)]
    alone = [scored(f"f{i}-{j}", 0, {"right": (float(i % 2), 1)}) for i in range(40) for j in range(5)]
    together, apart = interval(one, RIGHT), interval(alone, RIGHT)
    assert (together["high"] - together["low"]) > 1.8 * (apart["high"] - apart["low"])
    found = paired(one, one[:100], RIGHT)
    assert found == {"this": 0.5, "other": 0.5, "difference": 0.0, "low": 0.0, "high": 0.0}
    assert paired(one, alone, RIGHT) is None
    assert paired(one, one, named("none")) is None
    assert interval([], RIGHT) == {"share": None, "low": None, "high": None}


@pytest.mark.parametrize("k", [1, 2, 3, 5])
def test_best_of_k_is_the_mean_over_all_draws(k: int) -> None:
    table = np.random.default_rng(2).choice([0.0, 0.5, 1.0], size=(7, 5))
    expected = fmean(fmean(max(draw) for draw in combinations(row, k)) for row in table.tolist())
    assert numbers(best_of(k, outcomes(table), "right")) == pytest.approx({"right": expected}, abs=1e-12)
    assert best_of(6, outcomes(table), "right") == []


def test_classes() -> None:
    """Every type that we define has a class, and no other."""
    assert CLASS_OF.keys() == REGISTRY.keys()
    assert set(CLASS_OF.values()) == set(CLASSES)
    types = {"length_constraints:number_words": (1, 1), "punctuation:no_comma": (0, 2), "keywords:frequency": (1, 2)}
    outcome = scored("1", 0, {}, types | {"easy": (1, 1)})
    assert [of_class(name)(outcome) for name in CLASSES] == [(2, 3), (0, 2), (0, 0)]
    assert of_type("easy")(outcome) == (1, 1)
