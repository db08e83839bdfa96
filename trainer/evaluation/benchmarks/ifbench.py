"""IFBench (Pyatkin et al., 2025, arXiv 2507.02833): 58 new instructions, scored by the published code.

The published code exists in three versions that disagree, so it is not written anew here. The scorer is the package
if-verifiable (the extra `ifbench`), whose checkers give the verdicts that IFBench published for its sample output. Its
version and NLTK's, on which verdicts depend as well, are pinned by the extra and in `scored_by`.

The data is `allenai/IFBench_test` on the hub (ODC-BY-1.0); its hub loader has not been run: here there is no hub.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

from keepif.rewards.correctness.workers import Grader
from keepif.rewards.extras import install

from ...data.constrain import RowError
from .benchmark import Benchmark, Item, Sample
from .counts import counts_by_type, four_counts
from .ifeval import FIELDS
from .rows import Row, as_user, items_of, read_rows

HUB = "allenai/IFBench_test"
PACKAGE = "if-verifiable"
TIMEOUT = 20.0
"""Seconds of processor time for one check of one text; a check that takes longer is not followed. The slowest
published check takes ten on 20,000 words."""
PROGRAM = ("-P", str(Path(__file__).with_name("ifbench_worker.py")))
"""Run as a file, and without its folder on the path, so that no file in it hides a module of Python's."""
NLTK_DATA = {
    "tokenizers/punkt_tab": None,
    "corpora/stopwords": "ratio:stop_words",
    "taggers/averaged_perceptron_tagger_eng": "words:start_verb",
}
"""NLTK's data → the one instruction that needs it; `None`: many do."""


class IFBench(Benchmark):
    """IFBench's rows and its four numbers, IFEval's by name; the headline is `prompt_loose`, by type too.

    Thinking is taken off first, as for IFEval.

    Args:
        source (`str` or `Path`, *optional*): the hub's name, or a file in IFEval's columns.

    Raises:
        `ImportError`: if the extra `ifbench` is not installed.
        `ValueError`: if data of NLTK's is missing that the rows' checks need.
        [`RowError`]: if a row's instructions cannot be checked.
    """

    name = "ifbench"
    headline = "prompt_loose"

    def __init__(self, source: str | Path | None = None) -> None:
        super().__init__(items_of("IFBench", read_rows(source or HUB), FIELDS, _items))
        self.scored_by = _scorer({name for item in self.items() for name in item.constraint_types})
        self._grader = Grader(timeout=TIMEOUT, program=PROGRAM)
        self._refuse_unknown()

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        checks = [(sample.answer_text, check) for sample in samples for check in _checks(sample.item)]
        strict = self._verdicts(checks)
        failed = [(text, check | {"loose": True}) for (text, check), ok in zip(checks, strict, strict=True) if not ok]
        again = iter(self._verdicts(failed))
        verdicts = iter([(bool(ok), bool(ok or next(again))) for ok in strict])
        return [_scored(sample, [next(verdicts) for _ in sample.item.constraint_types]) for sample in samples]

    def _verdicts(self, checks: Iterable[tuple[str, dict[str, Any]]]) -> list[Any]:
        """The worker's verdict on each text; `None` if the check cannot be built."""
        return self._grader.verdicts([(text, json.dumps(check)) for text, check in checks])

    def _refuse_unknown(self) -> None:
        """Raise if an instruction cannot be built; on an empty text the others are not followed."""
        checks = [(item, check) for item in self.items() for check in _checks(item)]
        for (item, check), verdict in zip(checks, self._verdicts(("", check) for _, check in checks), strict=True):
            if verdict is None:
                raise RowError(
                    f"IFBench row {item.key!r}: {self.scored_by} has no check {check['id']!r} with {check['kwargs']!r}"
                )


def _items(_: int, row: Row) -> Iterable[Item]:
    ids, kwargs = row["instruction_id_list"], row["kwargs"]
    if len(ids) != len(kwargs):
        raise ValueError(f"{len(ids)} instructions, but {len(kwargs)} kwargs")
    yield Item(key=str(row["key"]), messages=as_user(row["prompt"]), constraint_types=tuple(ids), row=row)


def _checks(item: Item) -> Iterable[dict[str, Any]]:
    """An item's instructions as the worker takes them."""
    for name, kwargs in zip(item.constraint_types, item.row["kwargs"], strict=True):
        given = {field: value for field, value in (kwargs or {}).items() if value is not None}
        yield {"id": name, "kwargs": given, "prompt": item.row["prompt"], "loose": False}


def _scored(sample: Sample, verdicts: Sequence[tuple[bool, bool]]) -> Sample:
    strict, loose = ([verdict[reading] for verdict in verdicts] for reading in (0, 1))
    by_type = counts_by_type(zip(sample.item.constraint_types, loose, strict=True))
    return replace(sample, counts=four_counts(strict, loose), by_type=by_type)


def _scorer(ids: set[str]) -> str:
    """The scorer with its versions; raises if it, or what it needs for `ids`, is not there."""
    try:
        import nltk

        scorer = f"{PACKAGE} {metadata.version(PACKAGE)}, nltk {nltk.__version__}"
    except (ImportError, metadata.PackageNotFoundError):
        raise ImportError(f"IFBench is scored by {PACKAGE}: {install('ifbench')}") from None
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
