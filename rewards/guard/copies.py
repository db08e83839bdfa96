"""Copies: the prompt itself, handed back. What edits, quotes or sorts a text in the prompt is no copy."""

from ..correctness.claims import stated_answers
from ..text.text import Text
from ..text.words import words_of
from .hidden import INVISIBLE

RUN = 8
"""Words in a row that make a copy."""
COPIED = 0.7
"""Share of the answer's words in such rows, from which it is a copy."""
ENDS = 4
"""Words at the prompt's beginning and at its end that a copy has: an edited text leaves out who asked for it."""


def is_copied(text: Text, prompt: Text) -> bool:
    """Whether `text` is `prompt`, from its first words to its last, with little of its own and no answer stated.

    >>> prompt = Text("Write the text in capitals: the library opens at ten and closes late on friday.")
    >>> is_copied(prompt, prompt), is_copied(Text("THE LIBRARY OPENS AT TEN AND CLOSES LATE ON FRIDAY."), prompt)
    (True, False)
    """
    if len(text.raw) > 5 * len(prompt.raw):  # copies over and over are filler
        return False
    words, given = (words_of(INVISIBLE.sub("", view.lower)) for view in (text, prompt))
    line, ends = f" {' '.join(words)} ", (given[:ENDS], given[-ENDS:])
    if len(given) < RUN or not all(f" {' '.join(end)} " in line for end in ends):
        return False
    runs = {tuple(given[i : i + RUN]) for i in range(len(given) - RUN + 1)}
    copied = reached = 0
    for i in range(len(words) - RUN + 1):
        if tuple(words[i : i + RUN]) in runs:
            copied += i + RUN - max(i, reached)
            reached = i + RUN
    return copied >= COPIED * len(words) and not {*stated_answers(text)} - {*stated_answers(prompt)}
