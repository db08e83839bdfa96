"""How far fillers and real solutions lie from the guard's thresholds of compression.

    python tests/rewards/measure_guard.py

Fillers are loops, words drawn from a few, and counters, alone and around real text, as far as they compress to less
than a fifth. What spares the best compression is to see them below its threshold; what it lets pass is counted, and
what the guard as a whole does.
"""

import itertools
import random
import string
import zlib
from collections.abc import Callable, Iterator

from rich.console import Console

from keepif.rewards import Text
from keepif.rewards.guard.guard import FILLER, LOOK, NEARLY, SAMPLE, SAMPLES, SHORT, VARIED, is_filler, sampled
from keepif.rewards.text.words import words_of
from tests.benchmarks.bench_constraints import lines_of

EACH = 1500


def fillers(real: list[str], rng: random.Random) -> Iterator[str]:
    """`EACH` of every kind."""
    vocabulary = sorted({word for text in real for word in words_of(text.lower())})
    pairs = ["".join(pair) for pair in itertools.product(string.ascii_lowercase, repeat=2)]
    for _ in range(EACH):
        period, length = int(3 * 10 ** rng.uniform(0, 3.6)), rng.randint(SHORT, LOOK)
        loop = "".join(rng.choices(real, k=12))[:period]
        yield (loop * (length // len(loop) + 1))[:length]
        few = rng.sample(vocabulary, rng.randint(1, 60))
        yield " ".join(rng.choices(few, k=rng.randint(30, 3000)))
        stem = "".join(rng.choices(string.ascii_lowercase, k=rng.randint(3, 30)))
        yield rng.choice([" ", ", ", "\n"]).join(stem + pair for pair in pairs[: rng.randint(20, 676)])


def around(filler: str, text: str) -> Iterator[str]:
    """A filler alone, and behind, before and around a piece of real text."""
    middle, piece = len(filler) // 2, text[: len(filler) // 8]
    yield from (filler, piece + filler, filler + piece, filler[:middle] + piece + filler[middle:])


def share(level: int) -> Callable[[bytes], float]:
    """Compressed size over size."""
    return lambda code: len(zlib.compress(code, level)) / len(code)


def main() -> None:
    rng, console = random.Random(0), Console()
    real = [text for row in lines_of("math/qwen25math_math_cot.jsonl") for text in row["code"]]
    if not real:
        console.print("no published solutions to measure")
        return
    made = [text for filler in fillers(real, rng) for text in around(filler, rng.choice(real))]
    spam = {text: code for text in made if len(code := text[-LOOK:].encode()) >= SHORT}
    spam = {text: code for text, code in spam.items() if len(zlib.compress(code)) < FILLER * len(code)}
    solutions = [code for text in real if len(code := text[-LOOK:].encode()) >= SHORT]
    long = [code for code in spam.values() if len(code) >= 2 * SAMPLES * SAMPLE]
    rows = [
        ("best compression: the lowest solution", solutions, share(6), min, FILLER),
        ("quickest compression: the highest filler", spam.values(), share(1), max, NEARLY),
        ("sample: the highest filler", long, sampled, max, VARIED),
    ]
    for name, texts, measure, extreme, threshold in rows:
        found = [measure(text) for text in texts]
        passed = sum(value >= threshold for value in found)
        console.print(f"{name} of {len(found)}: {extreme(found):.3f}; {passed} at {threshold} or above")
    missed = sum(not is_filler(Text(text)) for text in spam)
    console.print(f"of {len(spam)} fillers the guard lets {missed} pass")


if __name__ == "__main__":
    main()
