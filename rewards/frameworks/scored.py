"""One completion of one row, for frameworks that have completions scored one by one."""

from collections.abc import Mapping
from typing import Any

from ..combine import Multipliers, combine
from ..rows import GOLD_COLUMNS, READ
from ..score import Scoring

COLUMNS = (*GOLD_COLUMNS, *READ)
"""What of a row is read."""


def scored(completion: str, prompt: Any, row: Mapping[str, Any], multipliers: Multipliers) -> dict[str, float]:
    """The `reward`, and its parts `correctness` and `compliance`; a part that the row has not is left out.

    A row that cannot be read earns 0: these frameworks know no completion without a reward.

    >>> row = {"answer": "4", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{}]}
    >>> scored(r"So, it is surely \\boxed{4}", "2 + 2?", row, Multipliers(lam=0.5, bonus=0.5))
    {'reward': 0.5, 'correctness': 1.0, 'compliance': 0.0}
    """
    columns = {name: [row[name]] for name in COLUMNS if row.get(name) is not None}
    score = Scoring().batch([completion], None, columns, [prompt])[0]
    parts = {"correctness": score.c, "compliance": score.f}
    reward = 0.0 if score.unreadable else combine(score, multipliers)
    return {"reward": reward, **{name: part for name, part in parts.items() if part is not None}}
