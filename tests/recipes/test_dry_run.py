"""What is shown before a run: its first rows, and what the policy makes of them."""

from typing import Any

import pytest

from keepif.recipes.command.cli import main as keepif
from keepif.recipes.dry_run import Sample, row_text, sample_text
from keepif.recipes.train import main as train
from keepif.rewards import Response, Score

QUOTED: dict[str, Any] = {"instruction_id_list": ["startend:quotation"], "kwargs": [{}]}
WORDS: dict[str, Any] = {"instruction_id_list": ["keywords:existence"], "kwargs": [{"keywords": ["é"]}]}


@pytest.mark.parametrize(
    ("row", "text"),
    [
        ({"prompt": "1 + 1?", "answer": 2, **QUOTED}, "prompt: 1 + 1?\ngold: 2\nconstraints: startend:quotation"),
        (
            {"prompt": [{"role": "system", "content": "Think."}, {"role": "user", "content": "1\n+ 1?"}], **WORDS},
            'prompt: 1 + 1?\ngold: none: compliance alone is rewarded\nconstraints: keywords:existence {"k',
        ),
        (
            {"prompt": "1 + 1?", "solution": "#### 2"},
            "prompt: 1 + 1?\ngold: #### 2\nconstraints: none: correctness alone is rewarded",
        ),
        ({"prompt": "1 + 1?", "answer": "[2]"}, "prompt: 1 + 1?\ngold: [2]\nconstraints: none: "),
    ],
)
def test_a_row_is_told(row: dict[str, Any], text: str) -> None:
    assert row_text(row).startswith(text)


def test_a_long_prompt_loses_its_middle() -> None:
    line = row_text({"prompt": f"{'Long. ' * 99}No commas.", "answer": "4"}).split("\n")[0]
    assert len(line) < 260
    assert line.startswith("prompt: Long. Long.")
    assert " … " in line
    assert line.endswith("Long. No commas.")


@pytest.mark.parametrize(
    ("completion", "score", "text"),
    [
        ("<think>2</think>It is 2.", Score(1.0, 1.0, verdicts={"a": True, "b": True}),
         "thinking: 2\nanswer: It is 2.\nverdict: right; kept: a, b"),
        ("It is 3.", Score(0.0, 0.5, verdicts={"a": True, "b": False}, held_out={"c": False}),
         "answer: It is 3.\nverdict: wrong; kept: a; not kept: b, c"),
        ("It", Score(0.0, 0.0, void="truncated", verdicts={"a": False}),
         "answer: It\nverdict: void, truncated: it earns nothing"),
        ("Ja.", Score(None, 1.0, verdicts={"a": True}), "answer: Ja.\nverdict: kept: a"),
        ("2", Score(1.0, None), "answer: 2\nverdict: right"),
        ("2", Score(None, None, unreadable=True), "answer: 2\nverdict: not scored: the row cannot be read"),
    ],
)  # fmt: skip
def test_a_sample_is_told(completion: str, score: Score, text: str) -> None:
    assert sample_text(Sample("", Response.parse(completion), score)) == text


ROW = ["row 0 prompt: What is", "gold: ", "constraints: ", "row 1 prompt: "]
ANSWER = ["answer: ", "verdict: ", "right"]


@pytest.mark.parametrize(
    ("command", "parts"),
    [
        (["doctor", "tiny_cpu.yaml", "--rows", "9"], ROW),
        (["doctor", "tiny_cpu.yaml", "--rows", "9", "--sample"], ROW + ANSWER),
        (["--config", "tiny_cpu.yaml", "--rows", "9", "--dry_run", "--output_dir", "OUT"], ROW + ANSWER),
    ],
)
def test_the_screens_show_rows(
    command: list[str],
    parts: list[str],
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    if command[0] == "doctor":
        with pytest.raises(SystemExit, match="0"):
            keepif(command)
    else:
        train([str(tmp_path) if word == "OUT" else word for word in command])
    out = capsys.readouterr().out
    shown = out[out.index("row 0") :]
    assert max(map(len, shown.splitlines())) <= 80
    words = " ".join(shown.split())
    assert [part for part in parts if part not in words] == []
    assert ("verdict" in words) == (parts != ROW)
