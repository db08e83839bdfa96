"""The callback that watches constraint attention while a policy trains."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from accelerate.utils import gather_object
from transformers import TrainerCallback
from trl.models.utils import unwrap_model_for_generation

from keepif.rewards import Scoring, constraints_of

from ..beside import log, own_part, undisturbed
from ..evaluation.engines.generation import ENDED, Request, Sampling, last_tokens
from ..evaluation.engines.transformers_engine import TransformersGenerator
from ..facts import fitted, tokenizer_of
from ..files import keep_json, read_json
from ..report import dashboard
from .readings import exchange_of, read
from .summary import mean_of, summary

NAME, FIGURE = "keepif-attention.json", "keepif-attention.png"
BATCH = 16


class AttentionCallback(TrainerCallback):
    """Measures constraint attention on fixed prompts before, while and after a policy trains.

        trainer.add_callback(AttentionCallback(trainer, rows, every=50))

    Logs `attention/share`, `share_thinking`, `share_answer`, `share_kept` and `share_not_kept` (of answers that keep
    all constraints and of others), `alpha`, and `delta_beta`: how much less attention than before training a token of
    the constraints gets from the answers. Leaves `keepif-attention.json` with every response's numbers and
    `keepif-attention.png` in `output_dir`.

    Training is the same with and without it. All processes take part, each with its share of the prompts.

    Args:
        trainer: a TRL trainer.
        rows (`Sequence[Mapping]`): the prompts with their constraints, as in the data set. The constraints have to
            stand in the prompts as [`~keepif.trainer.constrain`] puts them there.
        every (`int`): steps between two measurements.

    Raises:
        `ValueError`: for a row without constraints or whose prompt does not have their sentences.
    """

    def __init__(self, trainer: Any, rows: Sequence[Mapping[str, Any]], *, every: int) -> None:
        if every < 1:
            raise ValueError(f"every must be at least 1 step, found {every}")
        self.trainer, self.rows, self.every = trainer, list(rows), every
        for number, row in enumerate(self.rows):
            text = " ".join(message["content"] for message in row["prompt"])
            if not constraints_of(row) or any(sentence not in text for sentence in sentences_of(row)):
                raise ValueError(f"row {number}: the prompt {text!r} has no constraints, or not in their own words")
        self.record: list[dict[str, Any]] = []

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        stored = read_json(Path(args.output_dir) / NAME) if state.global_step else None
        self.record = [measured for measured in stored or [] if measured["step"] < state.global_step]
        self._measure(state, control)

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step % self.every == 0:
            self._measure(state, control)

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if self.record[-1]["step"] != state.global_step:
            self._measure(state, control)
        if not self.trainer.accelerator.is_main_process:
            return
        try:
            from .figure import training_figure
        except ImportError:
            return
        path = Path(args.output_dir) / FIGURE
        training_figure(self.record).savefig(path, dpi=120)
        dashboard.show_figure(self.trainer, path, state.global_step, "keepif/attention")

    def _measure(self, state: Any, control: Any) -> None:
        with undisturbed(self.trainer):
            samples = gather_object(self._own())
        self.record.append({"step": state.global_step, "samples": samples})
        if self.trainer.accelerator.is_main_process:
            keep_json(Path(self.trainer.args.output_dir) / NAME, self.record)
        log(self.trainer, self._metrics(samples), control)

    def _metrics(self, samples: Sequence[Mapping[str, Any]]) -> dict[str, float]:
        names = ("share", "share_thinking", "share_answer", "alpha")
        means = {name: mean_of(one[name] for one in samples) for name in names}
        for name, kept in (("share_kept", True), ("share_not_kept", False)):
            means[name] = mean_of(one["share_answer"] for one in samples if one["kept"] is kept)
        before = mean_of(one["alpha"] for one in self.record[0]["samples"])
        if before is not None and means["alpha"] is not None:
            means["delta_beta"] = before - means["alpha"]
        return {f"attention/{name}": mean for name, mean in means.items() if mean is not None}

    def _own(self) -> list[dict[str, Any]]:
        """This process's part of the responses."""
        part, own = own_part(self.rows, self.trainer)
        with unwrap_model_for_generation(self.trainer.model_wrapped, self.trainer.accelerator) as model:
            return respond(model, self.trainer, part)[:own]


def sentences_of(row: Mapping[str, Any]) -> list[str]:
    """A row's constraints as its prompt says them."""
    return [constraint.description for constraint in constraints_of(row)]


def respond(model: Any, trainer: Any, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A response to each row, sampled as the trainer samples, read and scored: see [`summary`]."""
    args, tokenizer = trainer.args, tokenizer_of(trainer)
    sampling = Sampling(args.temperature, args.top_p, args.max_completion_length, args.seed)
    thinking = (args.chat_template_kwargs or {}).get("enable_thinking")
    requests = [Request(tuple(row["prompt"]), thinking, seed=place) for place, row in enumerate(rows)]
    made = [one for one in TransformersGenerator(model, tokenizer, BATCH).generate(requests, sampling) if one]
    exchanges = [
        exchange_of(tokenizer, request, one.text, sentences_of(row))
        for request, one, row in zip(requests, made, rows, strict=True)
    ]
    readings = read(model, tokenizer, exchanges, BATCH)
    scoring = replace(fitted(trainer, Scoring()), end_ids=ENDED)
    columns = {name: [row.get(name) for row in rows] for name in {name for row in rows for name in row} - {"prompt"}}
    scores = scoring.batch([one.text for one in made], last_tokens(made), columns)
    return [summary(reading, score.f == 1) for reading, score in zip(readings, scores, strict=True)]
