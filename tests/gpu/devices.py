"""The devices that a test runs on: this machine's CPU, and its GPU if it has one."""

from typing import Any

import pytest
import torch

CUDA: Any = pytest.param(
    "cuda",
    marks=[
        pytest.mark.gpu,
        pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
    ],
)
DEVICES = ["cpu", CUDA]
