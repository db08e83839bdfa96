"""What attach() refuses and warns of in a data set."""

import re
from pathlib import Path
from typing import Any

import pytest
from datasets import Dataset, Image, IterableDataset

from keepif.trainer import ConfigError, KeepIF, preflight
from tests.helpers import tiny
from tests.helpers.facts import facts
from tests.helpers.grpo import trainer_of
from tests.helpers.tiny import soft_prompts

NO_COMMA: dict[str, Any] = {
    "prompt": "1 + 1? No commas.",
    "instruction_id_list": ["punctuation:no_comma"],
    "kwargs": [{}],
}


def test_a_type_without_a_floor_of_its_own_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF(floor={"startend:quotation": 0.9})
    with pytest.raises(ConfigError, match="row 0: floor has no share for 'punctuation:no_comma'"):
        keepif.attach(trainer_of(tmp_path, keepif.reward))


def test_a_bad_row_is_refused_by_number(tmp_path: Path) -> None:
    keepif = KeepIF()
    rows = tiny.prompts(8).to_list()
    rows[5] = rows[5] | {"instruction_id_list": ["no:such"]}
    trainer = trainer_of(tmp_path, keepif.reward, dataset=tiny.Dataset.from_list(rows))
    with pytest.raises(ConfigError, match="row 5: unknown instruction id 'no:such'"):
        keepif.attach(trainer)


def test_a_streamed_set_is_not_read_to_its_end(tmp_path: Path) -> None:
    def endless() -> Any:
        yield from iter(lambda: tiny.prompts(1)[0], None)

    keepif = KeepIF()
    stream = IterableDataset.from_generator(endless, features=tiny.prompts(1).features)
    assert stream.column_names
    keepif.attach(trainer_of(tmp_path, keepif.reward, dataset=stream))


def test_data_without_a_target_is_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    dataset = tiny.prompts().select_columns(["prompt"])
    with pytest.raises(ConfigError, match="neither a gold answer nor constraints"):
        keepif.attach(trainer_of(tmp_path, keepif.reward, dataset=dataset))


def test_soft_constraints_without_a_judge_are_refused(tmp_path: Path) -> None:
    keepif = KeepIF()
    with pytest.raises(ConfigError, match=r"row 0: 'judge:question' needs a judge: KeepIF\(judge="):
        keepif.attach(trainer_of(tmp_path, keepif.reward, dataset=soft_prompts()))


def of_rows(*rows: dict[str, Any]) -> list[preflight.Problem]:
    return list(preflight.problems(facts(dataset=Dataset.from_list(list(rows)))))


@pytest.mark.parametrize(
    ("rows", "fatal", "message"),
    [
        ([], True, "the data set is empty"),
        ([{"answer": "2"}], True, "no column 'prompt', only answer: rename it, or see constrain"),
        ([NO_COMMA | {"answer": None}, NO_COMMA | {"answer": ""}], False, "no row has a gold answer .* 'answer'"),
        ([{"prompt": "1 + 1?", "answer": None}], True, "neither a gold answer nor constraints"),
        ([NO_COMMA | {"answer": ["4", "5"]}], True, r"1 of 1 rows .* row 0: \['4', '5'\]. A gold answer is"),
        ([NO_COMMA | {"answer": [*gold]} for gold in ("4", "45")], False, "1 of 2 rows .* the first is row 1"),
    ],
)
def test_rows_that_teach_nothing_are_said(rows: list[dict[str, Any]], fatal: bool, message: str) -> None:
    [problem] = of_rows(*rows) if rows != [{"answer": "2"}] else [of_rows(*rows)[0]]
    assert problem.fatal == fatal
    assert re.search(message, problem.text)


def test_rows_without_gold_beside_golds_are_fine() -> None:
    assert not of_rows(NO_COMMA | {"answer": ""}, NO_COMMA | {"answer": "4"}, {"prompt": "2 + 2?", "answer": "4"})


def test_a_stream_is_seen_by_its_columns_and_its_first_row() -> None:
    golds = [{"answer": "4"}]
    for rows, message in (([NO_COMMA], "no row has a gold answer"), (golds, "no column 'prompt'"), ([], "is empty")):
        stream = IterableDataset.from_generator(rows.__iter__, features=Dataset.from_list(rows).features)
        [problem, *_] = preflight.problems(facts(dataset=stream))
        assert message in problem.text


def test_images_are_not_decoded(tmp_path: Path) -> None:
    broken = tiny.prompts(4).add_column("image", [str(tmp_path / "none.png")] * 4).cast_column("image", Image())
    assert len(list(facts(dataset=broken).targets)) == 4
    transformed = tiny.prompts(4).with_transform(lambda batch: batch | {"seen": batch["prompt"]})
    assert "seen" in next(iter(facts(dataset=transformed).targets))
