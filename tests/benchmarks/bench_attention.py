"""What the attention probe costs: SmolLM2-135M's architecture, 1,024 tokens, 8 of 30 layers, on one CPU thread.

A forward pass with the probe takes at most 1.2 times the plain one, and at most 1 % of the memory of the attention
maps that eager attention would return on top of it.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from rich.console import Console
from torch.profiler import ProfilerActivity, profile
from transformers import AutoModelForCausalLM, LlamaConfig

from keepif.trainer.attention.probe import AttentionProbe

LENGTH, LAYERS, ROUNDS = 1024, range(0, 30, 4), 7
CONFIG = LlamaConfig(
    vocab_size=49_152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
    num_key_value_heads=3, max_position_embeddings=8192, tie_word_embeddings=True,
)  # fmt: skip
MAPS = CONFIG.num_hidden_layers * CONFIG.num_attention_heads * LENGTH**2 * 4
"""Bytes of eager's attention maps."""


def peak(call: Callable[[], Any]) -> int:
    """The most bytes that are allocated at once during `call`, beyond those before it."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiled:
        call()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiled.export_chrome_trace(str(path))
        events = json.loads(path.read_text())["traceEvents"]
    changes = sorted((event["ts"], event["args"]["Bytes"]) for event in events if event["name"] == "[memory]")
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def seconds(call: Callable[[], Any]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


@torch.no_grad()
def main() -> None:
    torch.set_num_threads(1)
    model = AutoModelForCausalLM.from_config(CONFIG, attn_implementation="sdpa").eval()
    ids = torch.randint(0, CONFIG.vocab_size, (1, LENGTH))
    groups = torch.zeros(1, 2, LENGTH, dtype=torch.bool)
    groups[:, 0, 100:130] = groups[:, 1, 1:200] = True

    def plain() -> None:
        model(ids, use_cache=False, logits_to_keep=1)

    def probed() -> None:
        with AttentionProbe(model, groups, LAYERS):
            plain()

    probed()
    times = [(seconds(plain), seconds(probed)) for _ in range(ROUNDS)]
    ratio = sorted(one / other for other, one in times)[ROUNDS // 2]
    extra = peak(probed) - peak(plain)
    Console().print(
        f"{len(LAYERS)} of {CONFIG.num_hidden_layers} layers, {LENGTH} tokens: {ratio:.2f} times the plain forward "
        f"(at most 1.20); {extra / 2**20:.1f} MiB more, {100 * extra / MAPS:.2f} % of the attention maps (at most 1)"
    )
    sys.exit(ratio > 1.2 or extra > MAPS / 100)


if __name__ == "__main__":
    main()
