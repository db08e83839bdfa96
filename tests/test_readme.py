"""What README.md says runs, runs; its table is the registry's."""

import doctest
import re
import shlex
from pathlib import Path

import pytest

from keepif.recipes.cli import main
from keepif.recipes.constraints_table import table
from keepif.rewards.constraints import REGISTRY

README = Path(__file__).parents[1] / "README.md"
RECIPES = README.parent / "recipes"


def test_examples_run() -> None:
    found = doctest.testfile(str(README), module_relative=False)
    assert found.attempted >= 2
    assert found.failed == 0


def test_it_opens_with_sentence_figure_install_and_code() -> None:
    text = README.read_text("utf-8")
    order = [text.index(part) for part in ("**Train a language model", "![", "pip install", "```python")]
    assert order == sorted(order)
    figure = re.search(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert figure is not None
    assert (README.parent / figure[1]).exists()


def test_the_table_is_the_registrys() -> None:
    inside = README.read_text("utf-8").split("<!-- constraints -->\n")[1].split("<!-- /constraints -->")[0]
    assert inside == table(), "stale: python -m keepif.recipes.constraints_table README.md"
    assert inside.count("\n") == len(REGISTRY) + 2


def test_commands_name_files_that_exist() -> None:
    for path in re.findall(r"recipes/[\w/.-]+\.(?:yaml|md|png)", README.read_text("utf-8")):
        assert (README.parent / path).exists(), path


def test_the_recipes_readme_names_what_ships() -> None:
    text = (RECIPES / "README.md").read_text("utf-8")
    for path in re.findall(r"\]\(([\w/.-]+)\)", text):
        assert (RECIPES / path).exists(), path
    for folder in ("configs", "accelerate_configs"):
        for path in (RECIPES / folder).glob("*.yaml"):
            assert f"]({folder}/{path.name})" in text
    for code in re.findall(r"`[^`]*`|^    .*$", text, re.MULTILINE):
        for path in re.findall(r"recipes/[\w/.-]+\.(?:yaml|md|png)", code):
            assert (README.parent / path).exists(), path


def test_the_doctors_examples_run(capsys: pytest.CaptureFixture[str]) -> None:
    """The second, word for word: 16 tokens are too few for the embedded policy's longer answers."""
    commands = re.findall(r"^    keepif (doctor .*)$", (RECIPES / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(commands) == 2
    for command in commands:
        with pytest.raises(SystemExit):
            main(shlex.split(command))
    printed = capsys.readouterr().out
    assert "8 processes, zero2" in printed
    assert "max_completion_length: 32" in printed
