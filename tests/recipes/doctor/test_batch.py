"""The doctor's batch arithmetic is TRL's."""

from contextlib import nullcontext
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from keepif.recipes.doctor.batch import batch
from keepif.recipes.doctor.memory import Engine
from keepif.recipes.doctor.rehearsal import read, requested
from tests.helpers.findings import TINY, bad, findings_of


def test_split_groups_are_said_and_for_terms_that_compare_refused() -> None:
    flags = ["--per_device_train_batch_size", "6"]
    two = Engine("ddp", 2)
    [split] = bad(findings_of(*flags, "--gradient_accumulation_steps", "2", engine=two))
    assert (split.level, split.check, split.change) == ("warn", "batch", "per_device_train_batch_size: 8")
    for term in (["--length_term", "kimi"], ["--no_thinking", "0.1"]):
        findings = bad(findings_of(*flags, "--gradient_accumulation_steps", "2", *term, engine=two))
        assert [(f.level, f.check, f.change) for f in findings] == [
            ("warn", "batch", "per_device_train_batch_size: 8"), ("fail", "reward", "")
        ]  # fmt: skip
    at_once = ["--generation_batch_size", "24", *flags, "--length_term", "kimi"]
    assert {finding.change for finding in bad(findings_of(*at_once, engine=two))} == {"generation_batch_size: 48", ""}


ASKED = requested(TINY, [])


@given(
    each=st.integers(1, 40),
    steps=st.integers(1, 20),
    size=st.integers(2, 20),
    ranks=st.integers(1, 16),
    at_once=st.none() | st.integers(1, 2000) | st.tuples(st.integers(1, 9), st.integers(1, 9)),
)
@example(each=6, steps=2, size=8, ranks=2, at_once=24)
def test_the_line_of_the_batch_mends_it(
    each: int, steps: int, size: int, ranks: int, at_once: int | tuple[int, int] | None
) -> None:
    """TRL refuses what fails and takes what does not; a rank has whole groups where nothing is said."""
    if isinstance(at_once, tuple):  # most numbers are no multiple of anything
        at_once = each * ranks * at_once[0] * (size if at_once[1] > 4 else at_once[1])
    asked: dict[str, Any] = ASKED | {"per_device_train_batch_size": each, "num_generations": size}
    asked |= {"generation_batch_size": at_once, "gradient_accumulation_steps": steps}
    [first] = batch(asked, ranks)
    with pytest.raises(ValueError, match="divisible by") if first.level == "fail" else nullcontext():
        grpo = read(asked, ranks).grpo
        assert (first.level == "ok") == (grpo.generation_batch_size // ranks % size == 0)
    assert bool(first.change) == (first.level != "ok")
    if first.change:
        mended = asked | yaml.safe_load(first.change)
        assert [finding.level for finding in batch(mended, ranks)] == ["ok"]
        read(mended, ranks)
