"""The cold start: a model learns to think from a teacher's lessons, and then to obey from its own best answers.

Each part is on disk when it ends, and goes on from there.
"""

import random
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import set_seed
from trl import ModelConfig, SFTConfig, SFTTrainer

from keepif.trainer.evaluation.engines.prompts import can_choose

from ...checkpoint import last_checkpoint
from ...models import load_model
from ..real_model.plan import refuse_other
from ..real_model.training import OutOfTimeError, StopAt
from .lessons import Lesson, lesson
from .own import own_lessons
from .scale import Scale

TEMPLATE = Path(__file__).with_name("chat_template.jinja")
MODEL = "model"
AGAIN = 0.1
"""Share of the teacher's lessons that is repeated beside own answers, which all think."""


def cold_start(scale: Scale, tokens: int, folder: Path, until: float) -> Path:
    """The folder of the model that thinks; its own answers may have so many `tokens`.

    If the moment `until` (seconds since 1970) comes first, it raises an [`OutOfTimeError`]; called again, it goes on.
    """
    refuse_other(folder, "models", asdict(scale))
    draws = random.Random(0)
    lessons = [lesson(draws) for _ in range(scale.lessons)]
    model = teach(scale.start, lessons, folder / "taught", until, scale.learning)
    for number in range(1, scale.rounds + 1):
        own = own_lessons(scale, model, tokens, number, folder / f"own-{number}.json", until)
        again = lessons[: round(AGAIN * len(lessons))]
        model = teach(str(model), [*own, *again], folder / f"round-{number}", until, scale.learning)
    return model


def teach(start: str, lessons: Sequence[Lesson], folder: Path, until: float, learning: dict[str, Any]) -> Path:
    """The folder of the model that `start`, a name or a folder, becomes by `lessons`."""
    if (folder / MODEL).exists():
        return folder / MODEL
    set_seed(0)
    model, tokenizer = load_model(ModelConfig(model_name_or_path=start, dtype="float32"))
    with_switch(tokenizer)
    settings: dict[str, Any] = {
        "completion_only_loss": True, "num_train_epochs": 1, "lr_scheduler_type": "cosine", "warmup_steps": 0.05,
        "adam_beta2": 0.98, "gradient_checkpointing": False, "train_sampling_strategy": "group_by_length",
        "logging_steps": 1, "save_steps": 10, "save_total_limit": 1, "report_to": "none",
    }  # fmt: skip
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(output_dir=str(folder), **settings | learning),
        train_dataset=Dataset.from_list([rendered(tokenizer, one) for one in lessons]),
        processing_class=tokenizer,
    )
    trainer.add_callback(StopAt(until))
    checkpoint = last_checkpoint(folder)
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if trainer.state.global_step < trainer.state.max_steps:
        raise OutOfTimeError(f"cold start: {trainer.state.global_step} of {trainer.state.max_steps} steps, {folder}")
    partial = folder / f"{MODEL}.partial"
    model.to("cpu", torch.bfloat16).save_pretrained(partial)
    tokenizer.save_pretrained(partial)
    return partial.rename(folder / MODEL)


def with_switch(tokenizer: Any) -> None:
    """Give it a chat template that can be told to think or not, if it has none."""
    if not can_choose(tokenizer):
        tokenizer.chat_template = TEMPLATE.read_text()


def rendered(tokenizer: Any, one: Lesson) -> dict[str, str]:
    """The lesson as text before and after the place where the assistant begins."""
    messages = [{"role": "user", "content": one.prompt}]
    prompt = tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True, enable_thinking=one.thinks
    )
    return {"prompt": prompt, "completion": one.completion + tokenizer.eos_token}
