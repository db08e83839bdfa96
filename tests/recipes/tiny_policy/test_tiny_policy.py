"""The embedded policy: what it was taught, what it weighs, and that the demo runs on it."""

import json
import random
from pathlib import Path

import pytest
from trl import ModelConfig

from keepif.recipes.command.cli import main
from keepif.recipes.models import TINY, load_model
from keepif.recipes.tiny_policy.evaluate import evaluate
from keepif.recipes.tiny_policy.task import TYPES, draw_sum, write
from keepif.recipes.tiny_policy.worlds import TINY as WORLD
from keepif.rewards import Response, Text, constraints_of, correctness


def test_it_ships_small() -> None:
    assert sum(path.stat().st_size for path in TINY.iterdir()) < 4_000_000


def test_the_teacher_keeps_what_it_is_told_to_keep_and_no_more() -> None:
    rng = random.Random(0)
    for _ in range(300):
        _, constraints = WORLD.draw(rng)
        kept, plain = Text(write(rng, 7, constraints)), Text(write(rng, 7, []))
        assert all(constraint.holds(kept) for constraint in constraints)
        assert not any(constraint.holds(plain) for constraint in constraints)


def test_sums() -> None:
    rng = random.Random(0)
    for _ in range(200):
        problem = draw_sum(rng)
        assert eval(problem.question.removeprefix("What is ").removesuffix("?")) == problem.answer
        assert problem.steps()[1] == problem.answer
        assert problem.steps(slip_at=1)[1] == problem.answer + 1


def test_lessons_follow_the_template() -> None:
    rng = random.Random(0)
    for _ in range(100):
        prompt, completion = WORLD.lesson(rng)
        assert prompt.startswith("What is ")
        assert Response.parse(completion).closed
        assert "\\boxed{" in Response.parse(completion).answer_text


def test_rows_are_readable_and_held_out_from_training() -> None:
    training = {row["prompt"][0]["content"] for row in WORLD.rows(500, 1000)}
    for row in WORLD.held_out():
        assert {constraint.id for constraint in constraints_of(row)} <= set(TYPES)
        assert correctness([Response.parse(rf"\boxed{{{row['answer']}}}")], [row["answer"]]) == [1.0]
    assert len([row for row in WORLD.held_out() if row["prompt"][0]["content"] in training]) < 5


def test_the_deficits_mechanism() -> None:
    """Before RL: room to gain on both sides, and thinking turned off makes it obey more and know less."""
    model, tokenizer = load_model(ModelConfig(model_name_or_path="tiny"))
    prompts = WORLD.held_out()[:256]
    before = evaluate(model, tokenizer, prompts)
    assert set(before) == {"accuracy", "hacc", "sacc", "joint", "thinking_tokens", "answer_tokens", "types"}
    assert 0.6 < before["accuracy"] < 0.85
    assert 0.6 < before["sacc"] < 0.85
    silent = evaluate(model, tokenizer, prompts, thinking=False)
    assert silent["sacc"] > before["sacc"] + 0.1
    assert silent["accuracy"] < before["accuracy"]


@pytest.mark.slow
def test_the_demo(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["demo", "--steps", "3", "--seeds", "5", "--output_dir", str(tmp_path)])
    printed = capsys.readouterr().out
    assert "correctness only" in printed
    assert str(tmp_path / "demo.png") in printed.replace("\n", "")
    report = json.loads((tmp_path / "demo.json").read_text())[0]
    assert set(report["results"]) == {"before RL", "correctness only", "KeepIF"}
    assert [step["step"] for step in report["curves"]["KeepIF"]] == [1, 2, 3]
    assert (tmp_path / "demo.png").stat().st_size > 10_000
