"""Preflight: what in a trainer's configuration would defeat the reward, said before the run instead of after it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import gcd
from typing import TYPE_CHECKING, Any

import trl

from keepif.rewards import Delimiters, Scoring
from keepif.rewards.adapt_think import adapt_think
from keepif.rewards.columns import GOLD_COLUMNS
from keepif.rewards.constraints import ConstraintError, constraints_of
from keepif.rewards.constraints.schema import weights_of
from keepif.rewards.length_terms import ONE_BY_ONE

from .floor import Floor

if TYPE_CHECKING:
    from .plugin import KeepIF


class ConfigError(ValueError):
    """A configuration under which the reward cannot do its work; the message names the setting to change."""


def refuse(trainer: Any, keepif: "KeepIF") -> None:
    """Raise [`ConfigError`] for what cannot work."""
    refuse_trainer(trainer)
    rewards = keepif.reward if isinstance(keepif.reward, list) else [keepif.reward]
    if not all(reward in trainer.reward_funcs for reward in rewards):
        raise ConfigError(
            "this KeepIF's reward is not among the trainer's reward_funcs: pass reward_funcs=keepif.reward"
        )
    normalised = getattr(trainer.args, "multi_objective_aggregation", "sum_then_normalize") == "normalize_then_sum"
    if normalised and len(rewards) == 1:
        raise ConfigError(
            "multi_objective_aggregation='normalize_then_sum' divides the multipliers out again: with KeepIF's one "
            "scalar set multi_objective_aggregation='sum_then_normalize', or take KeepIF(aggregation='parts')"
        )
    delimiters, tokenizer = keepif.scoring.delimiters, tokenizer_of(trainer)
    for tag in (delimiters.open, delimiters.close):
        if is_dropped(tokenizer, tag):
            raise ConfigError(
                f"{tag!r} is a special token of this tokenizer: TRL drops it when it decodes, and the thinking could "
                f"not be told from the answer. Make it an ordinary added token (AddedToken({tag!r}, special=False))"
            )
    refuse_split_groups(trainer, getattr(keepif.reward, "length_term", None))
    if getattr(keepif.reward, "no_thinking", None) is not None:
        refuse_split_groups(trainer, adapt_think)
    refuse_rows(trainer.train_dataset, keepif.floor)


def refuse_trainer(trainer: Any) -> None:
    """Raise [`ConfigError`] for a trainer that does not compute rewards as TRL's GRPO and RLOO trainers do: by a call
    with completion ids, the data set's columns, a dashboard and the trainer's state, in the trainer's own process.
    """
    kind = type(trainer)
    base = next((fit for fit in (trl.GRPOTrainer, trl.RLOOTrainer) if issubclass(kind, fit)), None)
    if base is None or kind._calculate_rewards is not base._calculate_rewards:  # noqa: SLF001
        raise ConfigError(
            f"KeepIF does not work in {kind.__name__}: it computes rewards in a way of its own. "
            "Use GRPOTrainer, RLOOTrainer or GMPOTrainer, or a subclass that leaves _calculate_rewards as it is"
        )


def refuse_split_groups(trainer: Any, term: Callable[..., list[float]] | None) -> None:
    """Raise [`ConfigError`] where a term compares a group's completions and two ranks share the group."""
    if term is None or getattr(term, "func", term) in ONE_BY_ONE:
        return
    size, ranks = trainer.num_generations, trainer.accelerator.num_processes
    if ranks > 1 and trainer.args.per_device_train_batch_size * trainer.args.steps_per_generation % size:
        multiple = size // gcd(size, trainer.args.steps_per_generation)
        raise ConfigError(
            f"a length_term or no_thinking compares the completions of a prompt, and on {ranks} processes some of the "
            f"groups of {size} are split between two: set per_device_train_batch_size to a multiple of {multiple}"
        )


def refuse_rows(dataset: Any, floor: Floor | None) -> None:
    """Raise [`ConfigError`] for the first row whose constraints cannot be read, or have no floor, and for data without
    any target.
    """
    columns = getattr(dataset, "column_names", None)
    if not columns or not hasattr(dataset, "__len__"):  # streamed: rows are seen when they come
        return
    if not {"instruction_id_list", "constraint_name", "ground_truth", *GOLD_COLUMNS} & set(columns):
        raise ConfigError(f"the data set has neither a gold answer nor constraints, only {columns}; see constrain()")
    for number, row in enumerate(dataset):
        try:
            constraints = constraints_of(row)
            weights_of(row, len(constraints))
        except ConstraintError as error:
            raise ConfigError(f"row {number}: {error}") from None
        if floor and (missing := floor.missing({constraint.id for constraint in constraints})):
            raise ConfigError(
                f"row {number}: floor has no share for {min(missing)!r}; add one, or give one for all types"
            )


def warnings(trainer: Any, keepif: "KeepIF") -> Iterator[str]:
    """What will weaken the reward, each with the setting to change."""
    args = trainer.args
    normalised = getattr(args, "multi_objective_aggregation", "sum_then_normalize") == "normalize_then_sum"
    if not normalised and str(getattr(args, "scale_rewards", "batch")).lower() in {"group", "true"}:
        yield (
            "scale_rewards='group' (TRL's default) blows compliance up to full size in every group whose completions "
            "are all right or all wrong, whatever its multiplier; set scale_rewards='batch' (or 'none')"
        )
    ours = len(keepif.reward) if isinstance(keepif.reward, list) else 1
    if len(trainer.reward_funcs) > ours:
        yield (
            f"{len(trainer.reward_funcs)} reward functions are added up: that a correct completion outranks a wrong "
            "one is only guaranteed for KeepIF's own scalar"
        )
    if getattr(args, "mask_truncated_completions", False):
        yield (
            "mask_truncated_completions=True hides over-long completions from the loss, so that nothing is learned "
            "from running over; KeepIF already scores them 0: set it to False"
        )
    budget, limit = keepif.scoring.budget, args.max_completion_length
    if budget and limit and budget >= limit:
        yield (
            f"the budget ({budget} tokens) is not below max_completion_length ({limit}): completions are cut before "
            "they pay for their length; lower the budget or raise max_completion_length"
        )
    columns = getattr(trainer.train_dataset, "column_names", None) or []
    if columns and not set(GOLD_COLUMNS) & set(columns):
        yield (
            f"no column holds gold answers ({', '.join(GOLD_COLUMNS)}; found {', '.join(columns)}): compliance alone "
            "is rewarded; rename the column that holds them to 'answer'"
        )
    if columns and not {"instruction_id_list", "constraint_name", "ground_truth"} & set(columns):
        yield "no prompt has constraints, so there is no compliance to keep; pass the data set through constrain()"


def fitted(trainer: Any, scoring: Scoring) -> Scoring:
    """`scoring` with what only the trainer knows: its end tokens, and whether the template opens the thinking."""
    tokenizer = tokenizer_of(trainer)
    end_ids = {*(getattr(trainer, "eos_token_ids", None) or [tokenizer.eos_token_id])} - {None}
    delimiters = scoring.delimiters
    prefilled = delimiters.prefilled or opens_thinking(trainer, tokenizer, delimiters)
    return replace(scoring, end_ids=frozenset(end_ids), delimiters=replace(delimiters, prefilled=prefilled))


def opens_thinking(trainer: Any, tokenizer: Any, delimiters: Delimiters) -> bool:
    """Whether prompts end in the opening delimiter, so that completions begin inside the thinking."""
    row = next(iter(trainer.train_dataset), None)
    prompt = row.get("prompt") if row else None
    if isinstance(prompt, str):
        return prompt.rstrip().endswith(delimiters.open)
    if not prompt or not tokenizer.chat_template:
        return False
    options = getattr(trainer.args, "chat_template_kwargs", None) or {}
    rendered = tokenizer.apply_chat_template(prompt, tokenize=False, add_generation_prompt=True, **options)
    return rendered.rstrip().endswith(delimiters.open)


def is_dropped(tokenizer: Any, tag: str) -> bool:
    """Whether `tag` is one token and disappears when completions are decoded, as TRL does, without special tokens."""
    token = tokenizer.convert_tokens_to_ids(tag)
    return token not in {None, tokenizer.unk_token_id} and tag not in tokenizer.decode(
        [token], skip_special_tokens=True
    )


def tokenizer_of(trainer: Any) -> Any:
    """The trainer's tokenizer, out of its processor where it has one."""
    return getattr(trainer.processing_class, "tokenizer", trainer.processing_class)
