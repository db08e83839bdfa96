"""The engines: a real model by transformers, and a real HTTP server."""

import json
from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import pytest
import torch
from trl import ModelConfig

from keepif.recipes.models import load_model
from keepif.recipes.tiny_policy.worlds import TINY
from keepif.rewards import Response
from keepif.rewards.judge.endpoint import Endpoint
from keepif.trainer.evaluation.engines.generation import Generated, Request, Sampling
from keepif.trainer.evaluation.engines.prompts import can_choose, render
from keepif.trainer.evaluation.engines.server_engine import ServerGenerator
from keepif.trainer.evaluation.engines.transformers_engine import GumbelDraw, TransformersGenerator
from keepif.trainer.evaluation.engines.vllm_engine import VLLMGenerator
from tests.helpers import tiny
from tests.helpers.chat_server import serving

SAMPLING = Sampling(max_tokens=112)
QWEN3 = (  # what Qwen3's does with thinking
    "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}<|assistant|>\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}"
)
R1 = "{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}<|assistant|>{{ '<think>\n' }}"


@pytest.fixture(scope="module")
def policy() -> tuple[Any, Any]:
    return load_model(ModelConfig(model_name_or_path="tiny"))


@pytest.fixture
def generator(policy: tuple[Any, Any]) -> TransformersGenerator:
    return TransformersGenerator(*policy, batch_size=8)


def requests(count: int, **options: Any) -> list[Request]:
    return [Request(tuple(row["prompt"]), **options) for row in TINY.held_out()[:count]]


def texts(found: Sequence[Generated | None]) -> list[str]:
    return [generated.text for generated in found if generated]


def test_what_a_request_gets_does_not_depend_on_its_batch(policy: tuple[Any, Any]) -> None:
    asked = [*requests(20), *requests(20, seed=1)]
    alone = TransformersGenerator(*policy, batch_size=3).generate(asked[::-1], SAMPLING)[::-1]
    together = TransformersGenerator(*policy, batch_size=40).generate(asked, SAMPLING)
    assert alone == together
    assert texts(together)[:20] != texts(together)[20:]
    other = TransformersGenerator(*policy, batch_size=40).generate(asked, Sampling(max_tokens=112, seed=1))
    assert other != together


def test_no_draw_is_made_twice(generator: TransformersGenerator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in one call, nor in a later one; a greedy one whatever its seed."""
    asked, greedy = requests(4), Sampling(temperature=0, max_tokens=112)
    first = generator.generate([*asked, *asked], SAMPLING)
    assert first[:4] == first[4:]
    certain = generator.generate(asked, greedy)
    monkeypatch.setattr(generator.model, "generate", lambda **_: pytest.fail("drawn again"))
    assert generator.generate(asked, SAMPLING) == first[:4]
    assert generator.generate(requests(4, seed=1), greedy) == certain


def test_greedy_is_what_transformers_says(policy: tuple[Any, Any]) -> None:
    model, tokenizer = policy
    asked = requests(6)
    found = TransformersGenerator(*policy, batch_size=6).generate(asked, Sampling(temperature=0, max_tokens=112))
    for request, generated in zip(asked, found, strict=True):
        inputs = tokenizer(render(tokenizer, request)[0], return_tensors="pt", return_token_type_ids=False)
        ids = model.generate(**inputs, do_sample=False, max_new_tokens=112)[0, inputs.input_ids.shape[1] :]
        assert generated == Generated("<think>" + tokenizer.decode(ids, skip_special_tokens=True), len(ids), False)


def test_the_noise_draws_from_the_softmax() -> None:
    """4,000 draws of three tokens, against their probabilities: chi squared below its 0.001 quantile of 13.8."""
    probabilities = torch.tensor([0.7, 0.25, 0.05])
    rows = probabilities.log().repeat(4000, 1)
    drawn = GumbelDraw(range(4000), torch.device("cpu"))(torch.zeros(1), rows).argmax(-1)  # pyright: ignore[reportArgumentType]
    seen = Counter(drawn.tolist())
    assert sum((seen[i] - 4000 * p) ** 2 / (4000 * p) for i, p in enumerate(probabilities.tolist())) < 13.8


def test_top_p_leaves_the_tail_out(policy: tuple[Any, Any]) -> None:
    asked = [request for seed in range(3) for request in requests(6, seed=seed)]
    narrow = TransformersGenerator(*policy).generate(asked, Sampling(top_p=1e-6, max_tokens=112))
    assert texts(narrow[:6]) == texts(narrow[6:12]) == texts(narrow[12:])


def test_thinking_reads_by_itself(generator: TransformersGenerator) -> None:
    """The embedded policy's template opens the thinking, or closes it at once."""
    for generated in generator.generate(requests(8, thinking=True), SAMPLING):
        assert generated
        assert generated.text.startswith("<think>")
        assert Response.parse(generated.text).closed
    assert not any("think>" in text for text in texts(generator.generate(requests(8, thinking=False), SAMPLING)))


def test_limits(generator: TransformersGenerator) -> None:
    asked = [*requests(3, max_tokens=4), *requests(3)]
    found = generator.generate(asked, Sampling(temperature=0, max_tokens=112))
    assert [(g.tokens, g.truncated) for g in found[:3] if g] == [(4, True)] * 3
    for short, whole in zip(found[:3], found[3:], strict=True):
        assert short
        assert whole
        assert whole.text.startswith(short.text)
        assert not whole.truncated
        assert generator.count(whole.text) == whole.tokens  # <think> is one, and so is the end


def test_what_is_begun_goes_on_as_if_it_had_not_stopped(generator: TransformersGenerator) -> None:
    sampling = Sampling(temperature=0, max_tokens=112)
    whole = texts(generator.generate(requests(6), sampling))
    begun = [text[: text.index("</think>") + 8] for text in whole]
    asked = [Request(r.messages, prefix=text) for r, text in zip(requests(6), begun, strict=True)]
    assert [a + b for a, b in zip(begun, texts(generator.generate(asked, sampling)), strict=True)] == whole


def test_a_prompt_that_fills_the_context_gets_one_token() -> None:
    generator = TransformersGenerator(tiny.model(), tiny.tokenizer())
    long = Request(({"role": "user", "content": "what is 2 + 2 ? " * 30},))
    [generated] = generator.generate([long], Sampling(max_tokens=9))
    assert generated
    assert (generated.tokens, generated.truncated) == (1, True)


def test_a_long_prompt_beside_it_leaves_a_short_one_its_context() -> None:
    """The model has 128 positions; beside a prompt of 120 tokens one of 8 has 120 left, not 8."""
    torch.manual_seed(0)
    model, sampling = tiny.model(), Sampling(temperature=0, max_tokens=500)
    long, short = (Request(({"role": "user", "content": "what is 2 + 2 ? 5 6 " * times},)) for times in (15, 1))
    [_, beside] = TransformersGenerator(model, tiny.tokenizer()).generate([long, short], sampling)
    [alone] = TransformersGenerator(model, tiny.tokenizer()).generate([short], sampling)
    assert alone == beside
    assert beside
    assert beside.tokens > 8


@pytest.mark.parametrize(
    ("template", "request_", "expected"),
    [
        (QWEN3, {}, ("<|user|>Hi<|assistant|>\n", "")),
        (QWEN3, {"thinking": True}, ("<|user|>Hi<|assistant|>\n", "")),
        (QWEN3, {"thinking": False}, ("<|user|>Hi<|assistant|>\n<think>\n\n</think>\n\n", "")),
        (QWEN3, {"prefix": "<think>Hm"}, ("<|user|>Hi<|assistant|>\n<think>Hm", "")),
        (R1, {}, ("<|user|>Hi<|assistant|><think>\n", "<think>\n")),
        (R1, {"prefix": "<think>\nHm</think>"}, ("<|user|>Hi<|assistant|><think>\nHm</think>", "")),
        (R1, {"prefix": "Hm"}, ("<|user|>Hi<|assistant|><think>\nHm", "")),
        (R1, {"thinking": True}, ("<|user|>Hi<|assistant|><think>\n", "<think>\n")),
        (R1, {"thinking": False}, ("<|user|>Hi<|assistant|><think>\n\n</think>\n\n", "")),
        (R1, {"thinking": False, "prefix": "Hm"}, ("<|user|>Hi<|assistant|><think>\n\n</think>\n\nHm", "")),
    ],
)
def test_prompts(template: str, request_: dict[str, Any], expected: tuple[str, str]) -> None:
    request = Request(({"role": "user", "content": "Hi"},), **request_)
    assert render(tiny.tokenizer(template), request) == expected


@pytest.mark.parametrize(("template", "can"), [(QWEN3, True), (R1, True), ("{{ messages[0].content }}", False)])
def test_whether_a_model_can_be_asked_not_to_think(template: str, can: bool) -> None:
    assert can_choose(tiny.tokenizer(template)) == can


def test_a_server_is_asked_what_the_request_asks() -> None:
    def answer(body: dict[str, Any], _: int) -> Any:
        return "Yes." if body["messages"][-1]["content"] == "Hi" else (500, {"x-should-retry": "false"}, "{}")

    def ask(content: str, **options: Any) -> Request:
        return Request(({"role": "user", "content": content},), **options)

    asked = [ask("Hi"), ask("No"), ask("Hi", thinking=False, max_tokens=3), ask("Hi", prefix="<think>So")]
    with serving(answer) as server:
        generator = ServerGenerator(Endpoint(server.url, "m"))
        found = generator.generate(asked, Sampling(0.5, 0.9, 10))
    assert found == [Generated("Yes.", 7, False), None, Generated("Yes.", 7, False), None]
    plain = {"model": "m", "temperature": 0.5, "top_p": 0.9, "max_tokens": 10}
    sent = {len(body["messages"]) + len(body): body for body in server.requests}
    assert {name: value for name, value in sent[6].items() if name != "messages"} == plain
    assert sent[7]["chat_template_kwargs"] == {"enable_thinking": False}
    assert sent[7]["max_tokens"] == 3
    assert sent[9]["continue_final_message"]
    assert not sent[9]["add_generation_prompt"]
    assert sent[9]["messages"][-1] == {"role": "assistant", "content": "<think>So"}


def test_a_server_that_returns_the_thinking_apart() -> None:
    cut = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [
        {"index": 0, "finish_reason": "length", "message": {"role": "assistant", "content": "", "reasoning": "Hm"}}
    ]}  # fmt: skip

    def answer(body: dict[str, Any], _: int) -> Any:
        if body["messages"][0]["content"] == "cut":
            return 200, {}, json.dumps(cut)
        return {"content": "Four.", "reasoning_content": "2 + 2"}

    with serving(answer) as server:
        asked = [Request(({"role": "user", "content": content},)) for content in ("whole", "cut")]
        whole, short = ServerGenerator(Endpoint(server.url, "m")).generate(asked, Sampling())
    assert whole == Generated("<think>2 + 2</think>Four.", 7, False)
    assert short == Generated("<think>Hm", 2, True)  # nine characters; the server has not counted


@pytest.mark.skipif(find_spec("vllm") is not None, reason="vLLM is installed")
def test_vllm_says_what_it_needs() -> None:
    with pytest.raises(ImportError, match=r'pip install -e "\.\[vllm\]"'):
        VLLMGenerator("m")
