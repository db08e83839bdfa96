"""What an evaluation's samples depend on, so that a run goes on with its own settings alone."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from trl import ModelConfig

from keepif.trainer.evaluation.benchmarks.benchmark import Benchmark, Item

from ..models import located
from .arguments import EvaluateArguments

PACKAGES = {
    "transformers": ("keepif", "torch", "transformers"),
    "vllm": ("keepif", "vllm"),
    "openai": ("keepif",),
}
"""Packages whose version decides what an engine says."""


def settings_of(args: EvaluateArguments, benchmarks: dict[str, Benchmark], can_choose: bool | None) -> dict[str, Any]:
    """What a sample depends on, flat: `agree` compares them one by one, and more benchmarks may join later.

    Args:
        can_choose (`bool` or `None`): whether the model can be asked to think or not, where that is known and matters.
    """
    found: dict[str, Any] = {"model": args.model, "engine": args.engine}
    if args.engine == "openai":
        found["url"] = args.base_url
    else:
        weights = weights_of(args.model, args.revision)
        found |= {"dtype": args.dtype} | ({"weights": weights} if weights else {"revision": args.revision})
    for name, benchmark in benchmarks.items():
        found[f"sampling of {name}"] = asdict(args.sampling_of(name))
        found[f"items of {name}"] = items_hash(benchmark.items())
    if can_choose is not None:
        found["thinking can be chosen"] = can_choose
    if "thinking_budget" in args.mitigation:
        found["thinking_budget"] = args.thinking_budget
    if "classifier_selective" in args.mitigation and args.gate:
        found["gate"] = hashlib.sha256(Path(args.gate).read_bytes()).hexdigest()[:16]
    return found | {f"version of {package}": _version(package) for package in PACKAGES[args.engine]}


def weights_of(model: str, revision: str = "main") -> str | None:
    """What tells a model's weights from others: a hash of its files here, or its commit on the hub.

    Of a file its name, its size and its end are hashed, which training changes. `None` for a model that is not to be
    had.
    """
    place, options = located(ModelConfig(model_name_or_path=model, model_revision=revision))
    if "gguf_file" in options:
        return _hash([Path(place) / options["gguf_file"]])
    if Path(place).is_dir():
        return _hash(path for path in Path(place).iterdir() if path.suffix in {".safetensors", ".bin", ".jinja"})
    return _commit(str(place), revision)


def _hash(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(paths):
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 2**20))
            digest.update(repr((path.name, size)).encode() + file.read())
    return digest.hexdigest()[:16]


def _commit(model: str, revision: str) -> str | None:
    """The commit that `revision` stands for now: on the hub, or where there is no net, in its cache."""
    from transformers.utils.hub import cached_file, extract_commit_hash

    try:
        return extract_commit_hash(cached_file(model, "config.json", revision=revision), None)
    except OSError:
        return None


def items_hash(items: Sequence[Item]) -> str:
    """A hash of what is asked and of the rows that it is scored by, whichever file form they were read from."""
    asked = [
        [item.key, [dict(message) for message in item.messages], _given(item.row)]
        for item in items
        if not item.control
    ]
    return hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _given(value: Any) -> Any:
    """`value` without the fields that hold nothing, which parquet and the hub fill in where JSON leaves them out."""
    if isinstance(value, Mapping):
        return {name: _given(part) for name, part in value.items() if part is not None}
    return [_given(part) for part in value] if isinstance(value, list | tuple) else value


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
