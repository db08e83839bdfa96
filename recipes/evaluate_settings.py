"""What an evaluation's samples depend on, so that a run goes on with its own settings alone."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from keepif.trainer.evaluation.benchmark import Benchmark, Item

from .evaluate_arguments import EvaluateArguments
from .models import TINY

PACKAGES = {
    "transformers": ("keepif", "torch", "transformers"),
    "vllm": ("keepif", "vllm"),
    "openai": ("keepif",),
}
"""Packages whose version decides what an engine says."""


def settings_of(args: EvaluateArguments, benchmarks: dict[str, Benchmark]) -> dict[str, Any]:
    """What a sample depends on, flat: `agree` compares them one by one, and more benchmarks may join later."""
    found: dict[str, Any] = {"model": args.model, "weights": weights_of(args.model), "engine": args.engine}
    found |= {"revision": args.revision, "dtype": args.dtype} if args.engine != "openai" else {"url": args.base_url}
    for name, benchmark in benchmarks.items():
        found[f"sampling of {name}"] = asdict(args.sampling_of(name))
        found[f"items of {name}"] = items_hash(benchmark.items())
    if "thinking_budget" in args.mitigation:
        found["thinking_budget"] = args.thinking_budget
    if "classifier_selective" in args.mitigation and args.gate:
        found["gate"] = hashlib.sha256(Path(args.gate).read_bytes()).hexdigest()[:16]
    return found | {f"version of {package}": _version(package) for package in PACKAGES[args.engine]}


def weights_of(model: str) -> str | None:
    """A hash of a local model's files: their names, their sizes and the end of each, which training changes."""
    folder = TINY if model == "tiny" else Path(model)
    if not folder.is_dir():
        return None
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.iterdir() if path.suffix in {".safetensors", ".bin", ".jinja"}):
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 2**20))
            digest.update(repr((path.name, size)).encode() + file.read())
    return digest.hexdigest()[:16]


def items_hash(items: Sequence[Item]) -> str:
    """A hash of what is asked."""
    asked = [[item.key, [dict(message) for message in item.messages]] for item in items]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
