r"""LaTeX in running text: balanced braces, `\boxed{}`, and masking of formulas and code. Every scan is linear."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

FORMULA = "\x1a"
"""Stands for one formula, box or code span in masked text: ASCII's SUBSTITUTE, so that masked ASCII stays ASCII."""

BOX = re.compile(
    r"\\(?:boxed|fbox|framebox)(?![a-z])\s*+(?:\{|(?=[-+−]?[\d.]|\\[a-z])((?:(?!\\[)\]])[^\s$])++))", re.IGNORECASE
)
"""The start of a box, with its brace; or, without one, the box as TeX users write it in haste: `\\boxed 5`."""
BRACE = re.compile(r"\\[\\{}]|[{}]")


def _balanced(depth: int) -> str:
    """Text with braces that balance, `depth` deep; escaped braces are text."""
    flat = r"[^{}\\]*+(?:\\.[^{}\\]*+)*+"
    pattern = flat
    for _ in range(depth):
        pattern = rf"{flat}(?:\{{{pattern}\}}{flat})*+"
    return pattern


CONTENT = re.compile(rf"({_balanced(6)})\}}", re.DOTALL)
"""What a box holds, with its closing brace."""
WHOLE_BOX = re.compile(rf"\\(?:boxed|fbox|framebox)\s*+\{{({_balanced(3)})\}}", re.DOTALL | re.IGNORECASE)
"""A text that is one box and nothing else, when it matches in full."""

ENVIRONMENTS = (
    "align(?:ed|at)?|array|cases|displaymath|eqnarray|equation|gather(?:ed)?|math|multline|[pbvBV]?matrix|smallmatrix|"
    "split|tabular"
)
# Each alternative begins with its opener, stops at the next opener of its kind, and gives nothing back: a text of
# openers alone takes linear time.
FORMULAS = re.compile(
    "|".join(
        (
            r"```[^`]*+(?:`{1,2}+(?!`)[^`]*+)*+```",
            r"`[^`\n]++`",
            r"\$\$(?<!\\\$\$)[^$]*+(?:\$(?!\$)[^$]*+)*+\$\$",
            r"\$(?<!\\\$)(?!\s)[^$\n]++(?<!\s)\$(?!\d)",  # Pandoc's rule: one line, no space inside, no digit after
            r"\\\([^\\]*+(?:\\(?![()])[^\\]*+)*+\\\)",
            r"\\\[[^\\]*+(?:\\(?![\[\]])[^\\]*+)*+\\\]",
            rf"\\(?i:boxed|fbox|framebox)\s*+\{{{_balanced(6)}\}}",
            r"\\\{(?:[^{}\n\\]|\\(?![{}])|\{[^{}\n]*+\})*+\\\}",
            rf"\\begin\{{({ENVIRONMENTS})\*?\}}[^\\]*+(?:\\(?!(?:begin|end)\{{\1\*?\}})[^\\]*+)*+\\end\{{\1\*?\}}",
        )
    ),
    re.DOTALL,
)
"""Code, formulas and boxes."""
PROSE, ASCII_PROSE = (
    re.compile(
        rf"(?<!{letter})(?<!\\){letter}{{2,}}+"
        rf"(?:(?:[\s,;.:!?'’~-]|\}}|\\[ ,;:!]|\\(?:text[a-z]*+|mbox)\s*+\{{)++{letter}{{2,}}+){{3,}}+"
    )
    for letter in (r"[^\W\d_]", "[A-Za-z]")
)
"""Four words or more in a row, which are no formula, wherever they stand; the second takes half the time."""
PLAIN = re.compile(
    r"\$(?:\\text\{(?P<said>[^{}$\n]*)\}|(?P<mark>,|<<|>>))\$|`(?P<title><<[^`\n]+>>|\*{6})`|`,`|\\\(,\\\)"
)
r"""Formulas and code that are none: $,$, $<<$, $\text{we add six}$, `<<A sum>>`, `******`; not $x, y$."""
IN_TEXT = re.compile(r"\\text\{([^{}$\n]*[A-Za-z]{2},[^{}$\n]*[A-Za-z]{2}[^{}$\n]*)\}")
r"""Words with a comma between them in a formula: `\text{small, even}`; not `\text{if } x, y`."""
STOPPED = f"{FORMULA}. "
"""Stands for a formula that ends a sentence."""
STOP = re.compile(r"(?<!\.)\.\s*(?:\$\$|\\\])\Z")
r"""The end of one: \[x = 1.\]; not $x = 1.$, \[1, 2, ...\]."""
PART = 12
"""Formulas in a part of a masked text, at most."""
REPEATED = 200
"""Characters of a formula that is likely to come again, so that what is masked of it is kept."""
SHORTEST = 11
"""Characters of four words."""
CODE_MARK = re.compile(r"[^\w\s,;.:!?'’\"-]|[\d_]")
WORDS_A_MARK = 4
"""Words for each mark of code that make a code span prose."""


class Box(NamedTuple):
    """A box: where it starts, where it ends, and what it holds."""

    start: int
    end: int
    content: str


def matching_braces(text: str) -> dict[int, int]:
    r"""Position of each opening brace → position of its closing brace; escaped braces are text.

    >>> matching_braces("{a{b}}")
    {2: 4, 0: 5}
    """
    pairs: dict[int, int] = {}
    open_braces: list[int] = []
    for brace in BRACE.finditer(text):
        if brace[0] == "{":
            open_braces.append(brace.start())
        elif brace[0] == "}" and open_braces:
            pairs[open_braces.pop()] = brace.start()
    return pairs


def boxes(text: str, lower: str | None = None) -> Iterator[Box]:
    r"""Each outermost, closed `\boxed{}` and its content; `\boxed 5` is a box too.

    One that is not closed before the next begins holds what stands between them. With `lower`, the text in lower case,
    the search begins where "box" is found, which takes a fraction of the time.

    >>> [box.content for box in boxes(r"\boxed{3 \boxed{\frac{1}{\boxed{2}}}, $\boxed 4$, \boxed{3")]
    ['3 ', '\\frac{1}{\\boxed{2}}', '4']
    """
    pairs: dict[int, int] | None = None  # of every brace: only where a box is deeper than the pattern
    end = 0
    unclosed: re.Match[str] | None = None
    for box in BOX.finditer(text, 0 if lower is None else _before_boxes(text, lower)):
        if box.start() < end:
            continue
        if unclosed is not None:
            yield Box(unclosed.start(), box.start(), text[unclosed.end() : box.start()])
            unclosed = None
        if box[1]:
            content = box[1].rstrip(".,;:!?*")
            end = box.start(1) + len(content)
            yield Box(box.start(), end, content)
        elif closed := CONTENT.match(text, box.end()):
            end = closed.end()
            yield Box(box.start(), end, closed[1])
        else:
            pairs = matching_braces(text) if pairs is None else pairs
            closing = pairs.get(box.end() - 1)
            if closing is None:
                unclosed = box
            else:
                end = closing + 1
                yield Box(box.start(), end, text[box.end() : closing])


def _before_boxes(text: str, lower: str) -> int:
    """A position before every box; lower case may be longer than the text, by as much as it may be too far."""
    first = lower.find("box")
    return max(0, first - len(r"\frame") - (len(lower) - len(text))) if first >= 0 else len(text)


def masked_parts(text: str) -> Iterator[str]:
    r"""The text with one placeholder for each formula, box and code span; "$5 and $6" is money, not a formula.

    Four words in a row stay: prose escapes no constraint by standing in a formula or in a code span. The text comes in
    parts, each made when it is asked for, since many a check needs but the first. A part ends after a placeholder,
    where no word goes on. The first has one, each other twice as many, up to `PART`.

    >>> "".join(masked_parts(r"So $a, b$ give \boxed{4} for $5 and $6.")).replace(FORMULA, "~")
    'So ~ give ~ for $5 and $6.'
    """
    rest, masked, begin, size = text.replace(FORMULA, ""), [], 0, 1
    for found in FORMULAS.finditer(rest):
        span = found[0]
        masked += rest[begin : found.start()], (_masked_before if len(span) <= REPEATED else _masked)(span)
        begin = found.end()
        if len(masked) >= 2 * size and masked[-1] in (FORMULA, STOPPED):
            yield "".join(masked)
            masked, size = [], min(2 * size, PART)
    yield "".join([*masked, rest[begin:]])


def _masked(span: str) -> str:
    """What a reader reads of a formula or a code span: one thing, and the prose that is put there to be hidden."""
    if plain := PLAIN.match(span):
        return plain[plain.lastgroup] if plain.lastgroup else ","
    if len(span) < SHORTEST or not (ASCII_PROSE if span.isascii() else PROSE).search(span):
        if span[0] != "`" and (listed := IN_TEXT.search(span)):
            return f"{FORMULA} {listed[1].strip()}"
        return STOPPED if STOP.search(span[-SHORTEST:]) else FORMULA
    if span[0] != "`":
        return " ".join([FORMULA, *(said[0] for said in PROSE.finditer(span))])
    words = len(re.findall(r"[^\W\d_]{2,}", span))
    code = span.strip("`")
    return code if len(CODE_MARK.findall(code)) * WORDS_A_MARK < words else FORMULA


_masked_before = lru_cache(maxsize=4096)(_masked)
