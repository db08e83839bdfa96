"""KeepIF: the lines that go into an existing trainer."""

import logging
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NoReturn

from accelerate.utils import broadcast_object_list

from keepif.rewards import Delimiters, KeepIFParts, KeepIFReward, Multipliers, Scoring
from keepif.rewards.combine import BONUS, LAM, combine
from keepif.rewards.constraints import Reading
from keepif.rewards.correctness.workers import shared_grader
from keepif.rewards.published.aggregations import AGGREGATIONS, Aggregation
from keepif.rewards.reward import LengthTerm
from keepif.rewards.score import Credit

from .callback import KeepIFCallback
from .facts import Facts, fitted, tokenizer_of
from .files import read_json
from .floor import SLACK, Floor, Setting
from .preflight import ConfigError, refuse_or_warn
from .reference.prepass import Prepass
from .reference.provenance import provenance
from .reference.reference import Reference
from .report.console import shorten
from .run import FloorBy, Run
from .trl_doors import hand_over_own_tokens

if TYPE_CHECKING:
    from keepif.rewards.judge import Judge

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
        slack (`float`, *optional*, defaults to `0.02`): how far below the reference the floor lies; above it if
            negative.
        floor_by (`str`, *optional*, defaults to `"type"`): what the floor holds: each constraint `"type"`, with a
            multiplier of its own, or their `"mean"`, with one for all. A cheap type can pay the mean for a dear one.
        budget (`int` or `"reference"`, *optional*): tokens that the mean correct completion may have; `"reference"` is
            what it had before RL. Without a floor, tokens that a correct completion may have before it pays `mu`.
        bonus (`float`, *optional*, defaults to `0.5`): ν, what compliance adds to a correct completion, above the
            floor too.
        prepass ([`Prepass`] or `None`, *optional*): how the reference is measured; `None` takes the run's first
            batches.
        reference_file (`str` or `Path`, *optional*): where the reference is looked for and stored, by default
            `keepif-reference.json` in the trainer's `output_dir`. Runs of a sweep can share one. It may have been
            measured on other prompts, which is logged: prompts that it does not know get their types' means.
        aggregation (*optional*): [`~keepif.rewards.combine`], KeepIF's own scalar, by default. `"parts"` hands TRL the
            parts one by one, for `multi_objective_aggregation="normalize_then_sum"`, and moves
            `trainer.reward_weights`. A function of [`~keepif.rewards.published.aggregations`] is for comparison. The
            parts differ a little from the scalar: a prompt without a gold answer earns its prices alone, which are
            nothing while all λ are 0, a prompt without constraints earns no bonus, the bonus does not shrink with
            length, and TRL's normalisation takes out how loud a prompt is.
        length_term (`Callable`, *optional*): a published length term, for comparison; see
            [`~keepif.rewards.published.length_terms`]. Not with the parts.
        no_thinking (`float`, *optional*): δ, what a correct completion without thinking earns on top if correctness
            stays at the reference's, so that the policy learns when to think: AdaptThink's form, see
            [`~keepif.rewards.published.adapt_think`]. The policy must sometimes skip its thinking by itself. Not with
            the parts.
        lam (`float`, *optional*, defaults to `0.3`): λ if there is no floor.
        mu (`float`, *optional*, defaults to `0.2`): μ if there is a budget and no floor.
        reading (`str`, *optional*, defaults to `"math"`): the constraints' reading, `"math"` or `"official"`.
        credit (`str`, *optional*, defaults to `"soft"`): what of a prompt's constraints counts as its compliance:
            `"soft"`, the share kept; `"hard"`, all or nothing; `"graded"`, soft, with a part for counts just missed.
        delimiters ([`~keepif.rewards.Delimiters`], *optional*): what opens and closes the thinking.
        judge ([`~keepif.rewards.judge.Judge`], *optional*): a language model's verdicts on the rows' soft
            constraints, `judge:question`. A judge can be fooled: without one, only code decides.
        held_out (`Collection[str]`, *optional*): instruction ids that are checked and logged, but never rewarded. If
            the rewarded types rise and these do not, the policy learns the checks.

    Attributes:
        reward: what TRL's `reward_funcs` takes: a reward function, or the list of the parts.
        run ([`~keepif.trainer.run.Run`]): the state of the run: multipliers, floor, controller, reference, record.

    Raises:
        `ValueError`: for an option out of range; the message says what was found and what it may be.
    """

    reward: Any  # TRL's own type for it is a list of one invariant kind

    def __init__(
        self,
        *,
        floor: Setting | None = "reference",
        slack: float = SLACK,
        budget: int | Literal["reference"] | None = None,
        floor_by: FloorBy = "type",
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
        if floor_by not in ("type", "mean"):
            raise ValueError(f"floor_by must be 'type' or 'mean', found {floor_by!r}")
        if isinstance(budget, str) and budget != "reference":
            raise ValueError(f"budget must be a number of tokens, 'reference', or None for none; found {budget!r}")
        if not callable(aggregation) and aggregation != "parts":
            raise ValueError(
                "aggregation must be a function, such as combine or those of keepif.rewards.published.aggregations "
                f"({', '.join(AGGREGATIONS)}), or 'parts'; found {aggregation!r}"
            )
        for name, option in (("length_term", length_term), ("no_thinking", no_thinking)):
            if aggregation == "parts" and option is not None:
                raise ValueError(f"{name} has no place beside aggregation='parts': leave out one of the two")
        if no_thinking is not None and not 0 < no_thinking < float("inf"):
            raise ValueError(f"no_thinking must be a number above 0, or None for no bonus; found {no_thinking}")
        scoring = Scoring(
            budget=None if budget == "reference" else budget, reading=reading, credit=credit,
            delimiters=delimiters or Delimiters(), judge=judge, held_out=held_out,
        )  # fmt: skip
        if aggregation == "parts":
            rewards = KeepIFParts(scoring)
            self.reward = rewards.reward_funcs
        else:
            rewards = self.reward = KeepIFReward(None, scoring, aggregation, length_term, no_thinking)
        rewards.scorer.watch(_not_attached)
        fixed = Multipliers(lam, mu if budget else 0.0, bonus)
        self.run = Run(rewards, None if floor is None else Floor(floor, slack), fixed, budget, prepass, floor_by)
        self.reference_file = reference_file
        self._attached = False

    @property
    def __name__(self) -> str:
        """TRL asks each reward function for its name, in the trainer's constructor, and a KeepIF is none."""
        raise ConfigError("a KeepIF is no reward function: pass reward_funcs=keepif.reward")

    def attach(self, trainer: Any) -> "KeepIF":
        """Check the trainer, tell the reward what only the trainer knows, and go along with its training.

        Raises:
            [`~keepif.trainer.ConfigError`]: if the configuration would defeat the reward, and for a second trainer, a
                second attach, or a second KeepIF. What only weakens the reward is logged as a warning.
            [`~keepif.trainer.ReferenceMismatchError`]: if the stored reference was measured under other conditions.
        """
        self._refuse_second(trainer)
        refuse_or_warn(Facts.of(trainer, self.run.rewards, self.run.floor))
        self.run.rewards.scorer.fit(fitted(trainer, self.run.scoring))
        path = Path(self.reference_file or Path(trainer.args.output_dir) / "keepif-reference.json")
        self._take_up_reference(trainer, path)
        hand_over_own_tokens(trainer)
        shorten(trainer, self.run)
        trainer.add_callback(KeepIFCallback(self.run, trainer, path))
        shared_grader().warm()
        self._attached = True
        return self

    def _refuse_second(self, trainer: Any) -> None:
        """One KeepIF is one run's: its floor, multipliers and report are those of one policy."""
        if self._attached:
            raise ConfigError(
                "this KeepIF is attached already, and holds the floor, the multipliers and the report of that run: "
                "call attach() once, and make a new KeepIF() for each trainer"
            )
        if any(isinstance(callback, KeepIFCallback) for callback in trainer.callback_handler.callbacks):
            raise ConfigError(
                "another KeepIF is attached to this trainer, and the two would write one state and one report: build "
                "the trainer anew, with one KeepIF"
            )

    def _take_up_reference(self, trainer: Any, path: Path) -> None:
        """Give the run the reference that is stored at `path`, if it needs one, or one still to be measured."""
        main = trainer.accelerator.is_main_process
        mine = provenance(trainer, tokenizer_of(trainer), self.run.scoring) if main else {}
        mine, stored = broadcast_object_list([mine, read_json(path)])  # all ranks go by what the main process read
        if not self.run.needs_reference or stored is None:
            self.run.expect(mine)
            return
        named = self.reference_file is not None
        required = {name: value for name, value in mine.items() if not (named and name == "dataset")}
        reference = Reference.from_dict(stored, required, path)
        if reference.provenance.get("dataset") != mine["dataset"]:
            logger.warning(
                "keepif: the reference in %s was measured on other prompts than this run's, or does not say on which; "
                "prompts that it does not know are held to the means of their constraints' types",
                path,
            )
        trainer.accelerator.print(
            f"keepif: the reference is taken from {path}: measured before, on {reference.tally.completions} "
            "completions; delete it to measure again"
        )
        self.run.refer_to(reference)


def _not_attached(*_: Any) -> NoReturn:
    """Observes the batches until a callback does: without a callback no floor is held, and nothing would say so."""
    raise ConfigError(
        "this KeepIF is attached to no trainer: call keepif.attach(trainer) before trainer.train(). To score by hand, "
        "take keepif.rewards.KeepIFReward"
    )
