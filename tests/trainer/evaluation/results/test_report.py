"""The report on made-up outcomes whose numbers are known."""

import random
from dataclasses import replace
from io import StringIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from keepif.trainer.evaluation.answering import Arm
from keepif.trainer.evaluation.results import measurements, report, tables
from keepif.trainer.evaluation.results.figures import (
    comparison_figure,
    draw,
    plane_figure,
    thinking_figure,
    types_figure,
)
from keepif.trainer.evaluation.results.measurements import Measurement
from keepif.trainer.evaluation.results.statistics import interval, of_all_types
from tests.helpers.samples import scored

KINDS = ("punctuation:no_comma", "length_constraints:number_words", "keywords:existence")


def made_up(arm: Arm, kept: float, right: float, *, items: int = 60, samples: int = 2, seed: int = 0) -> Measurement:
    """Outcomes of a policy that keeps each constraint and is right as often as that, and less the more it thinks."""
    rng, made = random.Random(seed), []
    for number in range(items):
        for index in range(samples):
            thinking = rng.randrange(1, 100)
            c = float(rng.random() < right)
            verdicts = {kind: float(rng.random() < kept * (1 - thinking / 300)) for kind in KINDS}
            hacc = float(all(verdicts.values()))
            counts = {"joint": (c * hacc, 1), "accuracy": (c, 1), "sacc": (sum(verdicts.values()) / 3, 1)}
            by_type = {kind: (value, 1) for kind, value in verdicts.items()}
            cost = {"tokens": thinking + 5, "thinking_tokens": thinking, "truncated": number == 0}
            defect = "cannot be kept" if number == 7 else None
            made.append(scored(str(number), index, counts, by_type, **cost, defective=defect))
    return Measurement(arm, "joint", tuple(made))


ARM = Arm("mathif")
REMEDY = Arm("mathif", mitigation="few_shot")


@pytest.fixture
def before() -> list[Measurement]:
    return [made_up(ARM, 0.9, 0.5)]


@pytest.fixture
def after() -> list[Measurement]:
    return [made_up(ARM, 0.6, 0.9, seed=1), made_up(REMEDY, 0.75, 0.8, seed=2), made_up(Arm("ifeval"), 0.7, 0.9)]


def test_numbers(after: list[Measurement]) -> None:
    arm = report.build("after", {}, after, {})["arms"][0]
    outcomes = after[0].samples
    share = sum(o.counts["accuracy"][0] for o in outcomes) / len(outcomes)
    assert arm["numbers"]["accuracy"]["share"] == pytest.approx(share)
    assert arm["numbers"]["accuracy"]["low"] < share < arm["numbers"]["accuracy"]["high"]
    assert (arm["items"], arm["samples"], arm["missing"], arm["headline"]) == (60, 120, 0, "joint")
    assert arm["truncated"]["share"] == pytest.approx(2 / 120)
    assert arm["defective"] == {"cannot be kept": 1}
    sound = [o for o in outcomes if o.item.key != "7"]
    share = sum(o.counts["accuracy"][0] for o in sound) / len(sound)
    assert arm["sound"]["accuracy"]["share"] == pytest.approx(share)
    assert arm["sound"]["accuracy"]["low"] < share < arm["sound"]["accuracy"]["high"]
    assert arm["best_of"]["2"]["share"] > arm["numbers"]["joint"]["share"]
    kept = sum(o.by_type[KINDS[0]][0] for o in outcomes) / len(outcomes)
    assert arm["by_type"][KINDS[0]]["share"] == pytest.approx(kept)


def test_controls_are_no_items() -> None:
    """Problems asked once more without their constraints have a number of their own, and change no other."""
    [plain] = report.build("run", {}, [made_up(ARM, 0.9, 0.5)], {})["arms"]
    both = made_up(ARM, 0.9, 0.5)
    controls = [
        scored(f"{n}/noconstraint", 0, {"accuracy_without": (1.0, 1)}, tokens=900, thinking_tokens=800, control=True)
        for n in range(60)
    ]
    [arm] = report.build("run", {}, [replace(both, samples=(*both.samples, *controls))], {})["arms"]
    assert arm["numbers"].pop("accuracy_without")["share"] == 1
    assert arm == plain


def test_what_never_happens_is_not_certain() -> None:
    """Ten items without a success: Wilson's interval, where a bootstrap would end at 0."""
    none = Measurement(ARM, "joint", tuple(scored(str(n), i, {"joint": (0, 1)}) for n in range(10) for i in range(2)))
    [arm] = report.build("r", {}, [none], {})["arms"]
    found = arm["numbers"]["joint"]
    assert arm["best_of"]["2"] == found
    assert (found["share"], found["low"]) == (0, 0)
    assert found["high"] == pytest.approx(0.2775, abs=1e-3)
    assert tables.share(found) == "0.0 (0 to 28)"


def test_bins_of_thinking(after: list[Measurement]) -> None:
    bins = report.by_thinking(after[0].samples)
    assert len(bins) == report.BINS
    assert sum(found["samples"] for found in bins) == 120
    assert all(a["to"] <= b["from"] for a, b in pairwise(bins))
    assert bins[0]["kept"]["share"] > bins[-1]["kept"]["share"]
    thought = sorted(after[0].samples, key=lambda one: one.thinking_tokens)[-bins[-1]["samples"] :]
    assert bins[-1]["kept"] == interval(thought, of_all_types)
    assert report.by_thinking(after[0].samples[:9]) == []


def test_differences(before: list[Measurement], after: list[Measurement]) -> None:
    found = report.build("after", {}, after, {"before": before})
    [across], [within] = found["comparisons"], found["within"]
    assert (across["with"], across["mitigation"], across["items"]) == ("before", "none", 60)
    assert (within["with"], within["mitigation"]) == ("without", "few_shot")
    correct = across["numbers"]["accuracy"]
    assert correct["difference"] == pytest.approx(correct["this"] - correct["other"])
    assert 0 < correct["low"] < correct["difference"] < correct["high"]
    assert across["numbers"]["sacc"]["high"] < 0
    assert set(across["by_type"]) == set(KINDS)
    best = across["best_of"]["joint, best of 2"]
    assert best["this"] == pytest.approx(found["arms"][0]["best_of"]["2"]["share"])


def test_only_items_of_both_runs_are_compared(before: list[Measurement], after: list[Measurement]) -> None:
    [one] = before
    half = Measurement(one.arm, one.headline, one.samples[:60])
    compared = report.build("after", {}, after, {"before": [half]})["comparisons"][0]
    assert compared["items"] == 30
    ours = [o.counts["accuracy"][0] for o in after[0].samples[:60]]
    assert compared["numbers"]["accuracy"]["this"] == pytest.approx(sum(ours) / 60)


def test_it_comes_back(tmp_path: Path, before: list[Measurement], after: list[Measurement]) -> None:
    measurements.write(tmp_path, after)
    assert measurements.read(tmp_path) == after
    found = report.build("after", {"model": "m"}, after, {"before": before})
    report.write(tmp_path, found)
    assert report.load(tmp_path) == found
    text = (tmp_path / "report.md").read_text()
    assert "|  | as it is | few shot |\n| --- | --- | --- |\n| joint | " in text
    assert "## mathif, as it is: against before, 60 items, 120 samples against 120, % and points" in text
    by_class = text.split("## mathif: what it changes by class, in points\n\n")[1]
    assert by_class.startswith("|  | few shot, against without |\n| --- | --- |\n| planning | ")
    assert "items whose demands exclude each other: 1 (cannot be kept); without them: " in text
    assert f"accuracy {tables.share(found['arms'][0]['sound']['accuracy'])}" in text
    assert "- model: m" in text
    with pytest.raises(ValueError, match=r"no outcomes\.jsonl in .*nowhere"):
        measurements.read(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"no report\.json of this version"):
        report.load(tmp_path / "nowhere")


def test_on_the_screen(before: list[Measurement], after: list[Measurement]) -> None:
    found = report.build("after", {}, after, {"before": before})
    console = Console(width=100, record=True, quiet=True)
    for title, table in tables.shown(found, 100):
        console.print(title)
        console.print(table)
    assert {tables.label_of(arm) for arm in found["arms"]} == {"as it is", "few shot"}
    assert [title.partition(",")[0] for title in tables.tables(found)] == [
        "mathif: 60 items", "mathif: what it changes", "mathif: what it changes by class", "ifeval: 60 items", "mathif"
    ]  # fmt: skip


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_value_is_cut_on_a_narrow_screen(before: list[Measurement], after: list[Measurement], width: int) -> None:
    """Tables that are too wide are split; headers stay whole too."""
    arms = [
        made_up(Arm("mathif", mode, remedy), 1.0, 1.0) for mode in ("on", "off") for remedy in ("none", "few_shot")
    ]
    found = report.build("after", {}, [*after, *arms], {"before": before})
    console = Console(width=width, file=StringIO(), record=True)
    for _, table in tables.shown(found, width):
        console.print(table)
    lines = console.export_text().splitlines()
    for title, (headers, rows) in tables.tables(found).items():
        for cell in [cell for row in rows for cell in row[1:]]:
            assert any(cell in line for line in lines), (title, cell)
        for word in [part for header in headers for part in header.split(", ")]:
            assert any(word in line for line in lines), (title, word)
    assert not any("…" in line for line in lines)
    assert [title for title, _ in tables.shown(found, 200)] == list(tables.tables(found))


def test_the_plot_of_thinking_says_what_is_counted(after: list[Measurement]) -> None:
    figure = thinking_figure(report.build("after", {}, after, {}))
    assert figure is not None
    assert figure.axes[0].get_ylabel() == "share"


def test_pictures(tmp_path: Path, before: list[Measurement], after: list[Measurement]) -> None:
    old = report.build("before", {}, before, {})
    found = report.build("after", {}, after, {"before": before})
    made = draw(found, [old], tmp_path)
    assert [path.name for path in made] == ["types.png", "thinking.png", "plane.png", "comparison.png"]
    assert all(path.stat().st_size > 10_000 for path in made)


def test_a_difference_stands_beside_what_differs_on_80_columns(
    before: list[Measurement], after: list[Measurement]
) -> None:
    found = report.build("KeepIF", {}, after, {"before RL": before})
    pair = {"this": 0.8, "other": 0.7, "difference": 0.1, "low": -0.001, "high": 0.201}
    found["comparisons"][0]["by_type"] = {"detectable_format:number_highlighted_sections": pair}
    title = next(title for title in tables.tables(found) if "against before RL" in title)
    [table] = [table for shown, table in tables.shown(found, 80) if title == shown]
    assert [column.header for column in table.columns] == ["", "before RL", "KeepIF", "difference"]
    console = Console(width=80, file=StringIO(), record=True)
    console.print(table)
    lines = [line.split() for line in console.export_text().splitlines()]
    assert ["detectable_format:", "70.0", "80.0", "+10.0", "(-0.1", "to", "+20.1)"] in lines
    assert ["number_highlighted_sections"] in lines


def test_what_cannot_be_drawn_is_not() -> None:
    empty: dict[str, Any] = report.build("empty", {}, [Measurement(ARM, "joint", (), missing=3)], {})
    assert (
        types_figure(empty) is thinking_figure(empty) is plane_figure([empty]) is comparison_figure(empty, []) is None
    )
    assert "mathif, as it is: 3 samples are missing; run it again to make them" in tables.footnotes(empty)
    assert tables.markdown(empty)


def test_a_thinking_mode_that_was_not_kept_is_said() -> None:
    modes = [made_up(Arm("mathif", "off"), 0.9, 0.5)]
    silent = [replace(one, thinking_tokens=0) for one in modes[0].samples]
    modes.append(Measurement(Arm("mathif", "on"), "joint", tuple(silent)))
    lines = tables.footnotes(report.build("r", {}, modes, {}))
    assert "mathif, thinking off: 120 of 120 samples have thought all the same" in lines
    assert "mathif, thinking on: no sample has thought" in lines
    modes = [replace(modes[0], arm=Arm("mathif", "on")), replace(modes[1], arm=Arm("mathif", "off"))]
    assert not [line for line in tables.footnotes(report.build("r", {}, modes, {})) if "thought" in line]
