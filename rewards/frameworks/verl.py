"""KeepIF's reward as verl's `custom_reward_function`, with fixed multipliers."""

from collections.abc import Mapping
from typing import Any

from ..combine import BONUS, LAM, Multipliers
from ..rows import READ, TRUTH, prompt_column
from .scored import scored


def compute_score(
    data_source: str,  # noqa: ARG001  # verl passes it
    solution_str: str,
    ground_truth: Any,
    extra_info: Mapping[str, Any] | None = None,
    lam: float = LAM,
    bonus: float = BONUS,
    **_: Any,
) -> dict[str, float]:
    """The `score`, with `acc` and `compliance` for verl's dashboard.

    `ground_truth` is the gold answer, or holds the constraints in a published form; else they are in `extra_info`, as
    `instruction_id_list` and `kwargs` or another published form. A part that a row has not is 0 in `acc` and 1 in
    `compliance`, since verl wants the same numbers of each row.

    >>> told = {"instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    >>> compute_score("gsm8k", r"So, it is surely \\boxed{4}", "4", told, lam=0.5)
    {'score': 0.5, 'acc': 1.0, 'compliance': 0.0}
    """
    row = {name: cell for name, cell in (extra_info or {}).items() if name in READ} | {TRUTH: ground_truth}
    prompt = (extra_info or {}).get(prompt_column(extra_info or {}) or "", "")
    parts = {"correctness": 0.0, "compliance": 1.0} | scored(solution_str, prompt, row, Multipliers(lam, bonus=bonus))
    return {"score": parts["reward"], "acc": parts["correctness"], "compliance": parts["compliance"]}
