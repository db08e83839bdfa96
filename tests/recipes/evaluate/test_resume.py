"""What is made once is not made again: after a kill, and by several processes."""

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from keepif.recipes.evaluate.command import main
from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator
from keepif.trainer.evaluation.results import report, tables
from tests.helpers.chat_server import ChatServer, serving
from tests.helpers.evaluations import ENVIRONMENT, TINY, counted, run

CONFIG = Path(__file__).parents[3] / "recipes/accelerate_configs/cpu_two_process.yaml"


def test_killed_and_started_again(tmp_path: Path) -> None:
    """SIGKILL in mid-generation: what was written is not asked again, and the table is an undisturbed run's."""

    def slow(body: dict[str, Any], _: int) -> str:
        time.sleep(0.15)
        return f"So the answer is \\boxed{{{len(body['messages'][0]['content']) % 10}}}."

    def options(server: ChatServer, folder: str) -> list[str]:
        server_is = ["--engine", "openai", "--base_url", server.url, "--concurrency", "2", "--batch_size", "4"]
        return [*TINY, *server_is, "--limit", "24", "--output_dir", str(tmp_path / folder)]

    with serving(slow) as server:
        command = [sys.executable, "-m", "keepif.recipes.evaluate", *options(server, "run")]
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 120
        while len(server.requests) < 10 and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        asked_before, kept = len(server.requests), counted(tmp_path / "run")
        assert 4 <= len(kept) < 24

        main(options(server, "run"))
        assert set(counted(tmp_path / "run").values()) == {1}
        assert len(counted(tmp_path / "run")) == 24
        assert len(server.requests) - asked_before == 24 - len(kept)

        asked_before = len(server.requests)
        main(options(server, "run"))
        assert len(server.requests) == asked_before
        main(options(server, "whole"))
    again, whole = report.load(tmp_path / "run"), report.load(tmp_path / "whole")
    assert again["arms"] == whole["arms"]


def test_killed_while_the_model_itself_generates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with the model in the process: the draws that are on disk are not made again."""
    asked = [*TINY, "--limit", "48", "--samples", "2", "--batch_size", "4", "--output_dir"]
    folder, total = tmp_path / "run", 96
    command = [sys.executable, "-m", "keepif.recipes.evaluate", *asked, str(folder)]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while len(counted(folder)) < 8 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = counted(folder)
    assert 8 <= len(kept) < total

    made: list[Any] = []
    generate = TransformersGenerator.generate
    monkeypatch.setattr(
        TransformersGenerator,
        "generate",
        lambda self, requests, sampling: made.extend(requests) or generate(self, requests, sampling),
    )
    main([*asked, str(folder)])
    assert len(made) == total - len(kept)
    assert set(counted(folder).values()) == {1}
    assert len(counted(folder)) == total
    main([*asked, str(tmp_path / "whole")])
    again, whole = report.load(folder), report.load(tmp_path / "whole")
    assert again["arms"] == whole["arms"]
    assert tables.tables(again) == tables.tables(whole)


def test_two_processes_make_one_report(tmp_path: Path) -> None:
    """The same samples as one process makes, each process its share."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file", str(CONFIG)]
    command += ["--main_process_port", "0", "-m", "keepif.recipes.evaluate", *TINY, "--limit", "12"]
    done = subprocess.run(
        [*command, "--output_dir", str(tmp_path / "two")], env=ENVIRONMENT, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    assert [len((tmp_path / "two" / f"samples-{rank}.jsonl").read_text().splitlines()) for rank in (0, 1)] == [6, 6]
    assert run(tmp_path / "one", "--limit", "12")["arms"] == report.load(tmp_path / "two")["arms"]
