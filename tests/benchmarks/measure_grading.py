r"""What grading pays that it should not, and what it refuses that is right, over published questions and golds.

    python -m tests.benchmarks.measure_grading

Three numbers: the questions' own formulas, boxed, that are paid though the gold is another text (GSM8K's questions
have none: there, the last step of each solution, not worked out); the golds, boxed, that are not paid; and the
published solutions whose grade is not the published one.
"""

import re
from collections.abc import Iterator, Sequence

from rich.console import Console

from keepif.rewards import Response, correctness
from keepif.rewards.correctness.claims import gold_answer
from keepif.rewards.correctness.form import tokens
from keepif.rewards.correctness.values import normalised
from tests.benchmarks.bench_constraints import lines_of

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$|\\\[(.+?)\\\]|\\\((.+?)\\\)", re.DOTALL)
STEP = re.compile(r"<<([^<>=]+)=[^<>]*>>")
BATCH = 64

Row = tuple[str, str, str]
"""Question, gold, what is boxed."""


def questions(name: str) -> list[tuple[str, str]]:
    """The questions of a data set, and their golds."""
    return [(row.get("problem") or row["question"], str(row["answer"])) for row in lines_of(name)]


def own_formulas(rows: Sequence[tuple[str, str]]) -> Iterator[Row]:
    """Each formula of each question that is not the gold itself."""
    for question, gold in rows:
        target = gold_answer(gold)
        for groups in FORMULA.findall(question) if target else ():
            formula = next(filter(None, groups)).strip().rstrip(".,;")
            if not same_text(formula, target or ""):
                yield question, gold, formula


def same_text(claim: str, gold: str) -> bool:
    """Whether two values are written alike, but for their dressing and the order of their terms."""
    claim, gold = normalised(claim), normalised(gold)
    return claim == gold or sorted(tokens(claim)) == sorted(tokens(gold))


def last_steps(rows: Sequence[tuple[str, str]]) -> Iterator[Row]:
    """The last calculation of each solution of GSM8K, as it stands before it is worked out."""
    for question, gold in rows:
        steps = STEP.findall(gold)
        if steps and not same_text(steps[-1], gold_answer(gold) or ""):
            yield question, gold, steps[-1]


def own_golds(rows: Sequence[tuple[str, str]]) -> Iterator[Row]:
    for question, gold in rows:
        yield question, gold, gold_answer(gold) or ""


def graded(rows: Sequence[Row]) -> list[float | None]:
    return correctness(
        [Response.parse(rf"So it is \boxed{{{content}}}.") for _, _, content in rows],
        [gold for _, gold, _ in rows],
        [question for question, _, _ in rows],
    )


def solutions() -> tuple[int, int]:
    """How many published solutions there are, and how many of our grades are not the published ones."""
    rows = lines_of("math/qwen25math_math_cot.jsonl")
    differ = 0
    for row in rows:
        ours = correctness(
            [Response.parse(text) for text in row["code"]],
            [row["gt"]] * len(row["code"]),
            [row["question"]] * len(row["code"]),
        )
        differ += sum(mark != bool(score) for mark, score in zip(ours, row["score"], strict=True))
    return sum(len(row["code"]) for row in rows), differ


def shown(console: Console, name: str, rows: Sequence[Row], wrong: float) -> None:
    cases = [row for row, grade in zip(rows, graded(rows), strict=True) if (grade == 1.0) == (wrong == 1.0)]
    console.print(f"{name}: {len(cases)} of {len(rows)}", highlight=False, markup=False)
    for question, gold, content in cases[:40]:
        console.print(f"    {content!r} for {gold[-60:]!r}: {question[:100]!r}", highlight=False, markup=False)


def main() -> None:
    console = Console(width=200)
    math, college, gsm8k = (
        questions(f"math/{name}.jsonl") for name in ("math500_test", "college_math_sample", "gsm8k_test")
    )
    if not math:
        console.print("no published questions to grade")
        return
    shown(console, "MATH-500's own formulas that are paid", list(own_formulas(math)), 1.0)
    shown(console, "College Math's own formulas that are paid", list(own_formulas(college)), 1.0)
    shown(console, "GSM8K's last steps that are paid", list(last_steps(gsm8k)), 1.0)
    for name, rows in (("MATH-500", math), ("College Math", college), ("GSM8K", gsm8k)):
        shown(console, f"{name}'s golds that are not paid", list(own_golds(rows)), 0.0)
    console.print("published solutions graded otherwise than published: {1} of {0}".format(*solutions()))


if __name__ == "__main__":
    main()
