"""What the READMEs say runs, runs or is named as what does not; their tables are the code's."""

import doctest
import json
import os
import pkgutil
import re
import shlex
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any

import psutil
import pytest
import yaml
from trl import GRPOConfig, ModelConfig

from keepif.recipes.arguments import KeepIFArguments
from keepif.recipes.command.cli import main, parser_of
from keepif.recipes.command.pages import TABLES, filled
from keepif.recipes.evaluate.arguments import EvaluateArguments
from keepif.recipes.evaluate.train_gate import GateArguments
from keepif.recipes.plainly import Parser
from keepif.rewards.constraints import REGISTRY
from keepif.trainer.report.gauges import GAUGES

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
RECIPES = ROOT / "recipes"
PAGES = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "rewards" / "DECISIONS.md",
    *sorted(path for part in ("recipes", "rewards", "trainer") for path in (ROOT / part).rglob("README.md")),
]
SWEEP = Path("recipes/sweeps/quick.yaml")
CONFIG = Path("recipes/configs/tiny_cpu.yaml")
SMALL = {"per_device_train_batch_size": 8, "gradient_accumulation_steps": 1, "max_completion_length": 16, "rows": 40,
         "reference_prompts": 8}  # fmt: skip


def section(page: Path, heading: str) -> str:
    """What stands below a heading, up to the next of its level."""
    level = heading.partition(" ")[0]
    return f"\n{page.read_text('utf-8')}".split(f"\n{heading}\n")[1].split(f"\n{level} ")[0]


def commands(heading: str) -> list[list[str]]:
    """The first two commands of a section of the recipes' page, as a shell reads them."""
    lines = [line for line in section(RECIPES / "README.md", heading).split("\n") if line.startswith("    ")]
    return [shlex.split(line, comments=True) for line in lines[:2]]


def config(**options: Any) -> dict[str, Any]:
    return yaml.safe_load((ROOT / CONFIG).read_text()) | SMALL | options


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the README's names mean the same config with small batches, and commands are found."""
    for name in (CONFIG, "tiny_cpu.yaml", "YOUR.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(yaml.safe_dump(config()))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_examples_run(page: Path) -> None:
    found = doctest.testfile(str(page), module_relative=False)
    assert found.attempted >= 2 * (page == ROOT / "rewards" / "README.md")
    assert found.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_python_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fenced blocks of a page, one after the other; not what stands under `if __name__ == "__main__"`."""
    monkeypatch.chdir(tmp_path)
    known, names = {**REGISTRY}, {"__name__": "page"}
    try:
        for block in re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL):
            if ">>>" not in block:
                exec(compile(block, page.name, "exec"), names)  # noqa: S102
    finally:
        REGISTRY.clear()
        REGISTRY.update(known)


PROGRAMS = ("accelerate", "git", "grep", "keepif", "lm_eval", "make", "pip", "python", "swift", "vf-eval", "wandb")
NOT_RUN = {
    r"pip |git clone|lm_eval |swift |vf-eval |wandb sweep": "needs the network, another framework or an account",
    r"grep ": "needs published data",
    r"python - ": "needs a folder of wheels",
    r"make (?!quickstart)": "what CI and people run",
    r"python -m (keepif\.recipes\.(experiments|tiny_policy)|tests\.benchmarks)\.": "takes minutes to hours",
    r"make quickstart|keepif demo": "takes six minutes",
}
"""Commands that only have to be there, by a regular expression that matches their beginning, and why."""


def commands_of(page: Path) -> list[str]:
    """The commands in a page's indented and fenced blocks, each in one line without its comment."""
    text = page.read_text("utf-8").replace("\\\n", " ")
    lines = re.findall(r"^(?:    )?((?:CUDA\S+ )?(?:" + "|".join(PROGRAMS) + r") [^=\s].*)$", text, re.MULTILINE)
    return [line.split("    #")[0].split(" # ")[0].strip() for line in lines]


def unknown_flags(command: str) -> list[str]:
    """The flags of a command of ours that nothing takes, the placeholders of its page filled in."""
    words = shlex.split(command.partition(" < ")[0].replace(" ...", ""))
    words = ["tiny_cpu.yaml" if word == "YOUR.yaml" else word for word in words]
    if "keepif.recipes.train" in words:
        kinds, given = [KeepIFArguments, GRPOConfig, ModelConfig], words[words.index("keepif.recipes.train") + 1 :]
        return Parser(kinds).parse_known_args(given)[1][2:]  # --config FILE is TrlParser's
    if "keepif.recipes.evaluate.train_gate" in words:
        return Parser([GateArguments]).parse_known_args(words[3:])[1]
    if words[:2] == ["keepif", "evaluate"] or "keepif.recipes.evaluate" in words:
        return Parser([EvaluateArguments]).parse_known_args(words[2:])[1]
    args, flags = parser_of().parse_known_args(words[1:])
    if args.command in {"sweep", "doctor"}:
        return Parser([KeepIFArguments, GRPOConfig, ModelConfig]).parse_known_args(flags)[1]
    return flags


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_commands_take_their_flags(page: Path) -> None:
    for command in commands_of(page):
        if not any(re.match(pattern, command) for pattern in NOT_RUN):
            assert unknown_flags(command) == [], command


def test_a_wrong_flag_is_seen() -> None:
    assert unknown_flags("keepif evaluate --model A --benchmark_s tiny") == ["--benchmark_s", "tiny"]
    assert unknown_flags("accelerate launch -m keepif.recipes.train --config a.yaml --slck 1") == ["--slck", "1"]
    assert unknown_flags("keepif sweep quick.yaml --stepps 2") == ["--stepps", "2"]
    assert unknown_flags("keepif report DIR --wide") == ["--wide"]


def test_it_opens_with_sentence_figure_install_and_code() -> None:
    text = README.read_text("utf-8")
    order = [text.index(part) for part in ("**Train a language model", "![", "make quickstart", "```python")]
    assert order == sorted(order)


def test_it_is_short() -> None:
    assert len(README.read_text("utf-8").split()) <= 1_000


@pytest.mark.parametrize(("name", "rows"), [("constraints", len(REGISTRY)), ("metrics", len(GAUGES))])
def test_the_tables_are_the_codes(name: str, rows: int) -> None:
    page, made = TABLES[name]
    text, table = (ROOT / page).read_text("utf-8"), made()
    assert f"<!-- {name} -->\n{table}\n<!-- /{name} -->" in text, "stale: python -m keepif.recipes.command.pages"
    assert filled(text.replace(table, "old"), name, table) == text
    assert table.count("\n") == rows + 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_files_and_names_exist(page: Path) -> None:
    text = page.read_text("utf-8")
    for path in re.findall(r"\]\((?!https?:)([^)#\s]+)", text):
        assert (page.parent / path).exists(), path
    for path in re.findall(r"(?<![\w/.])(?:recipes|rewards|tests|trainer)/[\w/.-]+\.\w+", text):
        assert (ROOT / path).exists(), path
    for name in re.findall(r"keepif\.(?:recipes|rewards|trainer)\b(?:\.\w+)*", text):
        if adapter := re.fullmatch(r"(keepif\.\w+\.frameworks\.(?:axolotl|swift|verifiers))(?:\.(\w+))?", name):
            spec = find_spec(adapter[1])  # to import it takes its framework
            assert spec is not None
            assert (adapter[2] or "") in Path(spec.origin or "").read_text("utf-8")
        else:
            assert pkgutil.resolve_name(name) is not None


def test_the_script_is_the_one_that_ships() -> None:
    script = section(README, "## Add it to your trainer").split("```python\n")[1].split("```")[0]
    assert script == (RECIPES / "minimal.py").read_text()


def test_the_launcher_runs(small: Path) -> None:
    trains, looks = (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        for command in commands("# Recipes")
    )
    trained, looked = trains.communicate()[0], looks.communicate()[0]
    assert trains.returncode == 0, trained[-3000:]
    assert "step  reward  correctness  compliance  joint  worst type: above its floor" in trained
    assert "'keepif/" not in trained
    report = json.loads((small / "runs/tiny/keepif-report.json").read_text())
    assert (report["finished"], report["step"]) == (True, 20)
    assert (small / "runs/tiny/keepif-report.png").exists()
    assert (small / "runs/tiny/model.safetensors").exists()
    assert looks.returncode == 0, looked[-3000:]
    assert "one batch was sampled and scored" in looked


def test_the_sweep_runs_killed_and_resumed(small: Path) -> None:
    """SIGKILL for the sweep and all it has started when the third of its four runs has saved a step."""
    text = (ROOT / SWEEP).read_text().replace("{value: 80}", "{value: 3}")
    (small / SWEEP).parent.mkdir()
    (small / SWEEP).write_text(text)
    (small / "tiny_cpu.yaml").write_text(yaml.safe_dump(config(save_strategy="steps", save_steps=1)))
    command, server = commands("## Sweeps")
    assert server == ["wandb", *command[1:]]
    turned = [(slack, seed) for slack in (0.02, -0.1) for seed in (0, 1)]
    folders = [small / f"runs/sweeps/quick/slack={slack}_seed={seed}_max_steps=3" for slack, seed in turned]
    saved = folders[2] / "checkpoint-1" / "trainer_state.json"
    sweep = psutil.Popen(command)
    while not (saved.exists() and saved.read_text().endswith("}\n")):
        assert sweep.poll() is None
        time.sleep(0.02)
    for process in (sweep, *sweep.children(recursive=True)):
        process.kill()
    sweep.wait()
    assert not (folders[2] / "exit-code").exists()
    kept = [*(folder / "keepif-report.json" for folder in folders[:2]), saved]
    before = [path.stat().st_mtime_ns for path in kept]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert [path.stat().st_mtime_ns for path in kept] == before  # nothing was done again, not even the saved step
    rows = json.loads((small / "runs/sweeps/quick/sweep.json").read_text())
    ran = [(row["values"]["slack"], row["values"]["seed"], row["steps"]) for row in rows]
    assert ran == [(slack, seed, 3) for slack, seed in turned]
    assert "| slack 0.02 " in (small / "runs/sweeps/quick/sweep.md").read_text()
    assert "4.0 of 4 runs" in done.stdout
    assert (small / "runs/sweeps/quick/sweep.png").stat().st_size > 10_000


def test_the_recipes_readme_names_what_ships() -> None:
    text = (RECIPES / "README.md").read_text("utf-8")
    for folder in ("configs", "accelerate_configs"):
        for path in (RECIPES / folder).glob("*.yaml"):
            assert f"]({folder}/{path.name})" in text


def test_the_doctors_examples_run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The second, word for word: 16 tokens are too few for the embedded policy's longer answers."""
    monkeypatch.setenv("WANDB_MODE", "offline")
    examples = re.findall(r"^    keepif (doctor .*)$", (RECIPES / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(examples) == 2
    for command in examples:
        with pytest.raises(SystemExit, match=r"^0$"):
            main(shlex.split(command))
    printed = capsys.readouterr().out
    assert "8 processes, zero2" in printed
    assert "max_completion_length: 32" in printed


def test_the_changelogs_numbers_are_the_results() -> None:
    text = " ".join((ROOT / "CHANGELOG.md").read_text("utf-8").split())
    demo = json.loads((RECIPES / "results/demo/demo.json").read_text())
    accuracy, compliance = (
        {
            policy: f"{100 * fmean(seed['results'][policy][metric] for seed in demo):.1f} %"
            for policy in demo[0]["results"]
        }
        for metric in ("accuracy", "sacc")
    )
    before, plain, ours = accuracy
    assert len(demo) == 3
    assert f"from {accuracy[before]} to {accuracy[plain]} accuracy" in text
    assert f"from {compliance[before]} to {compliance[plain]} compliance" in text
    assert f"ends at {accuracy[ours]} and {compliance[ours]}" in text
    runs = json.loads((RECIPES / "results/ablation/ablation.json").read_text())["runs"]
    assert (len(runs), {len(seeds) for seeds in runs.values()}) == (16, {5})
    assert [sum(run["held"] for run in runs[method]) for method in (ours, plain)] == [5, 0]
