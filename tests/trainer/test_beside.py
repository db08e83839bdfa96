"""What measures a model beside its training."""

from types import SimpleNamespace
from typing import Any

import pytest

from keepif.trainer.beside import own_part


@pytest.mark.parametrize(("rows", "world"), [(8, 1), (8, 2), (5, 2), (5, 4), (3, 4), (1, 3)])
def test_each_row_is_one_processes_own_and_all_have_as_many(rows: int, world: int) -> None:
    def part(rank: int) -> tuple[list[int], int]:
        trainer: Any = SimpleNamespace(accelerator=SimpleNamespace(num_processes=world, process_index=rank))
        return own_part(range(rows), trainer)

    parts = [part(rank) for rank in range(world)]
    assert [row for mine, own in parts for row in mine[:own]] == [*range(rows)]
    assert {len(mine) for mine, _ in parts} == {-(-rows // world)}
