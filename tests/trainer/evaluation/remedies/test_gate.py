"""The gate on pairs whose answer is known."""

import json
import random
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("sklearn")

from keepif.trainer.evaluation.benchmarks.benchmark import Item
from keepif.trainer.evaluation.remedies.gate import Gate, GateError, Pair, paired, train
from tests.helpers.samples import scored

WORDS = (
    "write",
    "a",
    "poem",
    "about",
    "the",
    "sea",
    "and",
    "its",
    "ships",
    "with",
    "many",
    "lines",
    "rhymes",
    "please",
)
KINDS = ("punctuation:no_comma", "keywords:existence", "length_constraints:number_words", "startend:quotation")


def item(rng: random.Random, number: int, kinds: tuple[str, ...] | None = None) -> Item:
    text = " ".join([*rng.choices(WORDS, k=20), str(number)])
    return Item(str(number), ({"role": "user", "content": text},), (), kinds or (rng.choice(KINDS),))


def pairs_where(thinks_better: object, count: int = 240, noise: float = 0.1, seed: int = 0) -> list[Pair]:
    rng = random.Random(seed)
    pairs = []
    for number in range(count):
        asked = item(rng, number)
        better = thinks_better(asked, rng) != (rng.random() < noise)  # pyright: ignore[reportCallIssue]
        pairs.append(Pair(asked, 1.0, 0.0) if better else Pair(asked, 0.0, 1.0))
    return pairs


def test_a_planted_type_is_found() -> None:
    gate = train(pairs_where(lambda item, _: "length_constraints:number_words" in item.constraint_types))
    report = gate.report
    assert report.auc > 0.8
    assert report.precision > 0.7
    assert report.recall > 0.7
    assert report.base_rate == pytest.approx(0.3, abs=0.1)
    assert report.gated > max(report.direct, report.thinking) + 0.1
    assert report.best == 1
    rng = random.Random(7)
    new = [item(rng, 1000 + n, (kind,)) for n, kind in enumerate(KINDS * 5)]
    assert gate(new) == [kind == "length_constraints:number_words" for kind in KINDS * 5]


def test_a_type_it_has_not_seen_is_judged_by_its_class() -> None:
    """Types of one class share no prefix here, and those of different classes may."""
    seen, unseen = (
        ("length_constraints:number_words", "startend:quotation"),
        ("keywords:frequency", "punctuation:no_comma"),
    )
    rng = random.Random(0)
    pairs = []
    for number in range(240):
        asked = item(rng, number, (seen[number % 2],))
        pairs.append(Pair(asked, 0.0, 1.0) if number % 2 else Pair(asked, 1.0, 0.0))
    new = [item(rng, 1000 + n, (unseen[n % 2],)) for n in range(40)]
    assert train(pairs)(new) == [n % 2 == 0 for n in range(40)]


def test_a_planted_word_is_found() -> None:
    gate = train(pairs_where(lambda item, _: "rhymes poem" in item.messages[0]["content"], 400, 0.0))
    assert gate.report.auc > 0.8


def test_where_there_is_no_signal_none_is_found() -> None:
    found = [train(pairs_where(lambda _, rng: rng.random() < 0.5, seed=seed)).report.auc for seed in range(5)]
    assert sum(found) / 5 == pytest.approx(0.5, abs=0.06)
    assert all(0.35 < auc < 0.65 for auc in found)


def test_an_item_it_was_trained_on_is_judged_without_it() -> None:
    pairs = pairs_where(lambda _, rng: rng.random() < 0.5)
    gate = train(pairs)
    agreed = [chosen == (pair.gain > 0) for pair, chosen in zip(pairs, gate([p.item for p in pairs]), strict=True)]
    by_heart = replace(gate, held_out={})
    learnt = [chosen == (pair.gain > 0) for pair, chosen in zip(pairs, by_heart([p.item for p in pairs]), strict=True)]
    assert sum(agreed) / len(pairs) < 0.65
    assert sum(learnt) > sum(agreed) + 24


def test_pairs_weigh_what_they_differ_by() -> None:
    """Two small losses are outweighed by one large gain: thinking is right although it is mostly worse."""
    rng = random.Random(0)
    pairs = [Pair(item(rng, n, KINDS[:1]), *((1.0, 0.0) if n % 3 == 0 else (0.4, 0.5))) for n in range(90)]
    assert all(train(pairs)([item(rng, 500 + n, KINDS[:1]) for n in range(10)]))


def test_ties_are_left_out_and_counted() -> None:
    pairs = pairs_where(lambda _, rng: rng.random() < 0.5, 60)
    tied = [Pair(item(random.Random(n), 500 + n), 0.5, 0.5) for n in range(30)]
    report = train([*pairs, *tied]).report
    assert (report.pairs, report.ties) == (90, 30)
    assert report.base_rate == train(pairs).report.base_rate
    assert report.direct == pytest.approx((60 * train(pairs).report.direct + 15) / 90)


def test_it_is_the_same_after_a_round_trip(tmp_path: Path) -> None:
    gate = train(pairs_where(lambda item, _: KINDS[0] in item.constraint_types), metric="hacc")
    gate.save(tmp_path / "gates" / "gate.json")
    again = Gate.load(tmp_path / "gates" / "gate.json")
    new = [item(random.Random(n), 1000 + n) for n in range(20)]
    assert again == gate
    assert again.probabilities(new) == gate.probabilities(new)
    assert again.made_from == {"metric": "hacc"}
    assert again([]) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": 1}', '{"schema": 2}', '{"schema": 2, "weights": [1]}'])
def test_what_is_no_gate_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "gate.json"
    with pytest.raises(GateError, match=r"gate\.json"):
        Gate.load(path)
    path.write_text(text)
    with pytest.raises(GateError, match=r"gate\.json"):
        Gate.load(path)


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(GateError, match="of 40 items, thinking is better for 40 and worse for 0"):
        train(pairs_where(lambda *_: True, 40, 0.0))


def test_runs_are_paired_by_item() -> None:
    items = [item(random.Random(n), n) for n in range(3)]
    thinking = [
        scored("0", 0, {"sacc": (1, 2)}),
        scored("0", 1, {"sacc": (2, 2)}),
        scored("1", 0, {"sacc": (1, 1)}),
    ]
    direct = [scored("0", 0, {"sacc": (1, 1)}), scored("2", 0, {"sacc": (1, 1)}), scored("1", 0, {"hacc": (1, 1)})]
    assert paired(items, thinking, direct, "sacc") == [Pair(items[0], 0.75, 1.0)]
    with pytest.raises(GateError, match="'joint' in both runs: it is in 0 of the thinking one and 0 of the direct"):
        paired(items, thinking, direct, "joint")


def test_the_file_holds_numbers_only(tmp_path: Path) -> None:
    train(pairs_where(lambda _, rng: rng.random() < 0.5, 60)).save(tmp_path / "gate.json")
    stored = json.loads((tmp_path / "gate.json").read_text())
    assert all(isinstance(weight, float) for weight in stored["weights"].values())


@pytest.mark.parametrize(
    ("model", "weights", "same"),
    [("a", "0f", True), ("moved/a", "0f", True), ("a", "1f", False), ("a", None, True), ("b", None, False)],
)
def test_a_gate_knows_its_model(model: str, weights: str | None, same: bool) -> None:
    """By the weights where both sides have them, by the name elsewhere."""
    pairs = pairs_where(lambda _, rng: rng.random() < 0.5, 60)
    gate = train(pairs, model="a", weights="0f")
    with nullcontext() if same else pytest.raises(GateError, match="the gate is for 'a'"):
        gate.refuse_other(model, weights)
