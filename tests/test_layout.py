"""The house keeps its size: few files in a folder, tests in folders of the same names, no long test file."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("recipes", "rewards", "trainer")
MOST = {"recipes": 12, "rewards": 13, "trainer": 12, "rewards/constraints": 17}
"""Most files of code in a folder itself, its `__init__.py` aside, where it is not [`MOST_ELSEWHERE`]."""
MOST_ELSEWHERE = 14
LONGEST_TEST = 300
HELPERS = {"benchmarks", "gpu", "helpers"}
"""Folders of tests/ that hold no tests."""

FOLDERS = sorted({path.parent for package in PACKAGES for path in (ROOT / package).rglob("*.py")})
TESTS = sorted((ROOT / "tests").rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("folder", FOLDERS, ids=name_of)
def test_no_folder_is_crowded(folder: Path) -> None:
    files = [path.name for path in folder.glob("*.py") if path.name != "__init__.py"]
    assert len(files) <= MOST.get(name_of(folder), MOST_ELSEWHERE), files


def test_tests_mirror_the_folders() -> None:
    folders = {path.parent.relative_to(ROOT / "tests") for path in TESTS}
    own = {folder for folder in folders if folder.parts and folder.parts[0] not in HELPERS}
    assert own <= {folder.relative_to(ROOT) for folder in FOLDERS}
    assert {folder.parts[0] for folder in own} == set(PACKAGES)


@pytest.mark.parametrize("path", TESTS, ids=name_of)
def test_no_test_file_is_long(path: Path) -> None:
    lines = len(path.read_text("utf-8").splitlines())
    assert lines <= LONGEST_TEST, f"{lines} lines"
