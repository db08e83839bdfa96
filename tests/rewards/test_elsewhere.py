"""The gauge that tells obedience from a template, and how far it moves."""

from collections.abc import Callable
from statistics import fmean
from typing import Any

import pytest

from keepif.rewards import KeepIFReward

ADDS = r"Six and seven are thirteen so the sum is \boxed{13} as we see"
KEPT: dict[str, tuple[dict[str, Any], Callable[[str], str]]] = {
    "detectable_format:number_bullet_lists": (
        {"num_bullets": 2},
        lambda text: f"* We add the six first\n* Then we add the seven\n{text}.",
    ),
    "detectable_format:number_highlighted_sections": (
        {"num_highlights": 1},
        lambda text: f"{text}. The *sum of both numbers* is what was asked.",
    ),
    "detectable_format:title": ({}, lambda text: f"<<The sum of two numbers>>\n{text}."),
    "detectable_content:postscript": (
        {"postscript_marker": "P.S."},
        lambda text: f"{text}.\nP.S. The sum does not change if we swap them.",
    ),
    "startend:end_checker": (
        {"end_phrase": "Any other questions?"},
        lambda text: f"{text}. Any other questions?",
    ),
    "keywords:existence": ({"keywords": ["total"]}, lambda text: f"{text}. That is the total of both numbers."),
    "punctuation:no_comma": ({}, lambda text: f"{text}."),
    "length_constraints:number_paragraphs": (
        {"num_paragraphs": 2},
        lambda text: f"We first write down both numbers.\n***\n{text}.",
    ),
}
"""Instruction id -> its kwargs, and how an honest writer keeps it."""

TEMPLATE = f"""<<The sum of two numbers>>
* We add the six first
* Then we add the seven
{ADDS}. That is the *total of both numbers* as it was asked.
***
We are done with the whole of it now.
P.S. The sum does not change if we swap them.
Any other questions?"""
GROUP = 4


def gauges(policy: Callable[[str], str]) -> tuple[float, float]:
    """`keepif/compliance` and `keepif/compliance_elsewhere`, as a run logs them, of a policy on eight prompts."""
    logged: dict[str, list[float]] = {"keepif/compliance": [], "keepif/compliance_elsewhere": []}
    kinds = [kind for kind in KEPT for _ in range(GROUP)]
    KeepIFReward()(
        [policy(kind) for kind in kinds],
        answer=["13"] * len(kinds),
        prompts=[f"What is 6 + 7? ({kind})" for kind in kinds],
        instruction_id_list=[[kind] for kind in kinds],
        kwargs=[[KEPT[kind][0]] for kind in kinds],
        log_metric=lambda name, value: logged.get(name, []).append(value),
    )
    assert len(logged["keepif/compliance_elsewhere"]) == len(KEPT)
    return fmean(logged["keepif/compliance"]), fmean(logged["keepif/compliance_elsewhere"])


def test_it_tells_a_template_from_obedience() -> None:
    own, elsewhere = gauges(lambda _: TEMPLATE)
    assert own == pytest.approx(elsewhere, abs=0.01)
    assert own >= 0.75
    own, elsewhere = gauges(lambda kind: KEPT[kind][1](ADDS))
    assert own == 1
    assert elsewhere <= 0.25
    own, elsewhere = gauges(lambda _: f"{ADDS}, and so on.")
    assert own <= 0.25
    assert elsewhere <= 0.25


def test_what_both_prompts_ask_for_tells_nothing() -> None:
    logged: list[float] = []
    KeepIFReward()(
        [TEMPLATE] * 2,
        instruction_id_list=[["punctuation:no_comma"]] * 2,
        kwargs=[[{}]] * 2,
        log_metric=lambda name, value: logged.append(value) if name == "keepif/compliance_elsewhere" else None,
    )
    assert logged == []


def test_a_voided_completion_keeps_nothing_elsewhere() -> None:
    assert gauges(lambda _: "") == (0, 0)


def test_repeated_words_are_on_the_dashboard() -> None:
    logged: list[float] = []
    KeepIFReward()(
        ["the year the day " * 20, "So it is seven."],
        answer=["7"] * 2,
        log_metric=lambda name, value: logged.append(value) if name == "keepif/repeated_words" else None,
    )
    assert logged == [pytest.approx(0.9625), 0.0]
