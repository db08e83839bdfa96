"""Whatever decides compliance is hashed into a stored reference."""

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

import keepif.rewards
from keepif.rewards.constraints import REGISTRY
from keepif.trainer.reference.provenance import checkers

REWARDS = Path(keepif.rewards.__path__[0])


@pytest.mark.parametrize("module", sorted(path.relative_to(REWARDS).as_posix() for path in REWARDS.rglob("*.py")))
def test_a_changed_module_makes_another_hash(module: str, tmp_path: Path) -> None:
    before = checkers()
    package = shutil.copytree(REWARDS, tmp_path / "rewards")
    assert checkers(package) == before
    with (package / module).open("a") as file:
        file.write("# changed\n")
    assert checkers(package) != before


OWN = """
from keepif.rewards.constraints.base import Constraint, constraint

class Base(Constraint):
    def official(self, text):
        return "a" in text.raw

@constraint("own:letter")
class Letter(Base):
    sentence = "Use the letter a."

LEARNING_RATE = 1
"""


def test_an_own_check_that_changed_makes_another_hash(tmp_path: Path) -> None:
    def hashed(source: str) -> str:
        (path := tmp_path / f"own{len(list(tmp_path.iterdir()))}.py").write_text(source)
        spec = importlib.util.spec_from_file_location(path.stem, path)
        assert spec
        assert spec.loader
        module = sys.modules[path.stem] = importlib.util.module_from_spec(spec)
        try:
            spec.loader.exec_module(module)
            return checkers()
        finally:
            del REGISTRY["own:letter"], sys.modules[path.stem]

    first = hashed(OWN)
    assert checkers() != first == hashed(OWN.replace("RATE = 1", "RATE = 2"))
    assert len({first, hashed(OWN.replace('"a" in', '"b" in')), hashed(OWN.replace("letter a.", "letter b."))}) == 3
