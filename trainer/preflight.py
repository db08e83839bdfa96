"""Preflight: what in a trainer's configuration would defeat the reward, said before the run instead of after it."""

import json
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from math import gcd, lcm
from typing import TYPE_CHECKING, Any, NamedTuple

import trl

from keepif.rewards import Delimiters, Scoring
from keepif.rewards.constraints import ConstraintError, constraints_of
from keepif.rewards.constraints.schema import weights_of
from keepif.rewards.published.adapt_think import adapt_think
from keepif.rewards.published.length_terms import ONE_BY_ONE
from keepif.rewards.rows import GOLD_COLUMNS

from .floor import Floor

if TYPE_CHECKING:
    from .plugin import KeepIF


CUT = 0.25
"""Share of completions that may be cut at max_completion_length without a word."""


class ConfigError(ValueError):
    """A configuration under which the reward cannot do its work; the message names the setting to change.

    Attributes:
        change (`str`): the setting as a recipe's YAML has it, where one setting is all there is to change.
    """

    def __init__(self, message: str, change: str = "") -> None:
        super().__init__(message)
        self.change = change


class Weakness(NamedTuple):
    """What weakens the reward, and the setting to change as a recipe's YAML has it, where that is one setting."""

    text: str
    change: str = ""


def refuse(trainer: Any, keepif: "KeepIF") -> None:
    """Raise [`ConfigError`] for what cannot work."""
    refuse_trainer(trainer)
    if not all(reward in trainer.reward_funcs for reward in rewards_of(keepif)):
        raise ConfigError(
            "this KeepIF's reward is not among the trainer's reward_funcs: pass reward_funcs=keepif.reward"
        )
    refuse_normaliser(trainer.args, keepif)
    refuse_special_tags(tokenizer_of(trainer), keepif.scoring.delimiters)
    refuse_split_groups(trainer, getattr(keepif.reward, "length_term", None))
    if getattr(keepif.reward, "no_thinking", None) is not None:
        refuse_split_groups(trainer, adapt_think)
    refuse_rows(trainer.train_dataset, keepif.floor, keepif.scoring)


def rewards_of(keepif: "KeepIF") -> list[Any]:
    """Its reward functions: one, or the parts."""
    return keepif.reward if isinstance(keepif.reward, list) else [keepif.reward]


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


def refuse_normaliser(args: Any, keepif: "KeepIF") -> None:
    """Raise [`ConfigError`] where TRL would divide the multipliers out of KeepIF's one scalar again."""
    if _normalised(args) and len(rewards_of(keepif)) == 1:
        raise ConfigError(
            "multi_objective_aggregation='normalize_then_sum' divides the multipliers out again: with KeepIF's one "
            "scalar set multi_objective_aggregation='sum_then_normalize', or take KeepIF(aggregation='parts')",
            change="multi_objective_aggregation: sum_then_normalize",
        )


def refuse_special_tags(tokenizer: Any, delimiters: Delimiters) -> None:
    """Raise [`ConfigError`] where the tags of the thinking disappear when completions are decoded."""
    for tag in (delimiters.open, delimiters.close):
        if is_dropped(tokenizer, tag):
            raise ConfigError(
                f"{tag!r} is a special token of this tokenizer: TRL drops it when it decodes, and the thinking could "
                f"not be told from the answer. Make it an ordinary added token (AddedToken({tag!r}, special=False))"
            )


def refuse_split_groups(trainer: Any, term: Callable[..., list[float]] | None) -> None:
    """Raise [`ConfigError`] where a term compares a group's completions and two ranks share the group."""
    if term is None or getattr(term, "func", term) in ONE_BY_ONE:
        return
    size, ranks = trainer.num_generations, trainer.accelerator.num_processes
    each = trainer.args.per_device_train_batch_size
    if ranks > 1 and each * trainer.args.steps_per_generation % size:
        multiple = size // gcd(size, trainer.args.steps_per_generation)
        raise ConfigError(
            f"a length_term or no_thinking compares the completions of a prompt, and on {ranks} processes some of the "
            f"groups of {size} are split between two: set per_device_train_batch_size to a multiple of {multiple}, "
            f"or, where it is set, generation_batch_size to one of {ranks * lcm(each, size)}"
        )


def refuse_rows(dataset: Any, floor: Floor | None, scoring: Scoring) -> None:
    """Raise [`ConfigError`] for the first row whose constraints cannot be read, have no floor, or need a judge that is
    not there, and for data without any target.
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
        ids = {constraint.id for constraint in constraints}
        soft = [constraint.id for constraint in constraints if constraint.judge_question]
        if soft and scoring.judge is None:
            raise ConfigError(
                f"row {number}: {soft[0]!r} needs a judge: KeepIF(judge=Judge(Endpoint(base_url, model))), out of "
                "keepif.rewards.judge"
            )
        if floor and (missing := floor.missing(ids - set(scoring.held_out))):
            raise ConfigError(
                f"row {number}: floor has no share for {min(missing)!r}; add one, or give one for all types"
            )


def warnings(trainer: Any, keepif: "KeepIF") -> Iterator[Weakness]:
    """What will weaken the reward, each with the setting to change."""
    args = trainer.args
    if not _normalised(args) and str(getattr(args, "scale_rewards", "batch")).lower() in {"group", "true"}:
        yield Weakness(
            "scale_rewards='group' (TRL's default) blows compliance up to full size in every group whose completions "
            "are all right or all wrong, whatever its multiplier; set scale_rewards='batch' (or 'none')",
            change="scale_rewards: batch",
        )
    if len(trainer.reward_funcs) > len(rewards_of(keepif)):
        yield Weakness(
            f"{len(trainer.reward_funcs)} reward functions are added up: that a correct completion outranks a wrong "
            "one is only guaranteed for KeepIF's own scalar"
        )
    if getattr(args, "mask_truncated_completions", False):
        yield Weakness(
            "mask_truncated_completions=True hides over-long completions from the loss, so that nothing is learned "
            "from running over; KeepIF already scores them 0: set it to False",
            change="mask_truncated_completions: false",
        )
    budget, limit = keepif.scoring.budget, args.max_completion_length
    if budget and limit and budget >= limit:
        yield Weakness(
            f"the budget ({budget} tokens) is not below max_completion_length ({limit}): completions are cut before "
            "they pay for their length; lower the budget or raise max_completion_length",
            change=f"max_completion_length: {2 * budget}",
        )
    tokenizer = tokenizer_of(trainer)
    if tokenizer is not None:
        yield from warnings_of_end(tokenizer, end_tokens(trainer))
    yield from warnings_of_columns(getattr(trainer.train_dataset, "column_names", None) or [])


def warnings_of_columns(columns: Sequence[str]) -> Iterator[Weakness]:
    """What a data set lacks, by its columns; nothing where they are not known."""
    if columns and not set(GOLD_COLUMNS) & set(columns):
        yield Weakness(
            f"no column holds gold answers ({', '.join(GOLD_COLUMNS)}; found {', '.join(columns)}): compliance alone "
            "is rewarded; rename the column that holds them to 'answer'"
        )
    if columns and not {"instruction_id_list", "constraint_name", "ground_truth"} & set(columns):
        yield Weakness(
            "no prompt has constraints, so there is no compliance to keep; pass the data set through constrain()"
        )


def warnings_of_end(tokenizer: Any, end_ids: Collection[int]) -> Iterator[Weakness]:
    """Whether completions can end: there must be end tokens, and the one that ends the template's turns among them.

    What a run can change of them is the tokenizer's own one: TRL (1.16) adds it to those of the model's generation
    config. An `eos_token_id` in `generation_kwargs` stops the generation, but counts as truncated.
    """
    closing = end_of_turn(tokenizer)
    name = None if closing is None else tokenizer.convert_ids_to_tokens(closing)
    change = "" if name is None else f"eos_token: {json.dumps(name, ensure_ascii=False)}"
    if not end_ids:
        text = "there is no end token, so that every completion runs on; give the tokenizer an eos_token"
        yield Weakness(text, change)
    elif name is not None and closing not in end_ids:
        yield Weakness(
            f"the chat template ends a turn with {name!r}, which is none of the end tokens "
            f"({', '.join(map(repr, tokenizer.convert_ids_to_tokens(sorted(end_ids))))}): completions would run on to "
            f"max_completion_length, and those earn nothing. Set tokenizer.eos_token = {name!r} before the trainer is "
            "built",
            change,
        )


def warnings_of_length(cut: float, limit: int | None) -> Iterator[Weakness]:
    """Whether so many completions were cut at `limit` tokens, max_completion_length, that the run learns from few."""
    if limit and cut > CUT:
        nothing = ", so that nothing would be learned" if cut == 1 else ""
        yield Weakness(
            f"{100 * cut:.0f} % of the sampled completions were cut at {limit} tokens; those earn nothing{nothing}: "
            "raise max_completion_length",
            change=f"max_completion_length: {2 * limit}",
        )


def end_of_turn(tokenizer: Any) -> int | None:
    """The special token that the chat template closes an assistant's turn with, where it does so."""
    if not getattr(tokenizer, "chat_template", None):
        return None
    turn = [{"role": "user", "content": "Question"}, {"role": "assistant", "content": "Answer"}]
    try:
        rendered = tokenizer.apply_chat_template(turn, tokenize=False)
    except Exception:  # noqa: BLE001  # a template that asks for other messages is no reason to stop a run
        return None
    _, _, tail = rendered.rpartition("Answer")
    special = {*tokenizer.all_special_ids, *tokenizer.added_tokens_decoder}
    return next((token for token in tokenizer.encode(tail, add_special_tokens=False) if token in special), None)


def end_tokens(trainer: Any) -> frozenset[int]:
    """The ids that end a completion: the trainer's, or at least its tokenizer's."""
    ids = getattr(trainer, "eos_token_ids", None) or [tokenizer_of(trainer).eos_token_id]
    return frozenset({*ids} - {None})


def _normalised(args: Any) -> bool:
    return getattr(args, "multi_objective_aggregation", "sum_then_normalize") == "normalize_then_sum"


def fitted(trainer: Any, scoring: Scoring) -> Scoring:
    """`scoring` with what only the trainer knows: its end tokens, and whether the template opens the thinking."""
    tokenizer = tokenizer_of(trainer)
    delimiters = scoring.delimiters
    prefilled = delimiters.prefilled or opens_thinking(trainer, tokenizer, delimiters)
    return replace(scoring, end_ids=end_tokens(trainer), delimiters=replace(delimiters, prefilled=prefilled))


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
