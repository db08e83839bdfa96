"""The table of gauges holds what a run logs, all of it and nothing else."""

from collections import Counter

from keepif.rewards import KeepIFReward, Score
from keepif.rewards.scorer import log_scores
from keepif.trainer import KeepIF
from keepif.trainer.report.gauges import GAUGES

COMMA, QUOTED = "punctuation:no_comma", "startend:quotation"
FULL = Score(
    1.0, 1.0, verdicts={COMMA: True}, held_out={QUOTED: True}, tokens=10, elsewhere=0.5, fooled=False, unjudged=0.0,
    earned={COMMA: 1.0}, weights={COMMA: 1.0},
)  # fmt: skip
"""A completion about which everything is known."""


def logged() -> set[str]:
    """The names that a run logs if nothing is missing; of an instruction id ID stands in them."""
    names: Counter[str] = Counter()
    log_scores([FULL], lambda name, _: names.update([name]))
    keepif = KeepIF(floor=0.5, budget=20, held_out=[QUOTED])
    assert isinstance(keepif.reward, KeepIFReward)
    keepif.run.observe([FULL] * 16, ["a"] * 16)
    keepif.run.tick(1, [keepif.run.collect()])
    keepif.run.publish()
    names.update(keepif.reward.scorer.gauges)
    return {name.replace(COMMA, "ID").replace(QUOTED, "ID") for name in names}


def test_the_table_holds_what_a_run_logs() -> None:
    listed = [gauge.name for gauge in GAUGES]
    assert set(listed) == logged()
    assert len({*listed}) == len(listed)


def test_a_remedy_names_gauges_that_there_are() -> None:
    names = {gauge.name for gauge in GAUGES} | {"keepif/worst_type_name"}
    for gauge in GAUGES:
        for word in f"{gauge.meaning} {gauge.remedy}".replace(",", " ").replace(";", " ").split():
            assert not word.startswith("keepif/") or word.strip(".:") in names, gauge
