"""A run's state by hand: what it observes, when it ticks, what it hands on. No trainer, no model."""

import json
from pathlib import Path
from typing import Any

import pytest

from keepif.rewards import Multipliers, Score
from keepif.rewards.published.aggregations import fixed, switching
from keepif.trainer import ConfigError, KeepIF, Prepass, Reference, ReferenceMismatchError
from keepif.trainer.run import FIRST_BATCHES, Run

CHECKPOINT = Path("run/checkpoint-3")
COMMA = "punctuation:no_comma"
SCORES = [
    Score(1.0, 1.0, verdicts={COMMA: True}, tokens=10, earned={COMMA: 1.0}, weights={COMMA: 1.0}),
    Score(0.0, 0.0, verdicts={COMMA: False}, tokens=30, earned={COMMA: 0.0}, weights={COMMA: 1.0}),
] * 8


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
    assert run.record.history["lambda"] == [0.95]  # what the completions were rewarded with
    assert run.in_force == {"lam": 0.95, "mu": 0.0, "bonus": 0.5}
    [loop] = run.controller.loops.values()
    assert loop.value > 1.3  # where it started


def test_a_type_whose_floor_is_zero_is_let_go_of() -> None:
    """Or it would keep the price that it began with."""
    run = KeepIF(floor={COMMA: 0.0}).run
    for step in range(40):
        tick(run, step, ranks=2)
    assert run.in_force["lam"] == 0
    assert run.record.types[COMMA]["floor"] == [0.0] * 8


def test_types_begin_at_what_the_reference_says_that_they_cost() -> None:
    """Right and kept in half of the completions, wrong and broken in the others: here keeping costs nothing."""
    title = "detectable_format:title"
    dear = [Score(1.0, 0.0, verdicts={title: False}), Score(0.0, 1.0, verdicts={title: True})]
    reference = Reference({})
    reference.add(["a"] * 18, [*SCORES, *dear])
    measured, asked = KeepIF(held_out=["startend:quotation"]).run, KeepIF(floor=0.5).run
    for run in (measured, asked):
        run.refer_to(reference)
    assert {kind: loop.value for kind, loop in measured.controller.waiting.items()} == {COMMA: 0.5, title: 1.3}
    assert not asked.controller.waiting  # and a share that is asked for begins dear
    assert measured.in_force["lam"] == 0.95
    tick(measured, 1)  # of COMMA alone
    assert measured.in_force["lam"] < 0.95
    reference.add(["a"] * 2, [Score(1.0, None, held_out={"startend:quotation": True})] * 2)
    again = KeepIF(held_out=["startend:quotation"]).run
    again.refer_to(reference)
    assert {*again.controller.waiting} == {COMMA, title}


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
    assert run.scoring.budget == run.controller.budget == 10
    tick(run, FIRST_BATCHES)
    assert run.record.history["floor"][-1] == pytest.approx(0.48)


def resumed(run: Run, **options: Any) -> Run:
    """Another run that goes on from the state of `run`."""
    other = KeepIF(**options).run
    other.restore(json.loads(json.dumps(run.state())), CHECKPOINT)
    return other


def test_a_reference_that_can_no_longer_be_measured() -> None:
    for prepass in (Prepass(), None):
        run = KeepIF(prepass=prepass).run
        assert not run.too_late(0)
        assert run.too_late(1)
        run.refer_to(Reference({}))
        assert not run.too_late(1)


def test_a_reference_of_the_first_batches_goes_on_with_what_a_checkpoint_has_of_it() -> None:
    run = KeepIF(prepass=None).run
    for step in range(3):
        tick(run, step)
    other = resumed(run, prepass=None)
    assert not other.too_late(3)
    assert resumed(run, prepass=Prepass()).too_late(3)
    for step in range(3, FIRST_BATCHES):
        assert other.needs_reference
        tick(other, step)
        tick(run, step)
    assert not other.needs_reference
    assert other.reference == run.reference


def test_a_checkpoint_brings_the_reference() -> None:
    run = KeepIF(budget="reference").run
    run.expect({"model": "a"})
    run.observe(SCORES, ["a"] * 16)
    [_, batches] = run.collect()
    run.reference.add(*batches[0])
    run.refer_to(run.reference)
    other = KeepIF(budget="reference").run
    other.expect({"model": "b"})
    with pytest.raises(ReferenceMismatchError, match=r"in run/checkpoint-3 was measured with another model"):
        other.restore(run.state(), CHECKPOINT)
    other.expect({"model": "a"})
    other.restore(run.state(), CHECKPOINT)
    assert other.reference == run.reference
    assert other.scoring.budget == 10
    assert resumed(KeepIF(floor=0.5).run).too_late(1)  # which never had one


def test_a_run_that_loses_its_budget_is_refused() -> None:
    run = KeepIF(floor=0.5, budget=15).run
    tick(run, 1)
    with pytest.raises(ConfigError, match=r"had a budget of 15 tokens.* resume it with KeepIF\(budget=15\)"):
        resumed(run, floor=0.5)
    assert resumed(run, floor=0.5, budget=30).controller.mu == run.controller.mu


def test_a_run_that_held_something_else_is_refused() -> None:
    run = KeepIF(floor=0.5).run
    tick(run, 1)
    with pytest.raises(ConfigError, match=r"held its floor by type, .* resume it with KeepIF\(floor_by='type'\)"):
        resumed(run, floor=0.5, floor_by="mean")
    assert resumed(run, floor=None).controller.loops.keys() == run.controller.loops.keys()


def test_a_budget_of_a_reference_without_a_right_answer_is_its_mean_length() -> None:
    reference = Reference({})
    reference.add(["a"], [Score(0.0, None, tokens=30)])
    assert reference.tokens == 30


def test_a_restored_run_goes_on_alike() -> None:
    run = KeepIF(floor=0.52, budget=15).run
    tick(run, 1)
    other = resumed(run, floor=0.52, budget=15)
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
