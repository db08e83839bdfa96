"""The embedded policy's own task as a benchmark, so that it can be measured before and after RL."""

from typing import Any

from keepif.trainer.evaluation.benchmarks.own import OwnRows
from keepif.trainer.evaluation.engines.generation import Sampling

from .evaluate import MAX_TOKENS
from .worlds import TINY


class TinyBenchmark(OwnRows):
    """The held-out prompts of `reinforce`, scored as the demo scores them."""

    name = "tiny"
    sampling = Sampling(1.0, 1.0, MAX_TOKENS)  # as it is trained

    def __init__(self, source: Any = None) -> None:
        if source is not None:
            raise ValueError(f"the benchmark tiny makes its own rows and takes no source, found {source!r}")
        super().__init__("tiny", TINY.held_out())
