"""The package reward-doctor on our correctness, by hand: `pip install --no-deps reward-doctor`, then

python -m tests.benchmarks.audit_grading
"""

import importlib
from collections import Counter
from typing import Any

from rich.console import Console

from keepif.rewards import correctness_reward


def main() -> None:
    console, doctor = Console(), importlib.import_module("reward_doctor")

    def reward(response: str, gold: str, **_: Any) -> float:
        return correctness_reward([response], answer=[gold])[0] or 0.0

    outcomes = doctor.audit(reward).outcomes
    counts = Counter((outcome.case.category, outcome.passed) for outcome in outcomes)
    for category in sorted({outcome.case.category for outcome in outcomes}):
        right = counts[category, True]
        console.print(f"{category}: {right} of {right + counts[category, False]} as they should be")
    for outcome in outcomes:
        if not outcome.passed:
            console.print(repr(outcome.case), markup=False, highlight=False)


if __name__ == "__main__":
    main()
