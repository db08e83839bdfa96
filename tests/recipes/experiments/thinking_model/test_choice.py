"""The choice of the constraint types, by what was measured."""

from keepif.recipes.experiments.thinking_model.answers import WRITERS
from keepif.recipes.experiments.thinking_model.choice import BAND, HELD_OUT, TRAINED, Choice, rows_of
from keepif.rewards import constraints_of


def choice(shares: list[float]) -> Choice:
    return Choice({f"type:{number:02}": share for number, share in enumerate(shares)}, thinking=0.5, direct=0.125)


def test_types_in_the_band_are_taken_and_the_outermost_are_held_out() -> None:
    chosen = choice([0.1, 0.9, *(0.31 + 0.045 * number for number in range(12))])
    assert len(chosen.taken) == 12
    assert all(BAND[0] <= chosen.kept[kind] <= BAND[1] for kind in chosen.taken)
    assert len(chosen.held_out) == HELD_OUT
    assert {*chosen.trained} | {*chosen.held_out} == {*chosen.taken}
    assert not {*chosen.trained} & {*chosen.held_out}
    distance = {kind: abs(share - sum(BAND) / 2) for kind, share in chosen.kept.items()}
    assert min(distance[kind] for kind in chosen.held_out) >= max(distance[kind] for kind in chosen.trained)


def test_if_too_few_are_in_the_band_the_nearest_are_taken() -> None:
    chosen = choice([0.5] * 8 + [0.25] * 3 + [0.0, 1.0])
    assert len(chosen.taken) == TRAINED + HELD_OUT
    assert {chosen.kept[kind] for kind in chosen.trained} == {0.5}
    assert {chosen.kept[kind] for kind in chosen.held_out} == {0.25}
    assert "type:11" not in chosen.taken


def test_the_table_says_what_was_measured() -> None:
    shown = choice([0.5, 0.0, *[0.6] * 11]).table()
    assert "Before RL 50% right with thinking, 12% without." in shown
    assert "| `type:00` | 50 | held out |" in shown
    assert "| `type:01` | 0 | left out |" in shown
    assert shown.count("held out") == HELD_OUT


def test_every_type_is_asked_for_alone() -> None:
    for kind in WRITERS:
        rows = rows_of(kind, 3)
        assert rows == rows_of(kind, 3)
        assert len({row["prompt"][0]["content"] for row in rows}) == 3
        for row in rows:
            (constraint,) = constraints_of(row)
            assert constraint.id == kind
            assert row["prompt"][0]["content"].endswith(constraint.description)
