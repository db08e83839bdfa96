"""Prompts by name: a hub data set, a local file, a procedural set, or the embedded policy's task."""

import logging
from collections import Counter
from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset

from keepif.rewards.constraints import ConstraintError, UnknownConstraintError, constraints_of
from keepif.rewards.constraints.schema import COLUMNS
from keepif.trainer import constrain
from keepif.trainer.dataset import PROMPT_COLUMNS

from .arguments import KeepIFArguments
from .tiny_policy import task

logger = logging.getLogger(__name__)

PROCEDURAL_ROWS = 2000
READERS = {".jsonl": "json", ".json": "json", ".parquet": "parquet"}


def load_prompts(args: KeepIFArguments, seed: int, conversational: bool) -> Dataset:
    """The training prompts with their constraints, as messages where the tokenizer has a chat template.

    Raises:
        `ValueError`: where the data set cannot be found, with the names it was looked for under, and where no row's
            constraints have a check.
    """
    if args.dataset == "tiny":
        return Dataset.from_list(task.rows(args.rows or PROCEDURAL_ROWS, seed))
    dataset = with_checks(_load(args, seed))
    if args.rows is not None:
        dataset = dataset.select(range(min(args.rows, len(dataset))))
    if args.answer_format:
        dataset = dataset.map(_say_how, fn_kwargs={"sentence": args.answer_format})
    dataset = constrain(
        dataset,
        share=args.share,
        per_prompt=(args.min_constraints, args.max_constraints),
        types=args.constraint_types,
        seed=seed,
    )
    return dataset.map(_as_messages) if conversational and isinstance(dataset[0]["prompt"], str) else dataset


def with_checks(dataset: Dataset) -> Dataset:
    """The rows whose constraints all have a check here, and with a word on how many others there were.

    Published sets of constraints hold types that are not ours, or not code's, to check. A row that is broken in
    another way stays, and is refused by its number.
    """
    missing: Counter[str] = Counter()

    def has_checks(row: dict[str, Any]) -> bool:
        try:
            constraints_of(row)
        except UnknownConstraintError as error:
            missing[str(error).split(";")[0]] += 1
            return False
        except ConstraintError:
            pass
        return True

    if not {*COLUMNS} & {*dataset.column_names}:
        return dataset
    kept = [number for number, row in enumerate(dataset) if has_checks(dict(row))]
    if missing:
        often = ", ".join(f"{what} ({count})" for what, count in missing.most_common(3))
        found = f"{missing.total()} of {len(dataset)} rows hold constraints without a check here: {often}"
        if not kept:
            raise ValueError(f"dataset: {found}; none is left to train on")
        logger.warning("keepif: %s, ...; they are left out, %d stay", found, len(kept))
    return dataset.select(kept)


def _load(args: KeepIFArguments, seed: int) -> Dataset:
    kind, _, name = args.dataset.partition(":")
    if kind == "reasoning_gym":
        return _procedural(name, args, seed)
    path = Path(args.dataset)
    if path.suffix in READERS:
        if not path.is_file():
            raise ValueError(f"dataset: there is no file {path.resolve()}")
        return load_dataset(READERS[path.suffix], data_files=str(path), split="train")
    return load_dataset(args.dataset, args.dataset_config, split=args.dataset_split)


def _procedural(name: str, args: KeepIFArguments, seed: int) -> Dataset:
    try:
        import reasoning_gym
    except ImportError:
        raise ValueError("dataset: procedural sets need reasoning-gym: pip install 'keepif[recipes]'") from None
    options = args.dataset_options if isinstance(args.dataset_options, dict) else {}
    made = reasoning_gym.create_dataset(name, size=args.rows or PROCEDURAL_ROWS, seed=seed, **options)
    return Dataset.from_list([{"prompt": entry["question"], "answer": entry["answer"]} for entry in made])


def _say_how(row: dict[str, Any], sentence: str) -> dict[str, Any]:
    """The row with `sentence` behind its question, before any constraint."""
    field = next((name for name in PROMPT_COLUMNS if row.get(name)), None)
    if field and isinstance(row[field], str):
        return {field: f"{row[field]} {sentence}"}
    if field:
        *before, last = row[field]
        return {field: [*before, {**last, "content": f"{last['content']} {sentence}"}]}
    return {}


def _as_messages(row: dict[str, Any]) -> dict[str, Any]:
    return {"prompt": [{"role": "user", "content": row["prompt"]}]}
