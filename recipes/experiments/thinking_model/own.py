"""The model's own best answers, which it learns from: rejection sampling with our verifiers."""

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from trl import ModelConfig

from keepif.rewards import Constraint, Response
from keepif.trainer.evaluation.engines.generation import Request, Sampling
from keepif.trainer.evaluation.engines.prompts import OPEN
from keepif.trainer.evaluation.engines.transformers_engine import TransformersGenerator
from keepif.trainer.files import read_json, write_json

from ...models import load_model
from ...stories import Story, draw_story
from ..real_model.evaluation import rows_at_once
from ..real_model.training import OutOfTimeError
from .lessons import Lesson, draw_constraints, passes, prompt_of
from .scale import Scale

OWN_SEED = 1_000
"""Seed of the first round's prompts; that of the lessons is 0."""
Asked = tuple[Story, list[Constraint]]


def generator_of(model: Path, tokens: int) -> TransformersGenerator:
    """What answers as the model in a folder, in batches for answers of so many tokens."""
    loaded, tokenizer = load_model(ModelConfig(model_name_or_path=str(model), dtype="bfloat16"))
    loaded = loaded.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    return TransformersGenerator(loaded, tokenizer, rows_at_once(loaded, tokens, at_once=1))


def own_lessons(scale: Scale, model: Path, tokens: int, number: int, path: Path, until: float) -> list[Lesson]:
    """The answers of round `number` that are right and keep every constraint; `path` holds them as they are made."""
    draws = random.Random(OWN_SEED * number)
    stories = [draw_story(draws) for _ in range(scale.prompts)]
    asked = [(story, draw_constraints(draws, story)) for story in stories]
    tried = read_json(path) or {"prompts": 0, "kept": []}
    generator = generator_of(model, tokens) if tried["prompts"] < len(asked) else None
    while generator and tried["prompts"] < len(asked):
        if time.time() > until:
            raise OutOfTimeError(f"own answers: {tried['prompts']} of {len(asked)} prompts, {path}")
        batch = asked[tried["prompts"] : tried["prompts"] + max(1, generator.batch_size // scale.samples)]
        tried["kept"] += [asdict(one) for one in _best(generator, batch, scale.samples, tokens)]
        tried["prompts"] += len(batch)
        write_json(path, tried)
    return [Lesson(**stored) for stored in tried["kept"]]


def _best(generator: TransformersGenerator, batch: Sequence[Asked], samples: int, tokens: int) -> Iterator[Lesson]:
    asked = [one for one in batch for _ in range(samples)]
    prompts = [prompt_of(*one) for one in asked]
    requests = [
        Request(({"role": "user", "content": prompt},), thinking=True, seed=number)
        for number, prompt in enumerate(prompts)
    ]
    made = generator.generate(requests, Sampling(max_tokens=tokens))
    for (story, constraints), prompt, response in zip(asked, prompts, made, strict=True):
        if response is None or response.truncated:
            continue
        if passes(Response.parse(response.text).answer_text, str(story.answer), constraints):
            yield Lesson(prompt, thinks=True, completion=response.text.partition(OPEN)[2].removeprefix("\n"))
