"""The comparison in worlds: a whole one at the smallest scale, and what its table says."""

from pathlib import Path

import pytest

from keepif.recipes.experiments import worlds


@pytest.mark.slow
def test_a_small_comparison_runs_and_is_not_run_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {"STEPS": {"free": 2}, "SAMPLES": 1, "SAMPLES_BEFORE": 1}.items():
        monkeypatch.setattr(worlds, name, value)
    flags = ["--worlds", "free", "--methods", "KeepIF", "KeepIF, mean", "--seeds", "0"]
    flags += ["--work_dir", str(tmp_path), "--output_dir", str(tmp_path / "out")]
    worlds.main(flags)
    assert "| free | KeepIF | 1 |" in capsys.readouterr().out
    assert (tmp_path / "out" / "worlds.png").stat().st_size > 5_000
    monkeypatch.setattr(worlds, "start", pytest.fail)
    monkeypatch.setattr(worlds, "run_module", pytest.fail)
    worlds.main(flags)


def row(method: str, worst: float, seed: int = 0) -> worlds.Row:
    numbers = {"accuracy": 0.8, "sacc": 0.8, "joint": 0.6, "worst": worst, "worst_type": "a:b", "kept": 0.5}
    return {"world": "dear", "method": method, "seed": seed} | numbers


def test_a_type_is_held_if_it_ends_no_further_below_than_noise() -> None:
    text = worlds.table([row("one", -0.019), row("one", -0.021, 1), row("other", 0.1)])
    assert "| dear | one | 2 | 80.0 (80.0 to 80.0) | 60.0 (60.0 to 60.0) | -2.0 (-2.1 to -1.9) | b | 1 of 2 |" in text
    assert "| dear | other | 1 | 80.0 | 60.0 | 10.0 | b | 1 of 1 |" in text
