"""The folders at the top level are the packages keepif.*, and no other."""

import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

import keepif
import keepif.recipes
import keepif.rewards
import keepif.trainer

ROOT = Path(__file__).parents[1]
FOLDERS = ("recipes", "rewards", "trainer")
MODULES = sorted(
    module.name
    for package in (keepif.recipes, keepif.rewards, keepif.trainer)
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
)


def test_every_folder_is_packaged() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    shipped = {".jinja", ".json", ".py", ".safetensors", ".typed", ".yaml"}
    found = {
        "keepif." + ".".join(path.parent.relative_to(ROOT).parts)
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*")
        if path.suffix in shipped
        and (ROOT / "recipes" / "results") not in path.parents  # evidence stays in the repository
    }
    assert sorted({*found} - {"keepif.trainer.keepif"} | {"keepif"}) == listed


def test_keepif_alone_has_a_version_and_needs_no_torch() -> None:
    code = "import keepif, sys; print(keepif.__version__, 'torch' in sys.modules, *dir(keepif))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == [version("keepif"), "False", "KeepIF", "__version__", "constrain"]


def test_keepif_gives_what_most_scripts_need() -> None:
    assert keepif.KeepIF is keepif.trainer.KeepIF
    assert keepif.constrain is keepif.trainer.constrain
    with pytest.raises(AttributeError, match="no attribute 'attach'"):
        keepif.attach  # noqa: B018


def test_extras_are_installed_from_a_clone() -> None:
    """Nothing is on PyPI: no message may say so, and an extra that one names must be there."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = set[str]()
    suffixes = {".ipynb", ".md", ".py", ".yaml"}
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.suffix in suffixes]
    for path in files:
        text = path.read_text("utf-8")
        assert not re.search(r"pip install \S*keepif", text), path
        named |= {*re.findall(r"install\([\"'](\w+)", text)}
        named |= {name for listed in re.findall(r"-e \"\.\[([\w,]+)\]", text) for name in listed.split(",")}
    assert len(named) > 5
    assert named <= {*extras}


@pytest.mark.parametrize("name", FOLDERS)
def test_no_bare_import(name: str) -> None:
    run = subprocess.run(
        [sys.executable, "-c", f"import {name}"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 1
    assert f"import keepif.{name}" in run.stderr


@pytest.mark.parametrize("name", MODULES)
def test_doctests(name: str) -> None:
    if ".frameworks." in name and name.rpartition(".")[2] in {"axolotl", "swift", "verifiers"}:
        pytest.importorskip(name.rpartition(".")[2])  # an adapter is for those who have the framework
    assert doctest.testmod(importlib.import_module(name)).failed == 0
