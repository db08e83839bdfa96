"""Images beside the prompts: no more of them are decoded than are sampled, and none is kept."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from datasets import Dataset, Image, IterableDataset
from PIL import Image as Pictures
from trl.data_utils import prepare_multimodal_messages

from keepif.trainer import KeepIF, Prepass
from keepif.trainer.reference.prepass import choose, readable
from keepif.trainer.reference.reference import prompt_key
from tests.helpers import tiny
from tests.helpers.grpo import build, trainer_of

MIB = 2**20


@pytest.fixture
def picture(tmp_path: Path) -> Callable[[str], str]:
    """Draws a picture of one colour, of three quarters of a MiB once it is decoded."""

    def draw(colour: str) -> str:
        path = tmp_path / f"{colour}.png"
        Pictures.new("RGB", (512, 512), colour).save(path)
        return str(path)

    return draw


def pictured(rows: int, path: str) -> Dataset:
    """TRL takes `image` and `images` for a vision model's; any other column is the rewards'."""
    return tiny.prompts(rows).add_column("picture", [path] * rows).cast_column("picture", Image())


def test_many_images_cost_little_at_attach(tmp_path: Path, picture: Callable[[str], str]) -> None:
    keepif = KeepIF()
    trainer = trainer_of(tmp_path, keepif.reward, dataset=pictured(20_000, picture("red")))
    before, began = psutil.Process().memory_info().rss, time.monotonic()
    keepif.attach(trainer)
    texts = readable(trainer.train_dataset)
    assert len(choose(texts, 256, seed=0)) == 256
    assert time.monotonic() - began < 10
    assert psutil.Process().memory_info().rss - before < 100 * MIB


@pytest.mark.parametrize("streamed", [False, True])
def test_a_run_decodes_what_it_samples(
    tmp_path: Path, picture: Callable[[str], str], monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    decoded, decode = [], Image.decode_example
    monkeypatch.setattr(Image, "decode_example", lambda *call, **more: (decoded.append(1), decode(*call, **more))[1])
    dataset: Any = pictured(100, picture("red"))
    if streamed:
        dataset = dataset.to_iterable_dataset()
    keepif = KeepIF(prepass=Prepass(prompts=4, samples=2, share=1.0))
    trainer = build(tmp_path, keepif, dataset=dataset, max_steps=1)
    assert len(decoded) <= 10  # a first row is looked at
    if not streamed:
        decoded.clear()
        trainer.train()
        assert len(decoded) <= 4 + 16
    else:
        trainer.train()
    measured = json.loads((tmp_path / "keepif-reference.json").read_text())["tally"]
    assert measured["completions"] == 8


def test_a_stream_of_images_is_not_kept(picture: Callable[[str], str]) -> None:
    rows = pictured(3, picture("red"))

    def endless() -> Iterator[Any]:
        yield from iter(lambda: rows.cast_column("picture", Image(decode=False))[0], None)

    stream: Any = IterableDataset.from_generator(endless, features=rows.features)
    assert "picture" not in readable(stream)[0]


def test_a_prompt_with_an_image_has_one_key(picture: Callable[[str], str]) -> None:
    def key(colour: str, question: str = "what is it ?") -> str:
        messages = [{"role": "user", "content": question}]
        return prompt_key(prepare_multimodal_messages(messages, images=[Pictures.open(picture(colour))]))

    assert key("red") == key("red")
    assert len({key("red"), key("blue"), key("red", "what is that ?")}) == 3


def test_a_text_in_blocks_has_the_texts_key() -> None:
    blocks = [{"role": "user", "content": [{"type": "text", "text": "what is it ?", "image": None}]}]
    assert prompt_key(blocks) == prompt_key("what is it ?")
