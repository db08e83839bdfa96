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
from keepif.trainer import KeepIF, Prepass
from keepif.trainer.record import COLUMNS
from keepif.trainer.report import report, tables, types
from keepif.trainer.report.figure import draw, running_mean
from keepif.trainer.tally import NUMBERS, Tally
from tests.helpers.grpo import build, script

COMMA = "punctuation:no_comma"
PAGE = Path(__file__).parents[3] / "trainer" / "README.md"


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


RIGHT = Score(1.0, 1.0, verdicts={COMMA: True}, earned={COMMA: 1.0}, weights={COMMA: 1.0})
WRONG = Score(0.0, 0.0, verdicts={COMMA: False}, earned={COMMA: 0.0}, weights={COMMA: 1.0})


def test_before_and_after_have_no_tick_in_common() -> None:
    run = KeepIF(floor=0.75, prepass=None).run
    found = {}
    for step in range(1, 61):
        run.observe([RIGHT if step > 5 else WRONG] * 16, ["a"] * 16)
        run.tick(step, [run.collect()])
        found[step] = json.loads(json.dumps(report.build(run, step, 60, finished=False)))
    ticks = {step: [one[when]["completions"] // 16 for when in ("before", "after")] for step, one in found.items()}
    assert {step: ticks[step] for step in (3, 5, 9, 10, 21, 60)} == {
        3: [0, 3], 5: [0, 5], 9: [0, 9], 10: [5, 5], 21: [5, 10], 60: [5, 20],
    }  # fmt: skip
    assert all(sum(parts) <= step for step, parts in ticks.items())
    assert (found[10]["before"]["accuracy"]["share"], found[10]["after"]["accuracy"]["share"]) == (0, 1)
    assert found[10]["multipliers"]["lam"] == found[10]["history"]["lambda"][-1]
    assert found[10]["by_type"][COMMA]["lambda"] == pytest.approx(found[10]["history"]["lambda"][-1])
    assert [row[0] for row in tables.rows(found[10])] == [
        ["% (95 % interval)", "first ticks", "after", "change"],
        ["constraint type", "first ticks", "after", "floor", "margin"],
    ]
    said = "first ticks: the first 5 ticks; after: the last 5 of 10 ticks. The two are of different prompts"
    assert tables.footnotes(found[10])[0] == said


@pytest.mark.parametrize("before", [None, Prepass()])
def test_a_run_that_is_too_short_to_compare_says_so_and_shows_what_it_has(before: Prepass | None) -> None:
    run = KeepIF(floor="reference" if before else 0.5, prepass=before).run
    if before:
        run.reference.add(["a"] * 4, [RIGHT] * 4)
        run.refer_to(run.reference)
    for step, said in ((0, "0 ticks"), (1, "1 tick"), (9, "9 ticks")):
        for _ in range(step - len(run.record.history["step"])):
            run.observe([RIGHT] * 16, ["a"] * 16)
            run.tick(step, [run.collect()])
        found = json.loads(json.dumps(report.build(run, step, 20, finished=False)))
        sentence = f"this run is too short to compare ({said} of at least 10): 'whole run' is all of it"
        assert tables.footnotes(found)[0] == sentence
        headers = tables.rows(found)[0][0]
        assert headers == ["% (95 % interval)", *(["before RL"] if before else []), "whole run"]
        assert found["after"]["completions"] == 16 * step
        assert list(tables.screen(found))


@pytest.mark.parametrize(
    ("kept", "of", "state", "margin"),
    [
        (64, 80, types.HELD, "+0.0"),
        (80, 80, types.HELD, "+20.0"),
        (63, 80, types.NOISE, "-1.2"),
        (40, 80, types.BELOW, "-30.0"),
        (0, 80, types.BELOW, "-80.0"),
    ],
)
def test_a_type_is_called_held_only_if_it_is(kept: int, of: int, state: str, margin: str) -> None:
    """Whatever its averaged error is, in which the first ticks count too."""
    run = KeepIF(floor=0.8, prepass=None).run
    for step in range(1, 11):
        run.observe([RIGHT if step <= 5 else WRONG] * 64, ["a"] * 64)
        run.tick(step, [run.collect()])
    run.record.latest = [Tally.of([RIGHT] * kept + [WRONG] * (of - kept), None, [{COMMA: 0.8}] * of)]
    found = report.build(run, 10, 10, finished=True)
    assert found["by_type"][COMMA]["state"] == state
    assert tables.rows(found)[1][1][-2:] == ["80.0", margin]
    said = next(line for line in tables.footnotes(found) if "each type" in line)
    assert ("below: no_comma by" in said) == (state != types.HELD)
    assert ("within noise" in said) == (state == types.NOISE)
    assert not any("mean" in line for line in tables.footnotes(found)[:-3])


def test_the_means_floor_is_shown_only_if_it_is_held() -> None:
    run = KeepIF(floor=0.8, prepass=None, floor_by="mean").run
    for step in range(1, 13):
        run.observe([WRONG] * 64, ["a"] * 64)
        run.tick(step, [run.collect()])
    found = report.build(run, 12, 12, finished=True)
    assert tables.rows(found)[1][0] == ["constraint type", "first ticks", "after", "change"]
    said = (
        "KeepIF holds the mean of all types, SAcc, at its floor of 80.0 %: below it in 100 % of ticks, worst dip 80.0"
    )
    assert any(line.startswith(said) for line in tables.footnotes(found))


def test_a_changes_interval_is_newcombes() -> None:
    """His worked example: 56 of 70 less 48 of 80 is 0.2, 0.0524 to 0.3339."""
    assert tables.change(report.proportion(48, 80), report.proportion(56, 70)) == "+20.0 ±14"


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
    assert found["after"]["measured_on"] == "the whole run"
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
        "too short to compare (4 ticks of at least 10)",
        "KeepIF holds each type at its own floor: 0 of 1 are held; below: no_comma by",
        "guarded: none",
    ):
        assert text in printed
    assert (run / report.FIGURE).exists()


def test_the_page_shows_what_the_command_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of twenty steps of recipes/minimal.py."""
    monkeypatch.chdir(tmp_path)
    folder = Path("runs/minimal")
    folder.mkdir(parents=True)
    (folder / report.NAME).write_text((Path(__file__).parent / "minimal.json").read_text())
    main(["report", str(folder)])
    printed = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert f"<!-- report -->\n```text\n{printed}\n```\n<!-- /report -->" in PAGE.read_text("utf-8")


@pytest.mark.parametrize("state", [types.HELD, None])
def test_nothing_is_cut_on_80_columns(run: Path, state: str | None) -> None:
    shares = {"share": 1.0, "low": 0.95, "high": 1.0, "of": 60}
    floor = {"floor": 1.0, "state": state} if state else {}
    by_type = {kind: {"before": shares, "after": shares, **floor} for kind in sorted(REGISTRY)}
    found = report.load(run) | {"by_type": by_type, "history": history(step=[*range(40)])}
    found["before"] = found["after"] | {"measured_on": "the pre-pass"}
    console = Console(width=80, file=StringIO(), record=True)
    for table in tables.screen(found):
        console.print(table)
    printed = console.export_text().splitlines()
    for kind in REGISTRY:
        [line] = [line for line in printed if line.startswith(f"{kind.rpartition(':')[2]} ")]
        assert line.split() == [kind.rpartition(":")[2], *["100.0", "(95", "to", "100)"] * 2, *(
            ["100.0", "+0.0"] if state else ["+0.0", "±5"]
        )]  # fmt: skip


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
    named = ["p", "s", "r", "floor", "2 more, higher at the end"]
    assert [text.get_text() for text in ways.get_legend().get_texts()] == named
    assert ways.lines[0].get_ydata()[-1] == pytest.approx(-0.3)


def test_every_line_of_the_figure_is_in_its_legend(run: Path) -> None:
    """Whatever the number of types, and what is held; a colour that several lines have is there once."""
    for names in ("", "p", "pqr", "pqrs", "pqrstuvw"):
        for floor_by in ("type", "mean"):
            found = report.load(run) | {"types": {f"a:{name}": way(0.5, 0.4) for name in names}}
            figure = draw(found | {"settings": found["settings"] | {"floor_by": floor_by}})
            for axes in figure.axes[:3]:
                lines = {line.get_color() for line in axes.lines if len(line.get_xdata()) > 1}
                shown = {line.get_color() for line in axes.get_legend().get_lines()} if axes.get_legend() else set()
                assert lines <= shown or not names
            labels = {text.get_text() for text in figure.axes[0].get_legend().get_texts()}
            assert ("floor of SAcc" in labels) == (floor_by == "mean")


def test_a_run_without_a_tick_has_a_figure_too(run: Path) -> None:
    figure = draw(report.load(run) | {"history": history(step=[])})
    assert figure.axes[2].get_legend() is None


def test_a_run_that_goes_on_says_so(run: Path) -> None:
    found = report.load(run) | {"finished": False, "out_of_reach": ["punctuation:no_comma"], "floor": None}
    assert tables.heading(found) == "step 4 of 4, still running, or interrupted"
    assert any("punctuation:no_comma stays below its floor" in line for line in tables.footnotes(found))


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "there is no keepif-report.json"), ("{", "no report that this version"), ('{"schema": 99}', "schema 3")],
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
    plain = found | {"by_type": {}}
    assert not any("multipliers" in line for line in tables.footnotes(plain))
    assert "multipliers in the last tick: λ 0.300" in tables.footnotes(plain | {"multipliers": {"lam": 0.3}})


def test_it_is_plain_json(run: Path) -> None:
    assert json.loads((run / report.NAME).read_text(), parse_constant=pytest.fail)
