"""The engine of an evaluation: which model answers, and what runs it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from accelerate import PartialState
from trl import ModelConfig

from keepif.rewards.judge.endpoint import Endpoint
from keepif.trainer.evaluation.answering import Arm
from keepif.trainer.evaluation.engines.generation import Generator
from keepif.trainer.evaluation.remedies.remedies import SELECTIVE

from ..models import load_model, load_tokenizer
from .arguments import ENGINES, EvaluateArguments


@dataclass(frozen=True)
class Engine:
    """What answers: one of `ENGINES`. `batch_size` samples are made at once and written together."""

    kind: str
    model: str
    revision: str
    dtype: str
    batch_size: int
    endpoint: Endpoint | None = None

    @cached_property
    def config(self) -> ModelConfig:
        return ModelConfig(model_name_or_path=self.model, model_revision=self.revision, dtype=self.dtype)

    def generator(self, state: PartialState) -> Generator:
        """The engine, loaded."""
        if self.endpoint:
            from keepif.trainer.evaluation.engines.server_engine import ServerGenerator

            return ServerGenerator(self.endpoint)
        return self._vllm(state) if self.kind == "vllm" else self._transformers(state)

    def _vllm(self, state: PartialState) -> Generator:
        from keepif.trainer.evaluation.engines.vllm_engine import VLLMGenerator

        if state.num_processes > 1:
            raise ValueError("vLLM spreads a model over GPUs itself: launch one process")
        with _loading(self.model):
            return VLLMGenerator(self.model, revision=self.revision, dtype=self.dtype)

    def _transformers(self, state: PartialState) -> Generator:
        from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator

        with _loading(self.model):
            model, tokenizer = load_model(self.config)
        return TransformersGenerator(model.to(state.device).eval(), tokenizer, self.batch_size)

    def can_choose_thinking(self, arms: Iterable[Arm]) -> bool | None:
        """Whether the chat template can do what `arms` need; `None` if none needs it, or if it is a server's."""
        modes = {arm.thinking for arm in arms} - {"default"}
        if self.endpoint or not (modes or {*SELECTIVE} & {arm.mitigation for arm in arms}):
            return None
        from keepif.trainer.evaluation.engines.prompts import can_choose

        with _loading(self.model):
            can = can_choose(load_tokenizer(self.config))
        if modes and not can:
            mode = "both" if len(modes) > 1 else modes.pop()
            raise ValueError(
                f"--thinking {mode}: the chat template of {self.model} neither has a switch for thinking nor opens "
                "it, so that on and off are one prompt: leave --thinking at its default"
            )
        return can


def engine_of(args: EvaluateArguments) -> Engine:
    """The engine of a command line."""
    endpoint = None
    if args.engine == "openai":
        endpoint = Endpoint(
            args.base_url, args.model, args.api_key_env, args.concurrency, args.per_minute, args.timeout
        )
    batch_size = args.batch_size or ENGINES[args.engine]
    return Engine(args.engine, args.model, args.revision, args.dtype, batch_size, endpoint)


@contextmanager
def _loading(model: str) -> Iterator[None]:
    """An error in loading `model` is one line that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ValueError(f"the model {model!r} cannot be loaded: {str(error).partition(chr(10))[0]}") from None
