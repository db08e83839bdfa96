"""The judge: soft constraints, which no code can check, put to a language model."""

from .endpoint import Endpoint
from .judge import Judge

__all__ = ["Endpoint", "Judge"]
