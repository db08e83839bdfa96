"""Whatever decides compliance is hashed into a stored reference."""

import shutil
from pathlib import Path

import pytest

import keepif.rewards
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
