"""The samples that an evaluation shows: one of each kind, cut for the screen."""

from io import StringIO

import pytest
from rich.cells import cell_len
from rich.console import Console

from keepif.trainer.evaluation.benchmarks.benchmark import Count, Item, Sample
from keepif.trainer.evaluation.results.excerpts import excerpt, picked

COMMA, QUOTED = "punctuation:no_comma", "startend:quotation"
KEPT, BROKEN = {COMMA: (1, 1), QUOTED: (2, 2)}, {COMMA: (1, 1), QUOTED: (1, 2)}


def sample(
    key: str, right: float | None, by_type: dict[str, Count], text: str = "4", prompt: str = "2 + 2?", **item: bool
) -> Sample:
    counts = {} if right is None else {"accuracy": (right, 1)}
    messages = ({"role": "system", "content": "Be kind."}, {"role": "user", "content": prompt})
    row = {} if right is None else {"answer": "4"}
    return Sample(Item(key, messages, row=row, **item), text=text, counts=counts, by_type=by_type)


@pytest.mark.parametrize(
    ("samples", "found"),
    [
        (
            [sample("a", 1, KEPT), sample("b", 0, KEPT), sample("c", 1, BROKEN), sample("d", 0, BROKEN)],
            {"wrong": "b", "right, not as asked": "c", "right, as asked": "a"},
        ),
        ([sample("a", 1, KEPT), sample("b", 1, KEPT)], {"right, as asked": "a"}),
        ([sample("a", None, BROKEN), sample("b", None, KEPT)], {"not as asked": "a", "as asked": "b"}),
        ([sample("a", 1, {}), sample("b", 0, {})], {"wrong": "b", "right": "a"}),
        ([sample("a", 1, KEPT, control=True), sample("b", None, {})], {}),
    ],
)
def test_one_of_each_kind(samples: list[Sample], found: dict[str, str]) -> None:
    assert {kind: one.item.key for kind, one in picked(samples).items()} == found
    assert list(picked(samples)) == list(found)


def printed(one: Sample, width: int) -> list[str]:
    console = Console(width=width, file=StringIO(), record=True)
    console.print(excerpt(one, width))
    return [line.rstrip() for line in console.export_text().splitlines()]


def test_what_is_shown_of_one() -> None:
    assert printed(sample("a", 1, BROKEN, "<think>\n2 + 2 = 4</think>\n\n[4]"), 80) == [
        "prompt    2 + 2?",
        "gold      4",
        "response  <think> 2 + 2 = 4</think> [4]",
        "verdicts  no_comma kept, quotation not kept",
    ]
    assert printed(sample("a", None, {}, text=""), 80) == ["prompt    2 + 2?"]


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("long", ["word " * 5_000, "x" * 5_000, "字" * 5_000])
def test_it_fits_the_screen(width: int, long: str) -> None:
    """The beginning and the end are shown: there the answer is, and what a prompt asks for."""
    lines = printed(sample("a", 1, KEPT, f"{long} = \\boxed{{4}}", f"2 + 2? {long} No commas."), width)
    assert max(map(cell_len, lines)) <= width
    assert len(lines) <= 2 * 7 + 3  # a Chinese character is two columns wide
    text = "".join(lines).replace(" ", "")
    for part in ("2+2?", "Nocommas.", "\\boxed{4}", "…"):
        assert part in text
