"""What an evaluation's samples depend on, so that a run goes on with its own settings alone."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from trl import ModelConfig

from keepif.trainer.evaluation.benchmarks.benchmark import Item

from ..models import located
from .engines import Engine
from .plan import Plan

PACKAGES = {
    "transformers": ("keepif", "torch", "transformers"),
    "vllm": ("keepif", "vllm"),
    "openai": ("keepif",),
}
"""Packages whose version decides what an engine generates."""


def settings_of(plan: Plan, engine: Engine, can_choose: bool | None) -> dict[str, Any]:
    """What a sample depends on, flat: `agree` compares them one by one, and more benchmarks may join later.

    `can_choose` is whether the model can be asked to think or not, if that is known and matters.
    """
    settings: dict[str, Any] = {"model": engine.model, "engine": engine.kind}
    if engine.endpoint:
        settings["url"] = engine.endpoint.base_url
    else:
        weights = weights_of(engine.model, engine.revision)
        settings |= {"dtype": engine.dtype} | ({"weights": weights} if weights else {"revision": engine.revision})
    for name, benchmark in plan.benchmarks.items():
        settings[f"sampling of {name}"] = asdict(plan.sampling[name])
        settings[f"items of {name}"] = items_hash(benchmark.items())
    mitigations = {arm.mitigation for arm in plan.arms}
    if can_choose is not None:
        settings["thinking can be chosen"] = can_choose
    if "thinking_budget" in mitigations:
        settings["thinking_budget"] = plan.thinking_budget
    if "classifier_selective" in mitigations and plan.gate:
        settings["gate"] = hashlib.sha256(plan.gate.read_bytes()).hexdigest()[:16]
    return settings | {f"version of {package}": _version(package) for package in PACKAGES[engine.kind]}


def weights_of(model: str, revision: str = "main") -> str | None:
    """What tells a model's weights from others: a hash of its files here, or its commit on the hub.

    A file's name, its size and its end, which training changes, are hashed. `None` for a model that is not available.
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
    """The commit that `revision` stands for now: on the hub, or without a net in its cache."""
    from transformers.utils.hub import cached_file, extract_commit_hash

    try:
        return extract_commit_hash(cached_file(model, "config.json", revision=revision), None)
    except OSError:
        return None


def items_hash(items: Sequence[Item]) -> str:
    """A hash of the prompts and of the rows that score them, whichever file form they were read from."""
    content = [
        [item.key, [dict(message) for message in item.messages], _filled(item.row)]
        for item in items
        if not item.control
    ]
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _filled(value: Any) -> Any:
    """`value` without the fields that hold nothing, which parquet and the hub fill in and JSON leaves out."""
    if isinstance(value, Mapping):
        return {name: _filled(part) for name, part in value.items() if part is not None}
    return [_filled(part) for part in value] if isinstance(value, list | tuple) else value


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
