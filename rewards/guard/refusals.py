"""Refusals: a short answer whose first sentence declines to answer. A friendly opener is none."""

import re

from ..text.text import Text

LONGEST = 60
"""Words that a refusal has at most: a longer text goes on to answer."""

_NOT = (
    r"can ?not|can['’]t|won['’]t|will not|(?:am|['’]m) (?:unable to|not able to)"
    r"|(?:do not|don['’]t) (?:want|wish) to"
)
_OPENER = (
    r"(?:(?:unfortunately|sorry|please|as an? (?:ai|(?:ai |large )?language model)"
    r"|(?:i am|i['’]m) (?:very |so |really )?(?:sorry|afraid)|i apologi[sz]e),? ?(?:but |that )?)*"
)
_THING = r"(?: (?:with|to|answer|do|that|this|it|you|the|your|any|such|one|question|problem|request|task|here))"
_END = r" ?(?:[.!?\n]|\Z)"

DECLINED = re.compile(
    rf"\W*{_OPENER}(?:"
    rf"(?:i ?(?:{_NOT})|i (?:(?:must )?decline|refuse) to) (?:answer|assist|comply|do|help(?! it\b)|respond|solve)"
    rf"(?:{_THING}*+{_END}|{_THING}*? (?:question|problem|request|task) ?:)"
    rf"|(?:i would|i['’]d) (?:rather|prefer) not{_THING}*+{_END}"
    rf"|i (?:give up|(?:must )?decline|refuse){_END}"
    rf"|(?:let['’]s )?skip (?:this|that|it|the question)(?: one)?(?:,? please)?{_END}"
    rf"|i have no idea(?: what this is| how)?{_END}|i (?:do not|don['’]t) know(?: the answer| how)?{_END})",
    re.IGNORECASE,
)
r"""Matches "I'm sorry, but I cannot help with that." and "I'd rather not. \boxed{0}"; not "I can't believe how fast it
went.", "I cannot do it by hand." and "I cannot help: it is beautiful."."""

AS_A_MODEL = re.compile(
    rf"\W*as an? (?:ai|(?:ai |large )?language model),? i (?:{_NOT}|do not|don['’]t)\b[^.!?\n]*+[.!?]*+\s*\Z",
    re.IGNORECASE,
)
"""Matches "As an AI language model, I do not do sums."; not the same sentence with an answer after it."""


def is_refusal(text: Text) -> bool:
    """Whether `text` is short and declines: in its first sentence, or in the one sentence that it is."""
    declines = DECLINED.match(text.raw) or AS_A_MODEL.match(text.raw)
    return declines is not None and len(text.raw.split()) <= LONGEST
