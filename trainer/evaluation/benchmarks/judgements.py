"""Judgements kept: what a judge has said once is not asked again, after a kill or in a later run."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keepif.rewards.judge.endpoint import Reply

from .. import journal
from .complexbench import Judge

FOLDER = "judgements"
"""Beside the samples."""
AT_ONCE = 256
"""Questions between two writes: what a kill loses."""


class Remembering:
    """A judge that writes down its replies in `folder`, and gives them again to the same question about the same text.

    Failures are not kept, so that the next run asks them again. Only a process that judges reads or writes.

    Args:
        judge ([`Judge`]): whose replies they are. They are kept by its `model`: another judge is asked anew.
        folder (`Path`): the journal of the samples.
    """

    def __init__(self, judge: Judge, folder: Path) -> None:
        self.judge, self.model, self.folder = judge, judge.model, folder / FOLDER

    def chat(self, conversations: Sequence[Any], **sampling: Any) -> list[Reply | None]:
        """One reply to each conversation, in order; `None` for one that failed.

        Once a whole batch has failed the judge is down, and the rest fails unasked.
        """
        asked = [_hash(self.model, conversation, sampling) for conversation in conversations]
        mine = journal.Journal(self.folder)
        said = {row["asked"]: row["text"] for row in journal.read(self.folder)}
        wanted = {key: one for key, one in zip(asked, conversations, strict=True) if key not in said}
        keys = list(wanted)
        for start in range(0, len(keys), AT_ONCE):
            batch = keys[start : start + AT_ONCE]
            replies = self.judge.chat([wanted[key] for key in batch], **sampling)
            made = {key: reply.text for key, reply in zip(batch, replies, strict=True) if reply is not None}
            mine.append({"judge": self.model, "asked": key, "text": text} for key, text in made.items())
            said |= made
            if not made:
                break
        return [Reply(said[key], None, None) if key in said else None for key in asked]


def _hash(model: str, conversation: Any, sampling: Any) -> str:
    return hashlib.sha256(json.dumps([model, conversation, sampling], sort_keys=True).encode()).hexdigest()[:32]
