"""How large the experiment is: in a test, on a CPU, on a GPU."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scale:
    """Sizes of the stages before the arms, and the recipe of the arms.

    Attributes:
        config (`str`), flags (`tuple[str, ...]`): the arms' recipe, and flags that change it.
        start (`str`): the model that the cold start begins with.
        lessons (`int`): of the teacher's.
        rounds (`int`): of learning from its own answers.
        prompts (`int`), samples (`int`): of each round, and own answers to each prompt.
        each (`int`): prompts that each constraint type is measured on, to choose the task.
        learning (`dict`): settings of the cold start's `SFTConfig`.
    """

    config: str
    flags: tuple[str, ...]
    start: str
    lessons: int
    rounds: int
    prompts: int
    samples: int
    each: int
    learning: dict[str, Any]


ON_A_CPU = {"use_cpu": True, "bf16": True, "per_device_train_batch_size": 8, "learning_rate": 2e-4}
SMALLEST = (
    "--max_steps=2", "--save_steps=1", "--rows=24", "--per_device_train_batch_size=4", "--num_generations=4",
    "--max_completion_length=12", "--reference_prompts=2", "--reference_samples=2", "--dtype=float32",
)  # fmt: skip
SCALES = {
    "smoke": Scale(
        config="smollm2_thinking_cpu.yaml", flags=SMALLEST, start="tiny", lessons=8, rounds=1, prompts=4, samples=1,
        each=1, learning=ON_A_CPU | {"per_device_train_batch_size": 4, "bf16": False},
    ),
    "cpu": Scale(
        config="smollm2_thinking_cpu.yaml", flags=(), start="smollm2-135m", lessons=1280, rounds=1, prompts=128,
        samples=2, each=24, learning=ON_A_CPU,
    ),
    "gpu": Scale(
        config="smollm2_thinking_gpu.yaml", flags=(), start="smollm2-135m", lessons=5120, rounds=2, prompts=256,
        samples=4, each=128,
        learning={"bf16": True, "per_device_train_batch_size": 32, "learning_rate": 3e-4},
    ),
}  # fmt: skip
