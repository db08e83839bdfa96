"""The doctor's sample: how long the completions of a few prompts are, drawn here."""

from collections.abc import Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

import torch
from trl import GRPOConfig, ModelConfig

from keepif.trainer.preflight import CUT, nothing_to_keep, too_many_cut
from keepif.trainer.tally import NUMBERS

from ..arguments import KeepIFArguments
from ..dry_run import score_one_batch, told
from ..plainly import first_line
from ..train import build
from .findings import Finding
from .rehearsal import ON_CPU, Recipe, made
from .reward import with_few_rows

SAMPLED = 16
"""Prompts that are sampled, twice each, in one batch."""


def sampled(recipe: Recipe) -> Iterator[Finding]:
    """How long the completions of a few prompts are, sampled here, by one process, which leaves nothing behind."""
    few: dict[str, Any] = {"num_generations": 2, "per_device_train_batch_size": 2, "gradient_accumulation_steps": 1}
    few |= dict.fromkeys(("num_generations_eval", "steps_per_generation", "generation_batch_size"))
    few |= {"per_device_eval_batch_size": 2 * SAMPLED, "report_to": "none", "use_vllm": False, "push_to_hub": False}
    asked = recipe.asked | ({} if torch.cuda.is_available() else ON_CPU) | few
    # Without anything that needs a reference: the run's own, if it has begun, is of other rows and another precision.
    plain = replace(with_few_rows(recipe.keepif), floor="none", budget=None, no_thinking=None)
    try:
        floor = recipe.keepif.keepif().run.floor
        with TemporaryDirectory() as folder:
            metrics, answers = _sample(
                plain, made(GRPOConfig, asked | {"output_dir": folder}), made(ModelConfig, asked)
            )
    except Exception as error:  # noqa: BLE001  # whatever stops it here is what was asked for
        lacking = isinstance(error, OSError | torch.OutOfMemoryError)
        text = f"nothing could be sampled here: {first_line(error)}"
        yield Finding("unknown" if lacking else "fail", "lengths", text)
        return
    cut, limit = metrics["eval_completions/clipped_ratio"], recipe.grpo.max_completion_length or 0
    mean, longest = (metrics[f"eval_completions/{name}_length"] for name in ("mean", "max"))
    yield from (Finding.of("lengths", problem) for problem in too_many_cut(cut, limit))
    if cut <= CUT:
        text = (
            f"{100 * cut:.0f} % of the sampled completions were cut at {limit} tokens; the longest had {longest:.0f}"
        )
        yield Finding("ok", "lengths", text)
    correctness, compliance = (metrics.get(f"eval_keepif/{name}") for name in ("correctness", "compliance"))
    empty = metrics["eval_keepif/guard/empty"]
    lacking = list(nothing_to_keep(correctness, compliance, empty, floor)) if cut < 1 else []
    yield from (Finding.of("sample", problem) for problem in lacking)
    shares = {NUMBERS["accuracy"]: correctness, NUMBERS["sacc"]: compliance}
    said = ", ".join(f"{name} {100 * share:.0f} %" for name, share in shares.items() if share is not None)
    if cut < 1 and not lacking and said:
        yield Finding("ok", "sample", f"of {2 * SAMPLED} completions sampled here: {said}")
    yield from _against_budget(recipe.keepif.budget, mean)
    yield from (Finding("look", name, text) for name, text in answers.items())


def _sample(
    keepif_args: KeepIFArguments, grpo_args: GRPOConfig, model_args: ModelConfig
) -> tuple[dict[str, float], dict[str, str]]:
    """TRL's metrics, and what the policy makes of the first rows."""
    grpo_args._n_gpu = min(grpo_args.n_gpu, 1)  # noqa: SLF001  # TRL refuses one process that has several
    trainer = build(keepif_args, grpo_args, model_args)
    metrics, samples = score_one_batch(trainer, SAMPLED)
    return metrics, told(trainer.train_dataset, samples)


def _against_budget(budget: str | None, mean: float) -> Iterator[Finding]:
    """Whether the budget is one that completions of `mean` tokens are pulled towards."""
    if not str(budget).isdecimal():
        return
    tokens = int(budget or 0)
    text = f"the sampled completions have {mean:.0f} tokens on average, and the budget is {tokens}"
    if mean > 2 * tokens:
        text += (
            ": above twice the budget all pay the same, so that nothing makes them shorter; begin with what they have"
        )
        yield Finding("warn", "budget", text, f"budget: {round(mean)}")
    else:
        yield Finding("ok", "budget", text)
