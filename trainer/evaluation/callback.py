"""Benchmarks while a model trains, on the model that trains."""

import logging
from collections.abc import Sequence
from statistics import fmean
from typing import Any

from accelerate.utils import broadcast_object_list, gather_object
from transformers import TrainerCallback
from trl.models import unwrap_model_for_generation

from ..beside import log, own_part, undisturbed
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

    Raises:
        `ValueError`: unless there is either `every` or the trainer's own `eval_strategy`.
    """

    def __init__(
        self, trainer: Any, benchmarks: Sequence[Benchmark], *, every: int | None = None, items: int = 64
    ) -> None:
        args = trainer.args
        if (args.eval_strategy == "no") == (every is None):
            raise ValueError(
                f"found eval_strategy={str(args.eval_strategy.value)!r} and every={every}: set eval_strategy, to go "
                "along with the trainer's own evaluations, or every, to measure each so many steps; not both"
            )
        self.trainer, self.benchmarks, self.every = trainer, benchmarks, every
        self.sampling = Sampling(args.temperature, args.top_p, args.max_completion_length, args.seed)
        self.thinking = (args.chat_template_kwargs or {}).get("enable_thinking")
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
            log(self.trainer, self.measured[1], control)
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
        """This process's part of the responses."""
        part, own = own_part(items, self.trainer)
        with unwrap_model_for_generation(self.trainer.model_wrapped, self.trainer.accelerator) as model:
            generator = TransformersGenerator(model, tokenizer_of(self.trainer))
            made = generator.generate([Request(item.messages, self.thinking) for item in part], self.sampling)
            pairs = zip(part[:own], made[:own], strict=True)
            return [answered(Sample(item), response, generator.count) for item, response in pairs if response]
