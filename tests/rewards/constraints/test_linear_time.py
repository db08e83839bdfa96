"""No text makes a check slow: a generous bound here, slopes in `make bench`."""

import time

import pytest

from keepif.rewards import Text, make
from keepif.rewards.constraints import REGISTRY
from tests.helpers import shapes

LENGTH, SECONDS = 50_000, 2.0
"""A quadratic check takes minutes at this length; the slowest linear one a tenth of a second."""


@pytest.mark.parametrize("reading", ["official", "math"])
def test_every_type_on_every_shape(reading: str) -> None:
    constraints = [make(i, REGISTRY[i].example.kwargs) for i in sorted(REGISTRY)]
    for constraint in constraints:  # what is loaded once is loaded now
        constraint.holds(Text("A sentence. And another."), reading)  # pyright: ignore[reportArgumentType]
    for name, written in shapes.texts(LENGTH):
        text = Text(written)
        for constraint in constraints:
            began = time.process_time()
            constraint.holds(text, reading)  # pyright: ignore[reportArgumentType]
            assert time.process_time() - began < SECONDS, (constraint.id, name)
