"""Prompts by name: a hub data set, a local file, a procedural set, word problems, or the embedded policy's task."""

import json
import logging
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from datasets import Dataset, load_dataset
from datasets.exceptions import DatasetsError

from keepif.rewards.constraints import ConstraintError, UnknownConstraintError
from keepif.rewards.extras import install
from keepif.rewards.rows import CONSTRAINT_COLUMNS, constraints_of, flat, prompt_column
from keepif.trainer import constrain
from keepif.trainer.data.constrain import with_sentences

from .arguments import KeepIFArguments
from .plainly import first_line
from .stories import draw_story
from .tiny_policy.worlds import TINY

logger = logging.getLogger(__name__)

PROCEDURAL_ROWS = 2000
OURS = ("tiny", "stories")
"""Data sets that are made here."""
READERS = {".jsonl": "json", ".json": "json", ".parquet": "parquet"}
REASONS = 3
"""Why rows were left out: so many reasons are told, the most frequent."""


def load_prompts(
    args: KeepIFArguments, seed: int, conversational: bool, warn: Callable[[str], None] | None = None
) -> Dataset:
    """The training prompts with their constraints, as messages where the tokenizer has a chat template.

    `warn` is told which rows were left out; by default, the log is.
    """
    if args.dataset == "tiny":
        world = replace(TINY, types=tuple(args.constraint_types or TINY.types))
        return Dataset.from_list(world.rows(args.rows or PROCEDURAL_ROWS, seed))
    dataset = with_checks(_load(args, seed), warn or _log)
    if args.rows is not None:
        dataset = dataset.select(range(min(args.rows, len(dataset))))
    if not len(dataset):
        raise ValueError("dataset: it holds no rows")
    if args.answer_format:
        dataset = dataset.map(_say_how, fn_kwargs={"sentence": args.answer_format})
    dataset = constrain(
        dataset,
        share=args.share,
        per_prompt=(1, args.max_constraints),
        types=args.constraint_types,
        seed=seed,
    )
    return dataset.map(_as_messages) if conversational and isinstance(dataset[0]["prompt"], str) else dataset


def _log(text: str) -> None:
    logger.warning("keepif: %s", text)


def with_checks(dataset: Dataset, warn: Callable[[str], None]) -> Dataset:
    """The rows whose constraints all have a check here; `warn` is told of the others, if there are any.

    Published sets of constraints hold types that are not ours, or not code's, to check. A row that is broken in
    another way stays, and is refused by its number.
    """
    missing: Counter[str] = Counter()

    def has_checks(row: dict[str, Any]) -> bool:
        try:
            constraints_of(row)
        except UnknownConstraintError as error:
            missing[str(error)] += 1
            return False
        except ConstraintError:
            pass
        return True

    if not {*CONSTRAINT_COLUMNS} & {*dataset.column_names}:
        return dataset
    kept = [number for number, row in enumerate(dataset) if has_checks(dict(row))]
    if missing:
        often = ", ".join(_reason(*reason) for reason in missing.most_common(REASONS))
        often += ", ..." * (len(missing) > REASONS)
        found = f"{missing.total()} of {len(dataset)} rows hold constraints without a check here: {often}"
        if not kept:
            raise ValueError(f"dataset: {found}; none is left to train on")
        warn(f"{found}; they are left out, {len(kept)} stay{'s' * (len(kept) == 1)}")
    return dataset.select(kept)


def _reason(error: str, count: int) -> str:
    """An unknown constraint's error, how often it was met and what may be meant; not the list of what is known."""
    what, _, hint = error.partition("; ")
    return f"{what} ({count}{f'; {hint}' if hint.startswith('did you mean') else ''})"


def _load(args: KeepIFArguments, seed: int) -> Dataset:
    if args.dataset == "stories":
        return _stories(args.rows or PROCEDURAL_ROWS, seed)
    kind, _, name = args.dataset.partition(":")
    if kind == "reasoning_gym":
        return _procedural(name, args, seed)
    path = Path(args.dataset)
    if path.suffix in READERS:
        if not path.is_file():
            raise ValueError(f"dataset: there is no file {path.resolve()}")
        return _of_file(path)
    return load_dataset(args.dataset, args.dataset_config, split="train")


def _of_file(path: Path) -> Dataset:
    try:
        return load_dataset(READERS[path.suffix], data_files=str(path), split="train")
    except (DatasetsError, ValueError) as error:
        reason = _broken_line(path) or first_line(error.__cause__ or error)
        raise ValueError(f"dataset: {path.resolve()} cannot be read: {reason}") from error
    except StopIteration:
        raise ValueError(f"dataset: {path.resolve()} cannot be read: it holds no rows") from None


def _broken_line(path: Path) -> str:
    """The first line of a JSON file, which holds a row a line or all in one list, that is no JSON."""
    if READERS[path.suffix] != "json":
        return ""
    text = path.read_text(errors="replace")
    lines = text.split("\n")
    for number, part in enumerate([text] if text.lstrip().startswith("[") else lines, 1):
        try:
            json.loads(part if part.strip() else "null")
        except json.JSONDecodeError as error:
            return f"line {number + error.lineno - 1} is no JSON: {error.msg}, column {error.colno}"
    return ""


def _procedural(name: str, args: KeepIFArguments, seed: int) -> Dataset:
    try:
        import reasoning_gym
    except ImportError:
        raise ValueError(f"dataset: procedural sets need reasoning-gym: {install('recipes')}") from None
    options = args.dataset_options if isinstance(args.dataset_options, dict) else {}
    made = reasoning_gym.create_dataset(name, size=args.rows or PROCEDURAL_ROWS, seed=seed, **options)
    return Dataset.from_list([{"prompt": entry["question"], "answer": entry["answer"]} for entry in made])


def _stories(count: int, seed: int) -> Dataset:
    draws = random.Random(seed)
    stories = [draw_story(draws) for _ in range(count)]
    return Dataset.from_list([{"prompt": story.question, "answer": str(story.answer)} for story in stories])


def _say_how(row: dict[str, Any], sentence: str) -> dict[str, Any]:
    """The row with `sentence` after its question, before any constraint."""
    whole = flat(row)
    field = prompt_column(whole)
    return {field: with_sentences(whole[field], [sentence])} if field else {}


def _as_messages(row: dict[str, Any]) -> dict[str, Any]:
    return {"prompt": [{"role": "user", "content": row["prompt"]}]}
