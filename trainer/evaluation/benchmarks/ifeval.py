"""IFEval (Zhou et al., 2023, arXiv 2311.07911): 541 prompts with 834 verifiable instructions.

The data is `google/IFEval` on the hub (Apache-2.0); its hub loader has not been run here, where there is no hub. The
checks are ours in the reading `official`, which the tests hold against published verdicts; where the published code
draws at random (language guesses, a letter that is none), ours does not.
"""

from collections.abc import Sequence
from pathlib import Path

from keepif.rewards import Constraint, ConstraintError, Delimiters, Response, constraints_of
from keepif.rewards.compliance import strict_and_loose
from keepif.rewards.text.response import DEFAULT_DELIMITERS

from ...data.constrain import RowError
from .benchmark import Item, Outcome, Sample, unique
from .counts import counts_by_type, four_counts
from .source import read_rows

HUB = "google/IFEval"
FIELDS = ("key", "prompt", "instruction_id_list", "kwargs")


class IFEval:
    """IFEval's rows and its four numbers: `prompt_strict`, `prompt_loose`, `instruction_strict`, `instruction_loose`.

    Prompt-level counts responses that follow all their instructions, instruction-level all instructions together, as
    published. By type: strict.

    Thinking is taken off first: what is checked is the text behind the last closing delimiter. A response whose
    thinking never closes follows nothing. The published code, written before models thought aloud, has no such rule.

    Args:
        source (`str` or `Path`, *optional*): the hub's name, or a file with `key`, `prompt`, `instruction_id_list` and
            `kwargs`.
        delimiters ([`Delimiters`], *optional*): what opens and closes the thinking.

    Raises:
        [`RowError`]: where a row's instructions cannot be read.
    """

    name = "ifeval"
    headline = "prompt_strict"

    def __init__(self, source: str | Path | None = None, *, delimiters: Delimiters = DEFAULT_DELIMITERS) -> None:
        self.delimiters = delimiters
        self._items: list[Item] = []
        self._constraints: dict[str, list[Constraint]] = {}
        for number, row in enumerate(read_rows(source or HUB)):
            if missing := [field for field in FIELDS if row.get(field) is None]:
                raise RowError(f"IFEval row {number}: no field {missing[0]!r}; it has {sorted(row)}")
            try:
                constraints = constraints_of(row)
            except ConstraintError as error:
                raise RowError(f"IFEval row {number}: {error}") from None
            key = str(row["key"])
            self._constraints[key] = constraints
            self._items.append(
                Item(
                    key=key,
                    messages=({"role": "user", "content": row["prompt"]},),
                    instructions=tuple(c.description.removesuffix(c.definition).rstrip() for c in constraints),
                    constraint_types=tuple(constraint.id for constraint in constraints),
                    row=row,
                )
            )
        self._items = unique("IFEval", self._items)

    def items(self) -> list[Item]:
        return self._items

    def score(self, samples: Sequence[Sample]) -> list[Outcome]:
        return [self._outcome(sample) for sample in samples]

    def _outcome(self, sample: Sample) -> Outcome:
        constraints = self._constraints[sample.item.key]
        strict, loose = strict_and_loose(Response.parse(sample.text, self.delimiters).answer_text, constraints)
        by_type = counts_by_type(sample.item.constraint_types, strict)
        return Outcome(sample.item.key, sample.index, four_counts(strict, loose), by_type)
