"""Judgements kept beside the samples: what is asked again, and what is not."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from keepif.rewards.judge.endpoint import Reply
from keepif.trainer.evaluation.benchmarks import judgements
from keepif.trainer.evaluation.benchmarks.judgements import CachedJudge


class Moody:
    """A judge that says something else each time; fails where it is told to, and can be killed at its n-th batch."""

    def __init__(self, model: str = "severe", fails: str = "", killed_at: int = 0) -> None:
        self.model, self.fails, self.killed_at = model, fails, killed_at
        self.asked: list[str] = []
        self.batches = 0

    def chat(self, conversations: Sequence[Any], **sampling: Any) -> list[Reply | None]:
        self.batches += 1
        if self.batches == self.killed_at:
            raise KeyboardInterrupt
        self.asked += [message["content"] for [message] in conversations]
        return [
            None if m["content"] == self.fails else Reply(f"no {len(self.asked)}", 1, "stop") for [m] in conversations
        ]


def questions(*contents: object) -> list[list[dict[str, str]]]:
    return [[{"role": "user", "content": str(content)}] for content in contents]


def said(judge: Any, *contents: object, **sampling: Any) -> list[str | None]:
    return [reply and reply.text for reply in judge.chat(questions(*contents), **sampling)]


def test_what_was_said_stays_said(tmp_path: Path) -> None:
    judge = Moody()
    first = said(CachedJudge(judge, tmp_path), "a", "b", "a", temperature=0)
    assert judge.asked == ["a", "b"]  # the same question about the same text is one question
    assert first[0] == first[2]
    assert said(CachedJudge(judge, tmp_path), "b", "a", "c", temperature=0)[:2] == [first[1], first[0]]
    assert judge.asked == ["a", "b", "c"]
    other = Moody("mild")
    said(CachedJudge(other, tmp_path), "a", temperature=0)
    said(CachedJudge(judge, tmp_path), "a", temperature=1)
    assert other.asked == ["a"]
    assert judge.asked == ["a", "b", "c", "a"]


def test_a_failure_is_asked_again(tmp_path: Path) -> None:
    assert said(CachedJudge(Moody(fails="b"), tmp_path), "a", "b") == ["no 2", None]
    judge = Moody()
    assert said(CachedJudge(judge, tmp_path), "a", "b") == ["no 2", "no 1"]
    assert judge.asked == ["b"]


def test_a_kill_loses_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "BATCH", 4)
    with pytest.raises(KeyboardInterrupt):
        said(CachedJudge(Moody(killed_at=3), tmp_path), *range(10))
    (file,) = (tmp_path / judgements.FOLDER).iterdir()
    file.write_bytes(file.read_bytes() + b'{"judge": "severe", "asked": "0f')
    judge = Moody()
    assert None not in said(CachedJudge(judge, tmp_path), *range(10))
    assert judge.asked == ["8", "9"]


def test_a_judge_that_is_down_is_asked_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judgements, "BATCH", 1)
    judge = Moody(fails="a")
    assert said(CachedJudge(judge, tmp_path), "a", "b", "c") == [None] * 3
    assert judge.asked == ["a"]
