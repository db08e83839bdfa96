"""What hostile text costs: a batch with strings that hang a parser, and a soak of mixed completions.

make bench
"""

import itertools
import os
import random
import subprocess
import sys
import time

import shapes
from bench_rewards import ASKED, completions
from rich.console import Console
from rich.progress import track

from keepif.rewards import KeepIFReward
from keepif.rewards.grader import TIMEOUT, shared_grader

TOWERS = [rf"\\sum_{{k=1}}^{{10^{{{n}}}}} k^k" for n in range(9, 22)]
INTEGRALS = [rf"\\int_0^{n} e^{{\\sin x^2}}\\cos(x^x) dx" for n in range(1, 14)]
HANGING = (*TOWERS, *INTEGRALS)
SOAK, SETTLED, BATCH = 200_000, 20_000, 512


def resident() -> float:
    """MiB that this process holds."""
    pages = int(open("/proc/self/statm").read().split()[1])  # noqa: PTH123, SIM115
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def workers() -> int:
    """Grading workers that are running, of this process."""
    found = subprocess.run(["pgrep", "-P", str(os.getpid()), "-f", "grading_worker"], capture_output=True, check=False)
    return len(found.stdout.split())


def hanging_batch(console: Console) -> None:
    """512 completions, 26 of which box what a parser does not come back from."""
    texts, golds = completions(BATCH)
    places = random.Random(0).sample(range(BATCH), len(HANGING))
    for place, hanging in zip(places, HANGING, strict=True):
        texts[place], golds[place] = rf"So it is \boxed{{{hanging}}}.", r"\frac{\pi}{7}"
    began = time.perf_counter()
    rewards = KeepIFReward()(texts, answer=golds)
    took, bound = time.perf_counter() - began, len(HANGING) / shared_grader().size * TIMEOUT + 2
    console.print(
        f"{BATCH} completions, {len(HANGING)} of which hang a parser: {took:.1f} s (bound {bound:.0f} s), "
        f"{sum(rewards[place] == 0 for place in places)} of them graded 0"
    )


def soak(console: Console) -> None:
    """Real, hostile and empty completions over and over."""
    texts, golds = completions(1024)
    texts += [text for _, text in shapes.texts(400)]
    golds += ["42"] * (len(texts) - len(golds))
    columns = list(zip(texts, golds, strict=True))
    random.Random(0).shuffle(columns)
    endless = itertools.cycle(columns)
    reward, settled, began = KeepIFReward(), 0.0, time.perf_counter()
    for done in track(range(0, SOAK, BATCH), "soak", console=console):
        batch = list(itertools.islice(endless, BATCH))
        reward(
            [f"{text} {done + i}" for i, (text, _) in enumerate(batch)],  # nothing is known from an earlier batch
            answer=[gold for _, gold in batch],
            instruction_id_list=[list(ASKED)] * BATCH,
            kwargs=[list(ASKED.values())] * BATCH,
        )
        settled = resident() if done < SETTLED else settled
    grew = 100 * (resident() / settled - 1)
    console.print(
        f"{SOAK} mixed completions in {time.perf_counter() - began:.0f} s: resident {settled:.0f} MiB after "
        f"{SETTLED}, {resident():.0f} MiB at the end ({grew:+.1f} %), {workers()} workers"
    )


def main() -> None:
    console = Console()
    shared_grader().verdicts([("x", "x"), ("y", "y")])
    hanging_batch(console)
    soak(console)


if __name__ == "__main__":
    sys.exit(main())
