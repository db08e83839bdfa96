"""The model card that a run leaves: what was trained, by which command, and how it kept its instructions."""

from pathlib import Path

import pytest
from huggingface_hub import ModelCard

from keepif.recipes.train import main

SMALL = ["--per_device_train_batch_size", "16", "--gradient_accumulation_steps", "1", "--max_completion_length", "32",
         "--rows", "40", "--reference_prompts", "4", "--max_steps", "1"]  # fmt: skip


def test_a_run_leaves_a_card(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flags = ["--config", "tiny_cpu.yaml", "--output_dir", str(tmp_path), *SMALL]
    monkeypatch.setattr("sys.argv", ["train.py", *flags])
    main()
    card = ModelCard.load(tmp_path / "README.md")
    assert "trl" in card.data.tags
    assert "[None]" not in card.text
    assert "fine-tuned version of `tiny`" in card.text
    assert f"accelerate launch -m keepif.recipes.train --config tiny_cpu.yaml --output_dir {tmp_path}" in card.text
    assert "(floor reference, slack 0.02, floor_by type, budget None, bonus 0.5), up to step 1 of 1" in card.text
    assert card.text.index("| % (95 % interval) | before RL | whole run |") < card.text.index("### Framework versions")
    for name in ("accuracy", "SAcc", "HAcc", "joint", "no_comma"):
        assert f"\n| {name} | " in card.text
