"""Each constraint type in the report: kept before and after, its floor, what holds it, and what keeping it costs."""

from typing import Any

from ..controller import ALL, LENGTH
from ..run import Run
from ..tally import Tally, proportion

BELOW = 0.02
"""A type whose averaged error is larger is called below its floor."""


def by_type(run: Run, before: Tally, after: Tally) -> dict[str, dict[str, Any]]:
    """By instruction id: shares before and after and, if the type has a floor, what became of that."""
    return {
        kind: {
            "before": proportion(before.kept[kind], before.asked[kind]),
            "after": proportion(after.kept[kind], after.asked[kind]),
            "price": after.price_of(kind),
            **_held(run, after, kind),
        }
        for kind in sorted({*before.asked, *after.asked})
    }


def _held(run: Run, after: Tally, kind: str) -> dict[str, Any]:
    loop = run.controller.loops.get(kind)
    if loop is None:
        return {}
    measured, priced = run.reference.tally.asked[kind], run.record.priced.get(kind, {})
    return {
        "floor": after.floor_of(kind),
        "floor_error": run.reference.standard_error(kind) if measured else None,
        **priced,
        "error": loop.average,
        "state": (
            "out of reach"
            if loop.infeasible
            else "below" if loop.average > BELOW
            else "held" if loop.price else "free"
        ),
    }  # fmt: skip


def said(kind: str, price: float | None) -> str:
    """What to say of something that cannot be held, and what a user can do."""
    if kind == LENGTH:
        return (
            "the mean correct completion stays above its budget with μ at its cap. Raise the budget, or train longer"
        )
    if kind == ALL:
        return (
            "compliance stays below its floor with λ at its cap. Lower the floor or widen the slack, or train longer"
        )
    cost = "" if price is None else f" Completions that keep it are right {100 * price:.0f} points less often."
    return (
        f"{kind} stays below its floor with λ at its cap and its prompts at their loudest.{cost} Lower its floor "
        f"(floor={{id: share}}) or widen the slack, train longer, give it more prompts, or hold it out"
    )


def prices(by_type: dict[str, dict[str, Any]]) -> str:
    """λ of each type that has a price and, if its prompts are louder than others, the loudness and its state.

    >>> held = {"lambda": 0.95, "loudness": 4.04, "state": "below"}
    >>> prices({"a:number_words": held, "a:title": {"lambda": 0.0, "loudness": 1.0, "state": "free"}, "a:end": {}})
    'number_words 0.95, loudness 4.0 (below); the others 0'
    """
    held = {kind: one for kind, one in by_type.items() if "lambda" in one}
    priced = sorted((kind for kind in held if held[kind]["lambda"]), key=lambda kind: -held[kind]["lambda"])
    shown = [f"{kind.rpartition(':')[2]} {_price(held[kind])}" for kind in priced]
    return "; ".join(shown + ["the others 0"] * (len(priced) < len(held)))


def _price(held: dict[str, Any]) -> str:
    loud = f", loudness {held['loudness']:.1f}" if held["loudness"] > 1 else ""
    return f"{held['lambda']:.2f}{loud} ({held['state']})"
