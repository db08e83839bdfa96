"""Judgements kept: a judge is not asked a question twice, after a kill or in a later run."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from keepif.rewards.judge.endpoint import Reply

from .. import journal
from .complexbench import JudgeModel

FOLDER = "judgements"
"""Beside the samples."""
BATCH = 256
"""Questions between two writes: what a kill loses."""


class CachedJudge:
    """A judge whose replies are written down in `folder`, and given again to the same question about the same text.

    They are kept by the judge's `model`: another one is asked anew. Failures are not kept: the next run asks them
    again. Only a process that judges reads or writes.
    """

    def __init__(self, judge: JudgeModel, folder: Path) -> None:
        self.judge, self.model, self.folder = judge, judge.model, folder / FOLDER

    def chat(self, conversations: Sequence[Any], **sampling: Any) -> list[Reply | None]:
        """One reply to each conversation, in order; `None` for one that failed.

        Once a whole batch has failed the judge is down, and the rest fails unsent.
        """
        keys = [_key(self.model, conversation, sampling) for conversation in conversations]
        mine = journal.Journal(self.folder)
        texts = {row["asked"]: row["text"] for row in journal.read(self.folder)}
        missing = [*{key: one for key, one in zip(keys, conversations, strict=True) if key not in texts}.items()]
        for start in range(0, len(missing), BATCH):
            batch = missing[start : start + BATCH]
            replies = self.judge.chat([conversation for _, conversation in batch], **sampling)
            made = {key: reply.text for (key, _), reply in zip(batch, replies, strict=True) if reply is not None}
            mine.append({"judge": self.model, "asked": key, "text": text} for key, text in made.items())
            texts |= made
            if not made:
                break
        return [Reply(texts[key], None, None) if key in texts else None for key in keys]


def _key(model: str, conversation: Any, sampling: Any) -> str:
    return hashlib.sha256(json.dumps([model, conversation, sampling], sort_keys=True).encode()).hexdigest()[:32]
