"""What a recipe can be told beyond TRL's own GRPOConfig and ModelConfig. Every knob that a sweep turns is a scalar."""

import json
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from keepif.rewards import Multipliers, Score
from keepif.rewards.combine import BONUS, LAM, combine
from keepif.rewards.judge.endpoint import Endpoint
from keepif.rewards.judge.judge import Judge
from keepif.rewards.published.aggregations import AGGREGATIONS
from keepif.rewards.published.length_terms import LENGTH_TERMS
from keepif.trainer import KeepIF, Prepass
from keepif.trainer.floor import SLACK, Setting

from .own import HELP, import_own

BOXED = "Please reason step by step, and put your final answer within \\boxed{}."


@dataclass
class KeepIFArguments:
    """KeepIF's own arguments."""

    imports: list[str] | None = field(default=None, metadata={"help": HELP, "aliases": ["--import"]})
    dataset: str = field(
        default="tiny",
        metadata={
            "help": "The train split of a hub data set, a local .jsonl, .json or .parquet file, "
            "'reasoning_gym:NAME' for a procedural set, 'stories' for word problems, or 'tiny' for the embedded "
            "policy's own task."
        },
    )
    dataset_config: str | None = field(default=None, metadata={"help": "Configuration of a hub data set."})
    dataset_options: dict[str, Any] | str | None = field(
        default=None, metadata={"help": "Options of a reasoning_gym set, as a mapping or JSON."}
    )
    rows: int | None = field(default=None, metadata={"help": "Use so many rows; a procedural set makes 2000."})
    answer_format: str = field(
        default=BOXED, metadata={"help": "Sentence behind each question that says how to give the answer."}
    )
    share: float = field(default=1.0, metadata={"help": "Share of the prompts that get constraints."})
    max_constraints: int = field(default=3, metadata={"help": "Most constraints a prompt."})
    constraint_types: list[str] | None = field(
        default=None, metadata={"help": "Instruction ids to draw from; all by default."}
    )
    floor: str = field(
        default="reference",
        metadata={
            "help": "The compliance to keep: 'reference' (the policy's before RL), a share in [0, 1], shares by "
            "instruction id as JSON, or 'none' for the fixed multipliers lam and mu."
        },
    )
    slack: float = field(default=SLACK, metadata={"help": "How far below the reference the floor lies."})
    floor_by: str = field(
        default="type",
        metadata={"help": "What the floor holds: each constraint 'type', or their 'mean', which a cheap one can pay."},
    )
    budget: str | None = field(
        default=None,
        metadata={"help": "Tokens the mean correct completion may have, or 'reference'; no budget by default."},
    )
    bonus: float = field(default=BONUS, metadata={"help": "ν, what compliance adds to a correct completion."})
    reference: str = field(
        default="sample",
        metadata={"help": "How the reference is measured: 'sample', 'all' prompts, or on the run's 'first_batches'."},
    )
    reference_prompts: int = field(default=256, metadata={"help": "Prompts of a sampled reference."})
    reference_samples: int = field(default=4, metadata={"help": "Completions a prompt of the reference."})
    reference_share: float = field(
        default=0.05, metadata={"help": "The most that a sampled reference may cost, of the run's completions."}
    )
    reference_file: str | None = field(
        default=None, metadata={"help": "Where the reference is stored and looked for; in output_dir by default."}
    )
    correctness_only: bool = field(
        default=False,
        metadata={
            "help": "Reward correctness alone, and log everything else: the arm to compare with. It overrides floor, "
            "budget, bonus, aggregation and length_term."
        },
    )
    lam: float = field(default=LAM, metadata={"help": "λ, the multiplier of compliance, where floor is 'none'."})
    mu: float = field(default=0.2, metadata={"help": "μ, the multiplier of length, where floor is 'none'."})
    aggregation: str = field(
        default="keepif",
        metadata={"help": f"'keepif', 'parts' (see KeepIF), or a published one: {', '.join(AGGREGATIONS)}."},
    )
    weight: float = field(default=1.0, metadata={"help": "The weight of a published aggregation."})
    length_term: str | None = field(
        default=None, metadata={"help": f"A published length term in the place of ours: {', '.join(LENGTH_TERMS)}."}
    )
    no_thinking: float | None = field(
        default=None,
        metadata={
            "help": "δ, what a correct completion without thinking earns where accuracy stays at the reference's."
        },
    )
    reading: str = field(default="math", metadata={"help": "Reading of the constraints: math or official."})
    credit: str = field(default="soft", metadata={"help": "What counts as compliance: soft, hard or graded."})
    judge_url: str | None = field(
        default=None,
        metadata={
            "help": "An OpenAI-compatible endpoint, such as http://localhost:8000/v1, for soft constraints "
            "('judge:question'); its key is read from OPENAI_API_KEY. Needs judge_model and the extra 'judge'."
        },
    )
    judge_model: str | None = field(default=None, metadata={"help": "The judge's name at that endpoint."})
    held_out: list[str] | None = field(
        default=None, metadata={"help": "Instruction ids that are asked for, checked and logged, but never rewarded."}
    )
    eos_token: str | None = field(
        default=None,
        metadata={"help": "Token that ends a completion, for a tokenizer whose own is not what its template writes."},
    )
    dry_run: bool = field(
        default=False, metadata={"help": "Build everything, score one batch, print what was found, and stop."}
    )

    def __post_init__(self) -> None:
        if isinstance(self.imports, str):  # a YAML scalar
            self.imports = [self.imports]
        import_own(self.imports or ())
        if isinstance(self.dataset_options, str):
            try:
                self.dataset_options = json.loads(self.dataset_options)
            except ValueError as error:
                raise ValueError(f"dataset_options must be JSON, found {self.dataset_options!r} ({error})") from None
        if isinstance(self.constraint_types, str):  # a YAML scalar
            self.constraint_types = [self.constraint_types]
        if isinstance(self.held_out, str):
            self.held_out = [self.held_out]
        if (self.judge_url is None) != (self.judge_model is None):
            raise ValueError(
                f"a judge needs judge_url and judge_model, found {self.judge_url!r} and {self.judge_model!r}"
            )
        _among("aggregation", self.aggregation, ["keepif", "parts", *AGGREGATIONS])
        _among("reference", self.reference, ["sample", "all", "first_batches"])
        if self.length_term is not None:
            _among("length_term", self.length_term, list(LENGTH_TERMS))

    def keepif(self) -> KeepIF:
        """The KeepIF that these arguments describe."""
        judge = Judge(Endpoint(self.judge_url, self.judge_model)) if self.judge_url and self.judge_model else None
        shared: dict[str, Any] = {
            "reading": self.reading, "credit": self.credit, "judge": judge, "held_out": self.held_out or (),
        }  # fmt: skip
        if self.correctness_only:
            return KeepIF(floor=None, lam=0.0, bonus=0.0, aggregation=correctness_alone, **shared)
        prompts = None if self.reference == "all" else self.reference_prompts
        prepass = Prepass(prompts, self.reference_samples, self.reference_share)
        aggregation: Any = self.aggregation
        if aggregation in AGGREGATIONS:
            aggregation = partial(AGGREGATIONS[aggregation], weight=self.weight)
        return KeepIF(
            floor=_floor(self.floor),
            slack=self.slack,
            floor_by=self.floor_by,  # pyright: ignore[reportArgumentType]  # KeepIF says what it may be
            budget=_budget(self.budget),
            bonus=self.bonus,
            prepass=None if self.reference == "first_batches" else prepass,
            reference_file=self.reference_file,
            aggregation=combine if aggregation == "keepif" else aggregation,
            length_term=LENGTH_TERMS[self.length_term] if self.length_term else None,
            no_thinking=self.no_thinking,
            lam=self.lam,
            mu=self.mu,
            **shared,
        )


def correctness_alone(score: Score, _: Multipliers) -> float:
    """c; nothing for a row without a gold answer, which [`combine`] pays for its compliance."""
    return score.c or 0.0


def _floor(text: Any) -> Setting | None:
    if not isinstance(text, str):  # a number or a mapping out of a YAML file
        return text
    if text in {"none", "reference"}:
        return None if text == "none" else text
    try:
        return json.loads(text)
    except ValueError:
        raise ValueError(
            f"floor must be 'reference', a share, shares by instruction id as JSON, or 'none'; found {text!r}"
        ) from None


def _budget(text: str | None) -> Any:
    if text is None or text == "reference":
        return text
    if not str(text).isdecimal():
        raise ValueError(f"budget must be a number of tokens or 'reference', found {text!r}")
    return int(text)


def _among(field_name: str, found: str, known: list[str]) -> None:
    if found not in known:
        raise ValueError(f"{field_name} must be one of {', '.join(known)}; found {found!r}")
