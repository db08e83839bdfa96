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


def row(method: str, worst: float, seed: int = 0, accuracy: float = 0.8) -> worlds.Row:
    numbers = {"accuracy": accuracy, "sacc": 0.8, "joint": 0.6, "worst": worst, "worst_type": "a:b", "kept": 0.5}
    return {"world": "dear", "method": method, "seed": seed} | numbers


def test_a_type_is_held_if_it_ends_no_further_below_than_noise() -> None:
    text = worlds.table([row("one", -0.019), row("one", -0.021, 1), row("other", 0.1)])
    assert "| dear | one | 2 | 80.0 (80.0 to 80.0) | 60.0 (60.0 to 60.0) | -2.0 (-2.1 to -1.9) | b | 1 of 2 |" in text
    assert "| dear | other | 1 | 80.0 | 60.0 | 10.0 | b | 1 of 1 |" in text


def test_a_setting_is_as_good_as_where_it_loses_most() -> None:
    rows = [row("fixed 1", -0.3), row("fixed 1", 0.1, 1), row("fixed 3", 0.1, accuracy=0.7), row("KeepIF", 0.0)]
    assert worlds.weaknesses(rows).splitlines()[2:] == [
        "| fixed 1 | -30.0 (b, dear) | 0.0 (dear) |",
        "| fixed 3 | 10.0 (b, dear) | 10.0 (dear) |",
        "| KeepIF | 0.0 (b, dear) | - |",
    ]


def test_the_oracle_is_the_most_accurate_weight_that_holds_every_type_in_every_seed() -> None:
    rows = [row("fixed 0.3", -0.3), row("fixed 1", 0.1), row("fixed 3", 0.1, accuracy=0.7), row("KeepIF", 0.0)]
    assert worlds.oracle(rows).splitlines()[2:] == ["| dear | fixed 1 | 80.0 | 80.0 |"]
    rows.append(row("fixed 1", -0.1, 1))
    assert worlds.oracle(rows).splitlines()[2:] == ["| dear | fixed 3 | 70.0 | 80.0 |"]
    assert worlds.oracle(rows[:1]).splitlines()[2:] == ["| dear | none holds | - | - |"]
    assert worlds.oracle(rows[3:4]).splitlines()[2:] == ["| dear | none was run | - | 80.0 |"]
