"""What a run needs to go on from a checkpoint, and what is said if it lacks it."""

from pathlib import Path
from typing import Any

import pytest

from keepif.rewards import KeepIFReward
from keepif.trainer import ConfigError, KeepIF, Prepass, ReferenceMismatchError
from keepif.trainer.files import read_json
from tests.helpers import tiny
from tests.helpers.grpo import build, history, trainer_of

SMALL = Prepass(prompts=2, samples=4, share=1.0)
SAVED: dict[str, Any] = {"save_strategy": "steps", "save_steps": 2, "per_device_train_batch_size": 16}


@pytest.fixture
def model() -> Any:
    """Gives the same model each time, as one that is loaded is."""
    kept = tiny.model()
    state = {name: value.clone() for name, value in kept.state_dict().items()}

    def same() -> Any:
        kept.load_state_dict(state)
        return kept

    return same


def test_a_checkpoint_alone_is_enough(tmp_path: Path, model: Any, capsys: pytest.CaptureFixture[str]) -> None:
    build(tmp_path, KeepIF(prepass=SMALL), model(), max_steps=2, **SAVED).train()
    assert "goes on" not in capsys.readouterr().out
    measured = read_json(path := tmp_path / "keepif-reference.json")
    path.unlink()
    trainer = build(tmp_path, KeepIF(prepass=SMALL), model(), max_steps=3, **SAVED)
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-2"))
    assert history(trainer)["step"] == [1, 2, 3]
    assert capsys.readouterr().out.count("keepif: the run goes on after step 2 of 3\n") == 1
    assert read_json(path) == measured


def test_a_checkpoint_of_a_run_without_keepif_is_refused(tmp_path: Path, model: Any) -> None:
    trainer_of(tmp_path, KeepIFReward(), model(), max_steps=2, **SAVED).train()
    for prepass in (SMALL, None):
        trainer = build(tmp_path, KeepIF(prepass=prepass), model(), max_steps=3, **SAVED)
        with pytest.raises(ConfigError, match=r"neither in the checkpoint nor at .* bring the file, or start anew"):
            trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-2"))


@pytest.mark.parametrize("options", [
    {"num_iterations": 2}, {"steps_per_generation": 4, "gradient_accumulation_steps": 1},
])  # fmt: skip
def test_a_reference_of_the_first_batches_is_resumed_between_them(
    tmp_path: Path, model: Any, options: dict[str, Any]
) -> None:
    """Step 6 is beyond the fifth, but not beyond the fifth tick."""
    build(tmp_path, KeepIF(prepass=None), model(), max_steps=6, **SAVED, **options).train()
    assert not (tmp_path / "keepif-reference.json").exists()
    keepif = KeepIF(prepass=None)
    trainer = build(tmp_path, keepif, model(), max_steps=20, **SAVED, **options)
    trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-6"))
    completions = len(trainer.train_dataset) * (4 if "steps_per_generation" in options else 1)
    assert read_json(tmp_path / "keepif-reference.json")["tally"]["completions"] == 5 * completions
    assert not keepif.run.needs_reference


def test_a_budget_that_is_gone_is_said(tmp_path: Path, model: Any) -> None:
    build(tmp_path, KeepIF(prepass=SMALL, budget=5), model(), max_steps=2, **SAVED).train()
    trainer = build(tmp_path, KeepIF(prepass=SMALL), model(), max_steps=3, **SAVED)
    with pytest.raises(ConfigError, match=r"checkpoint-2 had a budget of 5 tokens.*resume it with KeepIF\(budget=5\)"):
        trainer.train(resume_from_checkpoint=str(tmp_path / "checkpoint-2"))


def test_longer_completions_are_another_run(tmp_path: Path, model: Any) -> None:
    build(tmp_path, KeepIF(prepass=SMALL), model(), max_steps=2, **SAVED).train()
    said = (
        r'it has {"max_completion_length": 8}, this run has {"max_completion_length": 12}. To resume a run, keep the '
        "sampling that it began with. A new run, from a checkpoint's model too, takes another output_dir"
    )
    with pytest.raises(ReferenceMismatchError, match=said):
        build(tmp_path, KeepIF(prepass=SMALL), model(), max_steps=3, max_completion_length=12, **SAVED)


def test_other_prompts_may_be_taken_by_name(tmp_path: Path, model: Any) -> None:
    build(tmp_path, KeepIF(prepass=SMALL), model(), max_steps=2, **SAVED).train()
    said = r"another dataset.*take it all the same: KeepIF\(reference_file="
    with pytest.raises(ReferenceMismatchError, match=said):
        build(tmp_path, KeepIF(prepass=SMALL), model(), dataset=tiny.prompts(20), max_steps=3, **SAVED)
