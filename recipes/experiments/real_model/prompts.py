"""The prompts that the comparison on a real model is measured on: no run was trained on their questions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...arguments import KeepIFArguments
from ...data import load_prompts

HELD_OUT_TYPES = ["change_case:capital_word_frequency", "length_constraints:number_words", "punctuation:no_comma"]
"""Constraint types that no arm is trained on, and that are kept now and then before RL."""
HELD_OUT_SEED = 9_000
SETS = ("trained types", "held-out types")


def held_out(args: KeepIFArguments, seeds: Sequence[int], count: int) -> dict[str, list[dict[str, Any]]]:
    """`count` prompts of each of [`SETS`] whose questions none of the runs was trained on, each prompt once.

    Raises:
        `ValueError`: where the data set leaves too few of them.
    """

    def question(row: dict[str, Any]) -> str:
        return row["prompt"][-1]["content"].split(args.answer_format)[0]

    trained = {question(row) for seed in seeds for row in load_prompts(args, seed, conversational=True).to_list()}
    prompts = {}
    for number, (name, types) in enumerate(zip(SETS, (args.constraint_types, HELD_OUT_TYPES), strict=True)):
        drawn = load_prompts(replace(args, rows=None, constraint_types=types), HELD_OUT_SEED + number, True)
        fresh = {row["prompt"][-1]["content"]: row for row in drawn.to_list() if question(row) not in trained}
        if len(fresh) < count:
            raise ValueError(
                f"dataset: {args.dataset} leaves {len(fresh)} prompts whose question no run is trained on, and "
                f"{count} are asked for: take fewer rows, or fewer --prompts"
            )
        prompts[name] = list(fresh.values())[:count]
    return prompts
