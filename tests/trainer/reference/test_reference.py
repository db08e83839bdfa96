"""The reference: its arithmetic, its provenance and its file; the floor that is taken from it."""

import json
from collections import Counter
from dataclasses import replace
from math import inf
from pathlib import Path
from typing import Any

import pytest
import torch
from datasets import IterableDataset
from hypothesis import given
from hypothesis import strategies as st
from peft import LoraConfig, get_peft_model

from keepif.rewards import Score, Scoring
from keepif.trainer import Reference, ReferenceMismatchError
from keepif.trainer.files import read_json, write_json
from keepif.trainer.floor import Floor
from keepif.trainer.reference.provenance import fingerprint, provenance, rows_hash
from keepif.trainer.reference.reference import prompt_key
from keepif.trainer.tally import Tally
from tests.helpers import tiny

COMMA, QUOTES = "punctuation:no_comma", "startend:quotation"
PROVENANCE = {"model": "m", "template": "t", "sampling": {"temperature": 1.0}, "dataset": "d", "checkers": "c"}


def score(f: float | None, c: float | None = 1.0, **kept: bool) -> Score:
    names = {"comma": COMMA, "quotes": QUOTES}
    return Score(c, f, verdicts={names[name]: verdict for name, verdict in kept.items()}, tokens=10)


def measured() -> Reference:
    """Prompt a: one constraint, kept in 3 of 4 samples; prompt b: two, of which 1 and 0 are kept."""
    reference = Reference(PROVENANCE)
    a = [score(1.0, comma=True)] * 3 + [score(0.0, comma=False)]
    b = [score(0.5, comma=True, quotes=False), score(0.0, comma=False, quotes=False)]
    reference.add(["a"] * 4 + ["b"] * 2, a + b)
    return reference


def test_baseline_by_hand() -> None:
    reference = measured()
    overall = (3 + 0 + 0.5 + 0) / 6
    comma, quotes = (4 + 4 * overall) / (6 + 4), (0 + 4 * overall) / (2 + 4)
    assert reference.compliance == pytest.approx(overall)
    assert reference.of_type(COMMA) == pytest.approx(comma)
    assert reference.of_type(QUOTES) == pytest.approx(quotes)
    assert reference.of_type("keywords:existence") == pytest.approx(overall)
    assert reference.baseline("unseen", [COMMA]) == pytest.approx(comma)
    assert reference.baseline("a", [COMMA]) == pytest.approx((3 + 4 * comma) / 8)
    assert reference.baseline("b", [COMMA, QUOTES]) == pytest.approx((0.5 + 4 * (comma + quotes) / 2) / 6)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.booleans()), min_size=1))
def test_baselines_are_shares(samples: list[tuple[str, bool]]) -> None:
    reference = Reference(PROVENANCE)
    reference.add([prompt for prompt, _ in samples], [score(float(kept), comma=kept) for _, kept in samples])
    for prompt in "abc":
        assert 0 <= reference.baseline(prompt, [COMMA]) <= 1


def test_a_prompt_is_known_as_text_and_as_messages() -> None:
    assert prompt_key("What is 2?") == prompt_key([{"role": "user", "content": "What is 2?"}])
    assert prompt_key("What is 2?") != prompt_key("What is 3?")
    assert prompt_key("\ud800")


def test_accuracy_by_hand() -> None:
    reference = Reference(PROVENANCE)
    reference.add(["a"] * 4 + ["b"] * 4, [score(None, c=1.0)] * 4 + [score(1.0, c=float(i == 0)) for i in range(4)])
    overall = 5 / 8
    assert reference.accuracy("a") == pytest.approx((4 + 4 * overall) / 8)
    assert reference.accuracy("b") == pytest.approx((1 + 4 * overall) / 8)
    assert reference.accuracy("unseen") == overall
    assert Reference(PROVENANCE).accuracy("a") == 0


def test_the_longest_answer_of_the_reference() -> None:
    """Of the correct ones, by prompt; anywhere, if a prompt has none."""
    reference = Reference(PROVENANCE)
    assert reference.longest_answer("a") == inf  # nothing was measured yet
    measured = [("a", 1.0, 9), ("a", 0.0, 99), ("b", 1.0, 5), ("a", 1.0, 4), ("b", 1.0, 7), ("c", 0.0, 50)]
    for prompt, c, words in measured:
        reference.add([prompt], [replace(score(None, c=c), answer_words=words)])
    assert [reference.longest_answer(prompt) for prompt in "abcd"] == [9, 7, 9, 9]


def test_rows_that_cannot_be_read_do_not_count() -> None:
    reference = Reference(PROVENANCE)
    reference.add(["a", "b"], [Score(None, None, unreadable=True), score(None)])
    assert reference.prompts == {}
    assert reference.tally.constrained == 0
    assert reference.baseline("a", [COMMA]) == 0


def test_it_survives_its_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "reference.json"
    write_json(path, measured().to_dict())
    assert Reference.from_dict(read_json(path), PROVENANCE, path) == measured()


@pytest.mark.parametrize("name", list(PROVENANCE))
def test_another_provenance_is_refused_in_words(name: str) -> None:
    stored = json.loads(json.dumps(measured().to_dict()))
    with pytest.raises(
        ReferenceMismatchError, match=f"here.json was measured with another {name}: .*or delete that file"
    ):
        Reference.from_dict(stored, PROVENANCE | {name: "other"}, Path("here.json"))
    del stored["provenance"][name]
    with pytest.raises(ReferenceMismatchError, match=f"another {name}: it has none recorded, .*To resume a run"):
        Reference.from_dict(stored, PROVENANCE, Path("here.json"))


@pytest.mark.parametrize("stored", [{}, [], {"provenance": {}, "schema": 1}, {"schema": 1}, "text"])
def test_what_is_no_reference_is_refused(stored: Any) -> None:
    with pytest.raises(ReferenceMismatchError, match="holds no reference"):
        Reference.from_dict(stored, PROVENANCE, Path("here.json"))


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "torn.json").write_text('{"schema": 1, "prov')
    with pytest.raises(ReferenceMismatchError, match=r"torn\.json holds no reference"):
        Reference.from_dict(read_json(tmp_path / "torn.json"), PROVENANCE, tmp_path / "torn.json")
    assert read_json(tmp_path / "absent.json") is None


def test_tallies_add_up() -> None:
    scores = [score(1.0, comma=True), score(0.5, 0.0, comma=True, quotes=False), Score(0.0, 0.0, void="empty")]
    whole = Tally.of(scores, [0.75, 0.5, 0.25])
    parts = Tally.of(scores[:1], [0.75]) + Tally.of(scores[1:], [0.5, 0.25])
    assert whole == parts == Tally.from_dict(json.loads(json.dumps(whole.to_dict())))
    assert (whole.completions, whole.tokens, whole.correct, whole.compliance, whole.floor) == (3, 20, 1.0, 1.5, 1.5)
    assert (whole.all_kept, whole.joint, whole.guarded) == (1, 1, Counter(empty=1))
    assert whole.by_type() == {COMMA: (1.0, 2), QUOTES: (0.0, 1)}


def test_floors() -> None:
    assert Floor(0.7).of("any", [COMMA]) == 0.7
    assert Floor({COMMA: 0.9, QUOTES: 0.5}).of("any", [COMMA, QUOTES]) == pytest.approx(0.7)
    assert Floor({COMMA: 0.9}).missing({COMMA, QUOTES}) == {QUOTES}
    relative = Floor("reference", slack=0.05)
    assert relative.relative
    assert not relative.ready
    relative.refer_to(measured())
    assert relative.of("a", [COMMA]) == pytest.approx(measured().baseline("a", [COMMA]) - 0.05)
    assert relative.of("a", []) == 0


@pytest.mark.parametrize("setting", ["median", 1.5, -0.1, {COMMA: 2}, {COMMA: "high"}])
def test_floors_out_of_range_are_refused(setting: Any) -> None:
    with pytest.raises(ValueError, match="floor must be 'reference', a share"):
        Floor(setting)


def test_slack_out_of_range_is_refused() -> None:
    with pytest.raises(ValueError, match="slack must be a share"):
        Floor("reference", slack=2.0)


def test_the_fingerprint_sees_other_weights_but_no_fresh_adapter() -> None:
    torch.manual_seed(0)
    model = tiny.model()
    before = fingerprint(model)
    assert fingerprint(tiny.model()) != before
    adapted = get_peft_model(model, LoraConfig(target_modules=["q_proj", "embed_tokens"]))
    assert fingerprint(adapted) == before


def test_the_fingerprint_sees_a_trained_adapter() -> None:
    model = tiny.model()
    before = fingerprint(model)
    adapted = get_peft_model(model, LoraConfig(target_modules=["q_proj"]))
    with torch.no_grad():
        next(p for name, p in adapted.named_parameters() if "lora_B" in name).fill_(0.1)
    assert fingerprint(adapted) != before


def test_the_fingerprint_of_a_model_that_zero_3_has_partitioned_is_the_whole_models() -> None:
    """On the main process, which holds the first part of each parameter."""
    model = tiny.model()
    before = fingerprint(model)
    for parameter in model.parameters():
        parameter.ds_tensor = parameter.data.flatten()[: parameter.numel() // 2].clone()
        parameter.data = torch.empty(0)
    assert fingerprint(model) == before


def test_provenance_sees_what_a_reference_depends_on(tmp_path: Path) -> None:
    class Trainer:
        args = tiny.config(tmp_path)
        model = tiny.model()
        train_dataset = tiny.prompts()

    tokenizer = tiny.tokenizer()
    before = provenance(Trainer, tokenizer, Scoring())
    assert provenance(Trainer, tokenizer, Scoring()) == before == json.loads(json.dumps(before))
    assert provenance(Trainer, tokenizer, Scoring(reading="official"))["checkers"] != before["checkers"]
    assert provenance(Trainer, tiny.tokenizer("{{ messages }}"), Scoring())["template"] != before["template"]
    Trainer.args.temperature = 0.5
    assert provenance(Trainer, tokenizer, Scoring())["sampling"] != before["sampling"]
    Trainer.train_dataset = tiny.prompts(17)
    assert provenance(Trainer, tokenizer, Scoring())["dataset"] != before["dataset"]


def test_a_data_set_is_known_by_its_prompts_and_constraints() -> None:
    rows = tiny.prompts(3).to_list()
    before = rows_hash(rows)
    assert before == rows_hash(tiny.prompts(3)) == rows_hash([row | {"answer": "5"} for row in rows])
    assert before != rows_hash([row | {"instruction_id_list": [QUOTES]} for row in rows])
    assert before != rows_hash([*rows[:2], rows[2] | {"prompt": "what is 3 ?"}])
    stream: Any = IterableDataset.from_generator(lambda: iter(lambda: rows[0], None))
    assert rows_hash(stream) != before  # of its first rows: it may have no end
