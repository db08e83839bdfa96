"""Benchmarks while a model trains, on the model that trains."""

import logging
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from statistics import fmean
from typing import Any

import numpy as np
import torch
from accelerate.utils import broadcast_object_list, gather_object
from transformers import Trainer, TrainerCallback
from trl.models import unwrap_model_for_generation

from ..facts import tokenizer_of
from .answering import answered, spread
from .benchmarks.benchmark import Benchmark, Item, Sample, numbers
from .engines.generation import Request, Sampling
from .engines.transformers_engine import TransformersGenerator

logger = logging.getLogger(__name__)


class EvaluationCallback(TrainerCallback):
    """Measures benchmarks on the model in training, and logs them as `eval/NAME/METRIC`.

        trainer.add_callback(EvaluationCallback(trainer, [MathIF()], every=100))

    With `every` it measures each so many steps. Without, it goes along with the trainer's own evaluations
    (`eval_strategy`), and its numbers are among theirs: `metric_for_best_model="mathif/joint"` chooses checkpoints by
    them. The trainer evaluates on an `eval_dataset` only; a few rows will do. An `EarlyStoppingCallback` that looks at
    them has to be added after this one.

    Training is the same with and without it: random numbers are given back, and the model's mode. All processes
    generate, each its share of the items. Responses are sampled as the trainer samples, by transformers, even if
    the trainer itself uses vLLM. An evaluation that fails is logged, its numbers are NaN, and the run goes on.

    Args:
        trainer: a TRL trainer.
        benchmarks (`Sequence[Benchmark]`): what to measure.
        every (`int`, *optional*): steps between two measurements.
        items (`int`, *optional*, defaults to `64`): items of each benchmark, at equal distances, without its
            defective ones.
        sampling ([`Sampling`], *optional*): how to sample; as the trainer does, by default.
        thinking (`bool`, *optional*): whether the chat template is asked to think; as the trainer's, by default.
        batch_size (`int`, *optional*, defaults to `16`): responses made at once by each process.

    Raises:
        `ValueError`: unless there is either `every` or the trainer's own `eval_strategy`.
    """

    def __init__(
        self,
        trainer: Any,
        benchmarks: Sequence[Benchmark],
        *,
        every: int | None = None,
        items: int = 64,
        sampling: Sampling | None = None,
        thinking: bool | None = None,
        batch_size: int = 16,
    ) -> None:
        args = trainer.args
        if (args.eval_strategy == "no") == (every is None):
            raise ValueError(
                f"found eval_strategy={str(args.eval_strategy.value)!r} and every={every}: set eval_strategy, to go "
                "along with the trainer's own evaluations, or every, to measure each so many steps; not both"
            )
        self.trainer, self.benchmarks, self.every = trainer, benchmarks, every
        self.sampling = sampling or Sampling(args.temperature, args.top_p, args.max_completion_length, args.seed)
        configured = (args.chat_template_kwargs or {}).get("enable_thinking")
        self.thinking, self.batch_size = configured if thinking is None else thinking, batch_size
        self.items = {
            benchmark.name: spread([item for item in benchmark.items() if not item.defective], items)
            for benchmark in benchmarks
        }
        self.measured: tuple[int, dict[str, float]] = (-1, {})

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.every and state.global_step % self.every == 0:
            self._measured_at(state.global_step, control)

    def on_evaluate(
        self, args: Any, state: Any, control: Any, metrics: dict[str, float] | None = None, **kwargs: Any
    ) -> None:
        if self.every is None and metrics is not None:
            metrics.update(self._measured_at(state.global_step, control))

    def _measured_at(self, step: int, control: Any) -> dict[str, float]:
        """What this step's model scores; measured and logged once, however many data sets the trainer evaluates."""
        if self.measured[0] != step:
            self.measured = step, self.measure()
            to_log = control.should_log
            Trainer.log(
                self.trainer, dict(self.measured[1])
            )  # TRL's own would log, and forget, what training has to log
            control.should_log = to_log  # or the step itself would not be logged
        return self.measured[1]

    def measure(self) -> dict[str, float]:
        """Every metric of every benchmark, by its name in the log; the same on all processes."""
        metrics: dict[str, float] = {}
        for benchmark in self.benchmarks:
            with undisturbed(self.trainer):
                [part] = broadcast_object_list([self._measure(benchmark)])
            metrics |= {f"eval_{benchmark.name}/{name}": value for name, value in part.items()}
        chosen = f"eval_{(self.trainer.args.metric_for_best_model or '').removeprefix('eval_')}"
        if any(chosen.startswith(f"eval_{benchmark.name}/") for benchmark in self.benchmarks):
            metrics.setdefault(chosen, float("nan"))  # which is never the best; a missing one would end the run
        return metrics

    def _measure(self, benchmark: Benchmark) -> dict[str, float]:
        """The numbers, on the main process; others only generate."""
        items = self.items[benchmark.name]
        try:
            mine = self._responses(items)
        except Exception:  # the other processes wait, and the run has other things to do
            logger.exception("keepif: %s could not be measured; the run goes on", benchmark.name)
            mine = []
        samples = gather_object(mine)
        if not samples or not self.trainer.accelerator.is_main_process:
            return {}
        try:
            scored = numbers(benchmark.score(samples))
        except Exception:
            logger.exception("keepif: %s could not be scored; the run goes on", benchmark.name)
            return {}
        cost = ("tokens", "thinking_tokens")
        return scored | {
            name: fmean(getattr(sample, name) for sample in samples if not sample.item.control) for name in cost
        }

    def _responses(self, items: Sequence[Item]) -> list[Sample]:
        """This process's share of the responses. All make as many calls of the model, which sharded ones wait for."""
        accelerator = self.trainer.accelerator
        each = -(-len(items) // accelerator.num_processes)
        mine = items[accelerator.process_index * each :][:each]
        padded = [*mine, *islice(cycle(items), each - len(mine))]
        with unwrap_model_for_generation(self.trainer.model_wrapped, accelerator) as model:
            generator = TransformersGenerator(model, tokenizer_of(self.trainer), self.batch_size)
            made = generator.generate([Request(item.messages, self.thinking) for item in padded], self.sampling)
            pairs = zip(mine, made, strict=False)
            return [answered(Sample(item), response, generator.count) for item, response in pairs if response]


@contextmanager
def undisturbed(trainer: Any) -> Iterator[None]:
    """The model in evaluation mode, and afterwards its mode and all random numbers as they were."""
    device, training = trainer.accelerator.device, trainer.model.training
    python, legacy = random.getstate(), np.random.get_state()  # noqa: NPY002  # the trainer's own
    trainer.model.eval()
    try:
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            yield
    finally:
        trainer.model.train(training)
        random.setstate(python)
        np.random.set_state(legacy)  # noqa: NPY002
