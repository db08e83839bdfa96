"""What the command line takes and refuses."""

from typing import Any

import pytest

from keepif.recipes.evaluate.arguments import EvaluateArguments


def test_sampling_is_as_published_or_as_asked() -> None:
    args = EvaluateArguments(benchmarks=["mathif", "ifeval"], seed=3)
    assert (args.sampling_of("mathif").temperature, args.sampling_of("mathif").top_p) == (1.0, 0.95)
    assert (args.sampling_of("ifeval").temperature, args.sampling_of("ifeval").seed) == (0.0, 3)
    several = EvaluateArguments(benchmarks=["ifeval"], samples=4, max_tokens=9)
    assert (several.sampling_of("ifeval").temperature, several.sampling_of("ifeval").max_tokens) == (1.0, 9)
    assert EvaluateArguments(benchmarks=["ifeval"], samples=4, temperature=0.0).sampling_of("ifeval").temperature == 0


def test_rows_of_ones_own_are_a_benchmark_by_name() -> None:
    args = EvaluateArguments(benchmarks=["mine=rows.jsonl", "mathif=mathif.jsonl", "tiny"])
    assert args.benchmarks == ["mine", "mathif", "tiny"]
    assert args.sources == ["mine=rows.jsonl", "mathif=mathif.jsonl"]
    assert args.sampling_of("mine").temperature == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"benchmarks": ["gsm8k"]}, "benchmarks must be of complexbench, .*found 'gsm8k'"),
        ({"thinking": "maybe"}, "thinking must be of default, on, off, both, found 'maybe'"),
        ({"mitigation": ["prayer"]}, "mitigation must be of none, few_shot"),
        ({"engine": "tgi"}, "engine must be of transformers, vllm, openai"),
        ({"samples": 0}, "samples must be at least 1, found 0"),
        ({"sources": ["ifeval"]}, "sources must be NAME=PATH"),
        ({"sources": ["ifbench=x"]}, "sources must be NAME=PATH"),
        ({"dtype": "float33"}, "dtype must be of auto, float32"),
        (
            {"benchmarks": ["ifeval"], "mitigation": ["thinking_budget"], "max_tokens": 8, "thinking_budget": 8},
            "thinking_budget must be below the max_tokens of ifeval, which are 8",
        ),
    ],
)
def test_bad_arguments(options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EvaluateArguments(**options)
