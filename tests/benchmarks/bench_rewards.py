"""Grading and the combined reward against their peers, in one process: ratios, not times.

    make bench

Two ratios each: of the time on the clock, and of processor time, in which our grading workers, which have the other
cores, count as well. Both sides have graded a few answers before: what they load and build once is not in the times.

The completions are published solutions of MATH problems, eight to a problem, with their own answers; whole-numbered
golds are drawn anew, and verdicts forgotten before each round, so that none comes from a cache but within a batch.
"""

import gc
import logging
import random
import re
import sys
import time
from statistics import median
from typing import Any

import psutil
from rich.console import Console
from trl.rewards import accuracy_reward

from keepif.rewards import KeepIFReward, Response, Scoring, correctness, keepif_reward
from keepif.rewards.correctness.workers import shared_grader
from tests.benchmarks.bench_constraints import lines_of
from tests.helpers import published

WARM = [("x+1", "1+x"), (r"\frac{x}{2}", "x/3"), (r"\sqrt{2}", r"\frac{\pi}{3}"), ("(1, 2]", "[0, 1)")] * 2
LAST_BOX = re.compile(r"\\boxed\{[^{}]*\}(?!.*\\boxed)", re.DOTALL)
END = 2
ROUNDS = 5
"""Rounds of each comparison, every one on other completions."""
ASKED: dict[str, dict[str, Any]] = {
    "punctuation:no_comma": {},
    "keywords:existence": {"keywords": ["total"]},
    "length_constraints:number_words": {"num_words": 400, "relation": "less than"},
}


def completions(
    count: int, words: int | None = None, thinking: int = 0, seed: int = 0
) -> tuple[list[str], list[str], list[str]]:
    """So many completions, their golds and prompts.

    With `words`, each answer is led up to by other solutions to that length; with `thinking`, so many words of them
    stand before it as its thinking.
    """
    rng, rows = random.Random(seed), lines_of("math/qwen25math_math_cot.jsonl")
    texts, golds, prompts = [], [], []
    while len(texts) < count:
        row = rng.choice(rows)
        whole = row["gt"].isdigit()
        gold = str(rng.randint(2, 99_999)) if whole else row["gt"]
        for text, right in zip(row["code"], row["score"], strict=True):
            answer = gold if right else str(rng.randint(2, 99_999))
            written = LAST_BOX.sub(lambda _, a=answer: rf"\boxed{{{a}}}", text) if whole else text
            written = written if words is None else _led_up_to(rng, rows, written, words)
            thought = f"<think>{_led_up_to(rng, rows, 'That is it.', thinking)}</think>" if thinking else ""
            texts.append(thought + written)
            golds.append(gold)
            prompts.append(row["question"])
    return texts[:count], golds[:count], prompts[:count]


def _led_up_to(rng: random.Random, rows: list[Any], text: str, words: int) -> str:
    """`text` behind the working of other solutions, which ends before the line that states their answer."""
    said, length = [text], len(text.split())
    while length < words:
        working = rng.choice(rng.choice(rows)["code"]).split("\\boxed")[0]
        said.append(working.rpartition("\n")[0] or "Let us see.")
        length += len(said[-1].split())
    return "\n\n".join(reversed(said))


def clocks() -> tuple[float, float]:
    """Seconds on the clock, and of processor time of this process and its grading workers."""
    workers = [worker.process.pid for worker in shared_grader().workers]
    times = [psutil.Process(pid).cpu_times() for pid in workers]
    return time.perf_counter(), time.process_time() + sum(spent.user + spent.system for spent in times)


def seconds(work: Any) -> tuple[float, float]:
    sys.modules[correctness.__module__]._cache.clear()  # noqa: SLF001
    gc.collect()  # or one side clears up what the other leaves
    began = clocks()
    work()
    clock, processor = (now - then for now, then in zip(clocks(), began, strict=True))
    return clock, processor


def compared(rounds: list[tuple[tuple[float, float], tuple[float, float]]], count: int) -> str:
    """A completion's cost to either side by both clocks and the ratio: medians of the rounds, and their extremes."""
    said = []
    for clock, name in enumerate(("on the clock", "of processor time")):
        mine, peers = ([spent[side][clock] for spent in rounds] for side in (0, 1))
        ratios = [theirs / ours for ours, theirs in zip(mine, peers, strict=True)]
        said.append(
            f"{name} {1e6 * median(mine) / count:.0f} µs, theirs {1e6 * median(peers) / count:.0f} µs: "
            f"{median(ratios):.1f} times as long ({min(ratios):.1f} to {max(ratios):.1f})"
        )
    return "; ".join(said)


def messages(texts: list[str]) -> list[Any]:
    return [[{"role": "assistant", "content": text}] for text in texts]


def grading(console: Console, count: int = 4096) -> None:
    """Correctness alone against TRL's accuracy_reward."""
    rounds = []
    for seed in range(ROUNDS):
        texts, golds, _ = completions(count, seed=seed)
        ours = seconds(lambda t=texts, g=golds: correctness([Response.parse(text) for text in t], g))
        theirs = seconds(lambda t=texts, g=golds: trls(t, g))
        rounds.append((ours, theirs))
    console.print(f"grading {count} completions, and TRL's accuracy_reward: {compared(rounds, count)}")


def trls(texts: list[str], golds: list[str]) -> None:
    accuracy_reward(messages(texts), [rf"\boxed{{{gold}}}" for gold in golds])


def whole(console: Console, words: int, thinking: int = 0, count: int = 1024) -> None:
    """The combined reward, with guard, budget and end tokens, against accuracy_reward and if-verifiable's verdicts.

    accuracy_reward grades the whole completion, as it does in a run; if-verifiable is shown the answer.
    """
    tokens = words + thinking
    asked = {"instruction_id_list": [list(ASKED)] * count, "kwargs": [list(ASKED.values())] * count}
    asked |= {"completion_ids": [[5] * tokens + [END]] * count}
    reward = KeepIFReward(scoring=Scoring(budget=3 * tokens // 4, end_ids={END}))
    rounds = []
    for seed in range(words, words + ROUNDS):
        texts, golds, prompts = completions(count, words, thinking, seed)
        ours = seconds(lambda t=texts, g=golds, p=prompts: reward(t, answer=g, prompts=p, **asked))
        theirs = seconds(lambda t=texts, g=golds: (trls(t, g), official(t)))
        rounds.append((ours, theirs))
    console.print(
        f"the combined reward on {count} completions of {words} words behind {thinking} of thinking, with three "
        f"constraints, length and guard, and accuracy_reward and if-verifiable: {compared(rounds, count)}"
    )


def official(texts: list[str]) -> None:
    """if-verifiable's verdicts on each answer."""
    for text in texts:
        for instruction_id, kwargs in ASKED.items():
            published.check(instruction_id, kwargs, text.rpartition("</think>")[2])


def main() -> None:
    logging.disable(logging.CRITICAL)
    console = Console()
    if not lines_of("math/qwen25math_math_cot.jsonl"):
        console.print("no published solutions to grade")
        return
    published.registry()
    shared_grader().verdicts(WARM)
    keepif_reward([answer for answer, _ in WARM], answer=[gold for _, gold in WARM])
    trls([rf"\boxed{{{answer}}}" for answer, _ in WARM], [gold for _, gold in WARM])
    grading(console)
    whole(console, 4000)
    whole(console, 400, thinking=3600)


if __name__ == "__main__":
    main()
