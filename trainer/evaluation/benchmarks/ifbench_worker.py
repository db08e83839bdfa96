"""A process that runs IFBench's published checks, so that a check that hangs can be killed. Started by `ifbench.py`.

It is run as a file (`python -P`), which imports the checks and nothing of the trainer.
"""

import json
import random
from functools import cache
from typing import Any

from keepif.rewards.compliance import loose_variants
from keepif.rewards.correctness.worker import serve


@cache
def registry() -> dict[str, Any]:
    """The published checkers by instruction id."""
    import nltk

    nltk.download = lambda *_, **__: False  # the package asks for the network when it is imported
    from if_verifiable.ifbench.instructions_registry import INSTRUCTION_DICT

    return INSTRUCTION_DICT


def verdict(text: str, check: str) -> bool | None:
    """Whether `text` follows the instruction that `check` is in JSON: `id`, `kwargs`, `prompt`, and whether `loose`.

    `None` if the instruction cannot be built. A check that fails with an error is not followed.
    """
    checkers = registry()
    try:
        instruction = json.loads(check)
        random.seed(0)  # for what a check draws because the row does not say it
        checker = checkers[instruction["id"]](instruction["id"])
        checker.build_description(**instruction["kwargs"])
        if "prompt" in (checker.get_instruction_args() or {}):
            checker.build_description(prompt=instruction["prompt"])
        texts = loose_variants(text) if instruction["loose"] else [text]
    except Exception:  # noqa: BLE001  # whatever a checker raises on its own arguments
        return None
    return any(_follows(checker, variant) for variant in dict.fromkeys(texts))


def _follows(checker: Any, text: str) -> bool:
    try:
        return bool(text.strip()) and bool(checker.check_following(text))
    except Exception:  # noqa: BLE001  # whatever a checker raises on a text
        return False


if __name__ == "__main__":
    serve(verdict)
