"""What mathif.yaml calls: MathIF's rows as lm-evaluation-harness takes them, and a response's numbers."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from datasets import Dataset

from keepif.trainer.evaluation.benchmarks.benchmark import Sample, numbers
from keepif.trainer.evaluation.benchmarks.mathif import MathIF


@cache
def mathif(source: str | None = None) -> MathIF:
    return MathIF(source)


def rows(source: str | None = None, **_: Any) -> dict[str, Dataset]:
    """The 420 rows, from `source` or the hub; called with the task's and the command's metadata."""
    columns = [
        {"number": number, "source": source, "prompt": item.messages[0]["content"], "answer": item.row["answer"]}
        for number, item in enumerate(mathif(source).items())
    ]
    return {"test": Dataset.from_list(columns)}


def process_results(doc: Mapping[str, Any], results: Sequence[str]) -> dict[str, float]:
    """A response's `joint`, `hacc`, `sacc` and `accuracy`."""
    benchmark = mathif(doc["source"])
    return numbers(benchmark.score([Sample(benchmark.items()[doc["number"]], text=results[0])]))
