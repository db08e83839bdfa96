"""Rows in the schemas of the hub's data sets, as their cards publish them, for tests without the hub."""

from typing import Any

GSM8K = [
    {
        "question": f"A baker sells {n} loaves in the morning and {n + 2} in the afternoon. How many in all?",
        "answer": f"In all he sells {n} + {n + 2} = <<{n}+{n + 2}={2 * n + 2}>>{2 * n + 2} loaves.\n#### {2 * n + 2}",
    }
    for n in range(3, 23)
]
DEEPSCALER = [
    {
        "problem": f"Let $x$ satisfy ${n}x = 1$. Find $x$.",
        "answer": f"\\frac{{1}}{{{n}}}",
        "solution": f"Dividing by ${n}$, we get $x = \\boxed{{\\frac{{1}}{{{n}}}}}$.",
    }
    for n in range(2, 22)
]
TWO = (
    "[{'instruction_id': ['punctuation:no_comma', 'length_constraints:number_paragraphs'], "
    "'kwargs': [None, {'num_paragraphs': 2}]}]"
)
IF_MULTI_CONSTRAINTS: list[dict[str, Any]] = [
    {
        "key": f"{number}",
        "messages": [{"role": "user", "content": f"Explain tides. {constraint}"}],
        "ground_truth": truth,
        "dataset": "ifeval",
        "constraint_type": "multi",
        "constraint": constraint,
    }
    for number, (constraint, truth) in enumerate(
        [
            ("Do not use commas. Write at least 2 paragraphs.", TWO),
            (
                "Start and end with the same word.",
                "[{'instruction_id': ['keywords:start_end'], 'kwargs': [{}]}]",
            ),
            (
                "Be a palindrome. Do not use commas.",
                "[{'instruction_id': ['keywords:palindrome', 'punctuation:no_comma'], 'kwargs': [None, None]}]",
            ),
        ]
    )
]
RLVR_IFEVAL = [
    {
        "messages": [{"role": "user", "content": "Explain tides. Your answer must contain exactly 3 bullet points."}],
        "ground_truth": '{"func_name": "verify_bullet_points", "N": 3, "word": null, "quantifier": null}',
        "dataset": "ifeval",
        "constraint_type": "Number Bullets",
        "constraint": "Your answer must contain exactly {N} bullet points.",
    },
    {
        "messages": [{"role": "user", "content": "Explain tides. Give a title, wrapped in double angular brackets."}],
        "ground_truth": '{"func_name": "validate_title", "N": null}',
        "dataset": "ifeval",
        "constraint_type": "Title",
        "constraint": "Give a title, wrapped in double angular brackets.",
    },
]
IFEVAL_LIKE = [
    {
        "key": 1,
        "prompt": "Explain tides without commas, in at least 40 words.",
        "instruction_id_list": ["punctuation:no_comma", "length_constraints:number_words"],
        "kwargs": [{"num_words": None}, {"num_words": 40.0, "relation": "at least"}],
    }
]
