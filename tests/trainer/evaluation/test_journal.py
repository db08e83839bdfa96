"""The journal survives kills, and what is made up for is what was missing."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepif.trainer.evaluation import journal
from keepif.trainer.evaluation.answering import Arm, answer, missing, samples_of, spread
from keepif.trainer.evaluation.benchmarks.benchmark import Item, Sample
from keepif.trainer.evaluation.engines.generation import Generated
from keepif.trainer.evaluation.journal import Journal, JournalError

ARM = Arm("fake", "on")
ITEMS = [Item(str(n), ({"role": "user", "content": "?" * n},)) for n in range(5)]
anything = st.text(st.characters(codec=None), max_size=50)


def said(text: str) -> Generated:
    return Generated(text, len(text), False)


def keep(folder: Path, draws: list[Sample], rank: int = 0, arm: Arm = ARM) -> None:
    """Write draws down; those of item 3 fail."""

    def respond(samples: Sequence[Sample]) -> list[Generated | None]:
        return [None if s.item.key == "3" else said(f"{s.item.key}.{s.index}") for s in samples]

    answer(arm, draws, respond, Journal(folder, rank), 2, len, lambda _: None)


def test_what_failed_is_still_missing(tmp_path: Path) -> None:
    draws = missing(ITEMS, 2, [])
    assert [(draw.item.key, draw.index) for draw in draws[:6]] == [
        ("4", 0),
        ("3", 0),
        ("2", 0),
        ("1", 0),
        ("0", 0),
        ("4", 1),
    ]
    keep(tmp_path, draws)
    samples = samples_of(ARM, journal.read(tmp_path), ITEMS, 2)
    assert [(s.item.key, s.index) for s in samples] == [(key, n) for n in (0, 1) for key in "0124"]
    assert missing(ITEMS, 2, samples) == [Sample(ITEMS[3], 0), Sample(ITEMS[3], 1)]
    assert not samples_of(Arm("fake", "off"), journal.read(tmp_path), ITEMS, 2)
    assert len(samples_of(ARM, journal.read(tmp_path), ITEMS[:2], 1)) == 2


def test_ranks_write_apart_and_are_read_together(tmp_path: Path) -> None:
    draws = missing(ITEMS, 1, [])
    keep(tmp_path, draws[::2], 0)
    keep(tmp_path, draws[1::2], 1)
    keep(tmp_path, draws, 2)  # twice made: the first counts
    assert [s.text for s in samples_of(ARM, journal.read(tmp_path), ITEMS, 1)] == ["0.0", "1.0", "2.0", "4.0"]


@given(texts=st.lists(anything, min_size=1, max_size=4), cut=st.integers(0, 2000))
def test_torn_at_any_byte(tmp_path_factory: pytest.TempPathFactory, texts: list[str], cut: int) -> None:
    """Whatever was said, and wherever a kill cuts the file: whole lines are read, and writing goes on behind them."""
    folder = tmp_path_factory.mktemp("torn")
    rows = [{"text": text} for text in texts]
    Journal(folder).append(rows)
    path = folder / "samples-0.jsonl"
    path.write_bytes(path.read_bytes()[:cut])
    whole = path.read_bytes().count(b"\n")
    assert list(journal.read(folder)) == rows[:whole]
    Journal(folder).append([{"text": "more"}])
    assert list(journal.read(folder)) == [*rows[:whole], {"text": "more"}]


def test_thinking_is_counted(tmp_path: Path) -> None:
    answer(
        ARM, [Sample(ITEMS[0])], lambda _: [said("<think>1234</think>5")], Journal(tmp_path), 1, len, lambda _: None
    )
    assert next(journal.read(tmp_path))["thinking_tokens"] == 4


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    (tmp_path / "samples-0.jsonl").write_text('{"text": "a"}\nbroken\n{}\n')
    with pytest.raises(JournalError, match=r"samples-0\.jsonl, line 2 is no sample"):
        list(journal.read(tmp_path))


def test_settings_that_differ_are_refused(tmp_path: Path) -> None:
    journal.keep(tmp_path, {"model": "b"})  # of a run that made nothing
    journal.keep(tmp_path, journal.agree(tmp_path, {"model": "a", "sampling of x": {"top_p": 1.0}}))
    (tmp_path / "samples-0.jsonl").touch()
    both = journal.agree(tmp_path, {"model": "a", "sampling of y": {"top_p": 0.5}})
    assert both == {"model": "a", "sampling of x": {"top_p": 1.0}, "sampling of y": {"top_p": 0.5}}
    with pytest.raises(JournalError, match=r"another sampling of x: top_p 1.0, not 0.9\. .* give --top_p 1.0$"):
        journal.agree(tmp_path, {"model": "a", "sampling of x": {"top_p": 0.9}})
    with pytest.raises(JournalError, match=r"another model: 'a', not 'b'\. Take another --output_dir"):
        journal.agree(tmp_path, {"model": "b"})
    assert json.loads((tmp_path / "settings.json").read_text())["model"] == "a"


@pytest.mark.parametrize(("limit", "expected"), [(None, "01234"), (9, "01234"), (5, "01234"), (2, "02"), (3, "013")])
def test_a_subset_is_spread_out(limit: int | None, expected: str) -> None:
    assert "".join(item.key for item in spread(ITEMS, limit)) == expected
    beside = [one for item in ITEMS for one in (item, replace(item, key=f"{item.key}/alone", control=True))]
    assert "".join(item.key for item in spread(beside, limit)) == "".join(f"{key}{key}/alone" for key in expected)
