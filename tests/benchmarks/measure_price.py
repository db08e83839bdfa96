"""What keeping one constraint type costs a policy, and what it costs the other prompts.

python -m tests.benchmarks.measure_price "dear 40" length_constraints:number_words runs/worlds/dear_40/keepif/seed-0
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from keepif.recipes.tiny_policy.evaluate import sample
from keepif.recipes.tiny_policy.reinforce import Place, load
from keepif.recipes.tiny_policy.worlds import WORLDS
from keepif.rewards import Delimiters, Score, Scoring

SAMPLES = 4


def scores_of(world: str, weights: Path) -> list[Score]:
    """The policy's completions of the world's held-out prompts, scored."""
    model, tokenizer = load(Place(world, weights))
    model.eval()
    rows = [row for row in WORLDS[world].held_out() for _ in range(SAMPLES)]
    ids = sample(model, tokenizer, [row["prompt"] for row in rows], seed=0)
    scoring = Scoring(delimiters=Delimiters(prefilled=True), end_ids=frozenset({tokenizer.eos_token_id}))
    columns = {name: [row[name] for row in rows] for name in ("answer", "instruction_id_list", "kwargs")}
    return scoring.batch(tokenizer.batch_decode(ids, skip_special_tokens=True), ids, columns)


def accuracy(scores: Sequence[Score]) -> str:
    return f"{100 * fmean(score.c or 0.0 for score in scores):.1f}" if scores else "-"


def line(kind: str, name: str, scores: Sequence[Score]) -> str:
    """Share of prompts that ask for `kind`, share that keep it, and accuracy of the others, the keepers, the rest."""
    asked = [score for score in scores if kind in score.verdicts]
    kept = [score for score in asked if score.verdicts[kind]]
    broken = [score for score in asked if not score.verdicts[kind]]
    others = [score for score in scores if kind not in score.verdicts]
    shares = f"{100 * len(asked) / len(scores):.1f} | {100 * len(kept) / len(asked):.1f}"
    return f"| {name} | {shares} | {accuracy(others)} | {accuracy(kept)} | {accuracy(broken)} |\n"


if __name__ == "__main__":
    world, kind, *folders = sys.argv[1:]
    sys.stdout.write("| policy | ask for it | keep it | right: other prompts | right: kept | right: broken |\n")
    sys.stdout.write("|---|---|---|---|---|---|\n")
    for folder in folders:
        sys.stdout.write(line(kind, folder, scores_of(world, Path(folder))))
        sys.stdout.flush()
