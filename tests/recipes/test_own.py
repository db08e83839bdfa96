"""The user's own things: a constraint out of a file, for every command; and correctness only, as one switch."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from keepif.recipes.arguments import KeepIFArguments
from keepif.recipes.command.cli import main
from keepif.recipes.data import load_prompts
from keepif.recipes.doctor.rehearsal import made, requested
from keepif.recipes.evaluate.arguments import EvaluateArguments
from keepif.recipes.own import import_own
from keepif.recipes.train import parse
from keepif.rewards import correctness_reward, make
from keepif.rewards.constraints import REGISTRY
from keepif.trainer import KeepIF
from keepif.trainer.reference.provenance import checkers

MINE = "mine:exclamations"
PAGE = Path(__file__).parents[2] / "rewards" / "README.md"
SOURCE = PAGE.read_text("utf-8").split("### Your own constraint\n")[1].split("```python\n")[1].split("```")[0]


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Path]:
    """A file with a constraint of one's own, which is forgotten after the test."""
    path = tmp_path / "exclamations.py"
    path.write_text(SOURCE)
    yield path
    REGISTRY.pop(MINE, None)
    sys.modules.pop(path.stem, None)


def test_a_file_is_imported_once_and_changes_the_references_hash(own: Path) -> None:
    before = checkers()
    import_own([str(own)])
    import_own([str(own)])
    assert make(MINE, {"least": 2}).id == MINE
    assert checkers() != before


def test_a_recipe_draws_it(own: Path, tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text('{"question": "What is 2 + 2?", "answer": "4"}\n')
    keepif_args, *_ = parse([
        "--import", str(own), "--dataset", str(rows), "--constraint_types", MINE, "--output_dir", str(tmp_path),
        "--use_cpu", "true", "--bf16", "false",
    ])  # fmt: skip
    assert load_prompts(keepif_args, seed=0, conversational=True)[0]["instruction_id_list"] == [MINE]


def test_doctor_and_evaluate_know_it(own: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text(f"imports: [{own}]\nheld_out: {MINE}\n")
    assert made(KeepIFArguments, requested(recipe, [])).keepif().run.scoring.held_out == [MINE]
    REGISTRY.pop(MINE)
    sys.modules.pop(own.stem)
    EvaluateArguments(imports=[str(own)])
    assert MINE in REGISTRY


def test_the_embedded_policys_task_draws_it(own: Path) -> None:
    keepif_args = KeepIFArguments(dataset="tiny", rows=4, imports=[str(own)], constraint_types=[MINE])
    asked = load_prompts(keepif_args, seed=0, conversational=True)["instruction_id_list"]
    assert asked == [[MINE]] * 4


@pytest.mark.parametrize("before", [True, False])
def test_the_constraints_command_takes_it(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Four! It is four!"))
    imported, least = ["--import", str(own)], ["--least", "2"]
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["constraints", "check", MINE, *(imported + least if before else least + imported)])
    assert "Use at least 2 exclamation marks." in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r"^0$"):
        main(["constraints", "show", MINE, *imported])
    assert "Use at least {least} exclamation marks." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, r"imports: .*broken\.py: there is no file .*broken\.py; a file is given by its path"),
        ("1 / 0", r"imports: .*broken\.py fails with ZeroDivisionError: division by zero"),
        ("import nowhere_at_all", r"imports: .*broken\.py: No module named 'nowhere_at_all'"),
    ],
)
def test_what_cannot_be_imported_is_said(tmp_path: Path, text: str | None, message: str) -> None:
    path = tmp_path / "broken.py"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ValueError, match=message):
        KeepIFArguments(imports=[str(path)])
    assert "broken" not in sys.modules


def test_a_file_does_not_take_the_place_of_another_module(tmp_path: Path) -> None:
    (tmp_path / "json.py").touch()
    with pytest.raises(ValueError, match="json is the name of another module"):
        import_own([str(tmp_path / "json.py")])


def test_correctness_only_is_one_switch() -> None:
    keepif = KeepIFArguments(correctness_only=True, budget="reference", bonus=0.5).keepif()
    in_code = KeepIF(floor=None, lam=0, bonus=0)
    assert keepif.run.in_force == in_code.run.in_force == {"lam": 0, "mu": 0, "bonus": 0}
    gauges = [one.run.record.gauges(one.run.in_force) for one in (keepif, in_code)]
    assert gauges == [{"keepif/lambda": 0, "keepif/mu": 0, "keepif/bonus": 0}] * 2
    assert not keepif.run.needs_reference
    batch = {"completions": ["It is surely \\boxed{4}.", "It is, surely, \\boxed{4}.", "It is surely \\boxed{5}."]}
    rows = {"answer": ["4"] * 3, "instruction_id_list": [["punctuation:no_comma"]] * 3, "kwargs": [[{}]] * 3}
    for one in (keepif, in_code):
        one.run.rewards.scorer.watch(lambda *_: None)  # as if it were attached
        one.run.publish()
        assert one.reward(**batch, **rows) == correctness_reward(**batch, **rows) == [1.0, 1.0, 0.0]
    assert keepif.reward(**batch, **rows | {"answer": [None] * 3}) == [0.0] * 3
