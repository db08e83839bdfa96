"""The floor: the compliance that each prompt's completions should keep."""

from collections.abc import Mapping, Sequence
from typing import Any

from keepif.rewards.constraints import known

from .reference.reference import Reference

SLACK = 0.02
"""Default slack: how far below the reference the floor lies."""

Setting = str | float | Mapping[str, float]


class Floor:
    """What compliance a prompt should keep: the reference's less a slack, one number, or one number a constraint type.

    Args:
        setting (`str`, `float` or `Mapping[str, float]`): `"reference"`, a share in [0, 1], or shares by instruction
            id.
        slack (`float`, *optional*, defaults to `0.02`): how far below the reference the floor lies; above it if
            negative. Explicit floors have none.

    Raises:
        `ValueError`: for a setting or a slack out of range.
    """

    def __init__(self, setting: Setting, slack: float = SLACK) -> None:
        shares = setting.values() if isinstance(setting, Mapping) else [] if setting == "reference" else [setting]
        if not all(isinstance(share, int | float) and 0 <= share <= 1 for share in shares):
            raise ValueError(
                "floor must be 'reference', a share in [0, 1], shares by instruction id, or None for fixed "
                f"multipliers; found {setting!r}"
            )
        if isinstance(setting, Mapping):
            known("floor", setting)
        if not -1 < slack < 1:
            raise ValueError(f"slack must be a share between -1 and 1, found {slack}")
        self.setting, self.slack = setting, slack
        self._reference: Reference | None = None

    def refer_to(self, reference: Reference) -> None:
        """Lie below this reference, if the floor is relative to one."""
        self._reference = reference

    @property
    def relative(self) -> bool:
        """Whether it needs a reference."""
        return self.setting == "reference"

    @property
    def ready(self) -> bool:
        return not self.relative or self._reference is not None

    def of(self, prompt: Any, instruction_ids: Sequence[str]) -> float:
        """The floor of a completion; 0 for a prompt without constraints."""
        if not instruction_ids:
            return 0.0
        if isinstance(self.setting, Mapping):
            shares = [self.setting[name] for name in instruction_ids if name in self.setting]
            return sum(shares) / len(shares) if shares else 0.0  # only a stream can bring a type without one
        if not isinstance(self.setting, str):
            return self.setting
        if self._reference is None:
            raise RuntimeError("the reference has not been measured yet")
        return self._reference.baseline(prompt, instruction_ids) - self.slack

    def of_types(self, prompt: Any, instruction_ids: Sequence[str]) -> dict[str, float]:
        """The floor of each of a prompt's constraint types; none for a type that shares by instruction id leave out.

        Relative to a reference, it is what the type kept there, moved by as much as the prompt lies above or below its
        types' mean, less the slack and the standard error of what was measured: no multiplier shall chase noise.
        """
        if isinstance(self.setting, Mapping):
            return {kind: self.setting[kind] for kind in instruction_ids if kind in self.setting}
        if not isinstance(self.setting, str):
            return dict.fromkeys(instruction_ids, self.setting)
        if self._reference is None:
            raise RuntimeError("the reference has not been measured yet")
        means = {kind: self._reference.of_type(kind) for kind in instruction_ids}
        above = self._reference.baseline(prompt, instruction_ids) - sum(means.values()) / len(means) if means else 0.0
        lower = {kind: self.slack + self._reference.standard_error(kind) for kind in means}
        return {kind: max(mean + above - lower[kind], 0.0) for kind, mean in means.items()}

    def missing(self, instruction_ids: set[str]) -> set[str]:
        """The constraint types without a share, if shares are set by instruction id."""
        return instruction_ids - set(self.setting) if isinstance(self.setting, Mapping) else set()
