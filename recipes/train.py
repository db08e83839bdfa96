"""GRPO with KeepIF, from one YAML file.

    accelerate launch -m keepif.recipes.train --config recipes/configs/smollm2_cpu.yaml
    accelerate launch -m keepif.recipes.train --config recipes/configs/smollm2_cpu.yaml --slack 0.05 --seed 1 --dry_run

Any field of KeepIFArguments, GRPOConfig or ModelConfig can stand in the file or on the command line. The configs of
this folder are found by name as well: `--config smollm2_cpu.yaml`.
"""

import os
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from rich.console import Console
from transformers import TrainerCallback
from trl import GRPOConfig, ModelConfig, get_peft_config

from keepif.trainer.reference.reference import ReferenceMismatchError
from keepif.trainer.report.dashboard import show_settings

from .arguments import KeepIFArguments
from .checkpoint import last_checkpoint, stopped
from .data import load_prompts
from .dry_run import score_one_batch, show, show_rows
from .model_card import CardTrainer
from .models import load_model
from .plainly import parsed, plainly
from .shipped import here_or_shipped

CONFIGS = Path(__file__).parent / "configs"
USAGE = "accelerate launch -m keepif.recipes.train --config FILE [--FLAG VALUE]"
DESCRIPTION = (
    "GRPO with KeepIF, from one YAML file. Every flag can stand in the file too, without its dashes. TRL's flags, "
    "such as --learning_rate, are listed by --help_all. To go on with a run that was stopped, give its command again "
    "with --resume_from_checkpoint true."
)


class ShowArguments(TrainerCallback):
    """Puts the recipe's arguments into the config of the run's dashboard, beside TRL's own."""

    def __init__(self, arguments: KeepIFArguments, trainer: Any) -> None:
        self.arguments, self.trainer = arguments, trainer

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        show_settings(self.trainer, "recipe", asdict(self.arguments))


def build(keepif_args: KeepIFArguments, grpo_args: GRPOConfig, model_args: ModelConfig) -> Any:
    """The GRPO trainer of a recipe, with KeepIF attached."""
    model, tokenizer = load_model(model_args, grpo_args.trust_remote_code, keepif_args.eos_token)
    prompts = load_prompts(keepif_args, grpo_args.seed, conversational=tokenizer.chat_template is not None)
    keepif = keepif_args.keepif()
    trainer = CardTrainer(
        model=model,
        reward_funcs=keepif.reward,  # pyright: ignore[reportArgumentType]  # callables with a __name__
        args=grpo_args,
        train_dataset=prompts,
        processing_class=tokenizer,
        peft_config=get_peft_config(model_args),
    )
    trainer.base_model = str(model_args.model_name_or_path)
    trainer.add_callback(ShowArguments(keepif_args, trainer))
    keepif.attach(trainer)
    return trainer


def rehearsed(keepif_args: KeepIFArguments, grpo_args: GRPOConfig, model_args: ModelConfig) -> Any:
    """The trainer of a dry run: a stored reference for which the run itself would be refused is said and passed by."""
    try:
        return build(keepif_args, grpo_args, model_args)
    except ReferenceMismatchError as error:
        text = f"the run itself would be refused: {error}"
        Console(stderr=True).print(text, style="yellow", markup=False, soft_wrap=True)
        keepif_args.reference_file, grpo_args.output_dir = None, mkdtemp(prefix="keepif-dry-run-")
        return build(keepif_args, grpo_args, model_args)


def with_shipped_config(argv: list[str]) -> list[str]:
    """`argv` with a `--config NAME` that is no file here replaced by the path of the config that ships as NAME."""
    if "--config" not in argv[:-1]:
        return argv
    at = argv.index("--config") + 1
    return [*argv[:at], str(here_or_shipped(Path(argv[at]), CONFIGS)), *argv[at + 1 :]]


def parse(argv: list[str]) -> tuple[KeepIFArguments, GRPOConfig, ModelConfig]:
    """What a command line and the config that it names say."""
    kinds = [KeepIFArguments, GRPOConfig, ModelConfig]
    keepif_args, grpo_args, model_args = parsed(kinds, with_shipped_config(argv), USAGE, DESCRIPTION)
    return keepif_args, grpo_args, model_args


def resumed(args: GRPOConfig) -> str | None:
    """The checkpoint that `args` say to go on from; a command line says `true`, for the last one, in letters."""
    asked = str(args.resume_from_checkpoint).lower()
    if asked == "true":
        found = last_checkpoint(Path(args.output_dir or ""))
        if found is None:
            raise ValueError(f"resume_from_checkpoint: no checkpoint in {args.output_dir} was written to its end")
        return str(found)
    return None if asked == "false" else args.resume_from_checkpoint


def own_folder(output_dir: str) -> str:
    """`output_dir`; under a `wandb agent`, which starts all runs of a sweep alike, the run's own folder in it."""
    in_sweep = {"WANDB_SWEEP_ID", "WANDB_RUN_ID"} <= os.environ.keys()
    return str(Path(output_dir) / os.environ["WANDB_RUN_ID"]) if in_sweep else output_dir


def main(argv: list[str] | None = None) -> None:
    with plainly("keepif.recipes.train"):
        keepif_args, grpo_args, model_args = parse(sys.argv[1:] if argv is None else argv)
        grpo_args.output_dir = own_folder(grpo_args.output_dir or "")
        if keepif_args.dry_run:
            grpo_args.report_to = []
            grpo_args.num_generations_eval = grpo_args.per_device_eval_batch_size = grpo_args.num_generations  # pyright: ignore[reportAttributeAccessIssue]
        checkpoint = resumed(grpo_args)
        trainer = (rehearsed if keepif_args.dry_run else build)(keepif_args, grpo_args, model_args)
    if keepif_args.dry_run:
        show(trainer, *score_one_batch(trainer))
        return
    show_rows(trainer)
    try:
        trainer.train(resume_from_checkpoint=checkpoint)
    except KeyboardInterrupt:
        if trainer.accelerator.is_main_process:
            said = stopped(Path(grpo_args.output_dir), trainer.state.global_step)
            sys.stderr.write(f"\nkeepif.recipes.train: {said}\n")
        sys.exit(130)  # as a shell says of what Ctrl-C has stopped
    trainer.save_model(grpo_args.output_dir)
    trainer.create_model_card()
    trainer.accelerator.print(f"saved to {grpo_args.output_dir}; see keepif report {grpo_args.output_dir}")


if __name__ == "__main__":
    main()
