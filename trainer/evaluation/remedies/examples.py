"""Corrective examples for few-shot prompting: failures that thinking models are known for, put right.

"When Thinking Fails" (arXiv 2505.11423) takes its examples from observed failures and does not publish them. These are
ours, one for each of the failures that it describes: commas and length, case and what follows a required ending, text
outside the requested form, and a forbidden word.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Example:
    """A request, thinking that minds its constraints, an answer that obeys them; `constraints` by instruction id."""

    request: str
    thinking: str
    answer: str
    constraints: Mapping[str, Mapping[str, Any]]


EXAMPLES = (
    Example(
        request="Why is the sky blue? Answer in less than 3 sentences. In your entire response, refrain from the use "
        "of any commas.",
        thinking="At most two sentences and not a single comma. Where I would set a comma I join with 'and' instead.",
        answer="Air scatters the blue part of sunlight far more than the red part. The scattered blue reaches us from "
        "every direction and so the whole sky looks blue.",
        constraints={
            "length_constraints:number_sentences": {"num_sentences": 3, "relation": "less than"},
            "punctuation:no_comma": {},
        },
    ),
    Example(
        request=r"A box holds 3 rows of 4 apples. How many apples does it hold? Output the final answer within "
        r"\boxed{}. Your entire response should be in English, and in all lowercase letters. No capital letters are "
        "allowed. Finish your response with this exact phrase: that is all of them. No other words should follow this "
        "phrase.",
        thinking="3 * 4 = 12. Everything in lower case, the first letter too. The box has to come before the phrase, "
        "because nothing may follow it.",
        answer=r"three rows of four apples make twelve apples, so the answer is \boxed{12}. that is all of them",
        constraints={
            "change_case:english_lowercase": {},
            "startend:end_checker": {"end_phrase": "that is all of them"},
        },
    ),
    Example(
        request="Write a slogan for a bakery. Answer with less than 10 words. Wrap your entire response with double "
        "quotation marks.",
        thinking="The whole response stands in quotation marks, so there is no room for an introduction or for an "
        "explanation: the slogan alone. 'Warm bread and happy neighbours every morning' has seven words.",
        answer='"Warm bread and happy neighbours every morning"',
        constraints={
            "length_constraints:number_words": {"num_words": 10, "relation": "less than"},
            "startend:quotation": {},
        },
    ),
    Example(
        request="Which planets are closest to the sun? Your answer must contain exactly 3 bullet points. Use the "
        "markdown bullet points such as: * This is a point. Do not include the keyword planet in the response.",
        thinking="Mercury, Venus, Earth. Exactly three bullets, and the word 'planet' nowhere, so I leave out the "
        "introduction, where it would slip in.",
        answer="* Mercury\n* Venus\n* Earth",
        constraints={
            "detectable_format:number_bullet_lists": {"num_bullets": 3},
            "keywords:forbidden_words": {"forbidden_words": ["planet"]},
        },
    ),
)
