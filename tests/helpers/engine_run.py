"""What test_engines.py launches on two ranks: a recipe, trained and then resumed, and what each rank ends with.

accelerate launch --config_file ENGINE.yaml engine_run.py --config tiny_cpu.yaml --output_dir DIR ...
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from accelerate.state import AcceleratorState, PartialState
from accelerate.utils import DistributedType
from torch.distributed.tensor import DTensor
from trl import GRPOConfig, ModelConfig, TrlParser

from keepif.recipes.arguments import KeepIFArguments
from keepif.recipes.train import build
from keepif.trainer.callback import KeepIFCallback

prepare_state = AcceleratorState.__init__


def take_fsdp_on_a_cpu(self: Any, *args: Any, fsdp_plugin: Any = None, **options: Any) -> None:
    """accelerate 1.15 takes its FSDP plugin on GPUs alone, and runs DDP on a CPU without a word."""
    prepare_state(self, *args, fsdp_plugin=fsdp_plugin, **options)
    if fsdp_plugin is not None and self.distributed_type == DistributedType.MULTI_CPU:
        self.distributed_type, self.fsdp_plugin = DistributedType.FSDP, fsdp_plugin
        PartialState._shared_state["distributed_type"] = self.distributed_type  # noqa: SLF001


def engine(trainer: Any) -> str:
    """The engine that a trained trainer really ran on, by what it has done to the model."""
    if hasattr(trainer.model_wrapped, "zero_optimization_stage"):
        return f"zero{trainer.model_wrapped.zero_optimization_stage()}"
    sharded = all(isinstance(parameter, DTensor) for parameter in trainer.model.parameters())
    return "fsdp2" if sharded else type(trainer.model_wrapped).__name__


def run(resume: str | None) -> dict[str, Any]:
    """Build the recipe of the command line, train it, save it under its output_dir; what this rank ends with."""
    parser = TrlParser([KeepIFArguments, GRPOConfig, ModelConfig])
    trainer = build(*parser.parse_args_and_config(args=sys.argv[1:]))
    [ours] = [callback for callback in trainer.callback_handler.callbacks if isinstance(callback, KeepIFCallback)]
    measured = not ours.run.needs_reference
    trainer.train(resume_from_checkpoint=resume)
    trainer.save_model(str(Path(trainer.args.output_dir) / ("resumed" if resume else "trained")))
    return {
        "engine": engine(trainer),
        "ranks": trainer.accelerator.num_processes,
        "measured": measured,
        "multipliers": asdict(ours.run.multipliers),
        "controller": ours.run.controller.state(),
        "history": ours.run.record.history,
    }


if __name__ == "__main__":
    AcceleratorState.__init__ = take_fsdp_on_a_cpu
    out = Path(sys.argv[sys.argv.index("--output_dir") + 1])
    found = {"trained": run(None), "resumed": run(str(out / "checkpoint-1"))}
    (out / f"rank{PartialState().process_index}.json").write_text(json.dumps(found))
