"""The gate of classifier-selective reasoning: from the request alone, whether a model answers it better if it thinks.

"When Thinking Fails" (arXiv 2505.11423) trains a 7B model for it. This one is a logistic regression on hashed words of
the request and on its constraint types and classes, for the one model that its pairs are from. It needs scikit-learn:
`pip install -e ".[evaluation]"`.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from keepif.rewards.extras import install
from keepif.rewards.text.response import prompt_text

from ..benchmarks.benchmark import Item, Sample, numbers
from ..benchmarks.constraint_classes import CLASS_OF

TEXT_COLUMNS, KIND_COLUMNS = 2**13, 2**9
FOLDS = 5
FEWEST = 5
"""Pairs that each side of the question needs."""
SCHEMA = 2


class GateError(ValueError):
    """Pairs that nothing can be learnt from, or a file that holds no gate; the message says what to do."""


@dataclass(frozen=True)
class Pair:
    """An item and what a model scored on it, with thinking and directly: means over its samples, 0 to 1."""

    item: Item
    thinking: float
    direct: float

    @property
    def gain(self) -> float:
        return self.thinking - self.direct


def paired(items: Sequence[Item], thinking: Sequence[Sample], direct: Sequence[Sample], metric: str) -> list[Pair]:
    """The items that both runs have scored by `metric`, in order."""
    ours, theirs = _scores(thinking, metric), _scores(direct, metric)
    pairs = [Pair(item, ours[item.key], theirs[item.key]) for item in items if item.key in ours.keys() & theirs.keys()]
    if not pairs:
        raise GateError(
            f"no item has {metric!r} in both runs: it is in {len(ours)} of the thinking one and {len(theirs)} of the "
            "direct one; pair two runs of the same benchmark"
        )
    return pairs


def _scores(samples: Sequence[Sample], metric: str) -> dict[str, float]:
    """Each item's mean of a metric over its samples."""
    by_item: dict[str, list[Sample]] = {}
    for sample in samples:
        by_item.setdefault(sample.item.key, []).append(sample)
    scores = {key: numbers(several) for key, several in by_item.items()}
    return {key: score[metric] for key, score in scores.items() if metric in score}


@dataclass(frozen=True)
class GateReport:
    """How well a gate chooses for items that it was not trained on, by cross-validation.

    Attributes:
        pairs (`int`), ties (`int`): all pairs, and those whose two scores are the same; these are left out of
            training and of the shares below, because either choice scores the same.
        base_rate (`float`): of the others, the share that thinking is better for.
        precision, recall (`float`): of choosing to think; precision is 0 if it never does.
        auc (`float`): probability that an item which thinking is better for ranks first; 0.5 is chance.
        direct, thinking, gated, best (`float`): mean score over all pairs if the model never thinks, always thinks,
            thinks when the gate says so, or when it is better.
    """

    pairs: int
    ties: int
    base_rate: float
    precision: float
    recall: float
    auc: float
    direct: float
    thinking: float
    gated: float
    best: float


@dataclass(frozen=True)
class Gate:
    """Whether to think, item by item: if the probability that it is better is above one half.

    An item that the gate was trained on gets its probability from cross-validation, so that a benchmark's own items
    can be gated without having been learnt by heart.

    Attributes:
        weights (`dict[int, float]`), intercept (`float`): of the hashed features.
        held_out (`dict[str, float]`): probability from cross-validation, by hash of the item's request.
        report ([`GateReport`]): how well it chooses.
        made_from (`dict`): the runs it was trained on, and the `model` and the hash of its `weights` that it is for.
    """

    weights: Mapping[int, float]
    intercept: float
    held_out: Mapping[str, float]
    report: GateReport
    made_from: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, items: Sequence[Item]) -> list[bool]:
        return [probability > 0.5 for probability in self.probabilities(items)]

    def probabilities(self, items: Sequence[Item]) -> list[float]:
        """That thinking is better, for each item."""
        weights = np.zeros(TEXT_COLUMNS + KIND_COLUMNS)
        weights[list(self.weights)] = list(self.weights.values())
        logits = features(items) @ weights + self.intercept if items else []
        return [
            self.held_out.get(_key(item), float(1 / (1 + np.exp(-logit))))
            for item, logit in zip(items, logits, strict=True)
        ]

    def refuse_other(self, model: str, weights: str | None) -> None:
        """Raise [`GateError`] unless it is for this model: by the hash of its weights, or by its name without one."""
        theirs, name = self.made_from.get("weights"), self.made_from.get("model")
        if weights != theirs if weights and theirs else model != name:
            raise GateError(
                f"the gate is for {name!r} ({theirs or 'weights unknown'}), not for {model!r} "
                f"({weights or 'weights unknown'}): train one from this model's own runs"
            )

    def save(self, path: Path) -> None:
        """Write it as JSON: coefficients by column, no pickle."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"schema": SCHEMA, **asdict(self)}))

    @classmethod
    def load(cls, path: Path) -> "Gate":
        """What [`Gate.save`] has written."""
        _refuse_without_sklearn()
        try:
            stored = json.loads(path.read_text())
            if stored["schema"] != SCHEMA:
                raise GateError(f"{path} holds a gate of another version ({stored['schema']}): train it again")
            weights = {int(column): weight for column, weight in stored["weights"].items()}
            return cls(
                weights, stored["intercept"], stored["held_out"], GateReport(**stored["report"]), stored["made_from"]
            )
        except (OSError, UnicodeDecodeError, json.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            raise GateError(
                f"{path} holds no gate ({error!r}); train one with python -m keepif.recipes.evaluate.train_gate"
            ) from None


def train(pairs: Sequence[Pair], seed: int = 0, **made_from: Any) -> Gate:
    """A gate trained on `pairs`, and cross-validated on them by item, stratified.

    A pair's weight is the difference of its scores, so that the probability is above one half exactly if thinking is
    expected to gain.
    """
    _refuse_without_sklearn()
    from sklearn.metrics import precision_score, recall_score, roc_auc_score
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    decided = [pair for pair in pairs if pair.gain]
    better = np.array([pair.gain > 0 for pair in decided], dtype=bool)
    if min(better.sum(), (~better).sum()) < FEWEST:
        raise GateError(
            f"of {len(pairs)} items, thinking is better for {better.sum()} and worse for {(~better).sum()}: a gate "
            f"needs {FEWEST} of each; run more items, or more samples of each"
        )
    inputs = features([pair.item for pair in decided])
    weights_of_pairs = {"sample_weight": np.array([abs(pair.gain) for pair in decided])}
    requests = [_key(pair.item) for pair in decided]  # an item that stands twice is on one side only
    predicted: Any = cross_val_predict(
        _regression(), inputs, better, groups=requests, params=weights_of_pairs, method="predict_proba",
        cv=StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed),
    )  # fmt: skip
    probabilities = predicted[:, 1]
    chosen = probabilities > 0.5
    gains = [pair.gain * thinks for pair, thinks in zip(decided, chosen, strict=True)]
    direct = fmean(pair.direct for pair in pairs)
    report = GateReport(
        pairs=len(pairs),
        ties=len(pairs) - len(decided),
        base_rate=float(better.mean()),
        precision=float(precision_score(better, chosen, zero_division=0)),  # pyright: ignore[reportArgumentType]
        recall=float(recall_score(better, chosen)),
        auc=float(roc_auc_score(better, probabilities)),
        direct=direct,
        thinking=fmean(pair.thinking for pair in pairs),
        gated=direct + sum(gains) / len(pairs),
        best=fmean(max(pair.thinking, pair.direct) for pair in pairs),
    )
    fitted = _regression().fit(inputs, better, **weights_of_pairs)
    [weights] = fitted.coef_
    return Gate(
        weights={int(column): float(weights[column]) for column in np.flatnonzero(weights)},
        intercept=float(fitted.intercept_[0]),
        held_out=dict(zip(requests, map(float, probabilities), strict=True)),
        report=report,
        made_from=made_from,
    )


def _refuse_without_sklearn() -> None:
    if find_spec("sklearn") is None:
        raise ImportError(f"a gate needs scikit-learn: {install('evaluation')}")


def _regression() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1000)


def features(items: Sequence[Item]) -> Any:
    """Hashed words and pairs of words of each request, and its constraint types, their `CLASSES` and their number."""
    from scipy.sparse import hstack
    from sklearn.feature_extraction import FeatureHasher
    from sklearn.feature_extraction.text import HashingVectorizer

    text = HashingVectorizer(n_features=TEXT_COLUMNS, ngram_range=(1, 2), alternate_sign=False)
    kinds = FeatureHasher(n_features=KIND_COLUMNS, input_type="string", alternate_sign=False)
    return hstack(
        [
            text.transform([prompt_text(item.messages) for item in items]),
            kinds.transform([_kinds(item) for item in items]),
        ]
    ).tocsr()


def _kinds(item: Item) -> list[str]:
    classes = {f"class={CLASS_OF[kind]}" for kind in item.constraint_types if kind in CLASS_OF}
    return [*item.constraint_types, *sorted(classes), f"count={len(item.constraint_types)}"]


def _key(item: Item) -> str:
    return hashlib.sha256(prompt_text(item.messages).encode("utf-8", "surrogatepass")).hexdigest()[:16]
