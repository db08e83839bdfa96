r"""Markup undone: the words that a reader sees once Markdown, HTML and LaTeX have been drawn."""

import re
from html import unescape

from .words import others

COMMENT = re.compile(r"<!--(?:(?!<!--|-->).)*+-->", re.DOTALL)
ENTITY = re.compile(
    r"&(?:#(?:[0-9]{1,20}+(?![0-9])|[xX][0-9A-Fa-f]{1,20}+(?![0-9A-Fa-f]))|[A-Za-z][A-Za-z0-9]{1,30});?"
)
"""Numbers of bounded length: of others Python refuses to make an integer."""
TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
WITHIN_WORDS = re.compile(r"\\(?:(?:text[a-z]*|mbox|emph|math(?:rm|bf|it|sf|tt|normal))\s{0,9}\{|[-/])")
"""Commands that set text, and the hyphens that TeX may use: a word goes on behind them."""
COMMAND = re.compile(r"\\(?:(?:begin|end)\{[^{}\n]{0,30}\}|[A-Za-z]+)")
"""A command or an environment, whose name nobody sees."""
MARKS = b"*`${}~-.'()[]\\"
"""What emphasis, code, formulas and groups are written with, and what a word is cut with to hide it."""
SPACED = re.compile(r"\b(\w) (?=\w\b)")
"""A letter apart from the next: t h u s."""
OUTER_UNDERSCORES = re.compile(r"_(?:(?<!\w_)_*+|(?<!__)_*+(?!\w))")
"""Emphasis again: inside a word an underscore is a character of it."""


WHOLE_FENCE = re.compile(r"\s*```[\w-]*\n((?:(?!```).)*+)\n?```\s*", re.DOTALL)
"""An answer that is one fenced block: "```json\n{}\n```", not "So:\n```\nx\n```"."""
STRONG = re.compile(r"\\(?:textbf|underline)\s?\{([^{}\n]*)\}|</?(?:b|strong|mark)>|==(?=\S)([^=\n]+)(?<=\S)==")
EMPHASIS = re.compile(r"\\(?:textit|emph)\s?\{([^{}\n]*)\}|</?(?:i|em)>")
"""What LaTeX, HTML and others write for ** and *: \textbf{so}, <b>so</b>, ==so==; not \text{so}, a == b."""
ESCAPE = re.compile(r"\\(?=[*<>\"_#])")
PROOF_ENDS = re.compile(r"(?:\$|\\\()?\s?\\(?:blacksquare|square|qed|Box)(?![A-Za-z])\s?(?:\$|\\\))?|∎")
STRUCK = re.compile(r"~~(?=\S)[^~\n]+~~|<(\w+)[^<>\n]{0,99}display:\s?none[^<>\n]{0,99}>[^<\n]*</\1>|\]\([^()\n]*\)")
"""What nobody reads: ~~so~~, <p style="display:none">so</p>, the target of a link."""
ONLY_TEXT = re.compile(r"\$\s?\\text\{([^{}$\n]*)\}\s?\$|(?:\$|\\\(|`)\s?([,;.!?])\s?(?:\$|\\\)|`)")
"""A formula that is none: $\text{we add six}$, $,$."""
PLAIN_CODE = re.compile(r"`([A-Za-z,.!?]+(?: [A-Za-z,.!?]+)+)`")


def as_markdown(text: str) -> str:
    r"""`text` as plain Markdown: what other markup says in its words, without what nobody reads.

    >>> as_markdown(r"\textbf{So} <em>it</em> is ~~not~~ $\text{the sum}$. \*\*\*")
    '**So** *it* is  the sum. ***'
    """
    if "```" in text and (fenced := WHOLE_FENCE.fullmatch(text)):
        text = fenced[1]
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "<!--" in text:
        text = COMMENT.sub("", text)
    if "~~" in text or "<" in text or "](" in text:
        text = STRUCK.sub(lambda gone: "]" if gone[0][0] == "]" else "", text)
    if "\\" in text or "$" in text or "∎" in text or "`" in text:
        text = PROOF_ENDS.sub("", text) if "\\" in text or "∎" in text else text
        text = ONLY_TEXT.sub(lambda said: said[1] or said[2] or "", text)
    if "`" in text and len(PLAIN_CODE.findall(text)) > 1:  # one may be a command, several are prose
        text = PLAIN_CODE.sub(r"\1", text)
    if "<" in text or "\\" in text or "==" in text:
        text = STRONG.sub(lambda said: f"**{said[1] or said[2]}**" if said[1] or said[2] else "**", text)
        text = EMPHASIS.sub(lambda said: f"*{said[1]}*" if said[1] else "*", text)
        text = ESCAPE.sub("", text)
    return text


def entities_read(text: str) -> str:
    """`text` with the characters that HTML's entities stand for."""
    return ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


def apart(text: str) -> str:
    """`text` without commands: words of formulas and of code stand as they are, each by itself."""
    return COMMAND.sub(" ", text)


def closed(text: str) -> str:
    """`text` without what may stand in a word unseen: comments, tags, commands that set text."""
    text = entities_read(text)
    if "<" in text:
        text = TAG.sub("", COMMENT.sub("", text))
    return WITHIN_WORDS.sub("", text)


def joined(closed: str) -> str:
    r"""A closed text without commands and marks: a word that was written around them is whole.

    >>> joined(closed(r"th**us**, th<b>us</b>, $\text{th}$us, t\textit{hus}, th-us, t h u s"))
    'thus, thus, thus, thus, thus, thus'
    """
    return SPACED.sub(r"\1", others(apart(closed), MARKS))


def squeezed(closed: str) -> str:
    """A closed text in lower case without any mark, in which there is every word of the joined one, and more."""
    return others(closed.lower(), MARKS + b"_ ")
