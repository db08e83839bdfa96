"""What hostile text costs: a batch with strings that hang a parser, and a soak of mixed completions.

make bench
"""

import itertools
import random
import resource
import sys
import time

import psutil
from rich.console import Console
from rich.progress import track

from keepif.rewards import KeepIFReward
from keepif.rewards.correctness.worker import MEMORY
from keepif.rewards.correctness.workers import TIMEOUT, shared_grader
from tests.benchmarks.bench_rewards import ASKED, completions
from tests.helpers import shapes
from tests.helpers.hanging import hanging

HANGING, HANGS_EVERY = 26, 20
SOAK, SETTLED, BATCH = 200_000, 20_000, 512
MIB = 2**20


def resident(process: psutil.Process) -> float:
    """MiB that a process holds."""
    return process.memory_info().rss / MIB


def hanging_batch(console: Console) -> None:
    """512 completions, 26 of which box what a parser does not come back from."""
    texts, golds, _ = completions(BATCH)
    places = random.Random(0).sample(range(BATCH), HANGING)
    for place, text in zip(places, hanging(HANGING), strict=True):
        texts[place], golds[place] = rf"So it is \boxed{{{text}}}.", r"\frac{\pi}{7}"
    grader, began = shared_grader(), time.perf_counter()
    rewards = KeepIFReward()(texts, answer=golds)
    took, bound = time.perf_counter() - began, HANGING / grader.size * TIMEOUT + 2
    grader.close()
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    each = (spent.ru_utime + spent.ru_stime) / grader.size
    console.print(
        f"{BATCH} completions, {HANGING} of which hang a parser: {took:.1f} s, {each:.1f} s of processor time a "
        f"worker (bound {bound:.0f} s), {sum(rewards[place] == 0 for place in places)} of them graded 0, "
        f"{grader.timeouts} by the clock; largest worker {spent.ru_maxrss / 1024:.0f} MiB (limit "
        f"{MEMORY / MIB:.0f}), {len(psutil.Process().children())} left"
    )


def unseen(text: str, gold: str, batch: int) -> tuple[str, str]:
    """A completion and its gold as no batch before had them; where the gold is no integer, the workers grade it."""
    if gold.isdigit():
        return f"{text} {batch}", gold
    return f"\\boxed{{{batch}x + ".join(text.rsplit("\\boxed{", 1)), f"{gold} + {batch}x"


def soak(console: Console) -> None:
    """Real, hostile and empty completions over and over, and one in some ten thousand that hangs its worker."""
    texts, golds, _ = completions(1024)
    texts += [text for _, text in shapes.texts(400)]
    golds += ["42"] * (len(texts) - len(golds))
    columns = list(zip(texts, golds, strict=True))
    random.Random(0).shuffle(columns)
    endless, reward, grader = itertools.cycle(columns), KeepIFReward(), shared_grader()
    settled, began, deaths, hung = 0.0, time.perf_counter(), grader.deaths, grader.timeouts
    for number, done in enumerate(track(range(0, SOAK, BATCH), "soak", console=console)):
        rows = [unseen(text, gold, number) for text, gold in itertools.islice(endless, BATCH)]
        if number % HANGS_EVERY == 0:
            rows[0] = (rf"\boxed{{9^{{9^{{{number + 9}}}}}}}", r"\frac{\pi}{7}")
        reward(
            [text for text, _ in rows],
            answer=[gold for _, gold in rows],
            instruction_id_list=[list(ASKED)] * BATCH,
            kwargs=[list(ASKED.values())] * BATCH,
        )
        settled = resident(psutil.Process()) if done < SETTLED else settled
    workers, now = psutil.Process().children(), resident(psutil.Process())
    console.print(
        f"{SOAK} mixed completions in {time.perf_counter() - began:.0f} s: resident {settled:.0f} MiB after "
        f"{SETTLED}, {now:.0f} MiB at the end ({100 * (now / settled - 1):+.1f} %); {len(workers)} workers with "
        f"{', '.join(f'{resident(worker):.0f}' for worker in workers)} MiB, {grader.timeouts - hung} replaced by the "
        f"clock, {grader.deaths - deaths} dead of something else"
    )


def main() -> None:
    console = Console()
    shared_grader().verdicts([("x", "x"), ("y", "y")])
    hanging_batch(console)
    soak(console)


if __name__ == "__main__":
    sys.exit(main())
