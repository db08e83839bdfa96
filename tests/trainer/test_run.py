"""A run's state by hand: what it observes, when it ticks, what it hands on. No trainer, no model."""

import json

import pytest

from keepif.rewards import Multipliers, Score
from keepif.rewards.published.aggregations import fixed, switching
from keepif.trainer import KeepIF, Prepass, Reference
from keepif.trainer.run import FIRST_BATCHES, Run

COMMA = "punctuation:no_comma"
SCORES = [Score(1.0, 1.0, verdicts={COMMA: True}, tokens=10), Score(0.0, 0.0, verdicts={COMMA: False}, tokens=30)] * 8


def tick(run: Run, step: int, ranks: int = 1) -> bool:
    """A tick over `ranks` ranks that share sixteen completions."""
    parts = []
    for rank in range(ranks):
        scores = SCORES[rank::ranks]
        run.observe(scores, ["a"] * len(scores))
        parts.append(run.collect())
    return run.tick(step, parts)


def test_a_tick_by_hand() -> None:
    run = KeepIF(floor=0.75).run
    assert tick(run, 1)
    assert run.record.history["floor"] == [0.75]
    assert run.record.history["compliance"] == [0.5]
    assert run.record.history["lambda"] == [0.3]  # what the completions were rewarded with
    assert run.multipliers.lam == 0.95  # 4 times the error of 0.25, at its cap
    assert run.in_force == {"lam": 0.95, "mu": 0.0, "bonus": 0.5}


def test_ranks_add_up() -> None:
    one, two = KeepIF(floor=0.52).run, KeepIF(floor=0.52).run
    tick(one, 1)
    tick(two, 1, ranks=2)
    assert one.controller.state() == two.controller.state()
    assert one.record.history == two.record.history


def test_a_step_without_a_generation_batch_is_no_tick() -> None:
    run = KeepIF(floor=0.75).run
    assert not run.tick(1, [run.collect()])
    assert run.record.history["step"] == []


def test_what_was_collected_is_not_collected_again() -> None:
    run = KeepIF(floor=0.75).run
    run.observe(SCORES, ["a"] * 16)
    assert run.collect()[0].completions == 16
    assert run.collect()[0].completions == 0


def test_first_batches_become_the_reference() -> None:
    run = KeepIF(prepass=None, budget="reference").run
    for step in range(FIRST_BATCHES):
        assert run.needs_reference
        assert run.record.history["floor"] == [None] * step
        tick(run, step)
    assert not run.needs_reference
    assert run.reference.tally.completions == 16 * FIRST_BATCHES
    assert run.scoring.budget == run.controller.budget == 20
    tick(run, FIRST_BATCHES)
    assert run.record.history["floor"][-1] == pytest.approx(0.48)


@pytest.mark.parametrize(("prepass", "step", "late"), [
    (None, FIRST_BATCHES, False), (None, FIRST_BATCHES + 1, True), (Prepass(), 0, False), (Prepass(), 1, True),
])  # fmt: skip
def test_a_reference_that_can_no_longer_be_measured(prepass: Prepass | None, step: int, late: bool) -> None:
    run = KeepIF(prepass=prepass).run
    assert run.too_late(step) == late
    run.refer_to(Reference({}))
    assert not run.too_late(step)


def test_a_restored_run_goes_on_alike() -> None:
    run, other = KeepIF(floor=0.52, budget=15).run, KeepIF(floor=0.52, budget=15).run
    tick(run, 1)
    other.restore(json.loads(json.dumps(run.state())))
    tick(run, 2)
    tick(other, 2)
    assert run.state() == other.state()


def test_beginning_anew_leaves_the_multipliers() -> None:
    run = KeepIF(floor=0.52).run
    tick(run, 1)
    reached = run.multipliers
    run.begin()
    assert run.multipliers == reached
    assert run.record.history["step"] == []


def test_one_scalar_is_handed_its_multipliers_and_the_trainer_no_weights() -> None:
    keepif = KeepIF(floor=None, lam=0.25, bonus=0.1)
    assert keepif.run.publish() == {}
    assert keepif.reward.multipliers == Multipliers(0.25, 0.0, 0.1)


def test_parts_are_weighed_by_the_trainer() -> None:
    keepif = KeepIF(floor=None, aggregation="parts", lam=0.25, mu=0.1, bonus=0.5, budget=10)
    weights = keepif.run.publish()
    assert [weights[part] for part in keepif.reward] == [1.0, 0.5, 0.25, 0.1]


def test_multipliers_that_the_aggregation_does_not_read_are_not_in_force() -> None:
    assert KeepIF(floor=None, aggregation=fixed).run.in_force == {}
    assert KeepIF(aggregation=switching).run.in_force == {"lam": 0.0}
