"""Responses from vLLM in this process."""

from collections.abc import Sequence
from typing import Any

from keepif.rewards.extras import install

from .generation import Generated, Request, Sampling
from .prompts import render, seed_of


class VLLMGenerator:
    """Answers requests by vLLM, which batches them itself. `options` are those of `vllm.LLM`."""

    def __init__(self, model: str, **options: Any) -> None:
        try:
            import vllm  # pyright: ignore[reportMissingImports]
        except ImportError:
            raise ImportError(f"the engine vllm needs a GPU and: {install('vllm')}") from None
        self.vllm, self.llm = vllm, vllm.LLM(model=model, **options)
        self.tokenizer = self.llm.get_tokenizer()

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Generated | None]:
        prompts = [render(self.tokenizer, request) for request in requests]
        options = [
            self.vllm.SamplingParams(
                temperature=sampling.temperature,
                top_p=sampling.top_p,
                max_tokens=request.limit(sampling),
                seed=seed_of(sampling, request, text),
            )
            for request, (text, _) in zip(requests, prompts, strict=True)
        ]
        ids = [self.tokenizer(text, add_special_tokens=False).input_ids for text, _ in prompts]
        outputs = self.llm.generate([{"prompt_token_ids": row} for row in ids], options, use_tqdm=False)
        return [
            Generated(opening + output.text, len(output.token_ids), output.finish_reason == "length")
            for [output], (_, opening) in zip((one.outputs for one in outputs), prompts, strict=True)
        ]

    def count(self, text: str) -> int:
        """Tokens of `text`."""
        return len(self.tokenizer(text, add_special_tokens=False).input_ids)
