"""The picture of a sweep: names and legend."""

from matplotlib.axes import Axes

from keepif.recipes.sweep.figure import draw


def of_settings(*places: tuple[float, float]) -> Axes:
    """The picture of settings 0, 1, 2, ... at these places, all of them on the front."""
    before = {"accuracy": 0.1, "sacc": 0.9}
    runs = [{"accuracy": x, "sacc": y, "held": True, "before": before} for x, y in places]
    settings = [{**run, "setting": f"n {n}", "front": True, "runs": [run]} for n, run in enumerate(runs)]
    return draw(settings).axes[0]


def test_settings_at_one_place_are_named_below_each_other() -> None:
    axes = of_settings((0.5, 0.6), (0.5, 0.6), (0.7, 0.4))
    assert sorted(text.get_text() for text in axes.texts) == ["n 0\nn 1", "n 2"]


def test_the_legend_names_what_is_drawn() -> None:
    def named(axes: Axes) -> list[str]:
        return [text.get_text() for text in axes.get_legend().get_texts()]

    assert named(of_settings((0.5, 0.6), (0.5, 0.6))) == ["before RL"]
    assert named(of_settings((0.5, 0.6), (0.7, 0.4))) == ["before RL", "Pareto front"]
