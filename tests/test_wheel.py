"""The wheel: what someone who only installs the package gets."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_the_wheel_is_complete(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    tracked = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True).split("\n")[:-1]
    for name in tracked:
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(tmp_path), str(source)]
    subprocess.run(build, check=True, capture_output=True)
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    packaged = [name for name in names if ".dist-info/" not in name]
    assert {name.split("/")[0] for name in packaged} == {"keepif"}
    for name in (
        "keepif/recipes/tiny_policy/weights/model.safetensors",
        "keepif/recipes/tiny_policy/weights/tokenizer.json",
        "keepif/recipes/tiny_policy/chat_template.jinja",
        "keepif/recipes/configs/tiny_cpu.yaml",
        "keepif/rewards/py.typed",
    ):
        assert name in packaged
    assert not [name for name in packaged if "recipes/results" in name or "tests" in name]
