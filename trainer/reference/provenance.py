"""What a measured reference depends on, so that one measured under other conditions is not mistaken for this run's."""

import hashlib
import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import torch

import keepif.rewards
from keepif.rewards import Scoring
from keepif.rewards.constraints import REGISTRY
from keepif.rewards.rows import READ

from ..columns import with_columns
from .reference import prompt_key, short_hash

SAMPLING = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "max_completion_length",
    "generation_kwargs",
)
FEW = 8
"""Values of each parameter that go into the model's fingerprint."""
FIRST = 100
"""Rows of a streamed data set that go into its hash."""
ADAPTER = re.compile(r"(.*)\.lora_\w+\.([^.]+)(?:\.\w+)?")
"""A LoRA parameter's name in peft: its layer, and the adapter that it belongs to."""


def provenance(trainer: Any, tokenizer: Any, scoring: Scoring) -> dict[str, Any]:
    """Model, chat template, sampling settings, data set and checkers of a run, with hashes where they are large.

    The main process's counts: of a model that is sharded over ranks, only it holds the beginning of each parameter.
    """
    args = trainer.args
    template = [tokenizer.chat_template, getattr(args, "chat_template_kwargs", None) or {}]
    return {
        "model": fingerprint(trainer.model),
        "template": short_hash(repr(template).encode()),
        "sampling": json.loads(json.dumps({name: getattr(args, name, None) for name in SAMPLING}, default=str)),
        "dataset": rows_hash(trainer.train_dataset),
        "checkers": f"{scoring.reading} {scoring.credit} {vars(scoring.delimiters)} {checkers()}{_further(scoring)}",
    }


def _further(scoring: Scoring) -> str:
    """The judge and the types held out, of which most runs have none."""
    return "".join(f" {value}" for value in (scoring.judge, sorted(scoring.held_out)) if value)


def rows_hash(rows: Iterable[dict[str, Any]]) -> str:
    """A hash of the rows' prompts and constraints, in their order; of a stream's first hundred."""
    digest = hashlib.sha256()
    rows = with_columns(rows, ["prompt", *READ])
    for row in rows if hasattr(rows, "__len__") else islice(rows, FIRST):
        asked = {name: row[name] for name in READ if row.get(name) is not None}
        digest.update(json.dumps([prompt_key(row.get("prompt") or ""), asked], sort_keys=True, default=str).encode())
    return digest.hexdigest()[:16]


def fingerprint(model: torch.nn.Module) -> str:
    """A hash of every weight's name and first values, but for fresh adapters', which change nothing yet.

    Of a model that DeepSpeed ZeRO-3 or FSDP2 has sharded it reads what lies on this rank, and gathers nothing. On the
    main process that is the beginning of each parameter, so that the hash is the whole model's, but where a share has
    fewer than eight values: then the same model on more ranks counts as another one.
    """
    digest, fresh = hashlib.sha256(), fresh_adapters(model)
    for name, parameter in model.named_parameters():
        if name in fresh:
            continue
        values = _local(parameter).flatten()[:FEW].float().cpu().tolist()
        plain = name.removeprefix("base_model.model.").replace(".base_layer", "")  # peft's wrapping
        digest.update(repr((plain, values)).encode())
    return digest.hexdigest()[:16]


def fresh_adapters(model: torch.nn.Module) -> set[str]:
    """The names of the LoRA parameters whose A or B is all zero, as peft makes them."""
    layers: dict[Any, dict[str, torch.Tensor]] = defaultdict(dict)
    for name, parameter in model.named_parameters():
        if found := ADAPTER.fullmatch(name):
            layers[found.groups()][name] = _local(parameter)
    return {name for pair in layers.values() if not all(map(torch.any, pair.values())) for name in pair}


def _local(parameter: torch.Tensor) -> torch.Tensor:
    """What lies on this rank of a parameter: its ZeRO-3 partition, its FSDP2 shard, or all of it."""
    shard: Any = getattr(parameter, "ds_tensor", parameter)
    return (shard.to_local() if hasattr(shard, "to_local") else shard).detach()


def checkers(package: Path = Path(keepif.rewards.__path__[0])) -> str:
    """A hash of the rewards' source, and of constraints that are defined elsewhere: whatever of it changes, compliance
    may be counted otherwise.
    """
    digest = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes())
    own = {kind for definition in REGISTRY.values() for kind in definition.__mro__ if _is_elsewhere(kind)}
    for source in sorted(map(_source, own)):
        digest.update(b"\0" + source.encode())
    return digest.hexdigest()[:16]


def _is_elsewhere(kind: type) -> bool:
    """Whether a class of a constraint is neither KeepIF's nor Python's."""
    return kind.__module__.partition(".")[0] not in {"keepif", "builtins", "abc"}


def _source(kind: type) -> str:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):  # typed into an interpreter
        return kind.__qualname__
