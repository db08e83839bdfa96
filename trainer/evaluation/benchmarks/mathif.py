r"""MathIF (Fu et al., 2025, arXiv 2505.14810): mathematics with one to three verifiable constraints.

The format and the rules are those of the published `vllm_core.py` and `eval_if.py`. The data is `TingchenFu/MathIF` on
the hub (MIT), 420 rows; its hub loader has not been run here, because there is no hub.

Correctness is ours ([`keepif.rewards.correctness`]: math-verify in processes that can be killed), not the published
`match_answer` and `prime_math`, which stop hanging parsers by a signal and so can hang themselves. On 480 published
solutions of a Qwen2.5-Math model it gives the scores that were published with them, on every one, and it takes the 420
gold answers in a box as right (both in the tests). `prime_math` was run beside it once, by hand: the same on the 480;
for three of the 420, equations, it does not take the gold answer as equal to itself. The two differ on purpose if a
response boxes two different values, which is wrong here and right there if the last is; and without a box, where ours
takes `The answer is x` and `#### x` in any form and theirs takes the end of the text as the answer.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from keepif.rewards import Constraint, Response, Text, constraints_of, correctness

from ..engines.generation import Sampling
from .benchmark import Benchmark, Count, Item, Sample
from .counts import counts_by_type
from .rows import Row, as_user, items_of, read_rows

HUB = "TingchenFu/MathIF"
FILES = "*_*.jsonl"
"""The fifteen files `gsm8k_single.jsonl` to `aime_triple.jsonl`, and not `toy.jsonl` beside them."""
REQUEST = "Let's think step by step and output the final answer within \\boxed{}."
FIELDS = ("question", "answer", "constraint_desc", "constraint_name", "constraint_args")


class MathIF(Benchmark):
    """MathIF's rows and its numbers.

    - `hacc`, `sacc`: responses that obey all their constraints, and the mean share obeyed, over all rows.
    - `accuracy`: with the constraints in the prompt; `accuracy_without`: without.
    - `joint`: correct and all constraints obeyed. The paper gives it in a figure only; it is the headline here.

    Args:
        source (`str` or `Path`, *optional*): the hub's name, the folder of the fifteen files, or one file.
        without_constraints (`bool`, *optional*, defaults to `False`): whether each problem is asked once more without
            its constraints, as the published `_noconstraint` run does, for `accuracy_without`.

    Raises:
        [`RowError`]: if a row lacks a published field, or its constraints cannot be read.
    """

    name = "mathif"
    headline = "joint"
    sampling = Sampling(1.0, 0.95, 16_384)  # its paper

    def __init__(self, source: str | Path | None = None, *, without_constraints: bool = False) -> None:
        rows = read_rows(source or HUB, FILES)
        items = items_of("MathIF", rows, FIELDS, _items)
        super().__init__(items if without_constraints else (item for item in items if not item.control))

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        texts = [checked_text(sample.text) for sample in samples]
        rows = [sample.item.row for sample in samples]
        answers = [without_request(text, row["question"]) for text, row in zip(texts, rows, strict=True)]
        correct = correctness(
            [Response(thinking=None, answer_text=answer) for answer in answers],
            [row["answer"] for row in rows],
            [row["question"] for row in rows],
        )
        return [_scored(*parts) for parts in zip(samples, texts, correct, strict=True)]


def _items(number: int, row: Row) -> Iterable[Item]:
    """A row's item, and the control without its constraints."""
    constraints = tuple(constraints_of(row))
    key = f"{row.get('id', number)} x{len(constraints)}"  # `id` alone is not unique
    yield Item(
        key=key,
        messages=_prompt(row["question"], row["constraint_desc"]),
        instructions=tuple(row["constraint_desc"]),
        constraint_types=tuple(constraint.id for constraint in constraints),
        row=row,
        constraints=constraints,
        defective=next(defects(constraints, str(row["answer"])), None),
    )
    yield Item(f"{key}/noconstraint", _prompt(row["question"], ()), row=row, control=True)


def _scored(sample: Sample, text: str, c: float | None) -> Sample:
    counts: dict[str, Count] = {} if c is None else {"accuracy": (c, 1)}
    if sample.item.control:
        return replace(sample, counts={f"{metric}_without": count for metric, count in counts.items()})
    verdicts = [(constraint.id, constraint.holds(Text(text), "official")) for constraint in sample.item.constraints]
    compliant = [verdict for _, verdict in verdicts]
    counts = {"hacc": (all(compliant), 1), "sacc": (sum(compliant) / len(compliant), 1), **counts}
    if c is not None:
        counts["joint"] = (c * all(compliant), 1)
    return replace(sample, counts=counts, by_type=counts_by_type(verdicts))


def _prompt(question: str, sentences: Sequence[str]) -> tuple[Mapping[str, str], ...]:
    """The published prompt, which has no blank before `Let's` and none after the full stop."""
    return as_user(question + REQUEST + " ".join(sentences))


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
    r"""Why no response can obey all `constraints` and state `gold` as it is written in `\boxed{}`, as it must.

    Except for the first reason, a wrong answer can obey them all, and so can a right one of another form.
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
