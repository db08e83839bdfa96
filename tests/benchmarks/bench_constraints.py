"""Constraint checks against the published ones, in one process on one core: ratios, and slopes over length.

    make bench

The texts are published solutions of MATH problems, the responses published ones to IFEval's prompts; without them
generated solutions are timed, and the evaluation of IFEval is left out.
"""

import itertools
import json
import logging
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from keepif.rewards import Text, make
from keepif.rewards.compliance import strict_and_loose
from keepif.rewards.constraints import REGISTRY, Composition, Constraint, Reading
from tests.helpers import published, shapes

DATA = Path(__file__).parents[3] / "shared" / "data"
WORDS = (500, 4_000, 20_000)
MODEL = "gpt-4o-2024-08-06"
IFEVAL = sorted(i for i in published.KWARGS if not i.startswith(("count:", "format:")))
READINGS: tuple[Reading, ...] = ("official", "math")
SHORT, LONG = 100_000, 200_000
NOTABLE = 2e-3
"""Seconds under which a time is too short for its growth to be read."""


def best(work: Callable[[], object], times: int = 5) -> float:
    """Fewest seconds of the core that `work` took."""
    found = []
    for _ in range(times):
        began = time.process_time()
        work()
        found.append(time.process_time() - began)
    return min(found)


def lines_of(name: str) -> list[Any]:
    path = DATA / name
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()] if path.exists() else []


def solutions() -> list[str]:
    found = [text for row in lines_of("math/qwen25math_math_cot.jsonl") for text in row["code"]]
    return found or [f"Adding {i} to $x_{i}$ gives {2 * i}. So the answer is \\boxed{{{i}}}." for i in range(480)]


def grown(words: int) -> str:
    """Solutions one after the other, up to so many words."""
    taken: list[str] = []
    for text in itertools.cycle(solutions()):
        taken.append(text)
        if sum(len(re.findall(r"\w+", text)) for text in taken) >= words:
            return "\n\n".join(taken)
    raise AssertionError


def by_type(console: Console, words: int) -> None:
    """Each type of IFEval, on a text that none of its views has been made of, against the published check."""
    text, fresh = grown(words), itertools.count()

    def cold(constraint: Constraint, reading: Any) -> float:
        texts = iter([Text(f"{text} {next(fresh)}") for _ in range(5)])
        return best(lambda: constraint.holds(next(texts), reading))

    table = Table("type", "published µs", "official µs", "ratio", "math µs", title=f"one check of {words} words")
    total = [0.0, 0.0]
    constraints = {i: make(i, REGISTRY[i].example.kwargs) for i in IFEVAL}
    for instruction_id, constraint in constraints.items():
        peer = published.registry()[instruction_id](instruction_id)
        peer.build_description(**REGISTRY[instruction_id].example.kwargs)
        theirs, ours, math = (
            best(lambda p=peer: p.check_following(text)),
            cold(constraint, "official"),
            cold(constraint, "math"),
        )
        total = [total[0] + theirs, total[1] + ours]
        short = " (< 4)" if theirs > 50e-6 and theirs < 4 * ours else " (slower)" if ours > theirs + 3e-6 else ""
        table.add_row(
            instruction_id,
            *(f"{1e6 * t:.1f}" for t in (theirs, ours)),
            f"{theirs / ours:.1f}{short}",
            f"{1e6 * math:.1f}",
        )
    table.add_row("sum", *(f"{1e6 * t:.0f}" for t in total), f"{total[0] / total[1]:.1f}", "")
    console.print(table)
    limit = best(lambda: re.findall(r"\w+", text))

    def together(reading: Any) -> float:
        texts = iter([Text(f"{text} {next(fresh)}") for _ in range(5)])
        return best(lambda: [c.holds(read, reading) for read in [next(texts)] for c in constraints.values()])

    console.print(
        f"one re.findall(r'\\w+'): {1e6 * limit:.0f} µs; all {len(constraints)} on one text: official "
        f"{together('official') / limit:.1f} of these, math {together('math') / limit:.1f}",
        markup=False,
    )


def ifeval(console: Console) -> None:
    """IFEval's 541 prompts, strict and loose, on a published model's responses."""
    from if_verifiable.common import evaluate_instructions

    rows = lines_of("ifeval_oracle/en_input_data.jsonl")
    responses = {row["key"]: row["response"] or "" for row in lines_of(f"ifeval_oracle/{MODEL}.jsonl")}
    if not rows:
        console.print("no IFEval responses to evaluate")
        return
    asked = [
        ([i.removeprefix("en:") for i in row["instruction_id_list"]], row["kwargs"], responses[row["key"]])
        for row in rows
    ]

    def ours() -> None:
        for ids, kwargs, response in asked:
            strict_and_loose(response, [make(i, k) for i, k in zip(ids, kwargs, strict=True)])

    def theirs() -> None:
        for ids, kwargs, response in asked:
            evaluate_instructions(response, ids, kwargs, "", published.registry())

    ours()
    mine, peers = best(ours, 3), best(theirs, 1)
    console.print(
        f"IFEval, {len(asked)} responses of {MODEL}, strict and loose: {mine:.2f} s; published {peers:.1f} s, "
        f"{peers / mine:.0f} times as long"
    )


def slopes(console: Console) -> None:
    """How the time grows when the text doubles, for every type and reading, on what has made checks slow."""
    constraints = [make(i, kind.example.kwargs) for i, kind in REGISTRY.items() if not issubclass(kind, Composition)]
    for constraint, reading in itertools.product(constraints, READINGS):  # what is loaded once is loaded now
        constraint.holds(Text("A sentence. And another."), reading)
    fresh = itertools.count()

    def cold(constraint: Constraint, reading: Reading, text: str, times: int) -> float:
        texts = iter([Text(f"{text}{next(fresh)}") for _ in range(times)])  # never one that a cache knows
        return best(lambda: constraint.holds(next(texts), reading), times)

    grew: list[tuple[float, float, str]] = []
    pairs = list(zip(shapes.texts(SHORT), shapes.texts(LONG), strict=True))
    for (name, short), (_, long) in track(pairs, "slopes", console=console):
        for constraint, reading in itertools.product(constraints, READINGS):
            if cold(constraint, reading, long, 1) < NOTABLE:
                continue
            slow, quick = cold(constraint, reading, long, 2), cold(constraint, reading, short, 2)
            if slow > 2.2 * quick:  # once more, so that what another process did does not count
                slow, quick = (min(a, cold(constraint, reading, t, 5)) for a, t in ((slow, long), (quick, short)))
            grew.append((slow / quick, slow, f"{constraint.id} {reading}, {name}"))
    steepest, slowest = max(grew), max(grew, key=lambda found: found[1])
    console.print(f"{SHORT} to {LONG} characters, {len(pairs)} shapes, {len(constraints)} types, both readings:")
    for title, (growth, seconds, what) in (("steepest", steepest), ("slowest", slowest)):
        console.print(f"  {title}: {what}: {growth:.2f} times as long, {1e3 * seconds:.0f} ms", markup=False)
    console.print(
        f"  above 2.5 times: {sum(growth > 2.5 for growth, *_ in grew)} of {len(grew)} that take 2 ms or more"
    )


def main() -> None:
    logging.disable(logging.CRITICAL)  # the published language check logs every text it gives up on
    console = Console()
    for words in WORDS:
        by_type(console, words)
    ifeval(console)
    slopes(console)


if __name__ == "__main__":
    main()
