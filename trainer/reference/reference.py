"""The reference: what the policy could do before RL, prompt by prompt and constraint type by constraint type."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf, sqrt
from pathlib import Path
from typing import Any

from keepif.rewards import Score

from ..tally import Tally

SHRINKAGE = 4
"""Samples that a type's mean counts for in a prompt's baseline, and the overall mean in a type's."""
SCHEMA = 1


class ReferenceMismatchError(ValueError):
    """A stored reference that was measured under other conditions than this run's."""


@dataclass
class Reference:
    r"""Measured compliance, shrunk where samples are few.

    The baseline of a prompt is $\hat b = (\sum f + m\, b_{type}) / (K + m)$ over its K samples, with m = 4 and
    $b_{type}$ the mean of its constraints' types, themselves shrunk toward the overall mean; a prompt that was not
    sampled has $\hat b = b_{type}$.

    Attributes:
        provenance (`dict`): what it depends on: model, template, sampling, data set, checkers (see provenance.py).
        tally ([`Tally`]): sums over all samples.
        prompts (`dict[str, list[float]]`): by prompt key, [sum of f, samples].
        correct (`dict[str, list[float]]`): by prompt key, [sum of c, samples].
        longest (`dict[str, int]`): by prompt key, the words of the longest correct answer, its thinking left out.
    """

    provenance: dict[str, Any]
    tally: Tally = field(default_factory=Tally)
    prompts: dict[str, list[float]] = field(default_factory=dict)
    correct: dict[str, list[float]] = field(default_factory=dict)
    longest: dict[str, int] = field(default_factory=dict)

    def add(self, prompts: Sequence[Any], scores: Sequence[Score]) -> None:
        """Take in scored samples."""
        self.tally += Tally.of(scores)
        for prompt, score in zip(prompts, scores, strict=True):
            if score.unreadable:
                continue
            key = prompt_key(prompt)
            for sums, value in ((self.prompts, score.f), (self.correct, score.c)):
                if value is not None:
                    total, samples = sums.get(key, (0.0, 0))
                    sums[key] = [total + value, samples + 1]
            if score.c:
                self.longest[key] = max(score.answer_words, self.longest.get(key, 0))

    @property
    def compliance(self) -> float:
        """Mean compliance over all samples."""
        return self.tally.compliance / self.tally.constrained if self.tally.constrained else 0.0

    @property
    def tokens(self) -> float:
        """Mean length of the completions that a length penalty can charge, the right ones and those cut off; of all of
        them if none can be charged.
        """
        tally = self.tally
        if tally.charged:
            return tally.charged_tokens / tally.charged
        return tally.tokens / tally.completions if tally.completions else 0.0

    def of_type(self, instruction_id: str) -> float:
        """Mean verdict of a constraint type."""
        asked, kept = self.tally.asked[instruction_id], self.tally.kept[instruction_id]
        return (kept + SHRINKAGE * self.compliance) / (asked + SHRINKAGE)

    def standard_error(self, instruction_id: str) -> float:
        """Of a type's mean: √(p (1 - p) / n), with the samples that its mean is shrunk by among the n."""
        share, asked = self.of_type(instruction_id), self.tally.asked[instruction_id]
        return sqrt(share * (1 - share) / (asked + SHRINKAGE))

    def baseline(self, prompt: Any, instruction_ids: Sequence[str]) -> float:
        """Expected compliance of the reference on a prompt with these constraints."""
        of_types = sum(map(self.of_type, instruction_ids)) / len(instruction_ids)
        total, samples = self.prompts.get(prompt_key(prompt), (0.0, 0))
        return (total + SHRINKAGE * of_types) / (samples + SHRINKAGE)

    def accuracy(self, prompt: Any) -> float:
        """Expected correctness of the reference on a prompt: its mean there, shrunk toward the overall one."""
        overall = self.tally.correct / self.tally.graded if self.tally.graded else 0.0
        total, samples = self.correct.get(prompt_key(prompt), (0.0, 0))
        return (total + SHRINKAGE * overall) / (samples + SHRINKAGE)

    def longest_answer(self, prompt: Any) -> float:
        """The words of the longest correct answer of the reference on a prompt; on any, if it has none there."""
        return self.longest.get(prompt_key(prompt), max(self.longest.values(), default=inf))

    def to_dict(self) -> dict[str, Any]:
        stored = {"schema": SCHEMA, "provenance": self.provenance, "tally": self.tally.to_dict()}
        return stored | {"prompts": self.prompts, "correct": self.correct, "longest": self.longest}

    @classmethod
    def from_dict(cls, stored: Any, provenance: dict[str, Any], path: Path) -> "Reference":
        """A stored reference that was measured under `provenance`; the error names `path` and what differs."""
        try:
            known = stored["provenance"] | {"schema": stored["schema"]}
            tally = Tally.from_dict(stored["tally"])
            reference = cls(stored["provenance"], tally, stored["prompts"], stored["correct"], stored["longest"])
        except (KeyError, TypeError) as error:
            raise ReferenceMismatchError(
                f"{path} holds no reference ({error!r}); delete it to measure again"
            ) from None
        for name, expected in (provenance | {"schema": SCHEMA}).items():
            if known.get(name) != expected:
                found, wanted = _differing(known.get(name), expected)
                other = f"; or take it all the same: KeepIF(reference_file={str(path)!r})" if name == "dataset" else ""
                raise ReferenceMismatchError(
                    f"the reference in {path} was measured with another {name}: it has {_short(found)}, this run has "
                    f"{_short(wanted)}. To resume a run, keep the {name} that it began with. A new run, from a "
                    f"checkpoint's model too, takes another output_dir or reference_file, or delete that file to "
                    f"measure again{other}"
                )
        return reference


def prompt_key(prompt: Any) -> str:
    """A short name for a prompt, the same for a text and for messages that hold it."""
    text = prompt if isinstance(prompt, str) else "\n".join(_content(message.get("content")) for message in prompt)
    return short_hash(text.encode("utf-8", "surrogatepass"))


def _content(content: Any) -> str:
    """A message's text, with a hash of its pixels in the place of each image: an object's address is no name."""
    if not isinstance(content, list | tuple):
        return str(content)
    blocks = (block if isinstance(block, dict) else {"text": block} for block in content)
    return "".join(
        short_hash(value.tobytes()) if hasattr(value, "tobytes") else str(value)
        for block in blocks
        for name, value in block.items()
        if name != "type" and value is not None
    )


def short_hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _differing(found: Any, wanted: Any) -> tuple[Any, Any]:
    """The two, without the settings that they have in common."""
    if not isinstance(found, dict) or not isinstance(wanted, dict):
        return found, wanted
    names = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
    return {name: found.get(name) for name in names}, {name: wanted.get(name) for name in names}


def _short(value: Any) -> str:
    text = "none recorded" if value is None else json.dumps(value)
    return text if len(text) <= 120 else text[:117] + "..."
