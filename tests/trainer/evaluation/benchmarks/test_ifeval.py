"""IFEval's four numbers against published ones, recomputed from the published responses."""

import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from keepif.trainer.data.constrain import RowError
from keepif.trainer.evaluation.benchmarks.benchmark import Count, Sample, numbers
from keepif.trainer.evaluation.benchmarks.ifeval import IFEval
from tests.helpers.published import MODELS

Rows = list[dict[str, Any]]
Read = Callable[[str], Rows]


def benchmark_of(rows: Rows, folder: Path) -> IFEval:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return IFEval(path)


def four(verdicts: Rows) -> dict[str, Fraction]:
    """The four numbers of published verdicts, by IFEval's definitions."""
    strict, loose = ([row[name] for row in verdicts] for name in ("strict", "loose"))
    prompts, instructions = len(verdicts), sum(map(len, strict))
    return {
        "prompt_strict": Fraction(sum(map(all, strict)), prompts),
        "prompt_loose": Fraction(sum(map(all, loose)), prompts),
        "instruction_strict": Fraction(sum(map(sum, strict)), instructions),
        "instruction_loose": Fraction(sum(map(sum, loose)), instructions),
    }


def ours(benchmark: IFEval, responses: Mapping[int, str | None]) -> dict[str, Fraction]:
    outcomes = benchmark.score([Sample(item, 0, responses[item.row["key"]] or "", 1) for item in benchmark.items()])
    sums: dict[str, Count] = {}
    for outcome in outcomes:
        for metric, (above, below) in outcome.counts.items():
            so_far = sums.get(metric, (0, 0))
            sums[metric] = (so_far[0] + above, so_far[1] + below)
    exact = {metric: Fraction(int(above), int(below)) for metric, (above, below) in sums.items()}
    assert numbers(outcomes) == {metric: float(number) for metric, number in exact.items()}
    return exact


@pytest.mark.parametrize("model", MODELS)
def test_published_numbers(benchmark: Read, tmp_path: Path, model: str) -> None:
    """To the last digit wherever the published code says the same every time it is run.

    On 24 of the 6,672 instructions it does not: it guesses languages at random, draws another letter for "#" and "!",
    and splits sentences otherwise with another NLTK. These positions are left out on both sides; with them, no
    number is further off than they are many.
    """
    published = {row["key"]: row for row in benchmark(f"ifeval_oracle/{model}.jsonl")}
    rows = benchmark("ifeval_oracle/en_input_data.jsonl")
    for row in rows:
        row["instruction_id_list"] = [name.removeprefix("en:") for name in row["instruction_id_list"]]
    responses = {key: row["response"] for key, row in published.items()}

    found, expected = ours(benchmark_of(rows, tmp_path), responses), four(list(published.values()))
    unstable = sum(sum(row["unstable"]) for row in published.values())
    assert all(abs(found[m] - expected[m]) * 541 <= unstable for m in expected)

    stable = [
        (stable_part(row, row_published, ("instruction_id_list", "kwargs")),
         stable_part(row_published, row_published, ("strict", "loose")))
        for row in rows if not all((row_published := published[row["key"]])["unstable"])
    ]  # fmt: skip
    found = ours(benchmark_of([row for row, _ in stable], tmp_path), responses)
    assert found == four([row for _, row in stable])


def stable_part(row: dict[str, Any], published: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    keep = [i for i, unstable in enumerate(published["unstable"]) if not unstable]
    return row | {name: [row[name][i] for i in keep] for name in fields}


def test_numbers_of_gpt4(benchmark: Read, tmp_path: Path) -> None:
    """All four, with nothing left out: 77.2, 79.8, 83.8 and 85.7 over the 540 prompts that are still the published."""
    said = benchmark("ifeval/input_response_data_gpt4_20231107_145030.jsonl")
    texts = {row["prompt"]: row["response"] for row in said}
    verdicts = benchmark("ifeval/official_code_verdicts_gpt4.jsonl")
    keys = {row["key"] for row in verdicts}
    rows = [row for row in benchmark("ifeval/input_data.jsonl") if row["key"] in keys]
    found = ours(benchmark_of(rows, tmp_path), {row["key"]: texts[row["prompt"]] for row in rows})
    assert found == four(verdicts)
    assert [round(100 * float(number), 1) for number in found.values()] == [77.2, 79.8, 83.8, 85.7]


def test_thinking_is_not_checked(tmp_path: Path) -> None:
    row = {"key": 1, "prompt": "Say it.", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    benchmark = benchmark_of([row], tmp_path)
    (item,) = benchmark.items()
    assert item.instructions == ("In your entire response, refrain from the use of any commas.",)
    said = ["<think>So, so.</think>It is so.", "So, so.</think>It is so.", "<think>So it is", "", "It is so, no?"]
    outcomes = benchmark.score([Sample(item, index, text, 1) for index, text in enumerate(said)])
    assert [outcome.counts["prompt_strict"] for outcome in outcomes] == [(1, 1), (1, 1), (0, 1), (0, 1), (0, 1)]
    assert outcomes[0].by_type == {"punctuation:no_comma": (1, 1)}


def test_errors_name_the_row(tmp_path: Path) -> None:
    with pytest.raises(RowError, match="IFEval row 0: no field 'prompt'"):
        benchmark_of([{"key": 1}], tmp_path)
    twice = {"key": 1, "prompt": "?", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    with pytest.raises(RowError, match="IFEval: two rows are called '1'"):
        benchmark_of([twice, twice], tmp_path)
    with pytest.raises(RowError, match="IFEval row 0: unknown instruction id 'no:such'"):
        benchmark_of([{"key": 1, "prompt": "?", "instruction_id_list": ["no:such"], "kwargs": [{}]}], tmp_path)
