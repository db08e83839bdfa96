"""The scorer: a batch scored once for all rewards that share it, and shown on TRL's dashboard."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from .guard import REASONS
from .score import Score, Scoring

LogMetric = Callable[[str, float], None]
LogExtra = Callable[[str, list[Any]], None]
Observer = Callable[[Sequence[Score], Sequence[Any]], None]
"""Called once a batch, with its scores and its prompts."""


class Scorer:
    """Scores each batch once, however many rewards ask for it, and logs it; threads take turns.

    Args:
        scoring ([`Scoring`], *optional*): how completions are scored.

    Attributes:
        completions (`Sequence`, *optional*): those of the latest batch.
    """

    def __init__(self, scoring: Scoring | None = None) -> None:
        self.scoring = scoring or Scoring()
        self._observer: Observer | None = None
        self.gauges: Mapping[str, float] = {}
        self._lock = Lock()
        self.completions: Sequence[Any] | None = None
        self._scores: list[Score] = []
        self._served: set[str] = set()

    def __reduce__(self) -> tuple[type["Scorer"], tuple[Scoring]]:
        """A copy in another process scores alike. Nobody watches it."""
        return Scorer, (self.scoring,)

    def fit(self, scoring: Scoring) -> None:
        """Score in another way from the next batch on."""
        self.scoring = scoring

    def watch(self, observer: Observer) -> None:
        """Let `observer` see the batches, in the place of any other."""
        self._observer = observer

    @contextmanager
    def watched_by(self, observer: Observer) -> Iterator[None]:
        """Let `observer` see the batches of this context instead of whoever does outside it."""
        before, self._observer = self._observer, observer
        try:
            yield
        finally:
            self._observer = before

    def show(self, gauges: Mapping[str, float]) -> None:
        """Log `gauges` with each batch from now on."""
        self.gauges = gauges

    def scores(
        self,
        reward: str,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]] | None = None,
        prompts: Sequence[Any] | None = None,
        log_metric: LogMetric | None = None,
        log_extra: LogExtra | None = None,
        **columns: Any,
    ) -> list[Score]:
        """The batch's scores, for the reward of that name.

        TRL hands the same list to every reward: if a reward comes with it a second time, it is another batch.
        """
        with self._lock:
            if completions is self.completions and reward not in self._served:
                self._served.add(reward)
                return self._scores
            scores = self._scores = self.scoring.batch(completions, completion_ids, columns, prompts)
            self.completions, self._served = completions, {reward}
            if log_metric is not None:
                log_scores(scores, log_metric)
                for name, value in self.gauges.items():
                    log_metric(name, value)
            if log_extra is not None:
                log_columns(scores, log_extra)
            if self._observer is not None:
                self._observer(scores, prompts or [""] * len(completions))
            return scores


def log_scores(scores: Sequence[Score], log_metric: LogMetric) -> None:
    """The dashboard's values, one call a completion, so that TRL's averages are exact on any number of ranks."""
    for score in scores:
        if score.c is not None:
            log_metric("keepif/correctness", score.c)
        if score.f is not None:
            log_metric("keepif/compliance", score.f)
            log_metric("keepif/compliance_all", float(score.f == 1))
        if score.c is not None and score.f is not None:
            log_metric("keepif/joint", float(score.c == score.f == 1))
        optional = {"judge_failed": score.unjudged, "compliance_elsewhere": score.elsewhere, "hack_rate": score.fooled}
        for name, share in optional.items():
            if share is not None:
                log_metric(f"keepif/{name}", float(share))
        for instruction_id, verdict in score.held_out.items():
            log_metric("keepif/held_out", float(verdict))
            log_metric(f"keepif/held_out/{instruction_id}", float(verdict))
        for instruction_id, verdict in score.verdicts.items():
            log_metric(f"keepif/type/{instruction_id}", float(verdict))
        log_metric("keepif/length_penalty", score.p)
        log_metric("keepif/thinking_words", score.thinking_words)
        log_metric("keepif/answer_words", score.answer_words)
        log_metric("keepif/repeated_words", score.repeated_words)
        log_metric("keepif/no_thinking", float(not score.thinking_words))
        log_metric("keepif/guarded", float(score.void is not None))
        log_metric("keepif/unreadable", float(score.unreadable))
        for reason in REASONS:
            log_metric(f"keepif/guard/{reason}", float(score.void == reason))


def log_columns(scores: Sequence[Score], log_extra: LogExtra) -> None:
    """The columns beside each completion in TRL's table; a verdict is its instruction id with a sign."""
    log_extra("correctness", [score.c for score in scores])
    log_extra("compliance", [score.f for score in scores])
    signed = ([f"{'-+'[verdict]}{kind}" for kind, verdict in score.verdicts.items()] for score in scores)
    log_extra("verdicts", [", ".join(verdicts) for verdicts in signed])
    log_extra("void", [score.void or "" for score in scores])
