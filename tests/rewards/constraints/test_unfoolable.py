"""What a person would not take for obedience keeps no constraint in the `math` reading."""

import pytest

from keepif.rewards import Text, make
from keepif.rewards.constraints import REGISTRY, Constraint

QUESTION = "What is 6 times 7?"
IDS = sorted(REGISTRY)


def example_of(instruction_id: str) -> Constraint:
    return make(instruction_id, REGISTRY[instruction_id].example.kwargs)


def kept(instruction_id: str, text: str, **kwargs: object) -> bool:
    return make(instruction_id, kwargs).holds(Text(text), "math")


@pytest.mark.parametrize(
    "text",
    [
        "x y z",
        "",
        " \n\n ",
        "42",
        "42.",
        r"\boxed{42}",
        "$42$",
        r"\[42\]",
        "```\n42\n```",
        "\u200b\u200b",
        "...",
        "***",
        "* *",
    ],
)
@pytest.mark.parametrize("instruction_id", IDS)
def test_nothing_said(instruction_id: str, text: str) -> None:
    assert not example_of(instruction_id).holds(Text(text), "math")


@pytest.mark.parametrize("instruction_id", [i for i in IDS if i != "language:response_language"])
def test_the_instruction_copied(instruction_id: str) -> None:
    constraint = example_of(instruction_id)
    said = constraint.description
    for copy in (said, said.lower(), said.upper(), said.replace(" ", "  "), f"So: {said.replace(chr(39), chr(34))}"):
        assert not constraint.holds(Text(copy), "math"), copy


FEW_WORDS = {"num_words": 10, "relation": "less than"}


@pytest.mark.parametrize(
    ("instruction_id", "kwargs", "text"),
    [
        ("keywords:forbidden_words", {"forbidden_words": ["because", "total"]},
         f"Do not include keywords ['because', 'total'] in the response. {3 * 'because total '} So it is 7 then."),
        ("punctuation:no_comma", {},
         "In your entire response, refrain from the use of any, any, any, any commas. So it is 7 here now."),
        ("length_constraints:number_words", FEW_WORDS,
         6 * f"{make('length_constraints:number_words', FEW_WORDS).description} " + "So it is 7 here."),
        ("keywords:word_once", {"keyword": "root"},
         "Include keyword root in your response. It must appear exactly once. So it is the root and no more."),
    ],
)  # fmt: skip
def test_the_instruction_copied_around_a_violation(instruction_id: str, kwargs: dict[str, object], text: str) -> None:
    constraint = make(instruction_id, kwargs)
    assert not constraint.holds(Text(text), "math")
    assert constraint.credit(Text(text), "math", graded=True) < 1


def test_quoting_a_request_that_the_quotation_keeps_costs_nothing() -> None:
    said = "You ask me to use at least 3 unique words in the response. So it is twice the sum."
    assert kept("count:unique_word_count", said, N=3)
    said = "I shall finish my response with this exact phrase as you ask. It is 42. Any other questions?"
    assert kept("startend:end_checker", said, end_phrase="Any other questions?")


@pytest.mark.parametrize(
    "instruction_id", [i for i in IDS if REGISTRY[i].example.kwargs and i != "language:response_language"]
)
def test_keyword_spam(instruction_id: str) -> None:
    """The words of the kwargs over and over, without a sentence."""
    constraint = example_of(instruction_id)
    words = [w for value in constraint.kwargs.values() for w in (value if isinstance(value, list) else [value])]
    spam = " ".join(w for w in words if isinstance(w, str) and w not in {"less than", "at least"})
    assert not constraint.holds(Text(spam), "math")
    assert not constraint.holds(Text(f"{spam} " * 9), "math")


@pytest.mark.parametrize(
    ("instruction_id", "kwargs", "text"),
    [
        # zero-width characters and lookalikes hide what a reader sees
        ("keywords:forbidden_words", {"forbidden_words": ["thus"]}, "We are done, th\u200bus it is 42."),
        ("keywords:forbidden_words", {"forbidden_words": ["thus"]}, "We are done, thu\u0455 it is 42."),
        ("keywords:frequency", {"keyword": "sum", "frequency": 1, "relation": "less than"},
         "The s\u00adum is just 42."),
        ("keywords:letter_frequency", {"letter": "z", "let_frequency": 1, "let_relation": "less than"},
         "It is \uff5aero after all."),
        ("punctuation:no_comma", {}, "So\uff0c the answer is 42."),
        ("punctuation:no_comma", {}, "So it is 42. `So, as we see, it is the sum.`"),
        ("punctuation:no_comma", {}, r"So it is $42 \text{, as we see, the sum}$."),
        ("length_constraints:number_words", {"num_words": 9, "relation": "less than"},
         "```\nFirst we take the sum of the two and then its double.\n``` So it is 42."),
        ("keywords:forbidden_words", {"forbidden_words": ["thus"]}, r"We are done: $\text{and thus it is so}$."),
        ("punctuation:no_comma", {}, "So\u201a the answer is 42."),
        ("change_case:english_lowercase", {}, "the answer \uff21 is forty two."),
        ("keywords:existence", {"keywords": ["root"]}, "We take it out. <!-- root --> So it is 42."),
        # and cannot make what a reader does not see
        ("length_constraints:number_words", {"num_words": 5, "relation": "at least"}, "f\u200bo\u200br\u200bt\u200by"),
        ("length_constraints:number_sentences", {"num_sentences": 3, "relation": "at least"}, "Done. . . . ! ?"),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "All is said and done.\n***\n\u200b"),
        ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* \u200b\n* \u200b"),
        ("detectable_format:number_bullet_lists", {"num_bullets": 2}, "* .\n* -"),
        ("detectable_format:number_highlighted_sections", {"num_highlights": 2}, "It is *\u200b* and *.* here."),
        ("detectable_format:multiple_sections", {"section_spliter": "Section", "num_sections": 2},
         "Section 1\nSection 2"),
        ("detectable_format:title", {}, "<<16-3=13>> is what we get."),
        ("detectable_format:title", {}, "<<.>> is what we get."),
        ("detectable_format:json_format", {}, "[]"),
        ("detectable_format:constrained_response", {}, "My answer is yes. My answer is no."),
        ("detectable_content:number_placeholders", {"num_placeholders": 1}, r"The interval [0, 1] and \[ x \]."),
        ("detectable_content:postscript", {"postscript_marker": "P.S."}, "P.S."),
        ("detectable_content:postscript", {"postscript_marker": "P.S."}, "The answer is 42. P.S."),
        ("combination:two_responses", {}, "It is 42.\n******\n\u200b"),
        ("combination:repeat_prompt", {"prompt_to_repeat": QUESTION}, QUESTION),
        ("format:list", {"sep": "!?!?"}, "!?!? !?!? !?!?"),
        ("format:list", {"sep": "..."}, "Let me see ... so it is ... 42."),
        ("format:output_template", {}, "My Answer: My Conclusion: Future Outlook:"),
        ("format:output_template", {}, "Future Outlook: good. My Conclusion: even. My Answer: 42"),
        ("count:unique_word_count", {"N": 5}, "1 2 3 4 5 6 7 8"),
        ("count:conjunctions", {"small_n": 3}, "And and AND and, And."),
        ("first_word:first_word_answer", {"first_word": "so"}, "Sometimes it is 42."),
        ("last_word:last_word_answer", {"last_word": "done"}, "It is abandoned"),
        ("keywords:start_end", {}, "42 is equal to 42"),
        ("startend:quotation", {}, '""'),
        ("startend:quotation", {}, '"\u200b"'),
        ("language:response_language", {"language": "es"}, "42 = 6 x 7"),
    ],
)  # fmt: skip
def test_tricks(instruction_id: str, kwargs: dict[str, object], text: str) -> None:
    assert not kept(instruction_id, text, **kwargs)


@pytest.mark.parametrize(
    "hidden",
    [
        # what nobody sees
        "th\x00us", "th\x08us", "th\x1bus", "th\x1aus", "th\u034fus", "th\u2800us", "th\u3164us", "th\u115fus",
        "th\ufe0fus", "th\U000e0101us", "th&#8203;us", "th&shy;us", "th<!-- x -->us",
        # what looks like the word
        "th**us**", "th*us*", "**th**us", "_thus_", "__thus__", "~~th~~us", "th<b>us</b>", "<i>t</i>hus", "th&#117;s",
        "th&#x75;s", "&#116;&#104;&#117;&#115;", "ᴛʜᴜꜱ", "thu\u0455",
        # what stands where no prose is looked for
        "`thus`", "`th`us", "$\\text{thus}$", "$\\text{th}$us", r"th\text{us}", r"th\textbf{us}", r"$\mathrm{thus}$",
        r"$x = \text{ thus } 3$", r"\boxed{42 \text{ thus}}", "$thus$", r"th\-us", r"\[ \text{th\textit{us}} \]",
        r"\begin{align} x &= 3 \text{ thus} \end{align}", "```\nx = 3  # thus\n```",
    ],
)  # fmt: skip
def test_a_word_is_seen_however_it_is_written(hidden: str) -> None:
    text = f"We are done, {hidden} it is 42."
    assert not kept("keywords:forbidden_words", text, forbidden_words=["thus"])
    assert not kept("keywords:frequency", f"{text} And thus.", keyword="thus", frequency=2, relation="less than")


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("therefore", r"It is even $\therefore$ it is 42."),
        ("cases", r"It is \[ \begin{cases} 1 & x > 0 \\ 2 & x < 0 \end{cases} \] as it seems."),
        ("a", "It is $a + b$ in all as `a` is 3."),
        ("total", "It is subtotal*s and total_cost in the end."),
        ("so", "It is $s*x + o*y$ in the end."),
    ],
)
def test_a_word_is_not_seen_where_none_is(word: str, text: str) -> None:
    assert kept("keywords:forbidden_words", text, forbidden_words=[word])


@pytest.mark.parametrize("comma", ["&#44;", "&#x2c;", "&comma;", *"٬⹁⸲⸴՝߸፣᠂᠈⹉⹌꓾꘍꛵，、﹐︐"])
def test_a_comma_is_one_in_any_script(comma: str) -> None:
    assert not kept("punctuation:no_comma", f"So it is 42{comma} as we see.")


def test_marks_make_no_words() -> None:
    assert not kept("length_constraints:number_words", "f\x00o\x00r\x00t\x00y", num_words=5, relation="at least")
    assert not kept("length_constraints:number_words", "It is ____ ____ ____ 42.", num_words=5, relation="at least")


@pytest.mark.parametrize(
    ("instruction_id", "kwargs", "text"),
    [
        ("length_constraints:number_sentences", {"num_sentences": 3, "relation": "less than"},
         "We get 3.5 cm, e.g. by Fig. 2.\n1. That is all"),
        ("length_constraints:number_sentences", {"num_sentences": 2, "relation": "at least"}, "Is it 42? Yes!"),
        ("length_constraints:number_paragraphs", {"num_paragraphs": 2}, "We add ***two*** here.\n***\nIt is $42$."),
        ("length_constraints:nth_paragraph_first_word",
         {"num_paragraphs": 2, "nth_paragraph": 2, "first_word": "so"}, "We add two.\n\n\n\n**So**, it is 42."),
        ("first_word:first_word_answer", {"first_word": "so"}, '"So, it is 42."'),
        ("last_word:last_word_answer", {"last_word": "done"}, "It is 42. **Done!**"),
        ("detectable_content:postscript", {"postscript_marker": "P.P.S"}, "It is 42.\n\n**P.P.S.** Add them again."),
        ("detectable_format:title", {}, "<<Sums>>\nIt is 42."),
        ("count:conjunctions", {"small_n": 2}, "It is even, and so is its double."),
        ("keywords:letter_frequency", {"letter": "x", "let_frequency": 1, "let_relation": "less than"},
         "Take $x=2$ and go."),
        ("combination:two_responses", {}, "It is 42.\n******\nIt is 6 times 7."),
        ("keywords:existence", {"keywords": ["total"]}, "The _total_ of it is 42."),
        ("change_case:english_lowercase", {}, "the \x0canswer is forty two &amp; even."),
    ],
)  # fmt: skip
def test_honest_answers_are_not_taken_for_tricks(instruction_id: str, kwargs: dict[str, object], text: str) -> None:
    assert kept(instruction_id, text, **kwargs)
