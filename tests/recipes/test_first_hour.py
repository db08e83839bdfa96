"""The notebook runs from top to bottom, with fewer steps than it is stored with."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

PAGE = Path(__file__).parents[2] / "recipes" / "first_hour.ipynb"


def test_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "5")
    notebook = nbformat.read(PAGE, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": str(tmp_path)}}).execute()
    *_, chart, dashboard, _, rewards = [cell.outputs[-1] for cell in notebook.cells if cell.get("outputs")]
    assert "image/png" in chart.data
    assert "image/png" in dashboard.data
    assert rewards.text.startswith("1.00  The sum is")


def test_what_is_stored_was_run() -> None:
    cells = [cell for cell in nbformat.read(PAGE, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in cells] == [*range(1, len(cells) + 1)]
