"""A look before a run: its first rows, and one batch, sampled and scored without training."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table
from rich.text import Text

from keepif.rewards import Response, Score
from keepif.rewards.rows import gold_of, row_of
from keepif.rewards.text.response import prompt_text
from keepif.trainer.evaluation.results.excerpts import without_middle
from keepif.trainer.preflight import too_many_cut

DRY_PROMPTS = 4
SHOWN = 2
"""Rows that are shown."""
LONGEST = 240
"""Characters of a text that are shown, from its two ends: constraints and results stand at the end."""


class Sample(NamedTuple):
    """A completion as the reward saw it."""

    prompt: Any
    response: Response
    score: Score


def score_one_batch(trainer: Any, prompts: int = DRY_PROMPTS) -> tuple[dict[str, float], list[Sample]]:
    """Sample and score a few prompts without training: TRL's metrics by name, and this process's samples."""
    scorer, samples = trainer.reward_funcs[0].scorer, list[Sample]()

    def observe(scores: Sequence[Score], asked: Sequence[Any]) -> None:
        parsed = [Response.parse(completion, scorer.scoring.delimiters) for completion in scorer.completions]
        samples.extend(map(Sample, asked, parsed, scores))

    with scorer.watched_by(observe):
        trainer.evaluate(trainer.train_dataset.select(range(min(prompts, len(trainer.train_dataset)))))
    return trainer.state.log_history[-1], samples  # what evaluate() returns lacks TRL 1.0's and the rewards'


def row_text(row: Mapping[str, Any]) -> str:
    """A row's prompt, gold answer and constraints, a line each."""
    gold = gold_of(row)
    constraints = [
        (constraint.id, json.dumps(constraint.kwargs, ensure_ascii=False)) for constraint in row_of(row).constraints
    ]
    asked = ", ".join(kind if kwargs == "{}" else f"{kind} {kwargs}" for kind, kwargs in constraints)
    return "\n".join([
        f"prompt: {without_middle(prompt_text(row['prompt']), LONGEST)}",
        f"gold: {'none: compliance alone is rewarded' if gold is None else without_middle(str(gold), LONGEST)}",
        f"constraints: {without_middle(asked, LONGEST) or 'none: correctness alone is rewarded'}",
    ])  # fmt: skip


def sample_text(sample: Sample) -> str:
    """A completion and its verdicts, a line each."""
    response, score = sample.response, sample.score
    found = [] if score.c is None else ["right" if score.c else "wrong"]
    for said, wanted in (("kept", True), ("not kept", False)):
        kinds = [kind for kind, verdict in {**score.verdicts, **score.held_out}.items() if verdict is wanted]
        found += [f"{said}: {', '.join(kinds)}"] if kinds else []
    if score.void or score.unreadable:
        found = [f"void, {score.void}: it earns nothing" if score.void else "not scored: the row cannot be read"]
    thinking = [f"thinking: {without_middle(response.thinking, LONGEST)}"] if response.thinking else []
    return "\n".join(
        [*thinking, f"answer: {without_middle(response.answer_text, LONGEST)}", f"verdict: {'; '.join(found)}"]
    )


def first_rows(dataset: Any) -> list[tuple[str, dict[str, Any]]]:
    """The rows that are shown, with their names."""
    return [(f"row {number}", row) for number, row in enumerate(dataset.select(range(min(SHOWN, len(dataset)))))]


def told(dataset: Any, samples: Sequence[Sample]) -> dict[str, str]:
    """The first rows that a sample is of, and what it says and earns, by name."""
    by_prompt = {prompt_text(sample.prompt): sample_text(sample) for sample in reversed(samples)}
    texts = {name: by_prompt.get(prompt_text(row["prompt"])) for name, row in first_rows(dataset)}
    return {name: text for name, text in texts.items() if text}


def laid_out(texts: Mapping[str, str]) -> Table:
    """Texts by name for a screen, whole."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(no_wrap=True)
    shown.add_column(overflow="fold")
    for name, text in texts.items():
        shown.add_row(name, Text(text))
    return shown


def show_rows(trainer: Any, samples: Sequence[Sample] = ()) -> None:
    """The first rows that are trained on, and what the policy makes of them, on the main process."""
    if trainer.accelerator.is_main_process:
        answers = told(trainer.train_dataset, samples)
        rows = {
            name: f"{row_text(row)}\n{answers.get(name, '')}".strip()
            for name, row in first_rows(trainer.train_dataset)
        }
        Console().print(laid_out(rows))


def show(trainer: Any, metrics: dict[str, Any], samples: Sequence[Sample]) -> None:
    """What a dry run found, on the main process."""
    if not trainer.accelerator.is_main_process:
        return
    table = Table()
    table.add_column("found", no_wrap=True)
    table.add_column("value", overflow="fold")
    table.add_row("prompts", str(len(trainer.train_dataset)))
    parameters = [p for p in trainer.model.parameters() if p.requires_grad]
    table.add_row("trained parameters", f"{sum(p.numel() for p in parameters):,}")
    table.add_row("processes", str(trainer.accelerator.num_processes))
    table.add_row("completions a generation batch", str(trainer.args.generation_batch_size))
    for name in sorted(metrics):
        if "keepif/" in name or "completions/" in name or name == "eval_reward":
            table.add_row(name.removeprefix("eval_"), f"{metrics[name]:.3f}")
    console = Console()
    console.print("dry run: everything was built, one batch was sampled and scored", table, sep="\n")
    show_rows(trainer, samples)
    cut, limit = metrics["eval_completions/clipped_ratio"], trainer.args.max_completion_length
    for problem in too_many_cut(cut, limit):
        console.print(f"{problem.text} ({problem.change})", style="yellow", markup=False, soft_wrap=True)
    if not metrics["eval_reward_std"]:
        text = "all completions earned the same, and a run learns nothing from such batches: are there answers?"
        console.print(text, style="yellow", markup=False, soft_wrap=True)
