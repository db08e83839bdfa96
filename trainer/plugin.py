"""KeepIF: the lines that go into an existing trainer."""

import logging
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from accelerate.utils import broadcast_object_list

from keepif.rewards import Delimiters, KeepIFReward, Multipliers, PartReward, Scoring
from keepif.rewards.batch import Scorer
from keepif.rewards.combine import BONUS, LAM, combine
from keepif.rewards.constraints import Reading
from keepif.rewards.correctness.workers import shared_grader
from keepif.rewards.published.aggregations import AGGREGATIONS, Aggregation, switching
from keepif.rewards.reward import PARTS, LengthTerm
from keepif.rewards.score import Credit

from . import preflight
from .callback import KeepIFCallback
from .controller import FLOOR_GAINS, SWITCH_GAINS, Controller
from .files import read_json
from .floor import SLACK, Floor, Setting
from .reference.prepass import Prepass
from .reference.provenance import provenance
from .reference.reference import Reference

if TYPE_CHECKING:
    from keepif.rewards.judge.judge import Judge

logger = logging.getLogger(__name__)


class KeepIF:
    """A training-time regularizer that keeps instruction following while a model learns to reason.

        keepif = KeepIF()
        trainer = GRPOTrainer(model=model, reward_funcs=keepif.reward, args=args, train_dataset=constrain(dataset))
        keepif.attach(trainer)

    Args:
        floor (*optional*, defaults to `"reference"`): the compliance to keep: `"reference"`, what the policy kept
            before RL; a share in [0, 1]; a share for each instruction id; or `None`, no floor: the multipliers stay
            at `lam` and `mu`.
        slack (`float`, *optional*, defaults to `0.02`): how far below the reference the floor lies; negative for
            above it.
        budget (`int` or `"reference"`, *optional*): tokens that the mean completion may have; `"reference"` is what
            it had before RL. Without a floor, what a correct completion may have before it pays `mu`.
        bonus (`float`, *optional*, defaults to `0.5`): ν, what compliance adds to a correct completion, above the
            floor too.
        prepass ([`Prepass`] or `None`, *optional*): how the reference is measured; `None` takes the run's first
            batches.
        reference_file (`str` or `Path`, *optional*): where the reference is looked for and stored, by default
            `keepif-reference.json` in the trainer's `output_dir`. Runs of a sweep can share one, and it may have been
            measured on other prompts, which is logged: those it does not know are held to their types' means.
        aggregation (*optional*): `"parts"` hands TRL the parts one by one, for
            `multi_objective_aggregation="normalize_then_sum"`, and moves `trainer.reward_weights`; a function out of
            [`~keepif.rewards.published.aggregations`] takes a published way, for comparison. KeepIF's own scalar by
            default. The parts are not quite that scalar: a prompt without a gold answer earns λ·f alone, which is nothing
            while λ is 0, a prompt without constraints no bonus, and the bonus does not shrink with length.
        length_term (`Callable`, *optional*): a published length term, for comparison; see
            [`~keepif.rewards.published.length_terms`]. It needs KeepIF's scalar or a published aggregation, not the
            parts.
        no_thinking (`float`, *optional*): δ, what a correct completion without thinking earns on top, where
            correctness stays at the reference's, so that the policy learns when to think: AdaptThink's form, see
            [`~keepif.rewards.published.adapt_think`]. The policy has to skip its thinking now and then by itself.
        lam (`float`, *optional*, defaults to `0.3`): λ where there is no floor.
        mu (`float`, *optional*, defaults to `0.2`): μ where there is a budget and no floor.
        reading (`str`, *optional*, defaults to `"math"`): the constraints' reading, `"math"` or `"official"`.
        credit (`str`, *optional*, defaults to `"soft"`): what of a prompt's constraints counts as its compliance:
            `"soft"`, the share kept; `"hard"`, all or nothing; `"graded"`, soft, with a part for counts just missed.
        delimiters ([`~keepif.rewards.Delimiters`], *optional*): what opens and closes the thinking.
        judge ([`~keepif.rewards.judge.Judge`], *optional*): a language model's verdicts on the soft constraints,
            `judge:question`, that rows bring along. A judge can be fooled: without one, only code decides.
        held_out (`Collection[str]`, *optional*): instruction ids that prompts ask for and that are checked and logged,
            but never rewarded, whoever brought them: where the rewarded types rise and these do not, it is the
            checks that are learned.

    Attributes:
        reward: what TRL's `reward_funcs` takes.
        controller ([`Controller`]): what moves the multipliers where there is a floor.
        multipliers ([`~keepif.rewards.Multipliers`]): those of the next batch.

    Raises:
        `ValueError`: for an option out of range; the message says what was found and what may stand there.
    """

    reward: Any  # TRL's own type for it is a list of one invariant kind

    def __init__(
        self,
        *,
        floor: Setting | None = "reference",
        slack: float = SLACK,
        budget: int | Literal["reference"] | None = None,
        bonus: float = BONUS,
        prepass: Prepass | None = Prepass(),  # noqa: B008  # frozen
        reference_file: str | Path | None = None,
        aggregation: Aggregation | Literal["parts"] = combine,
        length_term: LengthTerm | None = None,
        no_thinking: float | None = None,
        lam: float = LAM,
        mu: float = 0.2,
        reading: Reading = "math",
        credit: Credit = "soft",
        delimiters: Delimiters | None = None,
        judge: "Judge | None" = None,
        held_out: Collection[str] = (),
    ) -> None:
        if isinstance(budget, str) and budget != "reference":
            raise ValueError(f"budget must be a number of tokens, 'reference', or None for none; found {budget!r}")
        for name, option in (("length_term", length_term), ("no_thinking", no_thinking)):
            if aggregation == "parts" and option is not None:
                raise ValueError(f"{name} has no place beside aggregation='parts': leave out one of the two")
        if no_thinking is not None and not 0 < no_thinking < float("inf"):
            raise ValueError(f"no_thinking must be a number above 0, or None for no bonus; found {no_thinking}")
        tokens = None if isinstance(budget, str) else budget
        scoring = Scoring(
            budget=tokens, reading=reading, credit=credit, delimiters=delimiters or Delimiters(),
            judge=judge, held_out=held_out,
        )  # fmt: skip
        self.floor = None if floor is None else Floor(floor, slack)
        self.fixed = Multipliers(lam, mu if budget else 0.0, bonus)
        published = getattr(aggregation, "func", aggregation)
        relay = published is switching
        self.weighs = ("lam",) if relay else () if published in AGGREGATIONS.values() else ("lam", "mu", "bonus")
        self.controller = Controller(bonus, SWITCH_GAINS if relay else FLOOR_GAINS)
        if tokens:
            self.controller.hold_length(tokens)
        if aggregation == "parts":
            self.scorer = Scorer(scoring)
            self.reward = [PartReward(part, scorer=self.scorer) for part in PARTS]
        else:
            self.reward = KeepIFReward(self.multipliers, scoring, aggregation, length_term, no_thinking)
            self.scorer = self.reward.scorer
        self.scorer.observer = _not_attached
        self.budget, self.prepass, self.reference_file = budget, prepass, reference_file

    @property
    def multipliers(self) -> Multipliers:
        return self.controller.multipliers if self.floor else self.fixed

    @property
    def in_force(self) -> dict[str, float]:
        """Those multipliers that the aggregation uses, by name."""
        return {name: getattr(self.multipliers, name) for name in self.weighs}

    @property
    def needs_reference(self) -> bool:
        """Whether the floor, the budget or the bonus for not thinking waits for the reference to be measured."""
        return (
            bool(self.floor and not self.floor.ready)
            or (self.budget == "reference" and not self.scoring.budget)
            or (isinstance(self.reward, KeepIFReward) and self.reward.waits)
        )

    @property
    def scoring(self) -> Scoring:
        return self.scorer.scoring

    @property
    def settings(self) -> dict[str, Any]:
        """The options, as a report shows them."""
        return {
            "floor": self.floor.setting if self.floor else None,
            "slack": self.floor.slack if self.floor else None,
            "budget": self.budget,
            "bonus": self.fixed.bonus,
            "aggregation": _name(self.reward.aggregation) if isinstance(self.reward, KeepIFReward) else "parts",
            "length_term": _name(getattr(self.reward, "length_term", None)),
            "no_thinking": getattr(self.reward, "no_thinking", None),
            "prepass": vars(self.prepass) if self.prepass else None,
            "fixed": None if self.floor else {"lam": self.fixed.lam, "mu": self.fixed.mu},
            "reading": self.scoring.reading,
            "credit": self.scoring.credit,
            "judge": repr(self.scoring.judge) if self.scoring.judge else None,
            "held_out": sorted(self.scoring.held_out),
        }

    def attach(self, trainer: Any) -> "KeepIF":
        """Check the trainer, tell the reward what only the trainer knows, and go along with its training.

        Raises:
            [`~keepif.trainer.ConfigError`]: where the configuration would defeat the reward. What only weakens it is
                logged as a warning.
            [`~keepif.trainer.ReferenceMismatchError`]: where the stored reference was measured under other conditions.
        """
        preflight.refuse(trainer, self)
        for weakness in preflight.warnings(trainer, self):
            logger.warning("keepif: %s", weakness.text)
        self.scorer.scoring = preflight.fitted(trainer, self.scoring)
        path = Path(self.reference_file or Path(trainer.args.output_dir) / "keepif-reference.json")
        reference = self._reference(trainer, path)
        trainer.add_callback(KeepIFCallback(self, trainer, reference, path))
        shared_grader().warm()
        return self

    def _reference(self, trainer: Any, path: Path) -> Reference:
        """The reference stored at `path`, taken up where one is needed, or one that is still to be measured."""
        main = trainer.accelerator.is_main_process
        mine = provenance(trainer, preflight.tokenizer_of(trainer), self.scoring) if main else {}
        mine, stored = broadcast_object_list([mine, read_json(path)])  # what the main process finds, all ranks go by
        if not self.needs_reference or stored is None:
            return Reference(mine)
        named = self.reference_file is not None
        required = {name: value for name, value in mine.items() if not (named and name == "dataset")}
        reference = Reference.from_dict(stored, required, path)
        if reference.provenance.get("dataset") != mine["dataset"]:
            logger.warning(
                "keepif: the reference in %s was measured on other prompts than this run's, or does not say on which; "
                "prompts that it does not know are held to the means of their constraints' types",
                path,
            )
        self.refer_to(reference)
        return reference

    def refer_to(self, reference: Reference) -> None:
        """Take floor and budget from a measured reference."""
        if self.floor:
            self.floor.reference = reference
        if isinstance(self.reward, KeepIFReward) and self.reward.no_thinking is not None:
            self.reward.reference = reference
        if self.budget == "reference":
            tokens = max(1, round(reference.tokens))
            self.scorer.scoring = replace(self.scoring, budget=tokens)
            self.controller.hold_length(tokens)

    def apply(self, trainer: Any) -> None:
        """Put the multipliers where the next batch is rewarded with them."""
        multipliers = self.multipliers
        if isinstance(self.reward, KeepIFReward):
            self.reward.multipliers = multipliers
        else:
            weights = (1.0, multipliers.bonus, multipliers.lam, multipliers.mu)
            for part, weight in zip(self.reward, weights, strict=True):
                trainer.reward_weights[trainer.reward_funcs.index(part)] = weight


def _not_attached(*_: Any) -> NoReturn:
    """What observes the batches before a callback does: without one no floor is held, and nothing would say so."""
    raise preflight.ConfigError(
        "this KeepIF is attached to no trainer: call keepif.attach(trainer) before trainer.train(). To score by hand, "
        "take keepif.rewards.KeepIFReward"
    )


def _name(function: Any) -> str | None:
    """A function's name, with the keywords of a partial one."""
    if function is None:
        return None
    if isinstance(function, partial):
        return f"{function.func.__name__} {function.keywords}"
    return function.__name__
