"""IFEval (Zhou et al., 2023, arXiv 2311.07911): 541 prompts with 834 verifiable instructions.

The data is `google/IFEval` on the hub (Apache-2.0); its hub loader has not been run here, because there is no hub.
The checks are ours in the reading `official`, which the tests hold against published verdicts. Where the published
code draws at random (language guesses, a letter that is none), ours does not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from keepif.rewards import constraints_of
from keepif.rewards.compliance import strict_and_loose

from .benchmark import Benchmark, Item, Sample
from .counts import counts_by_type, four_counts
from .rows import Row, as_user, items_of, read_rows

HUB = "google/IFEval"
FIELDS = ("key", "prompt", "instruction_id_list", "kwargs")


class IFEval(Benchmark):
    """IFEval's rows and its four numbers: `prompt_strict`, `prompt_loose`, `instruction_strict`, `instruction_loose`.

    Prompt-level counts responses that follow all their instructions, instruction-level all instructions together, as
    published. By type: strict.

    Thinking is taken off first: the text after the last closing delimiter is checked. A response whose thinking never
    closes follows nothing. The published code, written before models thought aloud, has no such rule.

    Args:
        source (`str` or `Path`, *optional*): the hub's name, or a file with `key`, `prompt`, `instruction_id_list` and
            `kwargs`.

    Raises:
        [`RowError`]: if a row's instructions cannot be read.
    """

    name = "ifeval"
    headline = "prompt_strict"

    def __init__(self, source: str | Path | None = None) -> None:
        super().__init__(items_of("IFEval", read_rows(source or HUB), FIELDS, _items))

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        return [_scored(sample) for sample in samples]


def _items(_: int, row: Row) -> Iterable[Item]:
    constraints = constraints_of(row)
    yield Item(
        key=str(row["key"]),
        messages=as_user(row["prompt"]),
        instructions=tuple(c.description.removesuffix(c.definition).rstrip() for c in constraints),
        constraint_types=tuple(constraint.id for constraint in constraints),
        row=row,
        constraints=tuple(constraints),
    )


def _scored(sample: Sample) -> Sample:
    strict, loose = strict_and_loose(sample.answer_text, sample.item.constraints)
    by_type = counts_by_type(zip(sample.item.constraint_types, strict, strict=True))
    return replace(sample, counts=four_counts(strict, loose), by_type=by_type)
