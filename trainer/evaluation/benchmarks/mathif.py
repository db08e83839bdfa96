r"""MathIF (Fu et al., 2025, arXiv 2505.14810): mathematics with one to three verifiable constraints.

The format and the rules are those of the published `vllm_core.py` and `eval_if.py`. The data is `TingchenFu/MathIF` on
the hub (MIT), 420 rows; its hub loader has not been run here, where there is no hub.

Correctness is ours ([`keepif.rewards.correctness`]: math-verify in processes that can be killed), not the published
`match_answer` and `prime_math`, which stop hanging parsers by a signal and so can hang themselves. On 480 published
solutions of a Qwen2.5-Math model it gives the scores that were published with them, on every one, and finds the 420
gold answers right in a box (both in the tests). `prime_math` was run beside it once, by hand: the same on the 480, and
on three of the 420, equations, it does not find the gold answer equal to itself. The two differ on purpose where a
response boxes two different values, which is wrong here and there right if the last is; and without a box, where ours
takes `The answer is x` and `#### x` in any form and theirs takes the end of the text for the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from keepif.rewards import Constraint, ConstraintError, Response, Text, constraints_of, correctness

from ...data.constrain import RowError
from .benchmark import Count, Item, Outcome, Sample, unique
from .counts import counts_by_type
from .source import read_rows

HUB = "TingchenFu/MathIF"
FILES = "*_*.jsonl"
"""The fifteen files `gsm8k_single.jsonl` to `aime_triple.jsonl`, and not the toy one beside them."""
ASK = "Let's think step by step and output the final answer within \\boxed{}."
FIELDS = ("question", "answer", "constraint_desc", "constraint_name", "constraint_args")


class MathIF:
    """MathIF's rows and its numbers.

    - `hacc`, `sacc`: responses that keep all their constraints, and the mean share kept, over all rows.
    - `correct`: with the constraints in the prompt; `correct_without`: without.
    - `joint`: correct and all constraints kept at once. The paper gives it in a figure only; it is the headline here.

    Args:
        source (`str` or `Path`, *optional*): the hub's name, the folder of the fifteen files, or one file.
        without_constraints (`bool`, *optional*, defaults to `False`): whether each problem is asked once more without
            its constraints, as the published `_noconstraint` run does, for `correct_without`.

    Raises:
        [`RowError`]: where a row has not the published fields, or its constraints cannot be read.
    """

    name = "mathif"
    headline = "joint"

    def __init__(self, source: str | Path | None = None, *, without_constraints: bool = False) -> None:
        self.without_constraints = without_constraints
        self._items: list[Item] = []
        self._constraints: dict[str, list[Constraint]] = {}
        for number, row in enumerate(read_rows(source or HUB, FILES)):
            self._add(number, row)
        self._items = unique("MathIF", self._items)

    def items(self) -> list[Item]:
        return self._items

    def score(self, samples: Sequence[Sample]) -> list[Outcome]:
        texts = [checked_text(sample.text) for sample in samples]
        rows = [sample.item.row for sample in samples]
        answers = [without_request(text, row["question"]) for text, row in zip(texts, rows, strict=True)]
        correct = correctness(
            [Response(thinking=None, answer_text=answer) for answer in answers],
            [row["answer"] for row in rows],
            [row["question"] for row in rows],
        )
        return [self._outcome(*found) for found in zip(samples, texts, correct, strict=True)]

    def _add(self, number: int, row: Mapping[str, Any]) -> None:
        if missing := [field for field in FIELDS if row.get(field) is None]:
            raise RowError(f"MathIF row {number}: no field {missing[0]!r}; it has {sorted(row)}")
        try:
            constraints = constraints_of(row)
        except ConstraintError as error:
            raise RowError(f"MathIF row {number}: {error}") from None
        key = f"{row.get('id', number)} x{len(constraints)}"  # `id` alone is not unique
        self._constraints[key] = constraints
        self._items.append(
            Item(
                key=key,
                messages=_asked(row["question"], row["constraint_desc"]),
                instructions=tuple(row["constraint_desc"]),
                constraint_types=tuple(constraint.id for constraint in constraints),
                row=row,
                defective=next(defects(constraints, str(row["answer"])), None),
            )
        )
        if self.without_constraints:
            alone = Item(f"{key}/noconstraint", _asked(row["question"], ()), row=row, control=True)
            self._items.append(alone)

    def _outcome(self, sample: Sample, text: str, c: float | None) -> Outcome:
        right: dict[str, Count] = {} if c is None else {"correct": (c, 1)}
        key, index = sample.item.key, sample.index
        if key not in self._constraints:
            return Outcome(key, index, {f"{metric}_without": count for metric, count in right.items()})
        constraints = self._constraints[key]
        kept = [constraint.holds(Text(text), "official") for constraint in constraints]
        counts: dict[str, Count] = {"hacc": (all(kept), 1), "sacc": (sum(kept) / len(kept), 1), **right}
        if c is not None:
            counts["joint"] = (c * all(kept), 1)
        return Outcome(key, index, counts, counts_by_type(sample.item.constraint_types, kept))


def _asked(question: str, sentences: Sequence[str]) -> tuple[Mapping[str, str], ...]:
    """The published prompt, which has no blank before `Let's` and none behind the full stop."""
    return ({"role": "user", "content": question + ASK + " ".join(sentences)},)


def checked_text(text: str) -> str:
    """The part of a response that is checked, by the published rule: the second piece of every split, as it stands.

    Without `</think>` it is the whole text, the thinking included.

    >>> checked_text("<think>a</think>b<answer>c</answer>"), checked_text("a</think>b</think>c"), checked_text("a")
    ('c', 'b', 'a')
    """
    for mark in ("<think>", "</think>", "<answer>"):
        if mark in text:
            text = text.split(mark)[1]
    return text.split("</answer>")[0]


def without_request(text: str, request: str) -> str:
    """`text` without the request at its start, which some rows ask to be repeated: Minerva's state earlier answers."""
    text, request = text.lstrip(), request.strip()
    return text[len(request) :] if text.lower().startswith(request.lower()) else text


def defects(constraints: Sequence[Constraint], gold: str) -> Iterator[str]:
    r"""Why no response can keep all `constraints` and state `gold` as it is written in `\boxed{}` as it is asked to.

    But for the first reason, a wrong answer can keep them all, and so can a right one of another form.
    """
    by_id = {constraint.id: constraint for constraint in constraints}
    if "punctuation:no_comma" in by_id:
        repeated = by_id.get("combination:repeat_prompt")
        if repeated and "," in repeated.copied:
            yield "no commas, but a request with commas to repeat"
        if "," in gold:
            yield "no commas, but a gold answer with commas"
    if "change_case:english_capital" in by_id and gold != gold.upper():
        yield "all capitals, but a gold answer with small letters"
    if "change_case:english_capital" in by_id:
        yield "all capitals, but an answer in \\boxed"
    if "change_case:english_lowercase" in by_id and gold != gold.lower():
        yield "all small letters, but a gold answer with capitals"
