"""Plain dual ascent: what it pays, and where its multipliers go."""

from pathlib import Path

import pytest

from keepif.recipes.tiny_policy.dual_ascent import STEP, DualAscent
from keepif.recipes.tiny_policy.methods import rewards_of
from keepif.rewards import Scoring
from keepif.trainer.files import write_json
from keepif.trainer.floor import SLACK
from keepif.trainer.reference.reference import Reference

PROMPT = "What is 6 * 7?"
ASKED = {"instruction_id_list": [["punctuation:no_comma", "keywords:existence"]] * 4, "answer": ["42"] * 4,
         "kwargs": [[{}, {"keywords": ["total"]}]] * 4}  # fmt: skip
BEFORE = [
    r"The total is \boxed{42}.",
    r"The total is \boxed{41}.",
    r"The total is \boxed{42}.",
    r"Well, it is \boxed{42}.",
]
AFTER = [r"So it is \boxed{42}."] * 3 + [r"The total is \boxed{41}."]


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """Both types kept in three of four completions."""
    measured, path = Reference({}), tmp_path / "reference.json"
    measured.add([PROMPT] * 4, Scoring().batch(BEFORE, None, ASKED))
    write_json(path, measured.to_dict())
    return path


def test_each_type_is_priced_by_what_it_lacks(reference: Path) -> None:
    dual, keepif = rewards_of("dual ascent", reference)
    assert keepif is None
    assert isinstance(dual, DualAscent)
    assert dual(AFTER, prompts=[PROMPT] * 4, **ASKED) == [1.0, 1.0, 1.0, 0.0]
    assert dual.multipliers["punctuation:no_comma"] == 0.0
    price = dual.multipliers["keywords:existence"]
    error = dual._floor.of_types(PROMPT, ["keywords:existence"])["keywords:existence"] - 0.25  # noqa: SLF001
    assert price == pytest.approx(STEP * error)
    assert price > 0
    assert dual([*AFTER], prompts=[PROMPT] * 4, **ASKED) == [1.0, 1.0, 1.0, price]
    assert dual.multipliers["keywords:existence"] == pytest.approx(2 * price)


def test_the_mean_is_priced_as_one(reference: Path) -> None:
    dual, _ = rewards_of("dual ascent, mean", reference)
    dual(AFTER, prompts=[PROMPT] * 4, **ASKED)
    assert dual.multipliers == {"mean": pytest.approx(STEP * (0.75 - SLACK - 0.625))}
    dual(BEFORE, prompts=[PROMPT] * 4, **ASKED)
    assert dual.multipliers["mean"] == pytest.approx(STEP * (0.75 - SLACK - 0.625) - STEP * SLACK)
