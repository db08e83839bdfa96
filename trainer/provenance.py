"""What a measured reference depends on, so that one measured under other conditions is not mistaken for this run's."""

import hashlib
import json
from pathlib import Path
from typing import Any

import torch

import keepif.rewards
from keepif.rewards import Scoring

SAMPLING = (
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "repetition_penalty",
    "max_completion_length",
    "generation_kwargs",
)
CHECKING = ("compliance", "guard", "language", "latex", "response", "text")
FEW = 8
"""Values of each parameter that go into the model's fingerprint."""


def provenance(trainer: Any, tokenizer: Any, scoring: Scoring) -> dict[str, Any]:
    """Model, chat template, sampling settings and checkers of a run, with hashes where they are large."""
    args = trainer.args
    template = [tokenizer.chat_template, getattr(args, "chat_template_kwargs", None) or {}]
    return {
        "model": fingerprint(trainer.model),
        "template": _hash(repr(template).encode()),
        "sampling": json.loads(json.dumps({name: getattr(args, name, None) for name in SAMPLING}, default=str)),
        "checkers": f"{scoring.reading} {vars(scoring.delimiters)} {checkers()}",
    }


def fingerprint(model: torch.nn.Module) -> str:
    """A hash of every weight's name and first values, but for a fresh adapter's, which change nothing yet."""
    digest = hashlib.sha256()
    for name, parameter in model.named_parameters():
        if "lora_" in name:
            continue
        values = parameter.detach().flatten()[:FEW].float().cpu().tolist()
        plain = name.removeprefix("base_model.model.").replace(".base_layer", "")  # peft's wrapping
        digest.update(repr((plain, values)).encode())
    return digest.hexdigest()[:16]


def checkers() -> str:
    """A hash of the source that decides compliance."""
    folder = Path(keepif.rewards.__path__[0])
    sources = [*sorted((folder / "constraints").glob("*.py")), *(folder / f"{name}.py" for name in CHECKING)]
    return _hash(b"".join(path.read_bytes() for path in sources))


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]
