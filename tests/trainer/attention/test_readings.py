"""The three readings against eager attention maps, by the published definitions."""

from typing import Any

import pytest
import torch
from trl import ModelConfig

from keepif.recipes.models import load_model
from keepif.trainer.attention.readings import Exchange, Reading, read
from keepif.trainer.attention.spans import offsets

CONSTRAINTS = ("Your answer should not contain any commas.", "Write in capital letters.")


@pytest.fixture(scope="module", params=["tiny", "smollm2-135m"])
def policy(request: pytest.FixtureRequest) -> tuple[Any, Any]:
    model, tokenizer = load_model(ModelConfig(model_name_or_path=request.param))
    return model.eval(), tokenizer


def exchange_of(tokenizer: Any, response: str, constraints: tuple[str, ...] = CONSTRAINTS) -> Exchange:
    content = " ".join(["What is 3 + 4?", *constraints])
    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": content}], tokenize=False, add_generation_prompt=True
    )
    return Exchange(prompt, response, constraints)


@torch.no_grad()
def test_they_are_the_definitions_on_the_maps(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    long = exchange_of(tokenizer, "3+4=7.</think>SO THE ANSWER IS 7.")
    found = read(model, tokenizer, [long, exchange_of(tokenizer, "7", CONSTRAINTS[:1])])
    model.set_attn_implementation("eager")
    prompt, places = offsets(tokenizer, long.prompt)
    response, _ = offsets(tokenizer, long.response)
    maps = model(torch.tensor([prompt + response]), output_attentions=True, use_cache=False).attentions
    model.set_attn_implementation("sdpa")
    heads = torch.stack(maps)[:, 0].mean(1)[:, len(prompt) - 1 : -1]  # layers, response, all tokens
    begin = long.prompt.index(CONSTRAINTS[0])
    end = long.prompt.index(CONSTRAINTS[1]) + len(CONSTRAINTS[1])
    own = [token for token, (first, last) in enumerate(places) if first < end and last > begin]
    reading = found[0]
    assert reading.tokens == len(own)
    torch.testing.assert_close(reading.alpha, heads[..., own].mean(-1), atol=1e-5, rtol=0)
    share = heads[..., own].sum(-1) / heads[..., 1 : len(prompt)].sum(-1)
    torch.testing.assert_close(reading.share, share, atol=1e-5, rtol=0)
    torch.testing.assert_close(reading.beta, reading.alpha[:, reading.answer_from :].mean(1))
    assert float(reading.share_of(0).mean()) < float(reading.share.mean()) <= 1
    assert found[1].mass.shape[0] == 3
    assert found[1].alpha.shape[1] == len(offsets(tokenizer, "7")[0])


def test_padding_and_batches_change_nothing(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    exchanges = [exchange_of(tokenizer, "7" * length, CONSTRAINTS[:length]) for length in (1, 2)]
    together, alone = read(model, tokenizer, exchanges), read(model, tokenizer, exchanges, batch_size=1)
    for one, other in zip(together, alone, strict=True):
        torch.testing.assert_close(one.mass, other.mass, atol=1e-5, rtol=0)


def test_thinking_and_answer_are_read_apart(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    answered, unclosed = (
        read(model, tokenizer, [exchange_of(tokenizer, text)])[0]
        for text in ("<think>3+4=7.</think>It is 7.", "<think>3+4=7.")
    )
    steps = answered.alpha.shape[1]
    tokens = offsets(tokenizer, "It is 7.")[0]
    assert steps - answered.answer_from == len(tokens)
    parts = [answered.mean(answered.share, part) for part in ("thinking", "answer")]
    weights = [answered.answer_from / steps, len(tokens) / steps]
    assert answered.mean(answered.share) == pytest.approx(parts[0] * weights[0] + parts[1] * weights[1], abs=1e-5)
    assert unclosed.answer_from == unclosed.alpha.shape[1]
    assert unclosed.beta.isnan().all()


def reading(constraint: float, prompt: float) -> Reading:
    mass = torch.tensor([constraint, constraint, prompt])[:, None, None].expand(3, 2, 4)
    return Reading(mass, tokens=2, answer_from=1)


def test_by_hand() -> None:
    before, after = reading(0.2, 0.4), reading(0.1, 0.2)
    assert before.mean(before.alpha) == pytest.approx(0.1)
    assert (before.beta - after.beta).tolist() == pytest.approx([0.05, 0.05])
    assert before.mean(before.share) == after.mean(after.share) == pytest.approx(0.5)
    assert reading(0.0, 0.0).share.isnan().all()  # no attention reaches the prompt


def test_a_constraint_that_is_not_there_is_refused(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    with pytest.raises(ValueError, match="'Use no verbs' does not stand in the prompt"):
        read(model, tokenizer, [Exchange("What is 3 + 4?", "7", ("Use no verbs",))])
