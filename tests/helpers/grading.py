"""One answer, graded."""

from keepif.rewards import Response, correctness
from keepif.rewards.text.latex import boxes, masked_parts


def grade(answer: str, gold: object, prompt: str = "") -> float | None:
    return correctness([Response.parse(answer)], [gold], [prompt])[0]


def boxed(text: str) -> list[str]:
    """What the boxes of a text hold."""
    return [box.content for box in boxes(text)]


def mask_formulas(text: str) -> str:
    """A text with its formulas masked."""
    return "".join(masked_parts(text))
