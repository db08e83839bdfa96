"""The state of a run: rewards, floor, controller, reference and record. The callback moves it, the report reads it.

It knows no trainer, no rank and no file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

from keepif.rewards import Multipliers, Score, Scoring
from keepif.rewards.reward import RewardFunction, Rewards

from .controller import ALL, FLOOR_GAINS, SWITCH_GAINS, TYPE_GAINS, Controller, Sums
from .floor import Floor
from .preflight import ConfigError
from .record import Record
from .reference.prepass import Prepass
from .reference.reference import Reference
from .tally import Tally

FIRST_BATCHES = 5
"""Ticks that the reference is taken from if there is no pre-pass."""

FloorBy = Literal["type", "mean"]
Batch = tuple[list[Any], list[Score]]
"""The prompts and the scores of one reward call."""
Observed = tuple[Tally, list[Batch]]
"""What one rank has observed since the last tick: the sum, and the batches themselves while there is no reference."""


class Run:
    """One run of KeepIF.

    The options are those of [`~keepif.trainer.KeepIF`]; `fixed` are the multipliers without a floor, and its bonus
    counts with one too.

    Attributes:
        controller ([`Controller`]): moves the multipliers if there is a floor.
        reference ([`Reference`]): what the policy did before RL, as far as it has been measured.
        record ([`Record`]): the history, tick by tick.
    """

    def __init__(
        self,
        rewards: Rewards,
        floor: Floor | None,
        fixed: Multipliers,
        budget: int | Literal["reference"] | None,
        prepass: Prepass | None,
        floor_by: FloorBy,
    ) -> None:
        self.rewards, self.floor, self.fixed, self.budget, self.prepass = rewards, floor, fixed, budget, prepass
        relay = rewards.traits.relay
        self.by_type = floor_by == "type" and not relay
        gains = SWITCH_GAINS if relay else TYPE_GAINS if self.by_type else FLOOR_GAINS
        self.controller = Controller(fixed.bonus, gains, by_type=self.by_type)
        if self.scoring.budget:
            self.controller.hold_length(self.scoring.budget)
        self.reference = Reference({})
        self._ticks_referred = 0
        self.begin()

    def begin(self) -> None:
        """Begin the record anew. Multipliers go on from where an earlier training left them, as the policy does."""
        self.record = Record()
        self._observed: Observed = (Tally(), [])

    @property
    def scoring(self) -> Scoring:
        return self.rewards.scorer.scoring

    @property
    def multipliers(self) -> Multipliers:
        """Those of the next batch."""
        return self.controller.multipliers if self.floor else self.fixed

    @property
    def in_force(self) -> dict[str, float]:
        """Those of them that the aggregation reads, by name; of the λ of all types, the largest.

        A type counts once a batch has asked for it: a shared reference may know types that this run does not have.
        """
        multipliers = self.multipliers
        pressures = self.controller.pressures or multipliers.by_type or {}
        largest = max((pressure.lam for pressure in pressures.values()), default=multipliers.lam)
        values = {"lam": largest, "mu": multipliers.mu, "bonus": multipliers.bonus}
        return {name: value for name, value in values.items() if name in self.rewards.traits.multipliers}

    @property
    def needs_reference(self) -> bool:
        """Whether the floor, the budget or a part of the reward waits for the reference to be measured."""
        floor_waits = self.floor is not None and not self.floor.ready
        return floor_waits or self.rewards.waits or (self.budget == "reference" and not self.scoring.budget)

    @property
    def settings(self) -> dict[str, Any]:
        """The options, as a report shows them."""
        floor, fixed, scoring = self.floor, self.fixed, self.scoring
        return {
            "floor": floor.setting if floor else None,
            "slack": floor.slack if floor else None,
            "floor_by": ("type" if self.by_type else "mean") if floor else None,
            "budget": self.budget,
            "bonus": fixed.bonus,
            **self.rewards.settings,
            "prepass": asdict(self.prepass) if self.prepass else None,
            "fixed": None if floor else {"lam": fixed.lam, "mu": fixed.mu},
            "reading": scoring.reading,
            "credit": scoring.credit,
            "judge": repr(scoring.judge) if scoring.judge else None,
            "held_out": sorted(scoring.held_out),
        }

    def expect(self, provenance: dict[str, Any]) -> None:
        """Begin a reference that is still to be measured, under the conditions of `provenance`."""
        self.reference = Reference(provenance)

    def refer_to(self, reference: Reference) -> None:
        """Take floor, budget and bonus from a measured reference."""
        self.reference = reference
        self.rewards.refer_to(reference)
        if self.floor:
            self.floor.refer_to(reference)
        if self.budget == "reference":
            tokens = max(1, round(reference.tokens))
            self.rewards.scorer.fit(replace(self.scoring, budget=tokens))
            self.controller.hold_length(tokens)
        if self.floor and self.floor.relative and self.by_type:
            self.controller.begin(self._costs(reference.tally))

    def _costs(self, tally: Tally) -> dict[str, float]:
        """What keeping each rewarded type cost in `tally`; 0 where it does not say."""
        return {kind: tally.price_of(kind) or 0.0 for kind in tally.asked if kind not in self.scoring.held_out}

    def too_late(self, step: int) -> bool:
        """Whether a run that goes on at `step` needs a reference that can no longer be measured."""
        return self.needs_reference and step > 0 and not self._ticks_referred

    def observe(self, scores: Sequence[Score], prompts: Sequence[Any]) -> None:
        """Take in one reward call of this rank."""
        tally, batches = self._observed
        if self.needs_reference:
            batches = [*batches, (list(prompts), list(scores))]
        floors, type_floors = None, None
        if self.floor and self.floor.ready:
            asked = [(prompt, list(score.verdicts)) for prompt, score in zip(prompts, scores, strict=True)]
            floors = [self.floor.of(*one) for one in asked]
            type_floors = [self.floor.of_types(*one) for one in asked]
        self._observed = tally + Tally.of(scores, floors, type_floors), batches

    def collect(self) -> Observed:
        """Hand over what this rank has observed since the last tick."""
        observed, self._observed = self._observed, (Tally(), [])
        return observed

    def tick(self, step: int, ranks: Sequence[Observed]) -> bool:
        """Move the multipliers by what all `ranks` have observed. Whether there was anything."""
        tally = sum((tally for tally, _ in ranks), Tally())
        if not tally.completions:
            return False
        in_force, pressures = self.in_force, self.controller.pressures
        has_floor = self.floor is not None and self.floor.ready
        if has_floor:
            self.controller.tick(self._sums(tally))
        self.record.add(step, tally, has_floor, self.controller, in_force, pressures)
        if self.needs_reference:
            for prompts, scores in (batch for _, batches in ranks for batch in batches):
                self.reference.add(prompts, scores)
            self._ticks_referred += 1
            if self._ticks_referred >= FIRST_BATCHES:
                self.refer_to(self.reference)
        return True

    def _sums(self, tally: Tally) -> Sums:
        mean = {ALL: (tally.constrained, tally.floor - tally.compliance)} if tally.constrained else {}
        held = tally.shortfalls() if self.by_type else mean
        return Sums(held, tally.charged, tally.charged_tokens)

    def publish(self) -> Mapping[RewardFunction, float]:
        """Reward and show the next batch with the multipliers; the weights that the trainer must give the rewards."""
        gauges = self.record.gauges(self.in_force, self.scoring.held_out)
        self.rewards.scorer.show(gauges | (self.controller.gauges if self.by_type else {}))
        return self.rewards.use(self.multipliers)

    def state(self) -> dict[str, Any]:
        """Everything that moves, as JSON, and the reference, so that a checkpoint alone can be resumed."""
        return {
            "controller": self.controller.state(),
            "record": self.record.state(),
            "budget": self.scoring.budget,
            "floor_by": self.settings["floor_by"],
            "reference": self.reference.to_dict(),
            "ticks_referred": self._ticks_referred if self.needs_reference else None,
        }

    def restore(self, state: dict[str, Any], source: Path) -> None:
        """Go on from a state that [`Run.state`] gave, and that `source` holds, unless it is another run's."""
        if self.needs_reference:
            self._reference_from(state, source)  # first: a budget out of it sets the caps of the controller
        if state["budget"] and not self.scoring.budget:
            raise ConfigError(
                f"the run in {source} had a budget of {state['budget']} tokens, which its multipliers are made for, "
                f"and this one has none: resume it with KeepIF(budget={state['budget']}), or start anew"
            )
        if self.floor and state["floor_by"] not in (None, self.settings["floor_by"]):
            raise ConfigError(
                f"the run in {source} held its floor by {state['floor_by']}, and this one by "
                f"{self.settings['floor_by']}: resume it with KeepIF(floor_by={state['floor_by']!r}), or start anew"
            )
        self.controller.restore(state["controller"])
        self.record.restore(state["record"])

    def _reference_from(self, state: dict[str, Any], source: Path) -> None:
        """Take the reference out of a state, as far as it was measured."""
        reference = Reference.from_dict(state["reference"], self.reference.provenance, source)
        if not reference.tally.completions:
            return
        if state["ticks_referred"] is None:
            self.refer_to(reference)
        elif self.prepass is None:
            self.reference, self._ticks_referred = reference, state["ticks_referred"]
