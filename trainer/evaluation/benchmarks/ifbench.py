"""IFBench (Pyatkin et al., 2025, arXiv 2507.02833): 58 new instructions, scored by the published code.

The published code exists in three versions that disagree, so that it is not written anew here: what scores is the
package if-verifiable (the extra `ifbench`), whose checkers give the verdicts that IFBench published for its sample
output. Its version and NLTK's, on which verdicts depend as well, are pinned by the extra and in `scored_by`: they
belong to the score.

The data is `allenai/IFBench_test` on the hub (ODC-BY-1.0); its hub loader has not been run: here there is no hub.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from keepif.rewards import Delimiters, Response
from keepif.rewards.correctness.workers import Grader
from keepif.rewards.text.response import DEFAULT_DELIMITERS

from ...data.constrain import RowError
from .benchmark import Item, Outcome, Sample, unique
from .counts import counts_by_type, four_counts
from .source import read_rows

HUB = "allenai/IFBench_test"
FIELDS = ("key", "prompt", "instruction_id_list", "kwargs")
PACKAGE = "if-verifiable"
TIMEOUT = 20.0
"""Seconds of processor time for one check of one text; one that takes longer is not followed. The slowest published
check takes ten on 20,000 words."""
PROGRAM = ("-P", str(Path(__file__).with_name("ifbench_worker.py")))
"""Run as a file, and without its folder on the path, where `statistics` is not Python's own."""
NLTK_DATA = {
    "tokenizers/punkt_tab": None,
    "corpora/stopwords": "ratio:stop_words",
    "taggers/averaged_perceptron_tagger_eng": "words:start_verb",
}
"""NLTK's data → the one instruction that needs it; `None`: many do."""


class IFBench:
    """IFBench's rows and its four numbers, IFEval's by name; the headline is `prompt_loose`, by type too.

    Thinking is taken off first, as for IFEval.

    Args:
        source (`str` or `Path`, *optional*): the hub's name, or a file in IFEval's columns.
        delimiters ([`Delimiters`], *optional*): what opens and closes the thinking.

    Raises:
        `ImportError`: where the extra `ifbench` is not installed.
        `ValueError`: where data of NLTK's is missing that the rows' checks need.
        [`RowError`]: where a row's instructions cannot be checked.
    """

    name = "ifbench"
    headline = "prompt_loose"

    def __init__(self, source: str | Path | None = None, *, delimiters: Delimiters = DEFAULT_DELIMITERS) -> None:
        self.delimiters = delimiters
        self._items = unique("IFBench", [_item(*numbered) for numbered in enumerate(read_rows(source or HUB))])
        self.scored_by = _scorer({name for item in self._items for name in item.constraint_types})
        self._grader = Grader(timeout=TIMEOUT, program=PROGRAM)
        self._refuse_unknown()

    def items(self) -> list[Item]:
        return self._items

    def score(self, samples: Sequence[Sample]) -> list[Outcome]:
        texts = [Response.parse(sample.text, self.delimiters).answer_text for sample in samples]
        asked = [(text, one) for text, sample in zip(texts, samples, strict=True) for one in _asked(sample.item)]
        strict = self._grader.verdicts([(text, json.dumps(one)) for text, one in asked])
        missed = [pair for pair, kept in zip(asked, strict, strict=True) if not kept]
        again = iter(self._grader.verdicts([(text, json.dumps(one | {"loose": True})) for text, one in missed]))
        both = iter([(bool(kept), bool(kept or next(again))) for kept in strict])
        return [self._outcome(sample, [next(both) for _ in sample.item.constraint_types]) for sample in samples]

    def _outcome(self, sample: Sample, verdicts: Sequence[tuple[bool, bool]]) -> Outcome:
        strict, loose = [one for one, _ in verdicts], [one for _, one in verdicts]
        by_type = counts_by_type(sample.item.constraint_types, loose)
        return Outcome(sample.item.key, sample.index, four_counts(strict, loose), by_type)

    def _refuse_unknown(self) -> None:
        """Raise where an instruction cannot be built; on an empty text the others are not followed."""
        asked = [(item, one) for item in self._items for one in _asked(item)]
        for (item, one), found in zip(
            asked, self._grader.verdicts([("", json.dumps(o)) for _, o in asked]), strict=True
        ):
            if found is None:
                raise RowError(
                    f"IFBench row {item.key!r}: {self.scored_by} has no check {one['id']!r} with {one['kwargs']!r}"
                )


def _item(number: int, row: Mapping[str, Any]) -> Item:
    if missing := [field for field in FIELDS if row.get(field) is None]:
        raise RowError(f"IFBench row {number}: no field {missing[0]!r}; it has {sorted(row)}")
    ids, kwargs = row["instruction_id_list"], row["kwargs"]
    if len(ids) != len(kwargs):
        raise RowError(f"IFBench row {number}: {len(ids)} instructions, but {len(kwargs)} kwargs")
    messages = ({"role": "user", "content": row["prompt"]},)
    return Item(key=str(row["key"]), messages=messages, constraint_types=tuple(ids), row=row)


def _asked(item: Item) -> Iterable[dict[str, Any]]:
    """An item's instructions as the worker takes them."""
    for name, kwargs in zip(item.constraint_types, item.row["kwargs"], strict=True):
        given = {field: value for field, value in (kwargs or {}).items() if value is not None}
        yield {"id": name, "kwargs": given, "prompt": item.row["prompt"], "loose": False}


def _scorer(ids: set[str]) -> str:
    """What scores, with its versions; raises where it, or what it needs for `ids`, is not there."""
    try:
        import nltk

        scorer = f"{PACKAGE} {metadata.version(PACKAGE)}, nltk {nltk.__version__}"
    except (ImportError, metadata.PackageNotFoundError):
        raise ImportError(f"IFBench is scored by {PACKAGE}: pip install 'keepif[ifbench]'") from None
    needed = [path for path, only in NLTK_DATA.items() if only is None or only in ids]
    if missing := [path.rpartition("/")[2] for path in needed if not _has(nltk.data, path)]:
        raise ValueError(
            f"IFBench's checks need NLTK's data {', '.join(missing)}: python -m nltk.downloader {' '.join(missing)}, "
            "or have NLTK_DATA name a folder that holds them"
        )
    return scorer


def _has(data: Any, path: str) -> bool:
    try:
        data.find(path)
    except LookupError:
        return False
    return True
