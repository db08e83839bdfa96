"""One run of GRPO on a small policy, with its learning curve and its evaluation written as it goes.

python -m keepif.recipes.tiny_policy.reinforce --method KeepIF --seed 0 --output_dir runs/keepif-0

In another world than the embedded policy's own (see worlds.py) it needs that world's policy:

python -m keepif.recipes.tiny_policy.teach --policy dear --output_dir runs/dear
python -m keepif.recipes.tiny_policy.reinforce --world "dear 40" --weights runs/dear --output_dir runs/dear-40
"""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import TrainerCallback
from transformers.utils import logging as transformers_logging
from trl import GRPOConfig, GRPOTrainer, ModelConfig

from keepif.trainer import KeepIF, Prepass

from ..models import load_model
from .evaluate import MAX_TOKENS, evaluate
from .methods import GDPO, METHODS, attach, rewards_of
from .worlds import SHIPPED, WORLDS

STEPS = 120
COMPLETIONS = 64
LEARNING_RATE = 4e-5
TRAINING_SEED, REFERENCE_SEED = 1_000, 5_000
CURVE = {
    "accuracy": "keepif/correctness",
    "sacc": "keepif/compliance",
    "hacc": "keepif/compliance_all",
    "joint": "keepif/joint",
    "tokens": "completions/mean_length",
    "lambda": "keepif/lambda",
    "mu": "keepif/mu",
}
"""Name in the learning curve → TRL's metric."""


class CurveWriter(TrainerCallback):
    """Writes one line a step: means over the step's completions."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", buffering=1)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **kwargs: Any) -> None:
        if logs and CURVE["accuracy"] in logs:
            found = {name: float(logs[metric]) for name, metric in CURVE.items() if metric in logs}
            step = {"step": state.global_step} | found
            self.file.write(json.dumps(step) + "\n")


@dataclass(frozen=True)
class Place:
    """Where a run takes place.

    Attributes:
        world (`str`): one of [`WORLDS`].
        weights (`Path`): the policy before RL.
        reference (`Path`, *optional*): the file that holds its measured reference, or will; by default it lies in the
            output folder of the run.
    """

    world: str = "free"
    weights: Path = SHIPPED
    reference: Path | None = None


def before(place: Place = Place(), samples: int = 1) -> dict[str, Any]:  # frozen
    """The policy before RL, on the held-out prompts."""
    model, tokenizer = load(place)
    return evaluate(model, tokenizer, WORLDS[place.world].held_out(), samples=samples)


def load(place: Place) -> tuple[Any, Any]:
    return load_model(ModelConfig(model_name_or_path=str(place.weights), dtype="float32"))


def build(
    output_dir: Path,
    place: Place,
    rewards: Any,
    method: str,
    seed: int,
    steps: int,
    prompts: list[dict[str, Any]],
    kind: Callable[..., Any] = GRPOTrainer,
    beta: float = 0.0,
) -> Any:
    """The trainer of a run, not yet attached to; `kind` makes it, `beta` is its KL penalty."""
    output_dir.mkdir(parents=True, exist_ok=True)
    model, tokenizer = load(place)
    return kind(
        model=model,
        reward_funcs=rewards,
        args=GRPOConfig(
            output_dir=str(output_dir),
            per_device_train_batch_size=COMPLETIONS,
            num_generations=8,
            max_completion_length=MAX_TOKENS,
            max_steps=steps,
            learning_rate=LEARNING_RATE,
            beta=beta,
            lr_scheduler_type="constant",
            scale_rewards="batch",
            multi_objective_aggregation="normalize_then_sum" if method == GDPO else "sum_then_normalize",
            gradient_checkpointing=False,
            use_cpu=True,
            bf16=False,
            save_strategy="no",
            report_to="none",
            logging_steps=1,
            disable_tqdm=True,
            seed=seed,
            shuffle_dataset=False,  # the rows are drawn at random, and a world may change in mid-run
        ),
        train_dataset=Dataset.from_list(prompts),
        processing_class=tokenizer,
        callbacks=[CurveWriter(output_dir / "curve.jsonl")],
    )


def reinforce(
    output_dir: Path,
    method: str,
    seed: int,
    steps: int,
    place: Place = Place(),
    samples: int = 1,  # frozen
) -> dict[str, Any]:
    """Train a policy by a method of methods.py, leave it in `output_dir`, evaluate it, write down both."""
    rewards, keepif = rewards_of(method, place.reference or output_dir / "keepif-reference.json")
    world = WORLDS[place.world]
    prompts = world.rows(COMPLETIONS // 8 * steps, TRAINING_SEED + seed)
    trainer = build(output_dir, place, rewards, method, seed, steps, prompts)
    attach(trainer, keepif)
    trainer.train()
    trainer.save_model()
    result = evaluate(trainer.model, trainer.processing_class, world.held_out(), samples=samples)
    (output_dir / "made_by.json").write_text(json.dumps(made_by(method, steps, samples)))
    (output_dir / "result.json").write_text(json.dumps(result))
    return result


def made_by(method: str, steps: int, samples: int) -> dict[str, Any]:
    """What a result depends on, beside its seed and its place, as JSON."""
    rewards, keepif = rewards_of(method, Path())
    law = asdict(keepif.run.controller.gains) if keepif and keepif.run.floor else None
    settings = keepif.run.settings if keepif else getattr(rewards, "settings", None)
    return {"steps": steps, "samples": samples, "settings": settings, "law": law}


def measure_reference(place: Place, path: Path) -> None:
    """Measure the policy before RL on 512 prompts, 8 completions each, for many runs to share."""
    keepif = KeepIF(prepass=Prepass(prompts=None, samples=8), reference_file=path)
    prompts = WORLDS[place.world].rows(512, REFERENCE_SEED)
    trainer = build(path.parent / "reference", place, keepif.reward, "KeepIF", 0, 1, prompts)
    keepif.attach(trainer)
    trainer.train()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # pyright: ignore[reportOptionalMemberAccess]
    parser.add_argument("--output_dir", type=Path, required=True)
    parser.add_argument("--world", choices=WORLDS, default="free")
    parser.add_argument(
        "--weights", type=Path, default=SHIPPED, help="the policy before RL; the embedded one by default"
    )
    parser.add_argument("--measure", action="store_true", help="only measure the policy before RL")
    parser.add_argument("--method", choices=METHODS, default="KeepIF")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--reference", type=Path, help="file of the measured reference; in output_dir by default")
    parser.add_argument("--samples", type=int, default=1, help="completions a held-out prompt")
    args = parser.parse_args()
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    transformers_logging.set_verbosity_error()
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "1")))
    place = Place(args.world, args.weights, args.reference)
    if args.measure:
        measure_reference(place, args.reference or args.output_dir / "keepif-reference.json")
        (args.output_dir / "before.json").write_text(json.dumps(before(place, args.samples)))
        return
    reinforce(args.output_dir, args.method, args.seed, args.steps, place, args.samples)


if __name__ == "__main__":
    main()
