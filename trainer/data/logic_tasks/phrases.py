"""The sentences of phrases.yaml, where training and evaluation prompts have their own."""

from pathlib import Path
from typing import Literal

import yaml

Split = Literal["train", "test"]
PHRASES: dict[str, dict[Split, list[str]]] = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
"""Kind of node → split → sentences with the node's parts in braces."""
