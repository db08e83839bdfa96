"""Content: parts that an answer has to have, and whole forms that it has to take."""

import json
import random
import re
from math import inf

from ..text.latex import FORMULA
from ..text.text import OPENING, Text
from .base import Constraint, Counted, Example, Problem, constraint

OPTIONS = ("My answer is yes.", "My answer is no.", "My answer is maybe.")
OPTION = re.compile(r"(?:^|[.!?:\n])\W{0,5}my answer is\W{1,4}(yes|no|maybe)\b")
"""One of them as a sentence: "My answer is 'yes'."; not "I do not say my answer is no"."""
ANY_OPTION = re.compile(r"My answer is (?:yes|no|maybe)\.")
PLACEHOLDER = re.compile(r"\[([^\[\]\n]+)\](?!\()")
BRACKETS = re.compile(r"\[[^\]\n]*+(\]?)")
"""An opening bracket and what follows it in its line, up to the closing one if there is one."""
SIX_STARS = re.compile(r"\*{6}|\*(?: \*){5}")
LETTER = re.compile(r"[^\W\d_]")
TEMPLATE = ("My Answer:", "My Conclusion:", "Future Outlook:")
HEADINGS = [re.compile(rf"{heading[:-1]}[*_ ]*(?::|\n)", re.IGNORECASE) for heading in TEMPLATE]
"""The three headings: "My Answer:", "**my answer** :", "## My Answer\n"; not "my answers"."""
LONE_BACKSLASH = re.compile(r"(?<!\\)\\(?![\\\"/bfnrtu])")
"""LaTeX's, which nobody doubled for JSON: "\\(42\\)"; not "\\n"."""
FENCES = ("```json", "```Json", "```JSON", "```")
MARKERS = ("P.S.", "P.P.S")
AFTERTHOUGHT = 60
"""Words that a postscript may have even after a shorter answer."""


@constraint("detectable_content:number_placeholders")
class NumberPlaceholders(Counted):
    """At least `num_placeholders` placeholders in square brackets."""

    num_placeholders: int

    sentence = (
        "The response must contain at least {num_placeholders} placeholders represented by square brackets, such as "
        "[address]."
    )
    example = Example({"num_placeholders": 1}, passes="Dear [name], it is 42.", fails="Dear reader, it is 42.")

    @property
    def allowed(self) -> tuple[int, float]:
        return self.num_placeholders, inf

    def official_count(self, text: Text) -> int:
        r"""Anything between an opening bracket and the next closing one of its line: [0, 1] and `\[x\]` count."""
        return BRACKETS.findall(text.raw).count("]")

    def math_count(self, text: Text) -> int:
        """Those with a word in it, outside formulas, and no link; the same again, with no word between, is none."""
        count, before, end, prose = 0, "", 0, text.prose.raw
        for found in PLACEHOLDER.finditer(prose):
            said, again = found[1], before == found[1] and not LETTER.search(prose, end, found.start())
            count += LETTER.search(said) is not None and Text(said).has_content() and not again
            before, end = said, found.end()
        return count

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint | None:
        return None  # nothing in a solution wants filling in


@constraint("detectable_content:postscript")
class Postscript(Constraint):
    """A postscript after the answer."""

    postscript_marker: str

    sentence = "At the end of your response, please explicitly add a postscript starting with {postscript_marker}"
    example = Example(
        {"postscript_marker": "P.S."},
        passes="The answer is 42.\nP.S. Check it with a sum.",
        fails="The answer is 42, as a check with a sum shows.",
    )

    @property
    def copied(self) -> str:
        return self.postscript_marker

    def official(self, text: Text) -> bool:
        """The marker anywhere, whatever the case."""
        marker = self.postscript_marker.strip()
        pattern = {"P.P.S": r"p\.\s?p\.\s?s", "P.S.": r"p\.\s?s\."}.get(marker, marker.lower())
        return re.search(pattern, text.lower, re.MULTILINE) is not None

    def math(self, text: Text) -> bool:
        """At the start of a line or sentence, with something said before it and, not at greater length, after it.

        A single word is no postscript; a formula is one.
        """
        letters = r"\.?\s?".join(re.escape(letter) for letter in self.postscript_marker if letter not in ". ")
        mark = re.compile(rf"(?:\n{OPENING}|[.!?)>{FORMULA}] [*_]*){letters}(?!\w)", re.IGNORECASE)
        pieces = [Text(piece) for piece in mark.split(text.prose.raw, maxsplit=1)]
        if len(pieces) < 2 or not pieces[0].has_content():
            return False
        before, after = pieces
        own = after.distinct - self.wording.words
        return (len(own) > 1 or FORMULA in own) and len(after.spoken) <= max(AFTERTHOUGHT, len(before.spoken))

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls(postscript_marker=rng.choice(MARKERS))


@constraint("detectable_format:constrained_response")
class ConstrainedResponse(Constraint):
    """One of three fixed answers."""

    sentence = "Answer with one of the following options: " + str(OPTIONS)
    example = Example({}, passes="My answer is maybe.", fails="I cannot say yes, and I cannot say no.")

    def official(self, text: Text) -> bool:
        """One of them anywhere."""
        return ANY_OPTION.search(text.raw) is not None

    def math(self, text: Text) -> bool:
        """One of them and not two, at the start of a sentence, whatever the case and the quotes."""
        return len(set(OPTION.findall(text.prose.lower))) == 1

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint | None:
        return None  # a number is neither yes nor no


@constraint("detectable_format:json_format")
class JsonFormat(Constraint):
    """The whole answer is JSON."""

    sentence = "Entire output should be wrapped in JSON format. You can use markdown ticks such as ```."
    example = Example({}, passes='```json\n{"answer": 42}\n```', fails='The answer: {"answer": 42}')

    def official(self, text: Text) -> bool:
        """A bare number or text is JSON; so is NaN."""
        return self._parsed(text) is not None

    def math(self, text: Text) -> bool:
        """An object or a list with a word in it, be it a name."""
        parsed = self._parsed(text) or self._parsed(Text(LONE_BACKSLASH.sub(r"\\\\", text.raw)))
        if parsed is None or not isinstance(parsed[0], dict | list):
            return False
        words = Text(json.dumps(parsed[0], ensure_ascii=False)).prose.distinct
        return Text(" ".join(words - {FORMULA})).has_content()

    @staticmethod
    def _parsed(text: Text) -> tuple[object] | None:
        body = text.stripped
        for fence in FENCES:
            body = body.removeprefix(fence)
        try:
            return (json.loads(body.removesuffix("```").strip()),)
        except (ValueError, RecursionError):
            return None

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint | None:
        return None  # a box in JSON needs its backslashes escaped, and is no box then


@constraint("combination:two_responses")
class TwoResponses(Constraint):
    """Two different responses divided by six stars."""

    sentence = (
        "Give two different responses. Responses and only responses should be separated by 6 asterisk symbols: ******."
    )
    example = Example({}, passes="It is 42.\n******\nIt is 6 times 7.", fails="It is 42. It is 6 times 7.")

    def official(self, text: Text) -> bool:
        """Blank pieces at either end do not count, one in the middle spoils it."""
        if "******" not in text.raw:
            return False
        pieces = [piece.strip() for piece in text.raw.split("******")]
        said = [piece for piece in pieces if piece]
        return all(pieces[1:-1]) and len(said) == 2 and said[0] != said[1]

    def math(self, text: Text) -> bool:
        """In each something is said, in other words than in the other."""
        pieces = [Text(piece) for piece in SIX_STARS.split(text.prose.raw)]
        said = [piece.distinct for piece in pieces if piece.has_content()]
        return len(said) == 2 and said[0] != said[1]

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint | None:
        return None  # a question has one answer


@constraint("format:output_template")
class OutputTemplate(Constraint):
    """Three parts, headed "My Answer:", "My Conclusion:" and "Future Outlook:" (IFBench)."""

    sentence = (
        "Use this exact template for your response: My Answer: [answer] My Conclusion: [conclusion] Future Outlook: "
        "[outlook]"
    )
    example = Example(
        {},
        passes="My Answer: 42\nMy Conclusion: The sum is even.\nFuture Outlook: Try larger sums.",
        fails="My Answer: 42\nThe sum is even.",
    )
    excludes = frozenset({"first_word:first_word_answer", "keywords:start_end"})

    @property
    def copied(self) -> str:
        return " ".join(TEMPLATE)

    def official(self, text: Text) -> bool:
        """The three headings anywhere, in any order."""
        return all(heading in text.raw for heading in TEMPLATE)

    def math(self, text: Text) -> bool:
        """In order, whatever the case and the marks around them, with something said under each."""
        prose, ends, end = text.prose.raw, [], 0
        for heading in HEADINGS:
            found = heading.search(prose, end)
            if not found:
                return False
            end = found.end()
            ends.append((found.start(), end))
        (_, answer), (after_answer, conclusion), (after_conclusion, outlook) = ends
        said = Text(prose[conclusion:after_conclusion]), Text(prose[outlook:])
        return bool(Text(prose[answer:after_answer]).spoken) and all(part.has_content() for part in said)

    @classmethod
    def sample(cls, rng: random.Random, problem: Problem) -> Constraint:
        return cls()
