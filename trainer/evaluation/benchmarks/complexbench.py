"""ComplexBench (Wen et al., 2024, arXiv 2407.03978): composed instructions, judged question by question.

An instruction comes with yes-or-no scoring questions, which may depend on one another: a question counts as answered
with no where one that it depends on was. The score, DRFR, is the share of questions answered with yes.

The published protocol judges with GPT-4 (`gpt-4-1106-preview`, in Chinese), and for the questions that have a `rule`
it lets a model cut the judged segments out of the response, to which code then applies the rule. Here the judge,
whichever is given, answers every question itself, asked in English: **the score differs from the published
protocol's**, and is to be compared with scores of the same judge only. The propagation and the coherence test are the
published ones.

The data is `data/data_final.json` of github.com/thu-coai/ComplexBench (MIT). It was not to be had here: the tests run
on the one published example.
"""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Protocol

from keepif.rewards import Delimiters, Response
from keepif.rewards.text.response import DEFAULT_DELIMITERS

from ...data.constrain import RowError
from .benchmark import Count, Item, Outcome, Sample, unique
from .source import read_rows

logger = logging.getLogger(__name__)

FIELDS = ("main_id", "instruction", "category", "scoring_questions")
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

Language = Literal["en", "zh"]
SUFFIX: dict[Language, str] = {"en": "_en", "zh": ""}
"""Of the fields that stand in both."""


class NoJudgeError(ValueError):
    """ComplexBench without anyone to judge it."""


class Judge(Protocol):
    """What judges: [`keepif.rewards.endpoint.Endpoint`], or anything that chats like it."""

    @property
    def model(self) -> str: ...

    def chat(self, conversations: Sequence[Any], **sampling: Any) -> Sequence[Any]: ...


class ComplexBench:
    """ComplexBench's rows and its numbers.

    - `drfr`: scoring questions answered with yes, after propagation; by type for each constraint dimension and each
      `type:` of these, each `composition:`, and for all questions of the instructions of each `category:` (Selection_2
      is one, and Selection all of its kind), each `nesting:` of compositions and each `task:`.
    - The coherence test on groups of Selection instructions that differ in the branch to take: `selection_single` and
      `selection_multiple` are instructions all of whose questions are answered with yes, by whether the group's first
      has one question of a Selection or several; `coherent_single` and `coherent_multiple` are groups of which that
      holds for every instruction. (The published code takes all instructions without a group for one; here they are
      none.) The published relative drop is no share of anything, and so has no place in the table: it is
      1 − `coherent_single` / `selection_single`, and the same for `multiple`.

    A sample on which the judge fails counts towards nothing, and nor does its group. The instructions of a group are
    scored together, so that all samples must come to one call of `score`.

    Args:
        source (`str` or `Path`): `data_final.json`, or a file in its form.
        judge ([`Judge`]): what answers the scoring questions.
        language (`str`, *optional*, defaults to `"en"`): of instructions and questions: `"en"`, the published
            translation, or `"zh"`, the original.
        delimiters ([`Delimiters`], *optional*): what opens and closes the thinking, which the judge is not shown.

    Raises:
        `ValueError`: where the data is not given, and as [`NoJudgeError`] where the judge is not.
        [`RowError`]: where a row has not the published fields.
    """

    name = "complexbench"
    headline = "drfr"

    def __init__(
        self,
        source: str | Path | None = None,
        *,
        judge: Judge | None = None,
        language: Language = "en",
        delimiters: Delimiters = DEFAULT_DELIMITERS,
    ) -> None:
        if judge is None:
            raise NoJudgeError(
                "ComplexBench's questions are answered by a judge: give --judge_url and --judge_model, an "
                f"OpenAI-compatible server and the model it is to use{'' if source else f'; and {DATA}'}"
            )
        self.judge, self.delimiters = judge, delimiters
        self.scored_by = f"{judge.model} on every question (not the published protocol)"
        self._items, self._suffix = read_items(source, language), SUFFIX[language]
        self._depths: dict[str, str | None] = {}
        for item in self._items:
            if "/" in item.key:
                self._depths.setdefault(_group(item), _depth(item.row["scoring_questions"]))

    def items(self) -> list[Item]:
        return self._items

    def score(self, samples: Sequence[Sample]) -> list[Outcome]:
        verdicts = [propagated(found, s.item.row) for found, s in zip(self._judged(samples), samples, strict=True)]
        groups: dict[tuple[str, int], list[bool | None]] = {}
        for sample, found in zip(samples, verdicts, strict=True):
            groups.setdefault((_group(sample.item), sample.index), []).append(None if found is None else all(found))
        return [
            Outcome(sample.item.key, sample.index, {}, unjudged=True)
            if found is None
            else self._outcome(sample, found, groups.pop((_group(sample.item), sample.index), None))
            for sample, found in zip(samples, verdicts, strict=True)
        ]

    def _judged(self, samples: Sequence[Sample]) -> list[list[bool | None]]:
        """The judge's verdicts on every question of every sample; `None` for one that failed."""
        asked = [list(self._conversations(sample)) for sample in samples]
        replies = iter(self.judge.chat([one for of_sample in asked for one in of_sample], temperature=0))
        found = [[read_verdict(next(replies)) for _ in of_sample] for of_sample in asked]
        if failed := sum(None in of_sample for of_sample in found):
            logger.warning("keepif: the judge failed on %d of %d samples, which count for nothing", failed, len(found))
        return found

    def _conversations(self, sample: Sample) -> Iterable[list[dict[str, str]]]:
        response = Response.parse(sample.text, self.delimiters).answer_text
        for question in sample.item.row["scoring_questions"]:
            content = PROMPT.format(
                instruction=sample.item.row[f"instruction{self._suffix}"][: LONGEST["instruction"]],
                response=response[: LONGEST["response"]] or "(nothing)",
                question=question[f"question{self._suffix}"],
            )
            yield [{"role": "user", "content": content}]

    def _outcome(self, sample: Sample, found: Sequence[bool], group: Sequence[bool | None] | None) -> Outcome:
        """An instruction's counts; those of its group stand with its first instruction."""
        counts: dict[str, Count] = {"drfr": (sum(found), len(found))}
        depth = self._depths.get(_group(sample.item))
        if depth:
            counts[f"selection_{depth}"] = (all(found), 1)
        if depth and group and None not in group:
            counts[f"coherent_{depth}"] = (all(group), 1)
        return Outcome(sample.item.key, sample.index, counts, _by_type(sample.item.row, found))


def read_items(source: str | Path | None, language: Language = "en") -> list[Item]:
    """What is asked, for which no judge is needed.

    Raises:
        `ValueError`, [`RowError`]: as [`ComplexBench`] does.
    """
    if source is None:
        raise ValueError(f"ComplexBench is on no hub: give {DATA}")
    if language not in SUFFIX:
        raise ValueError(f"language must be 'en' or 'zh', found {language!r}")
    return unique("ComplexBench", [_item(*numbered, SUFFIX[language]) for numbered in enumerate(read_rows(source))])


def _item(number: int, row: Mapping[str, Any], suffix: str) -> Item:
    if missing := [field for field in FIELDS if row.get(field) is None]:
        raise RowError(f"ComplexBench row {number}: no field {missing[0]!r}; it has {sorted(row)}")
    count = len(row["scoring_questions"])
    for question in row["scoring_questions"]:
        if not question.get(f"question{suffix}"):
            raise RowError(f"ComplexBench row {number}: a question without {f'question{suffix}'!r}")
        if not all(isinstance(dep, int) and 0 <= dep < count for dep in question["dep"]):
            raise RowError(f"ComplexBench row {number}: dep {question['dep']} points to no question of {count}")
    key = f"{row['group']}/{row['main_id']}" if row.get("group") else str(row["main_id"])
    return Item(key=key, messages=({"role": "user", "content": row[f"instruction{suffix}"]},), row=row)


def propagated(verdicts: Sequence[bool | None], row: Mapping[str, Any]) -> list[bool] | None:
    """The verdicts after propagation: no where a question that one depends on was itself answered with no.

    One step, as published: `dep` lists all that a question depends on. `None` where a verdict is missing.
    """
    if None in verdicts:
        return None
    questions = row["scoring_questions"]
    return [
        bool(verdict) and all(verdicts[dep] for dep in question["dep"])
        for verdict, question in zip(verdicts, questions, strict=True)
    ]


def _by_type(row: Mapping[str, Any], found: Sequence[bool]) -> dict[str, Count]:
    whole = {f"category:{row['category']}", f"category:{row['category'].partition('_')[0]}"}
    whole |= {f"task:{row['task_types']}"} if row.get("task_types") else set()
    whole |= {f"nesting:{'_'.join(sorted(row['composition_types']))}"} if row.get("composition_types") else set()
    counts: dict[str, Count] = dict.fromkeys(sorted(whole), (sum(found), len(found)))
    for question, verdict in zip(row["scoring_questions"], found, strict=True):
        dimensions = question["constraint_dimensions"]
        types = [f"type:{TYPE_OF.get(dimension, 'Others')}" for dimension in dimensions]
        for name in [*dimensions, *types, *(f"composition:{name}" for name in question["composition_types"])]:
            above, below = counts.get(name, (0, 0))
            counts[name] = (above + verdict, below + 1)
    return counts


def _group(item: Item) -> str:
    return item.key.partition("/")[0]


def _depth(questions: Sequence[Mapping[str, Any]]) -> str | None:
    """Whether one question is of a Selection, or several, or none."""
    count = sum("Selection" in question["composition_types"] for question in questions)
    return None if count == 0 else "single" if count == 1 else "multiple"


def read_verdict(reply: Any) -> bool | None:
    """What the judge said last; what it does not say is no, as published."""
    if reply is None:
        return None
    said = VERDICT.findall(Response.parse(reply.text).answer_text)
    return bool(said) and said[-1].lower() == "yes"
