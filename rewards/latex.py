r"""LaTeX in running text: balanced braces, `\boxed{}`, and masking of formulas and code. Every scan is linear."""

import re
from collections.abc import Iterator

FORMULA = "\N{OBJECT REPLACEMENT CHARACTER}"
"""Stands for one formula, box or code span in masked text."""

BOX = re.compile(r"\\(?:boxed|fbox)\s*(?=\{)", re.IGNORECASE)
BRACE = re.compile(r"\\[\\{}]|[{}]")
OPENER = re.compile(
    r"```|`|\$\$|\\\$|\$(?!\s)|\\\(|\\\[|\\begin\{[a-z]+\*?\}|\\(?:boxed|fbox)\s*(?=\{)", re.IGNORECASE
)
CLOSERS = {"```": "```", "`": "`", "$$": "$$", "$": "$", "\\(": "\\)", "\\[": "\\]"}


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


def boxed(text: str) -> list[str]:
    r"""Contents of every outermost, closed `\boxed{}` in order.

    >>> boxed(r"\boxed{1}, \boxed{\frac{1}{\boxed{2}}}, \boxed{3")
    ['1', '\\frac{1}{\\boxed{2}}']
    """
    pairs = matching_braces(text) if "{" in text else {}
    contents: list[str] = []
    end = 0
    for box in BOX.finditer(text):
        if box.start() >= end and box.end() in pairs:
            end = pairs[box.end()]
            contents.append(text[box.end() + 1 : end])
    return contents


def mask_formulas(text: str) -> str:
    r"""Replace each formula, box and code span by one placeholder; "$5 and $6" is money, not a formula.

    >>> mask_formulas(r"So $a, b$ give \boxed{4} for $5 and $6.").replace(FORMULA, "~")
    'So ~ give ~ for $5 and $6.'
    """
    pieces: list[str] = []
    position = 0
    for start, end in _formula_spans(text):
        pieces += [text[position:start], FORMULA]
        position = end
    pieces.append(text[position:])
    return "".join(pieces)


def _formula_spans(text: str) -> Iterator[tuple[int, int]]:
    pairs: dict[int, int] | None = None
    unclosed: set[str] = set()  # closers known not to occur any more: never search for them again
    position = 0
    while opener := OPENER.search(text, position):
        position = opener.end()
        mark = opener[0]
        if mark[:2].lower() in {"\\b", "\\f"} and not mark.lower().startswith("\\begin"):
            pairs = matching_braces(text) if pairs is None else pairs
            end = pairs.get(position, -1) + 1
        else:
            end = _closing(text, mark, position, unclosed)
        if end > 0:
            yield opener.start(), end
            position = end


def _closing(text: str, mark: str, position: int, unclosed: set[str]) -> int:
    """End of the span that `mark` opens, or 0 where it opens none."""
    closer = CLOSERS.get(mark) or (mark.replace("begin", "end") if mark.startswith("\\begin") else None)
    if closer is None or closer in unclosed:
        return 0
    found = text.find(closer, position)
    if found < 0:
        unclosed.add(closer)
        return 0
    if mark in {"$", "`"} and not _closes_inline(text, mark, position, found):
        return 0
    return found + len(closer)


def _closes_inline(text: str, mark: str, position: int, found: int) -> bool:
    """Pandoc's rule for `$`: on one line, no space before the closing dollar, no digit after it."""
    if found == position or "\n" in text[position:found]:
        return False
    if mark == "`":
        return True
    after = text[found + 1 : found + 2]
    return not text[found - 1].isspace() and not after.isdigit()
