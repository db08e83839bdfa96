"""The prompts that the comparison on a real model is measured on: no run was trained on their questions."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...arguments import KeepIFArguments
from ...data import load_prompts

HELD_OUT_TYPES = ("change_case:capital_word_frequency", "length_constraints:number_words", "punctuation:no_comma")
"""Constraint types that no arm is trained on, and that are kept now and then before RL."""
HELD_OUT_SEED = 9_000
SETS = ("trained types", "held-out types")


def held_out(
    args: KeepIFArguments, seeds: Sequence[int], count: int, types: Sequence[str] = HELD_OUT_TYPES
) -> dict[str, list[dict[str, Any]]]:
    """`count` prompts of each of [`SETS`] whose questions none of the runs was trained on, each prompt once."""
    trained = {question for seed in seeds for question in _texts(replace(args, share=0.0), seed)}
    prompts = {}
    for number, (name, kinds) in enumerate(zip(SETS, (args.constraint_types, types), strict=True)):
        drawn, seed = replace(args, rows=None, constraint_types=kinds), HELD_OUT_SEED + number
        rows = load_prompts(drawn, seed, conversational=True).to_list()
        pairs = zip(_texts(replace(drawn, share=0.0), seed), rows, strict=True)
        fresh = {row["prompt"][-1]["content"]: row for question, row in pairs if question not in trained}
        if len(fresh) < count:
            raise ValueError(
                f"dataset: {args.dataset} leaves {len(fresh)} prompts whose question no run is trained on, and "
                f"{count} are asked for: take fewer rows, or fewer --prompts"
            )
        prompts[name] = list(fresh.values())[:count]
    return prompts


def _texts(args: KeepIFArguments, seed: int) -> list[str]:
    return [row["prompt"][-1]["content"] for row in load_prompts(args, seed, conversational=True).to_list()]
