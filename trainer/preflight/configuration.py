"""Checks of a trainer and its arguments."""

import json
from collections.abc import Iterator
from math import gcd, lcm

from ..facts import Facts, end_of_turn, is_dropped
from ..trl_doors import rewards_as_trl_does
from .problem import Problem, listed


@listed
def trainer(facts: Facts) -> Iterator[Problem]:
    """A trainer must compute rewards as TRL's GRPO and RLOO trainers do."""
    if not rewards_as_trl_does(facts.kind):
        yield Problem(
            f"KeepIF does not work in {facts.kind.__name__}: it computes rewards in a way of its own. "
            "Use GRPOTrainer, RLOOTrainer or GMPOTrainer, or a subclass that leaves _calculate_rewards as it is",
            fatal=True,
        )


@listed
def own_reward(facts: Facts) -> Iterator[Problem]:
    if not all(reward in facts.reward_funcs for reward in facts.rewards.reward_funcs):
        text = "this KeepIF's reward is not among the trainer's reward_funcs: pass reward_funcs=keepif.reward"
        yield Problem(text, fatal=True)


@listed
def normaliser(facts: Facts) -> Iterator[Problem]:
    """TRL would divide the multipliers out of KeepIF's one scalar again."""
    if _normalised(facts) and len(facts.rewards.reward_funcs) == 1:
        yield Problem(
            "multi_objective_aggregation='normalize_then_sum' divides the multipliers out again: with KeepIF's one "
            "scalar set multi_objective_aggregation='sum_then_normalize', or take KeepIF(aggregation='parts')",
            change="multi_objective_aggregation: sum_then_normalize",
            fatal=True,
        )


@listed
def special_tags(facts: Facts) -> Iterator[Problem]:
    """The tags of the thinking must survive when completions are decoded."""
    for tag in (facts.scoring.delimiters.open, facts.scoring.delimiters.close):
        if facts.tokenizer is not None and is_dropped(facts.tokenizer, tag):
            yield Problem(
                f"{tag!r} is a special token of this tokenizer: TRL drops it when it decodes, and the thinking could "
                f"not be told from the answer. Make it an ordinary added token (AddedToken({tag!r}, special=False))",
                fatal=True,
            )


@listed
def split_groups(facts: Facts) -> Iterator[Problem]:
    """A term that compares a group's completions needs whole groups on each rank."""
    size, ranks, each = facts.args.num_generations, facts.ranks, facts.args.per_device_train_batch_size
    if facts.rewards.compares_groups and ranks > 1 and each * facts.args.steps_per_generation % size:
        multiple = size // gcd(size, facts.args.steps_per_generation)
        yield Problem(
            f"a length_term or no_thinking compares the completions of a prompt, and on {ranks} processes some of the "
            f"groups of {size} are split between two: set per_device_train_batch_size to a multiple of {multiple}, "
            f"or, where it is set, generation_batch_size to one of {ranks * lcm(each, size)}",
            fatal=True,
        )


@listed
def unused_columns(facts: Facts) -> Iterator[Problem]:
    if getattr(facts.args, "remove_unused_columns", False):
        yield Problem(
            "remove_unused_columns=True takes the gold answers and the constraints out of the data set before the "
            "reward sees them: set it to False",
            change="remove_unused_columns: false",
            fatal=True,
        )


@listed
def weight(facts: Facts) -> Iterator[Problem]:
    """KeepIF's reward must count, and the multipliers of the parts are their weights."""
    weights = getattr(facts.args, "reward_weights", None) or [1.0] * len(facts.reward_funcs)
    own = facts.rewards.reward_funcs
    given = [weight for reward, weight in zip(facts.reward_funcs, weights, strict=False) if reward in own]
    if len(own) > 1 and any(weight != 1 for weight in given):
        yield Problem(f"reward_weights gives the parts {given}, which the multipliers replace: leave it out")
    elif any(weight <= 0 for weight in given):
        yield Problem(
            f"reward_weights gives KeepIF's reward {given[0]}, so that nothing of it is learned, or the opposite: set "
            "a weight above 0, or leave reward_weights out",
            fatal=True,
        )


@listed
def scale(facts: Facts) -> Iterator[Problem]:
    if not _normalised(facts) and str(getattr(facts.args, "scale_rewards", "batch")).lower() in {"group", "true"}:
        yield Problem(
            "scale_rewards='group' (TRL's default) blows compliance up to full size in every group whose completions "
            "are all right or all wrong, whatever its multiplier, and makes every prompt equally loud, so that a dear "
            "instruction cannot be held by its loudness; set scale_rewards='batch' (or 'none')",
            change="scale_rewards: batch",
        )


@listed
def further_rewards(facts: Facts) -> Iterator[Problem]:
    if len(facts.reward_funcs) > len(facts.rewards.reward_funcs):
        yield Problem(
            f"{len(facts.reward_funcs)} reward functions are added up: that a correct completion outranks a wrong "
            "one is only guaranteed for KeepIF's own scalar"
        )


@listed
def masked_truncation(facts: Facts) -> Iterator[Problem]:
    if getattr(facts.args, "mask_truncated_completions", False):
        yield Problem(
            "mask_truncated_completions=True hides over-long completions from the loss, so that nothing is learned "
            "from running over; KeepIF already scores them 0: set it to False",
            change="mask_truncated_completions: false",
        )


@listed
def budget(facts: Facts) -> Iterator[Problem]:
    tokens, limit = facts.scoring.budget, facts.args.max_completion_length
    if tokens and limit and tokens >= limit:
        yield Problem(
            f"the budget ({tokens} tokens) is not below max_completion_length ({limit}): completions are cut before "
            "they pay for their length; lower the budget or raise max_completion_length",
            change=f"max_completion_length: {2 * tokens}",
        )


@listed
def end(facts: Facts) -> Iterator[Problem]:
    """Whether completions can end: there must be end tokens, and the one that ends the template's turns among them.

    What a run can change of them is the tokenizer's own one: TRL (1.16) adds it to those of the model's generation
    config. An `eos_token_id` in `generation_kwargs` stops the generation, but counts as truncated.
    """
    if facts.tokenizer is None:
        return
    closing, names = end_of_turn(facts.tokenizer), facts.tokenizer.convert_ids_to_tokens
    name = None if closing is None else names(closing)
    change = "" if name is None else f"eos_token: {json.dumps(name, ensure_ascii=False)}"
    if not facts.end_ids:
        text = "there is no end token, so that every completion runs on; give the tokenizer an eos_token"
        yield Problem(text, change)
    elif name is not None and closing not in facts.end_ids:
        yield Problem(
            f"the chat template ends a turn with {name!r}, which is none of the end tokens "
            f"({', '.join(map(repr, names(sorted(facts.end_ids))))}): completions would run on to "
            f"max_completion_length, and those earn nothing. Set tokenizer.eos_token = {name!r} before the trainer is "
            "built",
            change,
        )


def _normalised(facts: Facts) -> bool:
    return getattr(facts.args, "multi_objective_aggregation", "sum_then_normalize") == "normalize_then_sum"
