"""Each constraint type in the report: kept before and after, its floor, what holds it, and what keeping it costs."""

from typing import Any

from ..controller import ALL, LENGTH
from ..run import Run
from ..tally import Tally, proportion

HELD, NOISE, BELOW, OUT_OF_REACH = "held", "below, within noise", "below", "out of reach"
"""What becomes of a floor: the share kept is at it or above; below, but its interval reaches it; or not even that, now
or with all that the law can do."""
REMEDIES = (
    "Lower its floor (floor={id: share}) or widen the slack, train longer or at a lower learning rate, give it more "
    "prompts, or hold it out"
)
"""What can be done for a type that is out of reach."""
SHOWN = {NOISE: " (within noise)", BELOW: "", OUT_OF_REACH: " (out of reach)"}


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
    kept, floor = proportion(after.kept[kind], after.asked[kind]), after.floor_of(kind)
    return {
        "floor": floor,
        "floor_error": run.reference.standard_error(kind) if measured else None,
        **priced,
        "error": loop.average,
        "state": None if floor is None else _state(kept, floor, loop.infeasible),
    }


def _state(kept: dict[str, Any], floor: float, infeasible: bool) -> str:
    if round(floor - kept["share"], 3) <= 0:  # to a tenth of a point, as it is shown
        return HELD
    return OUT_OF_REACH if infeasible else NOISE if kept["high"] >= floor else BELOW


def floors(by_type: dict[str, dict[str, Any]]) -> str:
    """Which types are held at their floors, and how far the others are below.

    >>> kept = {"floor": 0.9, "after": {"share": 0.91}, "state": HELD}
    >>> floors({"a:title": kept, "a:end": kept | {"after": {"share": 0.88}, "state": NOISE}})
    'KeepIF holds each type at its own floor: 1 of 2 is held; below: end by 2.0 points (within noise)'
    """
    with_floor = {kind: one for kind, one in by_type.items() if one.get("state")}
    below = [
        f"{kind.rpartition(':')[2]} by {100 * (one['floor'] - one['after']['share']):.1f} points" + SHOWN[one["state"]]
        for kind, one in with_floor.items()
        if one["state"] != HELD
    ]
    held = len(with_floor) - len(below)
    how_many = f"{held} of {len(with_floor)} {'is' if held == 1 else 'are'} held"
    return f"KeepIF holds each type at its own floor: {how_many}" + ("; below: " + ", ".join(below)) * bool(below)


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
    return f"{kind} stays below its floor with λ at its cap and its prompts at their loudest.{cost} {REMEDIES}"


def prices(by_type: dict[str, dict[str, Any]]) -> str:
    """λ of each type that has a price and, if its prompts are louder than others, the loudness.

    >>> held = {"lambda": 0.95, "loudness": 4.04}
    >>> prices({"a:number_words": held, "a:title": {"lambda": 0.0, "loudness": 1.0}, "a:end": {}})
    'number_words 0.95 (loudness 4.0), the others 0'
    """
    held = {kind: one for kind, one in by_type.items() if "lambda" in one}
    priced = sorted((kind for kind in held if held[kind]["lambda"]), key=lambda kind: -held[kind]["lambda"])
    shown = [f"{kind.rpartition(':')[2]} {_price(held[kind])}" for kind in priced]
    return ", ".join(shown + ["the others 0" if priced else "all 0"] * (len(priced) < len(held)))


def _price(held: dict[str, Any]) -> str:
    return f"{held['lambda']:.2f}" + (f" (loudness {held['loudness']:.1f})" if held["loudness"] > 1 else "")
