"""The wheel: what someone who only installs the package gets."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = (folder := tmp_path_factory.mktemp("wheel")) / "source"
    source.mkdir()
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split("\n")[:-1]
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(folder), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_it_is_complete(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    packaged = [name for name in names if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in packaged} == {"keepif"}
    for name in (
        "keepif/__init__.py",
        "keepif/recipes/tiny_policy/weights/model.safetensors",
        "keepif/recipes/tiny_policy/weights/tokenizer.json",
        "keepif/recipes/tiny_policy/chat_template.jinja",
        "keepif/recipes/configs/tiny_cpu.yaml",
        "keepif/rewards/py.typed",
    ):
        assert name in packaged
    assert not [name for name in packaged if "recipes/results" in name or "tests" in name]


@pytest.mark.slow
def test_it_changes_neither_torch_nor_trl(wheel: Path) -> None:
    """Nor anything else of an environment that has all that it needs, within the bounds."""
    ask = [sys.executable, "-m", "pip", "install", "--quiet", "--dry-run", "--no-index", "--report", "-", str(wheel)]
    installed = json.loads(subprocess.check_output(ask, text=True))["install"]
    assert {package["metadata"]["name"] for package in installed} <= {"keepif"}
