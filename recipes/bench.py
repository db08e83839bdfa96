"""Rewards against their peers in one process, on one core: ratios, not times.

make bench
"""

import random
import re
import time
from collections.abc import Callable

from rich.console import Console
from rich.table import Table
from trl.rewards import accuracy_reward

from keepif.rewards import KeepIFReward, Response, Text, correctness, make
from keepif.rewards.constraints import REGISTRY
from keepif.rewards.grader import shared_grader

ROWS = 1024
SENTENCES = (
    "First we note that the total is found by adding the parts.", "Thus $a_{%d} = %d$ as claimed.",
    "Let $x$ be the number of apples, so that $x + %d = %d$.", "Dividing both sides by %d gives %d.",
)  # fmt: skip


def solution(rng: random.Random, answer: str, words: int) -> str:
    """A solution of about so many words that ends in its boxed answer."""
    said: list[str] = []
    while sum(len(sentence.split()) for sentence in said) < words:
        sentence = rng.choice(SENTENCES)
        said.append(sentence % tuple(rng.randint(2, 99) for _ in range(sentence.count("%d"))))
    return " ".join([*said, rf"So the answer is \boxed{{{answer}}}."])


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def grading(rng: random.Random, console: Console) -> None:
    """Correctness alone against TRL's accuracy_reward: the same completions, nine in ten with a plain number."""
    golds = [
        str(rng.randint(2, 999)) if rng.random() < 0.9 else rf"\frac{{{rng.randint(2, 99)}\pi}}{{7}}"
        for _ in range(ROWS)
    ]
    texts = [solution(rng, gold if rng.random() < 0.5 else str(rng.randint(2, 999)), 150) for gold in golds]
    shared_grader().verdicts([("x", "x"), ("y", "y")])  # the workers are up, as attach() leaves them
    messages = [[{"role": "assistant", "content": text}] for text in texts]
    ours = seconds(lambda: correctness([Response.parse(text) for text in texts], golds))
    theirs = seconds(lambda: accuracy_reward(messages, [rf"\boxed{{{gold}}}" for gold in golds]))
    console.print(
        f"grading {ROWS} completions: keepif {1e6 * ours / ROWS:.0f} µs each, TRL's accuracy_reward "
        f"{1e6 * theirs / ROWS:.0f} µs each: {theirs / ours:.1f} times as long"
    )


def checking(rng: random.Random, console: Console) -> None:
    """Each constraint type in both readings, on a text of 4,000 words, against one pass of `\\w+` over it."""
    text = solution(rng, "42", 4000)
    table = Table("constraint", "official µs", "math µs", title="one check of 4,000 words, views cold")
    for instruction_id in sorted(REGISTRY):
        constraint = make(instruction_id, REGISTRY[instruction_id].example.kwargs)
        times = []
        for reading in ("official", "math"):
            constraint.holds(Text(text), reading)  # language models loaded
            times.append(min(seconds(lambda c=constraint, r=reading: c.holds(Text(text + " "), r)) for _ in range(5)))
        table.add_row(instruction_id, *(f"{1e6 * t:.0f}" for t in times))
    limit = min(seconds(lambda: re.findall(r"\w+", text)) for _ in range(5))
    table.add_row(r"(the limit: re.findall(r'\w+'))", f"{1e6 * limit:.0f}")
    console.print(table)


def whole(rng: random.Random, console: Console) -> None:
    """The combined reward with three constraints."""
    ids = ["punctuation:no_comma", "keywords:existence", "length_constraints:number_words"]
    kwargs = [{}, {"keywords": ["total"]}, {"num_words": 400, "relation": "less than"}]
    texts = [solution(rng, "42", 300) for _ in range(ROWS)]
    columns = {"answer": ["42"] * ROWS, "instruction_id_list": [ids] * ROWS, "kwargs": [kwargs] * ROWS}
    took = seconds(lambda: KeepIFReward()(texts, **columns))
    console.print(f"the combined reward with three constraints, 300 words: {1e6 * took / ROWS:.0f} µs a completion")


def main() -> None:
    rng, console = random.Random(0), Console()
    grading(rng, console)
    whole(rng, console)
    checking(rng, console)


if __name__ == "__main__":
    main()
