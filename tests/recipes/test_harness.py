"""MathIF for lm-evaluation-harness: what its task file calls, and, where the harness is installed, a run of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from keepif.recipes.harness import mathif as task
from keepif.trainer.evaluation.benchmarks.benchmark import Sample, numbers
from keepif.trainer.evaluation.benchmarks.mathif import MathIF
from tests.helpers.responders import boxed, spam

Find = Callable[[str], Path]


def said(benchmark: MathIF) -> dict[str, str]:
    """Prompt → response: spam and right answers by turns."""
    return {
        item.messages[0]["content"]: (spam if number % 2 else boxed)(dict(item.row))
        for number, item in enumerate(benchmark.items())
    }


def expected(benchmark: MathIF) -> dict[str, float]:
    responses = said(benchmark)
    return numbers(
        benchmark.score([Sample(item, 0, responses[item.messages[0]["content"]], 0) for item in benchmark.items()])
    )


def test_rows_and_results(shared: Find) -> None:
    source = str(shared("mathif/aime_double.jsonl"))
    benchmark = MathIF(source)
    rows = task.rows(source, version=1.0)["test"].to_list()
    responses = said(benchmark)
    results = [task.process_results(row, [responses[row["prompt"]]]) for row in rows]
    means = {metric: sum(result[metric] for result in results) / len(rows) for metric in results[0]}
    assert means == pytest.approx(expected(benchmark), abs=1e-12)
    text = (Path(task.__file__).parent / "mathif.yaml").read_text()
    asked = yaml.safe_load(text.replace("!function ", ""))
    assert {metric["metric"] for metric in asked["metric_list"]} == set(means)


def test_a_run_of_the_harness(shared: Find) -> None:
    """The harness' own loader and evaluator give our numbers."""
    harness = pytest.importorskip("lm_eval", reason="the extra harness is not installed")
    from lm_eval.api.model import LM  # pyright: ignore[reportMissingImports]
    from lm_eval.tasks import TaskManager  # pyright: ignore[reportMissingImports]

    benchmark = MathIF(shared("mathif"))
    responses = said(benchmark)

    class Said(LM):
        def generate_until(self, requests: list[Any], disable_tqdm: bool = False) -> list[str]:
            return [responses[request.args[0]] for request in requests]

        def loglikelihood(self, requests: list[Any]) -> list[Any]:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: list[Any]) -> list[Any]:
            raise NotImplementedError

    metadata = {"source": str(shared("mathif"))}
    tasks = TaskManager(include_path=str(Path(task.__file__).parent), metadata=metadata)
    run = harness.simple_evaluate(
        model=Said(), tasks=["keepif_mathif"], task_manager=tasks, metadata=metadata, bootstrap_iters=0
    )
    found = run["results"]["keepif_mathif"]
    assert {metric: found[f"{metric},none"] for metric in expected(benchmark)} == pytest.approx(expected(benchmark))
