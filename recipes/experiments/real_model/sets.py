"""What the policies are measured on: held-out prompts, several samples each, and published benchmarks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from keepif.rewards import Score, Scoring
from keepif.trainer.evaluation.benchmarks import load
from keepif.trainer.evaluation.benchmarks.benchmark import Benchmark, Sample
from keepif.trainer.evaluation.engines.generation import ENDED, Generated, Request, Sampling, last_tokens

from .prompts import HELD_OUT_SEED

BENCHMARK_TOKENS = 768
"""Tokens that a response to a benchmark may have; what a small model says greedily beyond them repeats itself."""

Scores = dict[str, list[Any]]
"""Metric → one value a response, or one (numerator, denominator)."""


@dataclass(frozen=True)
class HeldOut:
    """Prompts in the columns that are trained on, answered as in training.

    Scored are correctness, and compliance by the published checks and by those trained on (`math`): `hacc`, all
    constraints kept, `sacc`, the share that is, and `joint`, right and all kept.
    """

    rows: list[dict[str, Any]]
    samples: int
    sampling: Sampling

    @property
    def texts(self) -> list[str]:
        return [row["prompt"][-1]["content"] for row in self.rows]

    def requests(self) -> list[Request]:
        return [Request(tuple(row["prompt"]), seed=seed) for row in self.rows for seed in range(self.samples)]

    def scores(self, responses: Sequence[Generated]) -> Scores:
        rows = [row for row in self.rows for _ in range(self.samples)]
        columns = {name: [row[name] for row in rows] for name in ("answer", "instruction_id_list", "kwargs")}
        texts = [response.text for response in responses]
        trained = Scoring(end_ids=ENDED).batch(texts, last_tokens(responses), columns)
        published = Scoring(reading="official").batch(texts, None, columns)
        right = [score.c or 0.0 for score in trained]
        kinds = [{kind: [p.verdicts[kind], t.verdicts[kind]] for kind in p.verdicts}
                 for p, t in zip(published, trained, strict=True)]  # fmt: skip
        return {"accuracy": right, **_compliance(right, published, ""), **_compliance(right, trained, "_math"),
                "types": kinds}  # fmt: skip


def _compliance(right: Sequence[float], scores: Sequence[Score], reading: str) -> Scores:
    kept = [score.f or 0.0 for score in scores]
    return {
        f"hacc{reading}": [float(share == 1) for share in kept],
        f"sacc{reading}": kept,
        f"joint{reading}": [float(c == share == 1) for c, share in zip(right, kept, strict=True)],
    }


@dataclass(frozen=True)
class Published:
    """A benchmark's prompts, one response each, drawn as is published but for its length."""

    name: str
    source: Path
    thinking: bool | None = None
    samples: int = 1

    @cached_property
    def benchmark(self) -> Benchmark:
        return load(self.name, self.source)

    @property
    def sampling(self) -> Sampling:
        return replace(self.benchmark.sampling, max_tokens=BENCHMARK_TOKENS, seed=HELD_OUT_SEED)

    @property
    def texts(self) -> list[str]:
        return [item.messages[-1]["content"] for item in self.benchmark.items()]

    def requests(self) -> list[Request]:
        return [Request(item.messages, self.thinking) for item in self.benchmark.items()]

    def scores(self, responses: Sequence[Generated]) -> Scores:
        samples = [
            Sample(item, 0, response.text, response.tokens, truncated=response.truncated)
            for item, response in zip(self.benchmark.items(), responses, strict=True)
        ]
        counts = [sample.counts for sample in self.benchmark.score(samples)]
        return {metric: [count[metric] for count in counts] for metric in counts[0]}


PromptSet = HeldOut | Published
"""Prompts, how `samples` responses to each are drawn, and what they score."""
