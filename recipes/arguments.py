"""What a recipe can be told beyond TRL's own GRPOConfig and ModelConfig. Every knob that a sweep turns is a scalar."""

import json
from dataclasses import dataclass, field
from typing import Any

BOXED = "Please reason step by step, and put your final answer within \\boxed{}."


@dataclass
class KeepIFArguments:
    """KeepIF's own arguments."""

    dataset: str = field(
        default="tiny",
        metadata={
            "help": "A hub data set, a local .jsonl, .json or .parquet file, 'reasoning_gym:NAME' for a procedural "
            "set, or 'tiny' for the embedded policy's own task."
        },
    )
    dataset_config: str | None = field(default=None, metadata={"help": "Configuration of a hub data set."})
    dataset_split: str = field(default="train", metadata={"help": "Split of a hub data set."})
    dataset_options: dict[str, Any] | str | None = field(
        default=None, metadata={"help": "Options of a reasoning_gym set, as a mapping or JSON."}
    )
    rows: int | None = field(default=None, metadata={"help": "Use so many rows; a procedural set makes 2000."})
    answer_format: str = field(
        default=BOXED, metadata={"help": "Sentence behind each question that says how to give the answer."}
    )
    share: float = field(default=1.0, metadata={"help": "Share of the prompts that get constraints."})
    min_constraints: int = field(default=1, metadata={"help": "Fewest constraints a prompt."})
    max_constraints: int = field(default=3, metadata={"help": "Most constraints a prompt."})
    constraint_types: list[str] | None = field(
        default=None, metadata={"help": "Instruction ids to draw from; all by default."}
    )
    lam: float = field(default=0.3, metadata={"help": "λ, the multiplier of compliance; 0 is correctness alone."})
    mu: float = field(default=0.2, metadata={"help": "μ, the multiplier of the length penalty."})
    budget: int | None = field(
        default=None, metadata={"help": "Tokens a correct completion may have; none by default."}
    )
    reading: str = field(default="math", metadata={"help": "Reading of the constraints: math or official."})
    dry_run: bool = field(
        default=False, metadata={"help": "Build everything, score one batch, print what was found, and stop."}
    )

    def __post_init__(self) -> None:
        if isinstance(self.dataset_options, str):
            try:
                self.dataset_options = json.loads(self.dataset_options)
            except ValueError as error:
                raise ValueError(f"dataset_options must be JSON, found {self.dataset_options!r} ({error})") from None
        if isinstance(self.constraint_types, str):  # a YAML scalar
            self.constraint_types = [self.constraint_types]
