"""The report: its arithmetic, its table, its figure, and what it says when it cannot be read."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure
from rich.console import Console

from keepif.recipes.command.cli import main
from keepif.rewards import Score
from keepif.rewards.constraints import REGISTRY
from keepif.trainer import KeepIF
from keepif.trainer.record import COLUMNS
from keepif.trainer.report import report
from keepif.trainer.report.figure import draw, running_mean
from keepif.trainer.tally import NUMBERS
from tests.helpers.grpo import build, script

COMMA = "punctuation:no_comma"


def test_intervals_are_wilsons() -> None:
    """Against the worked example of Newcombe (1998): 81 of 263 is 0.2553 to 0.3662."""
    found = report.proportion(81, 263)
    assert (round(found["low"], 4), round(found["high"], 4)) == (0.2553, 0.3662)
    assert report.proportion(0, 0)["share"] is None
    assert report.proportion(5, 5)["high"] <= 1


def history(**columns: Any) -> dict[str, list[Any]]:
    length = len(next(iter(columns.values())))
    return {name: columns.get(name, [0.0] * length) for name in COLUMNS}


def test_how_the_floor_was_held() -> None:
    held = report.held(history(compliance=[0.8] * 10 + [0.6] * 10, floor=[0.7] * 20))
    assert held == {"mean": pytest.approx(0.7), "share_of_ticks_below": 5 / 11, "worst_dip": pytest.approx(0.1),
                    "smoothed_over": 10}  # fmt: skip
    assert report.held(history(compliance=[0.8], floor=[None])) is None
    hair = report.held(history(compliance=[0.7] * 10, floor=[0.7004] * 10))
    assert hair
    assert (hair["share_of_ticks_below"], hair["worst_dip"]) == (0, 0)  # or the two would contradict each other
    assert report.held(history(compliance=[None, 0.8], floor=[0.7, 0.7]))


def test_running_means_bridge_what_was_not_measured() -> None:
    assert running_mean([1.0, None, 4.0], width=2) == [1.0, 1.0, 2.5]
    assert running_mean([None]) != running_mean([None])


def test_before_and_after_have_no_tick_in_common() -> None:
    run = KeepIF(floor=0.75, prepass=None).run
    right = Score(1.0, 1.0, verdicts={COMMA: True}, earned={COMMA: 1.0}, weights={COMMA: 1.0})
    wrong = Score(0.0, 0.0, verdicts={COMMA: False}, earned={COMMA: 0.0}, weights={COMMA: 1.0})
    found = {}
    for step in range(1, 31):
        run.observe([right if step > 5 else wrong] * 16, ["a"] * 16)
        run.tick(step, [run.collect()])
        found[step] = json.loads(json.dumps(report.build(run, step, 30, finished=False)))
    ticks = {step: [found[step][when]["completions"] // 16 for when in ("before", "after")] for step in (3, 5, 7, 30)}
    assert ticks == {3: [0, 3], 5: [0, 5], 7: [5, 2], 30: [5, 20]}
    assert (found[7]["before"]["accuracy"]["share"], found[7]["after"]["accuracy"]["share"]) == (0, 1)
    assert found[7]["multipliers"]["lam"] == found[7]["history"]["lambda"][-1]
    assert found[7]["by_type"][COMMA]["lambda"] == pytest.approx(found[7]["history"]["lambda"][-1])
    assert not any("different prompts" in line for line in report.footnotes(found[3]))
    assert any("different prompts" in line for line in report.footnotes(found[7]))


def test_a_changes_interval_is_newcombes() -> None:
    """His worked example: 56 of 70 less 48 of 80 is 0.2, 0.0524 to 0.3339."""
    assert report._change(report.proportion(48, 80), report.proportion(56, 70)) == "+20.0 ±14"  # noqa: SLF001


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("run")
    build(folder, script(KeepIF(floor=0.9, budget=6), obeys=0.5), max_steps=4, per_device_train_batch_size=16).train()
    return folder


def test_what_a_run_leaves(run: Path) -> None:
    found = report.load(run)
    assert found["finished"]
    assert (found["step"], found["max_steps"], found["completions"]) == (4, 4, 64)
    assert found["settings"] | {"slack": 0.02} == found["settings"]
    assert set(found["provenance"]) == {"model", "template", "sampling", "dataset", "checkers"}
    assert found["before"] | {"measured_on": "not measured", "completions": 0} == found["before"]
    assert found["after"]["measured_on"] == "the last 4 ticks"
    assert found["by_type"]["punctuation:no_comma"]["after"]["of"] == 64
    assert found["floor"]["mean"] == pytest.approx(0.9)
    assert found["history"]["step"] == [1, 2, 3, 4]
    comma = found["by_type"]["punctuation:no_comma"]
    assert found["multipliers"]["lam"] == comma["lambda"]
    assert comma["floor"] == pytest.approx(0.9)
    assert comma["lambda"] == pytest.approx(0.95 - 0.5)  # beside a budget
    assert comma["loudness"] == 1  # there is no other type
    assert comma["state"] == "below"
    assert any("not on held-out data" in limit for limit in found["limits"])
    assert (run / report.FIGURE).stat().st_size > 10_000


def test_the_command_shows_it(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (run / report.FIGURE).unlink()
    main(["report", str(run)])
    printed = capsys.readouterr().out
    for text in (
        *(f"\n{name} " for name in NUMBERS.values()),
        "step 4 of 4, finished",
        "no_comma",
        "below it in 100 % of ticks",
        "guarded: none",
    ):
        assert text in printed
    assert (run / report.FIGURE).exists()


def test_types_are_not_broken_in_mid_word(run: Path) -> None:
    found = report.load(run)
    shares = {"share": 1.0, "low": 0.95, "high": 1.0, "of": 60}
    by_type = {kind: {"before": shares, "after": shares, "floor": 1.0} for kind in sorted(REGISTRY)}
    console = Console(width=80, file=StringIO(), record=True)
    console.print(report.table(found | {"by_type": by_type}))
    printed = console.export_text()
    for kind in REGISTRY:
        assert f"{kind.rpartition(':')[2]} " in printed


def overlaps(figure: Figure) -> list[str]:
    """The panels whose legend lies over their own axes."""
    figure.canvas.draw()
    legends = {axes.get_title(): (axes.get_legend(), axes.get_window_extent()) for axes in figure.axes}
    return [title for title, (legend, box) in legends.items() if legend and legend.get_window_extent().overlaps(box)]


def way(kept: float, floor: float | None) -> dict[str, list[Any]]:
    return {"step": [5, 10], "kept": [0.9, kept], "floor": [floor, floor], "lambda": [0.3] * 2, "loudness": [1.0] * 2}


def test_the_types_that_end_lowest_are_named_on_their_way(run: Path) -> None:
    types = {f"a:{name}": way(kept, 0.5) for name, kept in zip("pqrst", (0.2, 0.9, 0.4, 0.3, 0.8), strict=True)}
    figure = draw(report.load(run) | {"types": types | {"a:held_out": way(0.1, None)}})
    assert overlaps(figure) == []
    ways = figure.axes[2]
    assert [text.get_text() for text in ways.get_legend().get_texts()] == ["p", "r", "s"]
    assert ways.lines[0].get_ydata()[-1] == pytest.approx(-0.3)


def test_a_run_without_a_tick_has_a_figure_too(run: Path) -> None:
    figure = draw(report.load(run) | {"history": history(step=[])})
    assert figure.axes[2].get_legend() is None


def test_a_run_that_goes_on_says_so(run: Path) -> None:
    found = report.load(run) | {"finished": False, "out_of_reach": ["punctuation:no_comma"], "floor": None}
    console = Console(record=True, width=120)
    console.print(report.table(found))
    assert "still running, or interrupted" in console.export_text()
    assert any("punctuation:no_comma stays below its floor" in line for line in report.footnotes(found))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no keepif-report.json"), ("{", "no report that this version"), ('{"schema": 99}', "schema 2")],
)
def test_what_is_no_report_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, message: str
) -> None:
    if content is not None:
        (tmp_path / report.NAME).write_text(content)
    with pytest.raises(SystemExit):
        main(["report", str(tmp_path)])
    assert message in capsys.readouterr().err


def test_multipliers_that_nothing_uses_are_not_shown(run: Path) -> None:
    found = report.load(run) | {"multipliers": {}}
    assert not any("multipliers" in line for line in report.footnotes(found))
    assert "multipliers in the last tick: λ 0.300" in report.footnotes(found | {"multipliers": {"lam": 0.3}})


def test_it_is_plain_json(run: Path) -> None:
    assert json.loads((run / report.NAME).read_text(), parse_constant=pytest.fail)
