r"""Markup undone: the words that a reader sees once Markdown, HTML and LaTeX have been drawn."""

import re
from html import unescape

from .words import contains, others

COMMENT = re.compile(r"<!--(?:(?!<!--|-->).)*+-->", re.DOTALL)
UNSHOWN = re.compile(
    r"<(\w+)(?=[^<>\n]{0,99}?(?:display:\s?none|visibility:\s?hidden|opacity:\s?0[;\"']|"
    r"(?<!-)color:\s?(?:white|transparent|#fff(?:fff)?)\b|font-size:\s?0(?![.\d])|\shidden(?=[\s>=])))[^<>\n]{0,199}>[^<\n]*</\1>",
    re.IGNORECASE,
)
"""What a page does not show: <p style="display:none">so</p>, <div hidden>so</div>; not <p style="overflow:hidden">."""
PHANTOM = re.compile(r"\\[hv]?phantom\s?\{(?:[^{}\n]|\{[^{}\n]*\})*+\}")
"""What TeX leaves room for: \\phantom{\\text{so}}."""
ENTITY = re.compile(
    r"&(?:#(?:[0-9]{1,20}+(?![0-9])|[xX][0-9A-Fa-f]{1,20}+(?![0-9A-Fa-f]))|[A-Za-z][A-Za-z0-9]{1,30});?"
)
"""Numbers of bounded length: of others Python refuses to make an integer."""
TAG = re.compile(r"</?[A-Za-z][^<>\n]{0,200}>")
WITHIN_WORDS = re.compile(r"\\(?:(?:text[a-z]*|mbox|emph|math(?:rm|bf|it|sf|tt|normal))\s{0,9}\{|[-/])")
"""Commands that set text, and the hyphens that TeX may use: a word goes on after them."""
COMMAND = re.compile(r"\\(?:(?:begin|end)\{[^{}\n]{0,30}\}|[A-Za-z]+)")
"""A command or an environment, whose name nobody sees."""
MARKS = b"*`${}~-.'()[]\\"
"""What emphasis, code, formulas and groups are written with, and what a word is cut with to hide it."""
SPACED = re.compile(r"\b(\w) (?=\w\b)")
"""A letter apart from the next: t h u s."""
OUTER_UNDERSCORES = re.compile(r"_(?:(?<!\w_)_*+|(?<!__)_*+(?!\w))")
"""Emphasis again: inside a word an underscore is a character of it."""


WHOLE_FENCE = re.compile(r"\s*([\"“]?)```[\w-]*\n((?:(?!```).)*+)\n?```([\"”]?)\s*", re.DOTALL)
"""An answer that is one fenced block, maybe in quotes: "```json\n{}\n```", not "So:\n```\nx\n```"."""
END = 40
"""Characters at the end of a text where that of a proof may be."""
PROOF_END = re.compile(r"(?:\s|\$|\\\()*(?:\\(?:blacksquare|square|qed|Box)|[∎□■])(?:\s|\$|\\\))*$")
"""The sign at the end of a proof: $\\square$, ∎; not \boxed{}."""
PLAIN_CODE = re.compile(r"`([A-Za-z,.!?]+(?: [A-Za-z,.!?]+)+)`")
"""`we add six`; not `x = 6`."""
REWRITTEN: tuple[tuple[str, re.Pattern[str], str], ...] = (
    # what nobody reads: ~~so~~, a link's brackets and target
    ("~~", re.compile(r"~~(?=\S)[^~\n]+~~"), ""),
    ("](", re.compile(r"!?\[([^\[\]\n]*+)\]\([^()\n]*\)"), r"\1"),
    # what LaTeX, HTML and others write for ** and *: \textbf{so}, <b>so</b>, ==so==; not \text{so}, a == b
    ("\\", re.compile(r"\\(?:textbf|underline)\s?\{([^{}\n]*)\}"), r"**\1**"),
    ("\\", re.compile(r"\\(?:textit|emph)\s?\{([^{}\n]*)\}"), r"*\1*"),
    ("</", re.compile(r"</?(?:b|strong|mark)>"), "**"),
    ("</", re.compile(r"</?(?:i|em)>"), "*"),
    # a block of a page: <p>so</p>
    ("<", re.compile(r"<(?:br ?/?|/?(?:p|div|span|section|article|center|h[1-6])(?:\s[^<>\n]{0,99})?)>"), "\n"),
    ("==", re.compile(r"==(?=\S)([^=\n]+)(?<=\S)=="), r"**\1**"),
    # escaped marks: \*, \"; not \{
    ("\\", re.compile(r"\\(?=[*<>\"_#])"), ""),
)
"""A mark without which a text has nothing to rewrite, what is rewritten, and as what."""
UNMARKED = bytes({*range(128)}.difference(*(mark.encode() for mark, _, _ in REWRITTEN)))
"""ASCII less the characters of those marks."""


def unwrapped(text: str) -> str:
    r"""`text` without comments and what else is not read, and with the prose that stands in code.

    >>> unwrapped(r"So `we add` <!-- x --> and `are done`. $\square$")
    'So we add  and are done.'
    """
    if contains(text, "```") and (fenced := WHOLE_FENCE.fullmatch(text)):
        text = "".join(fenced.groups())
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if "<" in text:
        text = UNSHOWN.sub("", COMMENT.sub("", text))
    if "phantom" in text:
        text = PHANTOM.sub("", text)
    if "`" in text and len(PLAIN_CODE.findall(text)) > 1:  # one may be a command, several are prose
        text = PLAIN_CODE.sub(r"\1", text)
    return text[:-END] + PROOF_END.sub("", text[-END:])


def as_markdown(text: str) -> str:
    r"""`text` as plain Markdown: what other markup says in its words.

    >>> as_markdown(r"\textbf{So} <em>it</em> is ~~not~~. \*\*\*")
    '**So** *it* is . ***'
    """
    marks = others(text, UNMARKED)
    for mark, written, plain in REWRITTEN:
        if mark in marks:
            text = written.sub(plain, text)
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
