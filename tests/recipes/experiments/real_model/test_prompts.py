"""What the policies of the comparison are measured on, and what their completions score."""

import json
from pathlib import Path

import pytest

from keepif.recipes.data import load_prompts
from keepif.recipes.experiments.real_model.prompts import HELD_OUT_TYPES, held_out
from keepif.recipes.experiments.real_model.sets import HeldOut
from keepif.recipes.train import parse
from keepif.trainer.evaluation.engines.generation import Generated, Sampling

PROMPTS = 120


@pytest.mark.parametrize("config", ["smollm2_cpu.yaml", "smollm2_gpu.yaml"])
def test_no_held_out_question_was_trained_on(config: str) -> None:
    args, *_ = parse(["--config", config, "--use_cpu=true", "--bf16=false"])
    seen = {row["prompt"][-1]["content"].split(" End")[0] for row in load_prompts(args, 0, True).to_list()}
    prompts = held_out(args, [0], PROMPTS)
    for rows in prompts.values():
        texts = [row["prompt"][-1]["content"] for row in rows]
        assert len(texts) == len(set(texts)) == PROMPTS
        assert not seen & {text.split(" End")[0] for text in texts}
    types = {kind for row in prompts["held-out types"] for kind in row["instruction_id_list"]}
    assert types == set(HELD_OUT_TYPES)
    assert not types & set(args.constraint_types or [])


def test_rows_of_a_file_beyond_those_trained_on_are_held_out(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_text("".join(json.dumps({"prompt": f"What is {i} + 0?", "answer": str(i)}) + "\n" for i in range(12)))
    args, *_ = parse(["--config", "smollm2_cpu.yaml", f"--dataset={file}", "--rows=8"])
    for rows in held_out(args, [0, 1], 4).values():
        assert {row["answer"] for row in rows} == {"8", "9", "10", "11"}
    with pytest.raises(ValueError, match="leaves 4 prompts whose question no run is trained on, and 5 are asked for"):
        held_out(args, [0], 5)


def test_the_published_checks_take_silence_for_obedience() -> None:
    row = {"answer": "7", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    texts = ["7", "It is, so, 7", "<think>3, 4</think>It is 7.", "It is 7."]
    made = [Generated(text, 5, truncated=number == 3) for number, text in enumerate(texts)]
    scores = HeldOut([row] * 2, 2, Sampling()).scores(made)
    assert scores["accuracy"] == [1, 1, 1, 0]
    assert scores["sacc"] == scores["hacc"] == [1, 0, 1, 1]
    assert scores["sacc_math"] == scores["joint_math"] == [0, 0, 1, 0]
    assert scores["joint"] == [1, 0, 1, 0]
    assert scores["types"][0] == {"punctuation:no_comma": [True, False]}


def test_a_question_is_told_from_its_constraints_also_without_an_answer_format() -> None:
    args, *_ = parse(["--config", "smollm2_cpu.yaml", "--dataset=stories", "--rows=40", "--answer_format="])
    seen = [row["prompt"][-1]["content"] for row in load_prompts(args, 0, True).to_list()]
    for rows in held_out(args, [0], PROMPTS).values():
        questions = [row["prompt"][-1]["content"].rpartition("? ")[0] for row in rows]
        assert not any(text.startswith(question) for text in seen for question in questions)
