"""The reference pre-pass: sample the policy before RL, with the run's own settings, and write down what it could
do."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import broadcast_object_list, gather_object
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from keepif.rewards import ConstraintError, Score, constraints_of
from keepif.rewards.rows import READ
from keepif.rewards.scorer import Scorer

from .. import trl_doors
from ..beside import own_part
from ..columns import with_columns
from ..files import keep_json, read_json
from ..tally import proportion
from .provenance import rows_hash
from .reference import Reference, ReferenceMismatchError

COVERED = 4
"""Prompts that every constraint type has at least in a sample, if the data set has as many."""
STREAMED = 10_000
"""Rows of a streamed data set that prompts are chosen from."""


@dataclass(frozen=True)
class Prepass:
    """How the reference is measured.

    Args:
        prompts (`int` or `None`, *optional*, defaults to `256`): how many prompts, chosen so that every constraint
            type is covered; `None` for all of them.
        samples (`int`, *optional*, defaults to `4`): completions a prompt.
        share (`float`, *optional*, defaults to `0.05`): of the run's completions, the most that a chosen sample may
            cost.
    """

    prompts: int | None = 256
    samples: int = 4
    share: float = 0.05

    def __post_init__(self) -> None:
        if (self.prompts is not None and self.prompts < 1) or self.samples < 2 or not 0 < self.share <= 1:
            raise ValueError(
                f"a pre-pass needs at least 1 prompt, 2 samples and a share in (0, 1]; found {self.prompts}, "
                f"{self.samples}, {self.share}"
            )


def readable(dataset: Any) -> Sequence[dict[str, Any]]:
    """The rows with the columns that prompts are chosen by, images left undecoded; of a stream its first ones."""
    rows = with_columns(dataset, ["prompt", *READ])
    return rows if hasattr(rows, "__len__") else list(islice(rows, STREAMED))


def choose(rows: Sequence[dict[str, Any]], prompts: int | None, seed: int) -> list[int]:
    """The numbers of `prompts` rows at random and, for types that fewer than four of them have, further ones; or of
    all rows.
    """
    if prompts is None:
        return [*range(len(rows))]
    shuffled = random.Random(seed).sample(range(len(rows)), len(rows))
    chosen, rest = shuffled[:prompts], shuffled[prompts:]
    kinds = [_kinds(row) for row in rows]
    covered = Counter(kind for number in chosen for kind in kinds[number])
    for number in rest:
        if any(covered[kind] < COVERED for kind in kinds[number]):
            chosen.append(number)
            covered.update(kinds[number])
    return chosen


def _whole(dataset: Any, numbers: Sequence[int]) -> Any:
    """What gives the row of each of these `numbers`, images decoded: a stream is read again up to the last of them."""
    if hasattr(dataset, "__len__"):
        return dataset
    wanted = {*numbers}
    return {number: row for number, row in enumerate(islice(dataset, max(wanted) + 1)) if number in wanted}


def _kinds(row: dict[str, Any]) -> set[str]:
    """The row's constraint types; none for a row that cannot be read, which a stream may hold."""
    try:
        return {constraint.id for constraint in constraints_of(row)} or {""}
    except ConstraintError:
        return set()


def run_completions(trainer: Any) -> int:
    """Completions that the run will sample."""
    args = trainer.args
    steps_a_batch = args.steps_per_generation * args.num_iterations / args.gradient_accumulation_steps
    return int(trainer.state.max_steps / steps_a_batch * args.generation_batch_size)


def affordable(prepass: Prepass, trainer: Any) -> int | None:
    """Prompts to choose: as many as asked, but for what would cost more than the share of the run."""
    if prepass.prompts is None:
        return None
    most = int(prepass.share * run_completions(trainer) / prepass.samples)
    return max(1, min(prepass.prompts, most))


def measure(trainer: Any, scorer: Scorer, prepass: Prepass, provenance: dict[str, Any], path: Path) -> Reference:
    """The reference, which is stored at `path`; a pre-pass that was interrupted goes on where it stopped.

    All ranks call it together, each samples its part, and all end with the same reference.
    """
    texts = readable(trainer.train_dataset)
    chosen = choose(texts, affordable(prepass, trainer), trainer.args.seed)
    rows = _whole(trainer.train_dataset, chosen)
    world, main = trainer.accelerator.num_processes, trainer.accelerator.is_main_process
    size = max(world, trainer.args.generation_batch_size // prepass.samples)
    chunks = [chosen[start : start + size] for start in range(0, len(chosen), size)]
    total, of_run = len(chosen) * prepass.samples, run_completions(trainer)
    trainer.accelerator.print(
        f"keepif: measuring the policy before RL: {len(chosen)} prompts x {prepass.samples} samples = {total} "
        f"completions, {100 * total / max(1, of_run):.1f} % of this run's {of_run}; stored in {path}"
    )
    partial = path.with_suffix(".measuring.json")
    plan = [rows_hash([texts[number] for number in chosen]), size, prepass.samples, trainer.args.seed]
    reference, done = _begun(provenance, partial, plan)
    with _progress(main) as progress, _sampling(trainer, prepass.samples):
        bar = progress.add_task("reference", total=len(chunks), completed=done)
        for number in range(done, len(chunks)):
            chunk = [rows[row] for row in chunks[number]]
            for prompts, scores in gather_object([_sample(trainer, scorer, chunk, prepass.samples)]):
                reference.add(prompts, scores)
            progress.advance(bar)
            if main:
                keep_json(partial, {"plan": plan, "done": number + 1, "reference": reference.to_dict()})
    kept = proportion(reference.tally.compliance, reference.tally.constrained)
    if kept["of"]:
        trainer.accelerator.print(
            f"keepif: it keeps {100 * kept['share']:.1f} % of its constraints "
            f"(95 % interval {100 * kept['low']:.1f} to {100 * kept['high']:.1f}, {kept['of']} completions)"
        )
    if main:
        keep_json(path, reference.to_dict())
        with suppress(OSError):
            partial.unlink()
    trainer.accelerator.wait_for_everyone()
    return reference


def _begun(provenance: dict[str, Any], partial: Path, plan: list[Any]) -> tuple[Reference, int]:
    """What an interrupted pre-pass has measured, and in how many chunks.

    Runs that share a reference file share this one too: what was measured by another plan or under other conditions
    is not taken up.
    """
    [stored] = broadcast_object_list([read_json(partial)])
    try:
        if stored["plan"] == plan:
            return Reference.from_dict(stored["reference"], provenance, partial), stored["done"]
    except (KeyError, TypeError, ReferenceMismatchError):
        pass
    return Reference(provenance), 0


def _sample(
    trainer: Any, scorer: Scorer, rows: Sequence[dict[str, Any]], samples: int
) -> tuple[list[Any], list[Score]]:
    """This rank's part of `rows`, sampled and scored: prompts and scores, one a completion."""
    part, own = own_part(rows, trainer)
    batches: list[tuple[list[Any], list[Score]]] = []

    def observe(scores: Sequence[Score], prompts: Sequence[Any]) -> None:
        batches.append((list(prompts), list(scores)))

    trainer.model.eval()  # each time: after continuous batching TRL leaves the model in train mode
    with scorer.watched_by(observe), torch.no_grad(), trainer.compute_loss_context_manager():
        # Each completion's row is one of its own: TRL writes a rollout's further fields into it.
        trl_doors.sample(trainer, [dict(row) for row in part for _ in range(samples)])
    [(prompts, scores)] = batches
    return prompts[: own * samples], scores[: own * samples]


@contextmanager
def _sampling(trainer: Any, samples: int) -> Iterator[None]:
    """The trainer as it samples in evaluation, `samples` completions a prompt, with random numbers of its own.

    A `rollout_func` reads the number off the arguments, TRL itself off the trainer.
    """
    device = trainer.accelerator.device
    kept = trainer.num_generations_eval, trainer.args.num_generations_eval, trainer.model.training
    trainer.num_generations_eval = trainer.args.num_generations_eval = samples
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(trainer.args.seed + trainer.accelerator.process_index)
            yield
    finally:
        trainer.num_generations_eval, trainer.args.num_generations_eval, training = kept
        trainer.model.train(training)
        trl_doors.forget_evaluation(trainer)


def _progress(visible: bool) -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(bar_width=24), MofNCompleteColumn(), TimeRemainingColumn()
    return Progress(*columns, disable=not visible)
