"""One answer, graded."""

from keepif.rewards import Response, correctness


def grade(answer: str, gold: object, prompt: str = "") -> float | None:
    return correctness([Response.parse(answer)], [gold], [prompt])[0]
