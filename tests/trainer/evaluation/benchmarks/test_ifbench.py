"""IFBench's published numbers, recomputed from its sample output, and its checks on hostile texts."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nltk
import pytest

from keepif.trainer.data.constrain import RowError
from keepif.trainer.evaluation.benchmarks import ifbench
from keepif.trainer.evaluation.benchmarks.benchmark import Sample, numbers
from keepif.trainer.evaluation.benchmarks.ifbench import IFBench
from tests.helpers import nltk_data

Rows = list[dict[str, Any]]
TAGGED = "words:start_verb"


@pytest.fixture(scope="module", autouse=True)
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """NLTK's data, for this process and for those it starts."""
    folder = tmp_path_factory.mktemp("nltk_data")
    nltk_data.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NLTK_DATA", str(folder))
        patch.setattr(nltk.data, "path", [str(folder), *nltk.data.path])
        yield


@pytest.fixture(scope="module")
def tagger() -> bool:
    try:
        nltk.data.find("taggers/averaged_perceptron_tagger_eng")
    except LookupError:
        return False
    return True


def benchmark_of(rows: Rows, folder: Path) -> IFBench:
    path = folder / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return IFBench(path)


def test_published_numbers(benchmark: Callable[[str], Rows], tmp_path: Path, tagger: bool) -> None:
    """All four, and each verdict, on the sample output: prompt-level strict is 26.2 %.

    Without NLTK's tagger, which no package registry has, the six rows that need it are left out on both sides.
    """
    rows = benchmark("ifbench/IFBench_test.nvidia_26.3.jsonl")
    strict, loose = (benchmark(f"ifbench/eval_results_{name}.jsonl") for name in ("strict", "loose"))
    kept = [i for i, row in enumerate(rows) if tagger or TAGGED not in row["instruction_id_list"]]
    assert len(kept) == (294 if tagger else 288)
    ours = benchmark_of([rows[i] for i in kept], tmp_path)
    said = [Sample(item, 0, strict[i]["response"], 1) for i, item in zip(kept, ours.items(), strict=True)]
    outcomes = ours.score(said)
    for i, outcome in zip(kept, outcomes, strict=True):
        lists = strict[i]["follow_instruction_list"], loose[i]["follow_instruction_list"]
        assert outcome.counts["instruction_strict"] == (sum(lists[0]), len(lists[0])), outcome.item.key
        assert outcome.counts["instruction_loose"] == (sum(lists[1]), len(lists[1])), outcome.item.key
    found = numbers(outcomes)
    for metric, published in (("prompt_strict", strict), ("prompt_loose", loose)):
        assert found[metric] == sum(published[i]["follow_all_instructions"] for i in kept) / len(kept)
    if tagger:
        assert round(100 * found["prompt_strict"], 1) == 26.2


LOW_RATIO = {
    "key": "1",
    "prompt": "Say little.",
    "instruction_id_list": ["ratio:stop_words", "count:word_count_range"],
    "kwargs": [{"percentage": 50.0, "N": None}, {"min_words": 2, "max_words": 30_000}],
}


def test_thinking_is_not_checked_and_blank_follows_nothing(tmp_path: Path) -> None:
    found = benchmark_of([LOW_RATIO], tmp_path)
    assert found.scored_by == f"if-verifiable 0.1.2, nltk {nltk.__version__}"
    (item,) = found.items()
    said = ["<think>the of and</think>Numbers add up.", "<think>Numbers add up.", " ", "The of and that."]
    outcomes = found.score([Sample(item, index, text, 1) for index, text in enumerate(said)])
    assert [outcome.counts["instruction_strict"] for outcome in outcomes] == [(2, 2), (0, 2), (0, 2), (1, 2)]
    assert outcomes[0].by_type == {"ratio:stop_words": (1, 1), "count:word_count_range": (1, 1)}


def test_slow_and_failing_checks_cost_a_bounded_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of three responses the first takes seconds, the second makes the published check fail with an error."""
    monkeypatch.setattr(ifbench, "TIMEOUT", 0.3)
    row = {"key": 1, "prompt": "?", "instruction_id_list": ["format:quote_unquote"], "kwargs": [None]}
    position = {"keyword": "so"}
    words = {"key": 2, "prompt": "?", "instruction_id_list": ["words:words_position"], "kwargs": [position]}
    found = benchmark_of([row, words], tmp_path)
    quoted, placed = found.items()
    said = [(placed, "it is, " * 100_000), (quoted, "42"), (placed, "We so add so it")]
    outcomes = found.score([Sample(item, 0, text, 1) for item, text in said])
    assert [outcome.counts["prompt_strict"] for outcome in outcomes] == [(0, 1), (0, 1), (1, 1)]


def test_errors_name_the_row_and_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(RowError, match=r"IFBench row '1': if-verifiable .* has no check 'no:such'"):
        benchmark_of([LOW_RATIO | {"instruction_id_list": ["no:such", "ratio:overlap"]}], tmp_path)
    with pytest.raises(RowError, match="IFBench: two rows are called '1'"):
        benchmark_of([LOW_RATIO, LOW_RATIO], tmp_path)
    with pytest.raises(RowError, match="IFBench row 0: 1 instructions, but 2 kwargs"):
        benchmark_of([LOW_RATIO | {"instruction_id_list": ["no:such"]}], tmp_path)
    monkeypatch.setattr(nltk.data, "path", [])
    with pytest.raises(ValueError, match=r"python -m nltk.downloader punkt_tab stopwords, or have NLTK_DATA"):
        benchmark_of([LOW_RATIO], tmp_path)
    monkeypatch.setattr(ifbench, "PACKAGE", "no-such-package")
    with pytest.raises(ImportError, match=r'pip install -e "\.\[ifbench\]"'):
        benchmark_of([LOW_RATIO], tmp_path)
