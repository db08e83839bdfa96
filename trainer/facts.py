"""What is known of a run before it begins: read off its trainer, or off a recipe for another machine."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from keepif.rewards import Delimiters, Scoring
from keepif.rewards.reward import Rewards
from keepif.rewards.rows import GOLD_COLUMNS, READ

from .columns import with_columns
from .floor import Floor


@dataclass(frozen=True)
class Facts:
    """What preflight checks: KeepIF's rewards and floor, and the class (`kind`), arguments and rewards of the trainer.

    `tokenizer` and `dataset` are `None` if they cannot be had here. `end_ids` end a completion.
    """

    args: Any
    rewards: Rewards
    floor: Floor | None
    kind: type
    reward_funcs: Sequence[Any]
    ranks: int
    tokenizer: Any
    end_ids: frozenset[int]
    dataset: Any

    @classmethod
    def of(cls, trainer: Any, rewards: Rewards, floor: Floor | None) -> "Facts":
        """What a trainer says."""
        return cls(
            args=trainer.args,
            rewards=rewards,
            floor=floor,
            kind=type(trainer),
            reward_funcs=getattr(trainer, "reward_funcs", []),
            ranks=trainer.accelerator.num_processes,
            tokenizer=tokenizer_of(trainer),
            end_ids=end_tokens(trainer),
            dataset=trainer.train_dataset,
        )

    @property
    def columns(self) -> list[str]:
        """The data set's; empty if they are not known."""
        return getattr(self.dataset, "column_names", None) or []

    @property
    def streamed(self) -> bool:
        return not hasattr(self.dataset, "__len__")

    @property
    def targets(self) -> Any:
        """The data set with no columns but those that a reward reads."""
        return with_columns(self.dataset, {*READ, *GOLD_COLUMNS})

    @property
    def scoring(self) -> Scoring:
        return self.rewards.scorer.scoring


def tokenizer_of(trainer: Any) -> Any:
    """The trainer's tokenizer, out of its processor if it has one."""
    return getattr(trainer.processing_class, "tokenizer", trainer.processing_class)


def end_tokens(trainer: Any) -> frozenset[int]:
    """The ids that end a completion: the trainer's, or at least its tokenizer's."""
    ids = getattr(trainer, "eos_token_ids", None) or [tokenizer_of(trainer).eos_token_id]
    return frozenset({*ids} - {None})


def fitted(trainer: Any, scoring: Scoring) -> Scoring:
    """`scoring` with what only the trainer knows: its end tokens, and whether the template opens the thinking."""
    delimiters = scoring.delimiters
    prefilled = delimiters.prefilled or opens_thinking(trainer, delimiters)
    return replace(scoring, end_ids=end_tokens(trainer), delimiters=replace(delimiters, prefilled=prefilled))


def opens_thinking(trainer: Any, delimiters: Delimiters) -> bool:
    """Whether prompts end in the opening delimiter, so that completions begin inside the thinking."""
    tokenizer, row = tokenizer_of(trainer), next(iter(trainer.train_dataset), None)
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


def end_of_turn(tokenizer: Any) -> int | None:
    """The special token that the chat template closes an assistant's turn with, if it does so."""
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
