"""What share of a training step the reward call takes, on a recipe.

make profile
"""

import sys
import tempfile
import time
from typing import Any

from rich.console import Console
from transformers import TrainerCallback
from trl import GRPOConfig, ModelConfig, TrlParser

from keepif.recipes.arguments import KeepIFArguments
from keepif.recipes.train import build, with_shipped_config

RECIPE = ["--config", "smollm2_cpu.yaml", "--max_steps", "8", "--reference", "first_batches"]


class Clock(TrainerCallback):
    """Seconds that the steps take, and that the reward takes within them."""

    def __init__(self, reward: Any) -> None:
        self.reward, self.__name__ = reward, reward.__name__
        self.began = self.steps = self.rewards = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        began = time.perf_counter()
        rewarded = self.reward(*args, **kwargs)
        self.rewards += time.perf_counter() - began
        return rewarded

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self.began = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.steps += time.perf_counter() - self.began


def main(argv: list[str]) -> None:
    parser = TrlParser([KeepIFArguments, GRPOConfig, ModelConfig])  # pyright: ignore[reportArgumentType]
    with tempfile.TemporaryDirectory() as folder:
        options = with_shipped_config([*(argv or RECIPE), "--output_dir", folder])
        trainer = build(*parser.parse_args_and_config(args=options))
        clock = Clock(trainer.reward_funcs[0])
        trainer.reward_funcs[0] = clock
        trainer.add_callback(clock)
        trainer.train()
    Console().print(
        f"{trainer.state.global_step} steps of {trainer.args.generation_batch_size} completions: {clock.steps:.1f} s, "
        f"of which the reward call {1e3 * clock.rewards:.1f} ms, {100 * clock.rewards / clock.steps:.3f} %"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
