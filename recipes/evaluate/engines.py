"""The engines of an evaluation."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from accelerate import PartialState
from trl import ModelConfig

from keepif.rewards.judge.endpoint import Endpoint
from keepif.trainer.evaluation.remedies.remedies import SELECTIVE

from ..models import load_model, load_tokenizer
from .arguments import ENGINES, EvaluateArguments


def generator_of(args: EvaluateArguments, state: PartialState) -> Any:
    """The engine, with `generate` and `count`."""
    if args.engine == "openai":
        from keepif.trainer.evaluation.engines.server_engine import ServerGenerator

        options = {name: getattr(args, name) for name in ("api_key_env", "concurrency", "per_minute", "timeout")}
        return ServerGenerator(Endpoint(args.base_url, args.model, **options))
    return _vllm(args, state) if args.engine == "vllm" else _transformers(args, state)


def can_choose_thinking(args: EvaluateArguments) -> bool | None:
    """Whether the chat template has what the arms ask for; `None` where none does, or the template is a server's.

    Raises:
        `ValueError`: where a thinking mode is asked for that would change nothing.
    """
    if args.engine == "openai" or (args.thinking == "default" and not {*SELECTIVE} & {*args.mitigation}):
        return None
    from keepif.trainer.evaluation.engines.transformers_engine import can_choose

    with _loading(args.model):
        found = can_choose(load_tokenizer(_config(args)))
    if not found and args.thinking != "default":
        raise ValueError(
            f"--thinking {args.thinking}: the chat template of {args.model} neither has a switch for thinking nor "
            "opens it, so that on and off are one prompt: leave --thinking at its default"
        )
    return found


def _vllm(args: EvaluateArguments, state: PartialState) -> Any:
    from keepif.trainer.evaluation.engines.vllm_engine import VLLMGenerator

    if state.num_processes > 1:
        raise ValueError("vLLM spreads a model over GPUs itself: launch one process")
    with _loading(args.model):
        return VLLMGenerator(args.model, revision=args.revision, dtype=args.dtype)


def _transformers(args: EvaluateArguments, state: PartialState) -> Any:
    from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator

    with _loading(args.model):
        model, tokenizer = load_model(_config(args))
    return TransformersGenerator(model.to(state.device).eval(), tokenizer, args.batch_size or ENGINES[args.engine])


def _config(args: EvaluateArguments) -> ModelConfig:
    return ModelConfig(model_name_or_path=args.model, model_revision=args.revision, dtype=args.dtype)


@contextmanager
def _loading(model: str) -> Iterator[None]:
    """What stands in the way of loading `model`, in one line that names it."""
    try:
        yield
    except (OSError, ValueError) as error:
        raise ValueError(f"the model {model!r} cannot be loaded: {str(error).partition(chr(10))[0]}") from None
