"""ComplexBench (Wen et al., 2024, arXiv 2407.03978): composed instructions, judged question by question.

An instruction comes with yes-or-no scoring questions, which may depend on one another: a question counts as answered
with no if one that it depends on was. The score, DRFR, is the share of questions answered with yes.

The published protocol judges with GPT-4 (`gpt-4-1106-preview`, in Chinese). For the questions that have a `rule` it
lets a model cut the judged segments out of the response, to which code then applies the rule. Here the given judge
answers every question itself, asked in English about the published translation: **the score differs from the
published protocol's**. Compare it with scores of the same judge only. The propagation and the coherence test are the
published ones.

The data is `data/data_final.json` of github.com/thu-coai/ComplexBench (MIT). It was not available here: the tests run
on the one published example.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from keepif.rewards import Response

from .benchmark import Benchmark, Count, Item, Sample
from .counts import counts_by_type
from .rows import Row, as_user, items_of, read_rows

logger = logging.getLogger(__name__)

FIELDS = ("main_id", "instruction_en", "category", "scoring_questions")
TYPES = {
    "Lexical": ("Word Matching", "Keywords"),
    "Structure": (
        "JSON Format", "Markdown Format", "Bullets Format", "Length",
        "Start with", "End with", "Punctuation", "Template",
    ),
    "Semantic": ("Language Style", "Personalization", "Topic", "Sentiment"),
    "Utility": ("Helpfulness", "Target Language", "Supportiveness", "Consistency", "Factuality"),
}  # fmt: skip
"""The constraint dimensions by type, as published."""
TYPE_OF = {dimension: name for name, dimensions in TYPES.items() for dimension in dimensions}
LONGEST = {"instruction": 6000, "response": 4000}
"""Characters of each that the judge is shown, as published."""
VERDICT = re.compile(r"\banswer\W{0,9}(yes|no)\b", re.IGNORECASE)
"""`Answer: **yes**`, and not `I answer: perhaps yes`."""
PROMPT = """You are an impartial judge. Look at a response to an instruction, and answer one question about it.

- The question is about one requirement out of the instruction. Judge that requirement alone, not whether the rest \
of the instruction is met.
- Answer yes only where the requirement is met completely. Answer no where anything is wrong, missing or ambiguous, \
or where the response has nothing to judge by.
- Points or bullets need visible marks or numbers. One language means that language alone, unless the instruction \
asks for more. "Each" and "all" mean every single one.
- Where the question is whether the model judged a condition correctly, look at which branch of the instruction the \
response follows.

## Instruction
{instruction}

## Response
{response}

## Question
{question}

Give a short analysis, then end with one line: "Answer: yes" or "Answer: no"."""

DATA = "--sources complexbench=PATH, the file data/data_final.json of github.com/thu-coai/ComplexBench"


class NoJudgeError(ValueError):
    """ComplexBench without anyone to judge it."""


class JudgeModel(Protocol):
    """What judges: [`~keepif.rewards.judge.Endpoint`], or anything that chats like it."""

    @property
    def model(self) -> str: ...

    def chat(self, conversations: Sequence[Any], **sampling: Any) -> Sequence[Any]: ...


class ComplexBench(Benchmark):
    """ComplexBench's rows and its numbers.

    - `drfr`: scoring questions answered with yes, after propagation. By type: each constraint dimension and each
      `type:` of these, each `composition:`, and for all questions of their instructions each `category:` (Selection_2
      is one, and Selection all of its kind), each `nesting:` of compositions and each `task:`.
    - The coherence test on groups of Selection instructions that differ in the branch to take. `selection_single` and
      `selection_multiple` are instructions all of whose questions are answered with yes, by whether the group's first
      has one question of a Selection or several; `coherent_single` and `coherent_multiple` are groups of which that
      holds for every instruction. (The published code takes all instructions without a group as one group; here they
      are none.) The published relative drop is no share of anything, so it is not in the table: it is
      1 − `coherent_single` / `selection_single`, and the same for `multiple`.

    A sample on which the judge fails counts towards nothing, and nor does its group. The instructions of a group are
    scored together, so all samples must come to one call of `score`.

    Args:
        source (`str` or `Path`): `data_final.json`, or a file in its form.
        judge ([`JudgeModel`]): what answers the scoring questions.

    Raises:
        `ValueError`: if the data is not given, and as [`NoJudgeError`] if the judge is not.
        [`RowError`]: if a row lacks a published field.
    """

    name = "complexbench"
    headline = "drfr"

    def __init__(self, source: str | Path | None = None, *, judge: JudgeModel | None = None) -> None:
        if judge is None:
            raise NoJudgeError(
                "ComplexBench's questions are answered by a judge: give --judge_url and --judge_model, an "
                f"OpenAI-compatible server and the model it is to use{'' if source else f'; and {DATA}'}"
            )
        super().__init__(read_items(source))
        self.judge = judge
        self.scored_by = f"{judge.model} on every question (not the published protocol)"
        self._depths: dict[str, str | None] = {}
        for item in self.items():
            if "/" in item.key:
                self._depths.setdefault(item.unit, _depth(item.row["scoring_questions"]))

    def score(self, samples: Sequence[Sample]) -> list[Sample]:
        verdicts = [
            propagated(answers, sample.item.row)
            for answers, sample in zip(self._answers(samples), samples, strict=True)
        ]
        groups: dict[tuple[str, int], list[bool | None]] = {}
        for sample, questions in zip(samples, verdicts, strict=True):
            groups.setdefault((sample.item.unit, sample.index), []).append(
                None if questions is None else all(questions)
            )
        return [
            replace(sample, unjudged=True)
            if questions is None
            else self._scored(sample, questions, groups.pop((sample.item.unit, sample.index), None))
            for sample, questions in zip(samples, verdicts, strict=True)
        ]

    def _answers(self, samples: Sequence[Sample]) -> list[list[bool | None]]:
        """The judge's answers to every question about every sample; `None` for one that failed."""
        conversations = [list(_conversations(sample)) for sample in samples]
        replies = iter(self.judge.chat([one for of_sample in conversations for one in of_sample], temperature=0))
        answers = [[read_verdict(next(replies)) for _ in of_sample] for of_sample in conversations]
        if failed := sum(None in of_sample for of_sample in answers):
            logger.warning(
                "keepif: the judge failed on %d of %d samples, which count for nothing", failed, len(answers)
            )
        return answers

    def _scored(self, sample: Sample, verdicts: Sequence[bool], group: Sequence[bool | None] | None) -> Sample:
        """With an instruction's counts; those of its group are its first instruction's."""
        counts: dict[str, Count] = {"drfr": (sum(verdicts), len(verdicts))}
        depth = self._depths.get(sample.item.unit)
        if depth:
            counts[f"selection_{depth}"] = (all(verdicts), 1)
        if depth and group and None not in group:
            counts[f"coherent_{depth}"] = (all(group), 1)
        return replace(sample, counts=counts, by_type=_by_type(sample.item.row, verdicts))


def read_items(source: str | Path | None) -> list[Item]:
    """The items, which need no judge."""
    if source is None:
        raise ValueError(f"ComplexBench is on no hub: give {DATA}")
    return items_of("ComplexBench", read_rows(source), FIELDS, _items)


def _items(_: int, row: Row) -> Iterable[Item]:
    count = len(row["scoring_questions"])
    for question in row["scoring_questions"]:
        if not question.get("question_en"):
            raise ValueError("a question without 'question_en'")
        if not all(isinstance(dep, int) and 0 <= dep < count for dep in question["dep"]):
            raise ValueError(f"dep {question['dep']} points to no question of {count}")
    key = f"{row['group']}/{row['main_id']}" if row.get("group") else str(row["main_id"])
    yield Item(key=key, messages=as_user(row["instruction_en"]), row=row)


def _conversations(sample: Sample) -> Iterable[tuple[Mapping[str, str], ...]]:
    """What the judge is asked: each question about the response without its thinking."""
    for question in sample.item.row["scoring_questions"]:
        yield as_user(
            PROMPT.format(
                instruction=sample.item.row["instruction_en"][: LONGEST["instruction"]],
                response=sample.answer_text[: LONGEST["response"]] or "(nothing)",
                question=question["question_en"],
            )
        )


def propagated(verdicts: Sequence[bool | None], row: Row) -> list[bool] | None:
    """The verdicts after propagation: no if a question that one depends on was itself answered with no.

    One step, as published: `dep` lists all that a question depends on. `None` if a verdict is missing.
    """
    if None in verdicts:
        return None
    questions = row["scoring_questions"]
    return [
        bool(verdict) and all(verdicts[dep] for dep in question["dep"])
        for verdict, question in zip(verdicts, questions, strict=True)
    ]


def _by_type(row: Row, verdicts: Sequence[bool]) -> dict[str, Count]:
    groups = {f"category:{row['category']}", f"category:{row['category'].partition('_')[0]}"}
    groups |= {f"task:{row['task_types']}"} if row.get("task_types") else set()
    groups |= {f"nesting:{'_'.join(sorted(row['composition_types']))}"} if row.get("composition_types") else set()
    counts: dict[str, Count] = dict.fromkeys(sorted(groups), (sum(verdicts), len(verdicts)))
    return counts | counts_by_type(
        (name, verdict)
        for question, verdict in zip(row["scoring_questions"], verdicts, strict=True)
        for name in _types(question)
    )


def _types(question: Mapping[str, Any]) -> Iterable[str]:
    dimensions = question["constraint_dimensions"]
    yield from dimensions
    yield from (f"type:{TYPE_OF.get(dimension, 'Others')}" for dimension in dimensions)
    yield from (f"composition:{name}" for name in question["composition_types"])


def _depth(questions: Sequence[Mapping[str, Any]]) -> str | None:
    """Whether one question is of a Selection, or several, or none."""
    count = sum("Selection" in question["composition_types"] for question in questions)
    return None if count == 0 else "single" if count == 1 else "multiple"


def read_verdict(reply: Any) -> bool | None:
    """The judge's last verdict; no verdict is a no, as published. `None` for a request that failed."""
    if reply is None:
        return None
    verdicts = VERDICT.findall(Response.parse(reply.text).answer_text)
    return bool(verdicts) and verdicts[-1].lower() == "yes"
